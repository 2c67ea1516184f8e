use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use der::asn1::AnyRef;
use der::{Decode, ErrorKind, Tag, Tagged};

use super::certificate::hex;
use crate::x509::{Attribute, Name, dotted};

/// A name of X.500: a sequence of relative names, each a set of attributes, an attribute being its type as a dotted
/// object identifier and its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DistinguishedName(Vec<RelativeName>);

type RelativeName = BTreeSet<(String, String)>;

/// Why a text is not a distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is blank.
    #[error("it is empty: write it as `CN=name, O=\"Contoso, Inc.\"`")]
    Empty,
    /// A part is not `type=value`.
    #[error(
        "a part of it is not `type=value`: double-quote a value that has a comma or a plus sign"
    )]
    NotAnAttribute,
    /// A type is neither a known short name nor an object identifier.
    #[error("it has an unknown attribute type: write the type as an object identifier")]
    TypeUnknown,
    /// A quote is not closed, or text follows a closed quote.
    #[error("it has a double quote without its counterpart")]
    Quote,
    /// A backslash is followed by nothing, or what it escapes is not UTF-8.
    #[error("it has a backslash that escapes no character")]
    Escape,
}

/// The short names that certificates' tools print: RFC 4514 §3, X.520, and those of .NET and OpenSSL.
const TYPES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("SURNAME", "2.5.4.4"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("S", "2.5.4.8"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("T", "2.5.4.12"),
    ("TITLE", "2.5.4.12"),
    ("DESCRIPTION", "2.5.4.13"),
    ("POSTALCODE", "2.5.4.17"),
    ("G", "2.5.4.42"),
    ("GN", "2.5.4.42"),
    ("GIVENNAME", "2.5.4.42"),
    ("I", "2.5.4.43"),
    ("INITIALS", "2.5.4.43"),
    ("DNQUALIFIER", "2.5.4.46"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("E", "1.2.840.113549.1.9.1"),
    ("EMAIL", "1.2.840.113549.1.9.1"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
];

const COMMON_NAME: &str = "2.5.4.3";

impl DistinguishedName {
    /// Takes the name of a certificate. A value that is not text stands as `#` and its encoding in hexadecimal
    /// (RFC 4514 §2.4).
    ///
    /// # Errors
    ///
    /// The name is malformed.
    pub(super) fn of(name: &Name<'_>) -> der::Result<Self> {
        let attribute = |attribute: Attribute<'_>| {
            // Hexadecimal has no dots: it is the type of no text form.
            let kind = dotted(attribute.kind).unwrap_or_else(|| hex(attribute.kind));
            Ok((kind, value(attribute.value)?))
        };
        let relative_name =
            |relative: Vec<Attribute<'_>>| relative.into_iter().map(attribute).collect();
        name.relative_names()?.into_iter().map(relative_name).collect::<der::Result<_>>().map(Self)
    }

    /// Reads the text form: attributes separated by commas (or `+` inside of one relative name), values plain, in
    /// double quotes (a quote inside is doubled), or with the backslash escapes of RFC 4514 §2.4.
    pub(super) fn parse(text: &str) -> Result<Self, NameError> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        let mut rest = text.chars().peekable();
        let mut names = Vec::new();
        let mut current = RelativeName::new();
        loop {
            let attribute_type = take_type(&mut rest)?;
            current.insert((attribute_type, take_value(&mut rest)?));
            match rest.next() {
                Some('+') => {}
                Some(_) => names.push(std::mem::take(&mut current)),
                None => {
                    names.push(current);
                    return Ok(Self(names));
                }
            }
        }
    }

    /// Whether both are the same name, written from the root to the leaf or from the leaf to the root: OpenSSL prints
    /// the one, .NET the other. Values are compared exactly.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0 == other.0 || self.0.iter().eq(other.0.iter().rev())
    }

    /// The most specific common name: the last of the sequence.
    pub(super) fn common_name(&self) -> Option<&str> {
        let attributes = self.0.iter().rev().flatten();
        attributes.filter(|(kind, _)| kind == COMMON_NAME).map(|(_, value)| value.as_str()).next()
    }
}

fn value(der: &[u8]) -> der::Result<String> {
    let text = match AnyRef::from_der(der) {
        Ok(value) => text(value),
        // A type that `der` does not know, as UniversalString, is no less a value.
        Err(error) if matches!(error.kind(), ErrorKind::TagUnknown { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(text.unwrap_or_else(|| "#".to_owned() + &hex(der)))
}

fn text(value: AnyRef<'_>) -> Option<String> {
    match value.tag() {
        Tag::BmpString => {
            let (units, odd) = value.value().as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            let text: Result<String, _> = char::decode_utf16(units).collect();
            text.ok().filter(|_| odd.is_empty())
        }
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::VisibleString => std::str::from_utf8(value.value()).ok().map(str::to_owned),
        // T.61 as everybody uses it: Latin-1, whose bytes are the first code points.
        Tag::TeletexString => Some(value.value().iter().map(|byte| char::from(*byte)).collect()),
        _ => None,
    }
}

fn take_type(rest: &mut Peekable<Chars<'_>>) -> Result<String, NameError> {
    let mut name = String::new();
    loop {
        match rest.next() {
            Some('=') => break,
            Some(',' | '+' | '"') | None => return Err(NameError::NotAnAttribute),
            Some(character) => name.push(character),
        }
    }
    let name = name.trim().to_ascii_uppercase();
    let dotted = name.strip_prefix("OID.").unwrap_or(&name);
    if let Some((_, oid)) = TYPES.iter().find(|(short, _)| *short == name) {
        Ok((*oid).to_owned())
    } else if is_object_identifier(dotted) {
        Ok(dotted.to_owned())
    } else {
        Err(NameError::TypeUnknown)
    }
}

fn is_object_identifier(text: &str) -> bool {
    let arc = |arc: &str| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
    text.contains('.') && text.split('.').all(arc)
}

fn take_value(rest: &mut Peekable<Chars<'_>>) -> Result<String, NameError> {
    while rest.next_if(|character| character.is_whitespace()).is_some() {}
    if rest.next_if_eq(&'"').is_some() { take_quoted(rest) } else { take_plain(rest) }
}

/// Takes up to the closing quote, and the space after it; what separates the value from the next is left.
fn take_quoted(rest: &mut Peekable<Chars<'_>>) -> Result<String, NameError> {
    let mut value = Vec::new();
    loop {
        match rest.next() {
            None => return Err(NameError::Quote),
            Some('"') if rest.next_if_eq(&'"').is_some() => value.push(b'"'),
            Some('"') => break,
            Some('\\') => take_escaped(rest, &mut value)?,
            Some(character) => push(&mut value, character),
        }
    }
    while rest.next_if(|character| character.is_whitespace()).is_some() {}
    match rest.peek() {
        None | Some(',' | '+') => String::from_utf8(value).map_err(|_| NameError::Escape),
        Some(_) => Err(NameError::Quote),
    }
}

/// Takes up to what separates the value from the next; space before that is no part of the value unless escaped.
fn take_plain(rest: &mut Peekable<Chars<'_>>) -> Result<String, NameError> {
    let mut value = Vec::new();
    let mut length = 0;
    while let Some(character) = rest.next_if(|character| !matches!(character, ',' | '+')) {
        match character {
            '"' => return Err(NameError::Quote),
            '\\' => take_escaped(rest, &mut value)?,
            _ => push(&mut value, character),
        }
        if !character.is_whitespace() {
            length = value.len();
        }
    }
    value.truncate(length);
    String::from_utf8(value).map_err(|_| NameError::Escape)
}

/// Takes what follows a backslash: two hexadecimal digits, or one character that is meant as it is.
fn take_escaped(rest: &mut Peekable<Chars<'_>>, value: &mut Vec<u8>) -> Result<(), NameError> {
    let first = rest.next().ok_or(NameError::Escape)?;
    let Some(high) = first.to_digit(16) else {
        push(value, first);
        return Ok(());
    };
    let low = rest.next().and_then(|digit| digit.to_digit(16)).ok_or(NameError::Escape)?;
    value.push(u8::try_from(high << 4 | low).map_err(|_| NameError::Escape)?);
    Ok(())
}

fn push(value: &mut Vec<u8>, character: char) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(one: &str, other: &str) -> bool {
        DistinguishedName::parse(one).unwrap().is(&DistinguishedName::parse(other).unwrap())
    }

    #[test]
    fn spacing_quoting_and_the_case_of_types_make_no_difference() {
        let name = "CN=orders, O=\"Contoso, Inc.\", C=US";
        for other in [
            "cn=orders,o=\"Contoso, Inc.\",c=US",
            "  CN = orders ,O = Contoso\\, Inc. , C=\"US\" ",
            "2.5.4.3=orders, OID.2.5.4.10=Contoso\\2C Inc., C=US",
            "C=US, O=\"Contoso, Inc.\", CN=orders",
        ] {
            assert!(same(name, other), "{other}");
        }
    }

    #[test]
    fn another_value_order_or_count_makes_another_name() {
        let name = "CN=orders, OU=sales, C=US";
        for other in [
            "CN=Orders, OU=sales, C=US",
            "CN=orders, OU=sales",
            "CN=orders, OU=sales, C=US, C=US",
            "OU=sales, CN=orders, C=US",
            "CN=orders + OU=sales, C=US",
        ] {
            assert!(!same(name, other), "{other}");
        }
    }

    #[test]
    fn attributes_of_one_relative_name_have_no_order() {
        assert!(same("CN=a + UID=b, C=US", "UID=b+CN=a,C=US"));
    }

    #[test]
    fn escaped_characters_are_meant_as_they_are() {
        let name = DistinguishedName::parse(r#"CN=\ a\"\+\e4\b8\ad\ , O="say ""hi"" \\""#).unwrap();
        assert_eq!(name.common_name(), Some(" a\"+中 "));
        assert!(same(r#"O="say ""hi"" \\""#, r#"O=say \"hi\" \\"#));
    }

    #[test]
    fn a_malformed_name_is_refused_with_what_is_wrong() {
        for (text, error) in [
            ("", NameError::Empty),
            ("  ", NameError::Empty),
            ("orders", NameError::NotAnAttribute),
            ("CN=orders,", NameError::NotAnAttribute),
            ("CN=orders, Inc.", NameError::NotAnAttribute),
            ("=orders", NameError::TypeUnknown),
            ("XX=orders", NameError::TypeUnknown),
            ("2.5..3=orders", NameError::TypeUnknown),
            ("CN=\"orders", NameError::Quote),
            ("CN=\"orders\" x", NameError::Quote),
            ("CN=or\"ders", NameError::Quote),
            ("CN=orders\\", NameError::Escape),
            ("CN=\\e4", NameError::Escape),
            ("CN=\\e", NameError::Escape),
        ] {
            assert_eq!(DistinguishedName::parse(text).unwrap_err(), error, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[A-Za-z0-9=,+\"\\\\ .\u{e9}]{0,40}") {
            let _ = DistinguishedName::parse(&text);
        }

        #[test]
        fn a_quoted_value_is_read_as_it_was_written(value in "[^\\\\]{0,20}") {
            let text = format!("CN=\"{}\"", value.replace('"', "\"\""));
            let name = DistinguishedName::parse(&text).unwrap();
            prop_assert_eq!(name.common_name(), Some(value.as_str()));
        }
    }
}
