use bytes::Bytes;

use super::ContentError;
use super::base64_stream::Base64Stream;
use super::data_uri::DataUri;
use super::decode::{Decode, Head, LONGEST_TYPE, media_type};
use super::json_scanner::{Container, JsonScanner, Token};
use super::pieces::Pieces;

/// The member that says the media type (contracts, Power Platform §4.1).
pub(super) const TYPE: &str = "$content-type";
/// The member that has the content.
pub(super) const CONTENT: &str = "$content";

/// What may stand where the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `{"$content-type": …, "$content": …}`, beside other members.
    Envelope,
    /// The same, and nothing beside.
    EnvelopeAlone,
    /// A text that is a data URI.
    DataUri,
    /// An envelope or a data URI.
    Either,
}

/// Takes a file out of a JSON text.
///
/// The two members of an envelope may come in either order, as long as the type is known before more of the content than is held
/// back for it. The JSON text is read to its end: the file ends only when the text is known to be whole.
#[derive(Debug)]
pub(super) struct Envelope {
    scanner: JsonScanner,
    wanted: Wanted,
    given_type: Option<String>,
    /// The names that lead to the file.
    path: Vec<String>,
    /// How many containers are open.
    depth: usize,
    /// How many of them, from the outermost on, are on the path.
    on_path: usize,
    /// The depth inside the envelope, while it is open.
    envelope: Option<usize>,
    is_found: bool,
    /// What the next value is.
    next: Role,
    /// What the text is that is being read.
    text: Role,
    content_type: Option<String>,
    has_type: bool,
    has_content: bool,
    kept: Vec<u8>,
    base64: Base64Stream,
    data_uri: DataUri,
    head: Option<Head>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Role {
    #[default]
    Other,
    /// The file is somewhere in it.
    Around,
    /// The envelope, or the data URI.
    File,
    Type,
    Content,
}

impl Envelope {
    pub(super) fn new(wanted: Wanted, path: &[String], given_type: Option<String>) -> Self {
        Self {
            scanner: JsonScanner::new(),
            wanted,
            content_type: given_type.clone(),
            data_uri: DataUri::new(given_type.clone()),
            given_type,
            next: if path.is_empty() { Role::File } else { Role::Around },
            path: path.to_vec(),
            depth: 0,
            on_path: 0,
            envelope: None,
            is_found: false,
            text: Role::Other,
            has_type: false,
            has_content: false,
            kept: Vec::new(),
            base64: Base64Stream::default(),
            head: None,
        }
    }

    fn take(&mut self, token: Token, out: &mut Pieces) -> Result<(), ContentError> {
        match token {
            Token::Begin(container) => self.begin(container),
            Token::End => self.end(),
            Token::Key(key) => self.key(key.as_deref()),
            Token::TextBegin => self.text_begin(),
            Token::Text(run) => self.text(&run, out),
            Token::Character(character) => {
                self.text(character.encode_utf8(&mut [0; 4]).as_bytes(), out)
            }
            Token::TextEnd => self.text_end(out),
            Token::Scalar => match std::mem::take(&mut self.next) {
                Role::Other => Ok(()),
                Role::Around => Err(ContentError::MemberMissing),
                Role::File | Role::Type | Role::Content => Err(ContentError::NoEnvelope),
            },
        }
    }

    fn begin(&mut self, container: Container) -> Result<(), ContentError> {
        self.depth += 1;
        match (std::mem::take(&mut self.next), container) {
            (Role::Other, _) => {}
            (Role::Around, Container::Object) => self.on_path += 1,
            (Role::Around, Container::Array) => return Err(ContentError::MemberMissing),
            (Role::File, Container::Object) if self.wanted != Wanted::DataUri => {
                self.is_found = true;
                self.envelope = Some(self.depth);
            }
            (Role::File | Role::Type | Role::Content, _) => return Err(ContentError::NoEnvelope),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ContentError> {
        if self.envelope == Some(self.depth) {
            self.envelope = None;
            if !(self.has_content && self.content_type.is_some()) {
                return Err(ContentError::NoEnvelope);
            }
        }
        if self.on_path == self.depth {
            self.on_path = self.on_path.saturating_sub(1);
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    fn key(&mut self, key: Option<&str>) -> Result<(), ContentError> {
        if self.envelope == Some(self.depth) {
            let (role, has) = match key {
                Some(TYPE) => (Role::Type, &mut self.has_type),
                Some(CONTENT) => (Role::Content, &mut self.has_content),
                _ if self.wanted == Wanted::EnvelopeAlone => {
                    return Err(ContentError::MemberBeside);
                }
                _ => return Ok(()),
            };
            self.next = role;
            return if std::mem::replace(has, true) {
                Err(ContentError::MemberTwice)
            } else {
                Ok(())
            };
        }
        let names = self.path.get(self.on_path.wrapping_sub(1)..).unwrap_or_default();
        if self.depth == self.on_path && key.is_some() && key == names.first().map(String::as_str) {
            if self.is_found {
                return Err(ContentError::MemberTwice);
            }
            self.next = if names.len() == 1 { Role::File } else { Role::Around };
        }
        Ok(())
    }

    fn text_begin(&mut self) -> Result<(), ContentError> {
        self.text = std::mem::take(&mut self.next);
        match self.text {
            Role::Other | Role::Type => {}
            Role::Around => return Err(ContentError::MemberMissing),
            Role::File if matches!(self.wanted, Wanted::DataUri | Wanted::Either) => {
                self.is_found = true;
            }
            Role::File => return Err(ContentError::NoEnvelope),
            Role::Content => self.begun(),
        }
        Ok(())
    }

    fn text(&mut self, run: &[u8], out: &mut Pieces) -> Result<(), ContentError> {
        match self.text {
            Role::Other | Role::Around => Ok(()),
            Role::File => self.data_uri.push(run, out),
            Role::Content => self.base64.push(run, out),
            Role::Type if self.kept.len() + run.len() > LONGEST_TYPE => {
                Err(ContentError::TypeMalformed)
            }
            Role::Type => {
                self.kept.extend_from_slice(run);
                Ok(())
            }
        }
    }

    fn text_end(&mut self, out: &mut Pieces) -> Result<(), ContentError> {
        match std::mem::take(&mut self.text) {
            Role::Other | Role::Around => Ok(()),
            Role::File => self.data_uri.finish(out),
            Role::Content => self.base64.finish(out),
            Role::Type => {
                let said = String::from_utf8(std::mem::take(&mut self.kept));
                let said = media_type(&said.map_err(|_| ContentError::TypeMalformed)?)?;
                if self.given_type.is_none() {
                    self.content_type = Some(said);
                }
                if self.has_content {
                    self.begun();
                }
                Ok(())
            }
        }
    }

    /// Says the type, once the content has begun and the type is known.
    fn begun(&mut self) {
        let content_type = self.content_type.clone();
        self.head = content_type.map(|said| Head { content_type: Some(said), name: None });
    }
}

impl Decode for Envelope {
    fn push(&mut self, mut piece: Bytes, out: &mut Pieces) -> Result<(), ContentError> {
        while let Some(token) = self.scanner.next(&mut piece)? {
            self.take(token, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Pieces) -> Result<(), ContentError> {
        self.scanner.finish()?;
        if self.is_found { Ok(()) } else { Err(ContentError::MemberMissing) }
    }

    fn head(&self) -> Option<&Head> {
        self.head.as_ref().or_else(|| self.data_uri.head())
    }
}

/// Judges whether a JSON text begins as an envelope does: an object whose first member is one of an envelope's two, and a text.
#[derive(Debug)]
pub(super) struct Beginning {
    scanner: JsonScanner,
    tokens: usize,
}

impl Beginning {
    pub(super) const fn new() -> Self {
        Self { scanner: JsonScanner::new(), tokens: 0 }
    }

    /// Takes the next piece; `None` while more has to be seen.
    pub(super) fn is_envelope(&mut self, mut piece: Bytes) -> Option<bool> {
        loop {
            let Ok(token) = self.scanner.next(&mut piece) else { return Some(false) };
            match (self.tokens, token?) {
                (0, Token::Begin(Container::Object)) => {}
                (1, Token::Key(Some(key))) if matches!(key.as_str(), TYPE | CONTENT) => {}
                (2, token) => return Some(token == Token::TextBegin),
                _ => return Some(false),
            }
            self.tokens += 1;
        }
    }
}
