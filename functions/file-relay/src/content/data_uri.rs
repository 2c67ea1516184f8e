use bytes::Bytes;
use memchr::memchr;
use percent_encoding::percent_decode;

use super::ContentError;
use super::base64_stream::Base64Stream;
use super::decode::{Decode, Head, LONGEST_TYPE, media_type};
use super::pieces::Pieces;

/// Takes a file out of a data URI (RFC 2397).
///
/// The data is decoded from percent-encoding, and then from base64 if the URI says so. Characters that a URI cannot have
/// (RFC 3986 §2) are refused: a line feed at the end as well.
#[derive(Debug, Default)]
pub(super) struct DataUri {
    given_type: Option<String>,
    /// What stands before the comma, so far.
    beginning: Vec<u8>,
    head: Option<Head>,
    base64: Option<Base64Stream>,
    /// The percent sign and its first digit.
    escape: Vec<u8>,
}

impl DataUri {
    pub(super) fn new(given_type: Option<String>) -> Self {
        Self { given_type, ..Self::default() }
    }

    pub(super) fn push(&mut self, piece: &[u8], out: &mut Pieces) -> Result<(), ContentError> {
        if self.head.is_some() {
            return self.data(piece, out);
        }
        let end = memchr(b',', piece);
        let (beginning, rest) = piece.split_at(end.unwrap_or(piece.len()));
        if self.beginning.len() + beginning.len() > LONGEST_TYPE * 3 {
            return Err(ContentError::NotDataUri);
        }
        self.beginning.extend_from_slice(beginning);
        let Some((_, data)) = rest.split_first() else { return Ok(()) };
        self.begin()?;
        self.data(data, out)
    }

    pub(super) fn finish(&mut self, out: &mut Pieces) -> Result<(), ContentError> {
        if self.head.is_none() || !self.escape.is_empty() {
            return Err(ContentError::NotDataUri);
        }
        self.base64.as_mut().map_or(Ok(()), |base64| base64.finish(out))
    }

    pub(super) const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    fn begin(&mut self) -> Result<(), ContentError> {
        let beginning = std::mem::take(&mut self.beginning);
        let beginning = String::from_utf8(beginning).map_err(|_| ContentError::NotDataUri)?;
        let said = match beginning.split_at_checked("data:".len()) {
            Some((scheme, said)) if scheme.eq_ignore_ascii_case("data:") => said,
            _ => return Err(ContentError::NotDataUri),
        };
        let said = match said.len().checked_sub(";base64".len()) {
            Some(at) if said.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(";base64")) => {
                self.base64 = Some(Base64Stream::default());
                said.get(..at).unwrap_or_default()
            }
            _ => said,
        };
        let content_type = match self.given_type.take() {
            Some(given) => given,
            None if said.is_empty() => "text/plain;charset=US-ASCII".to_owned(),
            None => {
                let said = percent_decode(said.as_bytes()).decode_utf8();
                let said = said.map_err(|_| ContentError::TypeMalformed)?;
                // A parameter alone is one of text/plain.
                let kind = if said.starts_with(';') { "text/plain" } else { "" };
                media_type(&format!("{kind}{said}"))?
            }
        };
        self.head = Some(Head { content_type: Some(content_type), name: None });
        Ok(())
    }

    fn data(&mut self, mut text: &[u8], out: &mut Pieces) -> Result<(), ContentError> {
        while let Some(first) = text.first() {
            if *first == b'%' || !self.escape.is_empty() {
                self.escape.push(*first);
                text = text.get(1..).unwrap_or_default();
                if let [_, high, low] = *self.escape.as_slice() {
                    let byte = escaped(high, low).ok_or(ContentError::NotDataUri)?;
                    self.escape.clear();
                    self.decoded(&[byte], out)?;
                }
                continue;
            }
            let (run, rest) = text.split_at(memchr(b'%', text).unwrap_or(text.len()));
            // What is none of a URI is none of base64 either.
            if self.base64.is_none() && !run.iter().all(|byte| is_of_uri(*byte)) {
                return Err(ContentError::NotDataUri);
            }
            self.decoded(run, out)?;
            text = rest;
        }
        Ok(())
    }

    fn decoded(&mut self, bytes: &[u8], out: &mut Pieces) -> Result<(), ContentError> {
        match &mut self.base64 {
            Some(base64) => base64.push(bytes, out),
            None => {
                out.write(bytes);
                Ok(())
            }
        }
    }
}

impl Decode for DataUri {
    fn push(&mut self, piece: Bytes, out: &mut Pieces) -> Result<(), ContentError> {
        Self::push(self, &piece, out)
    }

    fn finish(&mut self, out: &mut Pieces) -> Result<(), ContentError> {
        Self::finish(self, out)
    }

    fn head(&self) -> Option<&Head> {
        Self::head(self)
    }
}

fn escaped(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// RFC 3986: what may stand in a path or a query.
const fn is_of_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+'
        )
        || matches!(byte, b',' | b';' | b'=' | b':' | b'@' | b'/' | b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str, cut: usize) -> Result<(String, Vec<u8>), ContentError> {
        let (mut uri, mut out) = (DataUri::default(), Pieces::default());
        for piece in text.as_bytes().chunks(cut) {
            uri.push(piece, &mut out)?;
        }
        uri.finish(&mut out)?;
        let head = uri.head().unwrap().clone();
        Ok((head.content_type.unwrap(), std::iter::from_fn(|| out.next()).flatten().collect()))
    }

    #[test]
    fn a_data_uri_says_its_type_and_its_content() {
        for (text, content_type, content) in [
            ("data:,A%20brief%20note", "text/plain;charset=US-ASCII", "A brief note"),
            ("data:;charset=utf-8,%C3%A4", "text/plain;charset=utf-8", "ä"),
            ("DATA:image/gif;BASE64,QUI%3D", "image/gif", "AB"),
            ("data:application/x%2by;base64,QUI", "application/x+y", "AB"),
            ("data:text/plain;base64,", "text/plain", ""),
            ("data:text/plain,a,b", "text/plain", "a,b"),
        ] {
            for cut in 1..=text.len() {
                let (said, bytes) = whole(text, cut).unwrap();
                assert_eq!(
                    (said.as_str(), bytes.as_slice()),
                    (content_type, content.as_bytes()),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_data_uri_is_refused() {
        for text in [
            "",
            "data:",
            "date:,",
            "data:text/plain",
            "data:,a b",
            "data:,\n",
            "data:,ä",
            "data:,%4",
            "data:,%+4",
            "data:,%zz",
            "data:,#",
            "d,",
        ] {
            assert!(matches!(whole(text, 3), Err(ContentError::NotDataUri)), "{text:?}");
        }
        assert!(matches!(whole("data:;base64,QUI%0A", 5), Err(ContentError::NotBase64)));
        assert!(matches!(whole("data:a%0Ab,", 5), Err(ContentError::TypeMalformed)));
        assert!(matches!(
            whole(&format!("data:{},", "a".repeat(766)), 5),
            Err(ContentError::NotDataUri)
        ));
    }
}
