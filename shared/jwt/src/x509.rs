//! Certificates and revocation lists taken apart (RFC 5280 §4.1, §5.1): which bytes are the name, the time, the key.
//!
//! `der` reads the encoding; what stands here walks the sequences that the RFC gives. Nothing is judged, and no
//! signature verified: who asks for a part decides what it is worth. Where real certificates break rules of the RFC
//! on parts that nobody asks for, or have a serial number that they should not have, they are read all the same.

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, UtcTime};
use der::{ErrorKind, Result, Tag, Tagged};

use crate::elements::{Elements, context_specific};

mod dotted;
#[cfg(test)]
mod tests;

pub(crate) use dotted::dotted;

/// The parts of a certificate of any version, borrowed from its encoding.
pub(crate) struct X509<'a> {
    /// Big-endian in two's complement, one byte or more: of any length, and negative or zero when the issuer does
    /// not conform (§4.1.2.2).
    pub(crate) serial_number: &'a [u8],
    pub(crate) issuer: Name<'a>,
    pub(crate) not_before: Time<'a>,
    pub(crate) not_after: Time<'a>,
    pub(crate) subject: Name<'a>,
    pub(crate) public_key: PublicKeyInfo<'a>,
    extensions: Elements<'a>,
}

/// A name: a sequence of relative names (§4.1.2.4).
pub(crate) struct Name<'a>(&'a [u8]);

/// An attribute of a relative name.
pub(crate) struct Attribute<'a> {
    /// The content of the object identifier.
    pub(crate) kind: &'a [u8],
    /// The encoding of the value, whatever its type.
    pub(crate) value: &'a [u8],
}

/// A public key, still encoded as its algorithm has it (§4.1.2.7).
pub(crate) struct PublicKeyInfo<'a> {
    /// The content of the object identifier.
    pub(crate) algorithm: &'a [u8],
    pub(crate) parameters: Option<AnyRef<'a>>,
    pub(crate) key: &'a [u8],
}

/// A moment, not read yet (§4.1.2.5).
pub(crate) struct Time<'a>(AnyRef<'a>);

impl<'a> X509<'a> {
    /// Reads one certificate in DER and nothing behind it.
    ///
    /// # Errors
    ///
    /// The encoding is not DER or not of this shape. Names, times and extensions are read when they are asked for.
    pub(crate) fn from_der(der: &'a [u8]) -> Result<Self> {
        let mut certificate = Elements::of_sequence(der)?;
        let mut signed = certificate.sequence()?;
        certificate.content(Tag::Sequence)?;
        certificate.element()?.decode_as::<BitStringRef<'_>>()?;
        certificate.end()?;

        if let Some(version) = signed.content_if(context_specific(0, true))? {
            let mut version = Elements::of(version);
            version.content(Tag::Integer)?;
            version.end()?;
        }
        let serial_number = signed.content(Tag::Integer)?;
        if serial_number.is_empty() {
            return Err(ErrorKind::Length { tag: Tag::Integer }.into());
        }
        signed.content(Tag::Sequence)?;
        let issuer = Name(signed.content(Tag::Sequence)?);
        let mut validity = signed.sequence()?;
        let (not_before, not_after) = (Time(validity.element()?), Time(validity.element()?));
        validity.end()?;
        let subject = Name(signed.content(Tag::Sequence)?);
        let public_key = PublicKeyInfo::read(signed.sequence()?)?;
        for unique_identifier in [1, 2] {
            signed.content_if(context_specific(unique_identifier, false))?;
        }
        let extensions = signed.content_if(context_specific(3, true))?;
        let extensions = extensions.map(Elements::of_sequence).transpose()?.unwrap_or_default();
        signed.end()?;
        Ok(Self { serial_number, issuer, not_before, not_after, subject, public_key, extensions })
    }

    /// The DNS names of the subject's alternative names, as they are written (§4.2.1.6).
    ///
    /// # Errors
    ///
    /// The extensions or the names are malformed, or there are two such extensions.
    pub(crate) fn dns_names(&self) -> Result<Vec<&'a str>> {
        const ALTERNATIVE_NAMES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
        let Some(names) = self.extension(ALTERNATIVE_NAMES)? else { return Ok(Vec::new()) };
        let mut names = Elements::of_sequence(names)?;
        let mut dns_names = Vec::new();
        while let Some(name) = names.next()? {
            if name.tag() == context_specific(2, false) {
                let text = std::str::from_utf8(name.value()).ok().filter(|text| text.is_ascii());
                dns_names.push(text.ok_or(ErrorKind::Value { tag: Tag::Ia5String })?);
            }
        }
        Ok(dns_names)
    }

    /// The value of an extension, of which there may be one (§4.2).
    fn extension(&self, wanted: ObjectIdentifier) -> Result<Option<&'a [u8]>> {
        let mut extensions = self.extensions;
        let mut found = None;
        while let Some(mut extension) = extensions.next_sequence()? {
            let kind = extension.content(Tag::ObjectIdentifier)?;
            let _critical = extension.content_if(Tag::Boolean)?;
            let value = extension.content(Tag::OctetString)?;
            extension.end()?;
            if kind == wanted.as_bytes() && found.replace(value).is_some() {
                return Err(ErrorKind::Failed.into());
            }
        }
        Ok(found)
    }
}

impl<'a> Name<'a> {
    /// The relative names from the root to the leaf.
    ///
    /// # Errors
    ///
    /// One of them is malformed; the values are not looked into.
    pub(crate) fn relative_names(&self) -> Result<Vec<Vec<Attribute<'a>>>> {
        let mut names = Elements::of(self.0);
        let mut relative_names = Vec::new();
        while let Some(name) = names.next()? {
            name.tag().assert_eq(Tag::Set)?;
            let mut set = Elements::of(name.value());
            let mut attributes = Vec::new();
            while let Some(mut attribute) = set.next_sequence()? {
                let kind = attribute.content(Tag::ObjectIdentifier)?;
                attributes.push(Attribute { kind, value: attribute.unread() });
            }
            relative_names.push(attributes);
        }
        Ok(relative_names)
    }
}

impl<'a> PublicKeyInfo<'a> {
    fn read(mut info: Elements<'a>) -> Result<Self> {
        let mut identifier = info.sequence()?;
        let algorithm = identifier.content(Tag::ObjectIdentifier)?;
        let parameters = identifier.next()?;
        identifier.end()?;
        let key = info.element()?.decode_as::<BitStringRef<'_>>()?.as_bytes();
        info.end()?;
        let key = key.ok_or(ErrorKind::Value { tag: Tag::BitString })?;
        Ok(Self { algorithm, parameters, key })
    }
}

impl Time<'_> {
    /// Seconds since the epoch.
    ///
    /// # Errors
    ///
    /// It is not written as §4.1.2.5 has it, or is before 1970.
    pub(crate) fn seconds(&self) -> Result<i64> {
        let since_epoch = match self.0.tag() {
            Tag::GeneralizedTime => self.0.decode_as::<GeneralizedTime>()?.to_unix_duration(),
            _ => self.0.decode_as::<UtcTime>()?.to_unix_duration(),
        };
        Ok(since_epoch.as_secs().cast_signed())
    }
}

/// When the successor of a revocation list of version 2 is due (§5.1.2.5), in seconds since the epoch; `None` when the
/// list does not say.
///
/// # Errors
///
/// The encoding is not DER or not of this shape up to there, or something is behind the list.
pub(crate) fn next_update(list: &[u8]) -> Result<Option<i64>> {
    let mut list = Elements::of_sequence(list)?.sequence()?;
    list.content(Tag::Integer)?;
    list.content(Tag::Sequence)?;
    list.content(Tag::Sequence)?;
    Time(list.element()?).seconds()?;
    match list.next()? {
        Some(due) if matches!(due.tag(), Tag::UtcTime | Tag::GeneralizedTime) => {
            Time(due).seconds().map(Some)
        }
        _ => Ok(None),
    }
}
