use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::Finder;
use memchr::{memmem, memrchr};

use super::ContentError;
use super::decode::{Decode, Head, media_type};
use super::disposition::Disposition;
use super::pieces::Pieces;

/// The longest that a part's headers may be, in bytes.
const LONGEST_HEADERS: usize = 16 * 1024;

/// Takes a file out of `multipart/form-data` (RFC 7578; RFC 2046 §5.1): the part with a file name, or the one whose field is named.
///
/// It passes the content as it comes, without a copy, and holds back no more of it than what may be the beginning of a boundary.
/// (multer 3.1 takes up all that its source has at hand, so its memory has no bound.)
#[derive(Debug)]
pub(super) struct Multipart {
    /// CR LF, two hyphens, the boundary.
    delimiter: Finder<'static>,
    field: Option<String>,
    given_type: Option<String>,
    at: At,
    held: Bytes,
    head: Option<Head>,
}

/// Where in the body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// In what is not the file: before the first boundary, or in another part.
    Beside,
    /// In the file.
    File,
    /// Behind a boundary.
    Boundary,
    /// Behind the last one.
    End,
}

impl Multipart {
    pub(super) fn new(boundary: &str, field: Option<String>, given_type: Option<String>) -> Self {
        let delimiter = format!("\r\n--{boundary}");
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            field,
            given_type,
            at: At::Beside,
            // The first boundary may stand at the very beginning.
            held: Bytes::from_static(b"\r\n"),
            head: None,
        }
    }

    /// Up to the next boundary; whether it was found.
    fn content(&mut self, input: &mut Bytes, out: &mut Pieces) -> bool {
        let found = self.delimiter.find(input);
        let end = found.unwrap_or_else(|| input.len() - self.doubtful(input));
        let content = input.split_to(end);
        if self.at == At::File {
            out.pass(content);
        }
        if found.is_some() {
            input.advance(self.delimiter.needle().len());
            self.at = At::Boundary;
        }
        found.is_some()
    }

    /// How many bytes at the end may be the beginning of a boundary. It has one CR, its first byte.
    fn doubtful(&self, input: &[u8]) -> usize {
        let delimiter = self.delimiter.needle();
        let from = input.len().saturating_sub(delimiter.len() - 1);
        let tail = input.get(from..).unwrap_or_default();
        let doubtful = memrchr(b'\r', tail).and_then(|at| tail.get(at..));
        doubtful.filter(|doubtful| delimiter.starts_with(doubtful)).map_or(0, <[u8]>::len)
    }

    /// What follows a boundary, to the end of the headers; whether it was all there.
    fn boundary(&mut self, input: &mut Bytes) -> Result<bool, ContentError> {
        if input.starts_with(b"--") {
            self.at = At::End;
            return Ok(true);
        }
        let seen = input.get(..LONGEST_HEADERS + 4).unwrap_or(input);
        let Some(end) = memmem::find(seen, b"\r\n\r\n") else {
            let is_too_long = input.len() >= LONGEST_HEADERS + 4;
            return if is_too_long { Err(ContentError::PartHeaderTooLong) } else { Ok(false) };
        };
        let headers = input.split_to(end);
        input.advance(4);
        self.at = if self.begins_file(&headers)? { At::File } else { At::Beside };
        Ok(true)
    }

    fn begins_file(&mut self, headers: &[u8]) -> Result<bool, ContentError> {
        let headers = PartHeaders::read(headers).ok_or(ContentError::PartHeaderMalformed)?;
        let said = headers.disposition;
        let name = said.file_name.filter(|name| !name.is_empty());
        let is_file = match &self.field {
            Some(field) => said.field.as_ref() == Some(field),
            None => name.is_some(),
        };
        if !is_file {
            return Ok(false);
        }
        if self.head.is_some() {
            return Err(ContentError::PartTwice);
        }
        match headers.encoding.map(str::to_ascii_lowercase).as_deref() {
            None | Some("7bit" | "8bit" | "binary") => {}
            Some(_) => return Err(ContentError::PartEncoded),
        }
        let content_type = match self.given_type.take() {
            Some(given) => Some(given),
            None => headers.content_type.map(media_type).transpose()?,
        };
        self.head = Some(Head { content_type, name });
        Ok(true)
    }
}

impl Decode for Multipart {
    fn push(&mut self, piece: Bytes, out: &mut Pieces) -> Result<(), ContentError> {
        let held = std::mem::take(&mut self.held);
        let mut input = if held.is_empty() { piece } else { joined(&held, &piece) };
        loop {
            let goes_on = match self.at {
                At::Beside | At::File => self.content(&mut input, out),
                At::Boundary => self.boundary(&mut input)?,
                At::End => return Ok(()),
            };
            if !goes_on {
                self.held = input;
                return Ok(());
            }
        }
    }

    fn finish(&mut self, _: &mut Pieces) -> Result<(), ContentError> {
        match (self.at, &self.head) {
            (At::End, Some(_)) => Ok(()),
            (At::End, None) => Err(ContentError::PartMissing),
            (At::Beside | At::File | At::Boundary, _) => Err(ContentError::MultipartCut),
        }
    }

    fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }
}

fn joined(held: &[u8], piece: &[u8]) -> Bytes {
    let mut joined = BytesMut::with_capacity(held.len() + piece.len());
    joined.extend_from_slice(held);
    joined.extend_from_slice(piece);
    joined.freeze()
}

/// The headers of a part that matter.
struct PartHeaders<'h> {
    disposition: Disposition,
    content_type: Option<&'h str>,
    encoding: Option<&'h str>,
}

impl<'h> PartHeaders<'h> {
    /// Reads what stands between a boundary and the empty line.
    fn read(text: &'h [u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(text).ok()?.split("\r\n");
        // RFC 2046 §5.1.1: a gateway may have put spaces behind the boundary.
        if !lines.next()?.trim_matches([' ', '\t']).is_empty() {
            return None;
        }
        let (mut disposition, mut content_type, mut encoding) = (None, None, None);
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let place = match name.to_ascii_lowercase().as_str() {
                "content-disposition" => &mut disposition,
                "content-type" => &mut content_type,
                "content-transfer-encoding" => &mut encoding,
                _ => continue,
            };
            if place.replace(value.trim()).is_some() {
                return None;
            }
        }
        let disposition = Disposition::read(disposition?)?;
        if disposition.kind != "form-data" {
            return None;
        }
        Some(Self { disposition, content_type, encoding })
    }
}

/// The boundary that a content type says, if it is `multipart/form-data`.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut boundaries = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim())
    });
    let boundary = boundaries.next()?;
    let unquoted = boundary.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let boundary = unquoted.unwrap_or(boundary);
    // RFC 2046 §5.1.1; browsers' have letters, digits and hyphens.
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    let is_whole = (1..=70).contains(&boundary.len()) && !boundary.ends_with(' ');
    (is_whole && boundary.bytes().all(is_one)).then(|| boundary.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_read_out_of_a_content_type() {
        for (text, expected) in [
            (
                "multipart/form-data; boundary=----WebKitFormBoundaryA1",
                Some("----WebKitFormBoundaryA1"),
            ),
            ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"", Some("a b:c")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"a \"", None),
            ("multipart/form-data; boundary=ä", None),
            ("multipart/mixed; boundary=a", None),
        ] {
            assert_eq!(boundary(text).as_deref(), expected, "{text}");
        }
        let long = format!("multipart/form-data; boundary={}", "a".repeat(71));
        assert_eq!(boundary(&long), None);
    }
}
