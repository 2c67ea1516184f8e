use bytes::{Buf, Bytes};
use memchr::memchr2;
use serde::de::IgnoredAny;

use super::ContentError;

/// The deepest nesting.
const DEEPEST: usize = 64;
/// The longest key that is told, and the longest number, in bytes.
const LONGEST: usize = 1024;

/// Reads JSON (RFC 8259) that comes in pieces, and holds nothing of it but a key, a number or an escape.
///
/// Texts are given piece by piece, without their escapes; whether they are UTF-8 is not judged.
#[derive(Debug)]
pub(super) struct JsonScanner {
    open: Vec<Container>,
    expected: Expected,
    lexeme: Lexeme,
    /// The key or the number so far.
    kept: Vec<u8>,
    is_key_too_long: bool,
    /// The escape so far, with its backslash.
    escape: Vec<u8>,
    /// The first half of a surrogate pair.
    high: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Object,
    Array,
}

/// What a JSON text is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Begin(Container),
    End,
    /// `None`: one that is too long for anybody to ask for.
    Key(Option<String>),
    TextBegin,
    Text(Bytes),
    Character(char),
    TextEnd,
    /// A number, `true`, `false` or `null`.
    Scalar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lexeme {
    Between,
    Key,
    Text,
    Scalar,
}

impl JsonScanner {
    pub(super) const fn new() -> Self {
        Self {
            open: Vec::new(),
            expected: Expected::Value,
            lexeme: Lexeme::Between,
            kept: Vec::new(),
            is_key_too_long: false,
            escape: Vec::new(),
            high: None,
        }
    }

    /// Takes the next token off `input`; `None` once all of it is taken.
    pub(super) fn next(&mut self, input: &mut Bytes) -> Result<Option<Token>, ContentError> {
        while !input.is_empty() {
            let token = match self.lexeme {
                Lexeme::Between => self.between(input)?,
                Lexeme::Scalar => self.in_scalar(input)?,
                Lexeme::Key | Lexeme::Text if self.escape.is_empty() => self.in_text(input)?,
                Lexeme::Key | Lexeme::Text => self.in_escape(input)?,
            };
            if token.is_some() {
                return Ok(token);
            }
        }
        Ok(None)
    }

    /// Says whether the text may end here.
    pub(super) fn finish(&self) -> Result<(), ContentError> {
        let is_number = self.lexeme == Lexeme::Scalar && self.open.is_empty();
        match self.expected {
            Expected::Nothing => Ok(()),
            _ if is_number => is_scalar(&self.kept),
            _ => Err(ContentError::NotJson),
        }
    }

    fn between(&mut self, input: &mut Bytes) -> Result<Option<Token>, ContentError> {
        use Expected::{Colon, CommaOrEnd, Key, KeyOrEnd, Value, ValueOrEnd};

        let space = input.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        input.advance(space.count());
        let Some(byte) = input.first().copied() else { return Ok(None) };
        let inside = self.open.last().copied();
        let token = match (self.expected, byte) {
            (Value | ValueOrEnd, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                self.lexeme = Lexeme::Scalar;
                self.kept.clear();
                return Ok(None);
            }
            (Value | ValueOrEnd, b'{') => Some(self.begin(Container::Object)?),
            (Value | ValueOrEnd, b'[') => Some(self.begin(Container::Array)?),
            (Value | ValueOrEnd, b'"') => {
                self.lexeme = Lexeme::Text;
                Some(Token::TextBegin)
            }
            (Key | KeyOrEnd, b'"') => {
                self.lexeme = Lexeme::Key;
                self.kept.clear();
                self.is_key_too_long = false;
                None
            }
            (ValueOrEnd, b']') | (KeyOrEnd, b'}') => Some(self.end()),
            (CommaOrEnd, b']') if inside == Some(Container::Array) => Some(self.end()),
            (CommaOrEnd, b'}') if inside == Some(Container::Object) => Some(self.end()),
            (CommaOrEnd, b',') => {
                self.expected = if inside == Some(Container::Object) { Key } else { Value };
                None
            }
            (Colon, b':') => {
                self.expected = Value;
                None
            }
            _ => return Err(ContentError::NotJson),
        };
        input.advance(1);
        Ok(token)
    }

    fn begin(&mut self, container: Container) -> Result<Token, ContentError> {
        if self.open.len() == DEEPEST {
            return Err(ContentError::NotJson);
        }
        self.open.push(container);
        self.expected = match container {
            Container::Object => Expected::KeyOrEnd,
            Container::Array => Expected::ValueOrEnd,
        };
        Ok(Token::Begin(container))
    }

    fn end(&mut self) -> Token {
        self.open.pop();
        self.after_value();
        Token::End
    }

    fn after_value(&mut self) {
        self.lexeme = Lexeme::Between;
        self.expected = if self.open.is_empty() { Expected::Nothing } else { Expected::CommaOrEnd };
    }

    fn in_scalar(&mut self, input: &mut Bytes) -> Result<Option<Token>, ContentError> {
        let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
        let end = input.iter().position(is_end);
        let run = input.split_to(end.unwrap_or(input.len()));
        if self.kept.len() + run.len() > LONGEST {
            return Err(ContentError::NotJson);
        }
        self.kept.extend_from_slice(&run);
        if end.is_none() {
            return Ok(None);
        }
        is_scalar(&self.kept)?;
        self.after_value();
        Ok(Some(Token::Scalar))
    }

    fn in_text(&mut self, input: &mut Bytes) -> Result<Option<Token>, ContentError> {
        let end = memchr2(b'"', b'\\', input);
        if end != Some(0) {
            let run = input.split_to(end.unwrap_or(input.len()));
            if self.high.is_some() || run.iter().any(|byte| *byte < b' ') {
                return Err(ContentError::NotJson);
            }
            if self.lexeme == Lexeme::Text {
                return Ok(Some(Token::Text(run)));
            }
            self.keep(&run);
            return Ok(None);
        }
        if input.get_u8() == b'\\' {
            self.escape.push(b'\\');
            return self.in_escape(input);
        }
        if self.high.is_some() {
            return Err(ContentError::NotJson);
        }
        if self.lexeme == Lexeme::Text {
            self.after_value();
            return Ok(Some(Token::TextEnd));
        }
        (self.lexeme, self.expected) = (Lexeme::Between, Expected::Colon);
        let key = String::from_utf8(std::mem::take(&mut self.kept));
        let key = key.map_err(|_| ContentError::NotJson)?;
        Ok(Some(Token::Key((!self.is_key_too_long).then_some(key))))
    }

    fn in_escape(&mut self, input: &mut Bytes) -> Result<Option<Token>, ContentError> {
        // The longest is \uXXXX; most are here as a whole.
        let unit = loop {
            if input.is_empty() {
                return Ok(None);
            }
            self.escape.push(input.get_u8());
            match *self.escape.as_slice() {
                [_, b'u', a, b, c, d] => {
                    break [a, b, c, d].iter().try_fold(0, |unit, digit| {
                        Some(unit << 4 | char::from(*digit).to_digit(16)?)
                    });
                }
                [_, b'u', ..] => {}
                [_, b'b'] => break Some(0x08),
                [_, b'f'] => break Some(0x0c),
                [_, b'n'] => break Some(0x0a),
                [_, b'r'] => break Some(0x0d),
                [_, b't'] => break Some(0x09),
                [_, same @ (b'"' | b'\\' | b'/')] => break Some(same.into()),
                _ => break None,
            }
        };
        self.escape.clear();
        let unit = unit.and_then(|unit| u16::try_from(unit).ok()).ok_or(ContentError::NotJson)?;
        let high = self.high.take();
        if high.is_none() && matches!(unit, 0xd800..0xdc00) {
            self.high = Some(unit);
            return Ok(None);
        }
        let mut characters = char::decode_utf16(high.into_iter().chain([unit]));
        let (Some(Ok(character)), None) = (characters.next(), characters.next()) else {
            return Err(ContentError::NotJson);
        };
        if self.lexeme == Lexeme::Text {
            return Ok(Some(Token::Character(character)));
        }
        self.keep(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(None)
    }

    fn keep(&mut self, run: &[u8]) {
        if self.kept.len() + run.len() > LONGEST {
            self.is_key_too_long = true;
            // What is left may end inside a character.
            self.kept.clear();
        }
        if !self.is_key_too_long {
            self.kept.extend_from_slice(run);
        }
    }
}

fn is_scalar(text: &[u8]) -> Result<(), ContentError> {
    serde_json::from_slice::<IgnoredAny>(text).map(drop).map_err(|_| ContentError::NotJson)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tokens of a text that comes in pieces of this length, texts put together; `None` if it is refused.
    fn tokens(text: &[u8], cut: usize) -> Option<String> {
        let (mut scanner, mut told) = (JsonScanner::new(), Vec::new());
        for piece in text.chunks(cut) {
            let mut piece = Bytes::copy_from_slice(piece);
            while let Some(token) = scanner.next(&mut piece).ok()? {
                match token {
                    Token::Begin(Container::Object) => told.push(b'{'),
                    Token::Begin(Container::Array) => told.push(b'['),
                    Token::End => told.push(b'.'),
                    Token::Key(key) => told.extend(format!("{}:", key.unwrap_or_default()).bytes()),
                    Token::TextBegin => told.push(b'<'),
                    Token::Text(text) => told.extend(text),
                    Token::Character(character) => told.extend(character.to_string().bytes()),
                    Token::TextEnd => told.push(b'>'),
                    Token::Scalar => told.push(b'#'),
                }
            }
        }
        scanner.finish().ok()?;
        Some(String::from_utf8(told).unwrap())
    }

    #[test]
    fn a_text_is_told_the_same_however_it_is_cut() {
        let text = r#" {"a" : [1, -2.5e3, true, null, [], {}], "\u00e4\/\n":"x\"\\\ud83d\uDE00y", "": "" } "#;
        for cut in 1..=text.len() {
            let told = tokens(text.as_bytes(), cut).unwrap();
            assert_eq!(told, "{a:[####[.{..ä/\n:<x\"\\😀y>:<>.", "{cut}");
        }
        assert_eq!(tokens(b"12", 1).unwrap(), "");
    }

    #[test]
    fn a_key_that_is_too_long_is_no_name() {
        let text = format!("{{\"{}\":1}}", "ä".repeat(1_000));
        assert_eq!(tokens(text.as_bytes(), 7).unwrap(), "{:#.");
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(tokens(nested(64).as_bytes(), 9).is_some());
        assert!(tokens(nested(65).as_bytes(), 9).is_none());
    }

    proptest! {
        #[test]
        fn it_takes_what_serde_json_takes_and_no_more(
            text in r#"([\[\]{}:,] ?|"(a|\\[u"n]|d8[0-9]{2}|\\ud83d|\\ude00|00e4|\\/|\n)*"|-?[0-9]{1,2}|1E-5|01|true|nul){0,9}"#,
            cut in 1_usize..5,
        ) {
            let expected = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            prop_assert_eq!(tokens(text.as_bytes(), cut).is_some(), expected, "{}", text);
        }
    }
}
