//! The numbers of keys and signatures, from their encodings in DER: big-endian, without leading zeros.

use der::Result;
use der::asn1::{ObjectIdentifier, UintRef};

use crate::elements::Elements;

/// `rsaEncryption` (RFC 8017 §A.1).
pub(super) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Reads a sequence of two numbers: an RSA public key (RFC 8017 §A.1.1) or an ECDSA signature (RFC 3279 §2.2.3).
///
/// # Errors
///
/// The encoding is not DER or not of this shape, or a number is negative.
pub(super) fn two_numbers(der: &[u8]) -> Result<(&[u8], &[u8])> {
    let mut pair = Elements::of_sequence(der)?;
    let numbers = (number(&mut pair)?, number(&mut pair)?);
    pair.end()?;
    Ok(numbers)
}

/// The next element, which must be a number.
pub(super) fn number<'a>(elements: &mut Elements<'a>) -> Result<&'a [u8]> {
    Ok(elements.element()?.decode_as::<UintRef<'_>>()?.as_bytes())
}
