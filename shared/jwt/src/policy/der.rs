//! As much of DER (X.690) as it takes to tell what a PEM section holds.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const NULL: u8 = 0x05;
/// 1.2.840.113549.1.1.1, `rsaEncryption` (RFC 8017, appendix A.1).
const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Whether the bytes are one certificate by their outline: a sequence of three parts and nothing behind it (RFC 5280 §4.1).
pub(super) fn is_certificate(der: &[u8]) -> bool {
    let outline = || {
        let (certificate, behind) = take(der, SEQUENCE)?;
        let (_, rest) = take(certificate, SEQUENCE)?;
        let (_, rest) = take(rest, SEQUENCE)?;
        Some(behind.is_empty() && !rest.is_empty())
    };
    outline().unwrap_or(false)
}

/// The modulus of an RSA private key in PKCS#8 (RFC 5208 §5); `None` when it is another kind of key.
pub(super) fn modulus_of_pkcs8(der: &[u8]) -> Option<&[u8]> {
    let (info, behind) = take(der, SEQUENCE)?;
    let (_version, rest) = take(info, INTEGER)?;
    let (algorithm, rest) = take(rest, SEQUENCE)?;
    let (identifier, _) = take(algorithm, OBJECT_IDENTIFIER)?;
    let (key, _attributes) = take(rest, OCTET_STRING)?;
    (behind.is_empty() && identifier == RSA_ENCRYPTION).then(|| modulus_of_pkcs1(key)).flatten()
}

/// The modulus of an RSA private key in PKCS#1 (RFC 8017, appendix A.1.2).
pub(super) fn modulus_of_pkcs1(der: &[u8]) -> Option<&[u8]> {
    let (key, behind) = take(der, SEQUENCE)?;
    let (_version, rest) = take(key, INTEGER)?;
    let (modulus, _) = take(rest, INTEGER)?;
    behind.is_empty().then_some(modulus)
}

/// Puts a PKCS#1 private key into PKCS#8.
pub(super) fn pkcs8_of_pkcs1(pkcs1: &[u8]) -> Vec<u8> {
    let mut algorithm = Vec::new();
    put(&mut algorithm, OBJECT_IDENTIFIER, &RSA_ENCRYPTION);
    put(&mut algorithm, NULL, &[]);
    let mut info = Vec::new();
    put(&mut info, INTEGER, &[0]);
    put(&mut info, SEQUENCE, &algorithm);
    put(&mut info, OCTET_STRING, pkcs1);
    let mut pkcs8 = Vec::new();
    put(&mut pkcs8, SEQUENCE, &info);
    pkcs8
}

/// Takes one element of the kind `tag` off: its content, and what is behind it.
fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = digits.iter().try_fold(0_usize, |length, digit| {
                length.checked_mul(256)?.checked_add(usize::from(*digit))
            })?;
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn put(der: &mut Vec<u8>, tag: u8, content: &[u8]) {
    der.push(tag);
    let length = content.len();
    if length < 0x80 {
        // Checked by the condition: a single byte.
        der.push(length.to_le_bytes().first().copied().unwrap_or_default());
    } else {
        let digits = length.to_be_bytes();
        let significant: Vec<u8> = digits.into_iter().skip_while(|digit| *digit == 0).collect();
        der.push(0x80 | significant.len().to_le_bytes().first().copied().unwrap_or_default());
        der.extend(significant);
    }
    der.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pkcs1(modulus: &[u8]) -> Vec<u8> {
        let mut key = Vec::new();
        put(&mut key, INTEGER, &[0]);
        put(&mut key, INTEGER, modulus);
        let mut der = Vec::new();
        put(&mut der, SEQUENCE, &key);
        der
    }

    #[test]
    fn a_pkcs1_key_put_into_pkcs8_keeps_its_modulus() {
        for length in [1, 127, 128, 256, 70_000] {
            let modulus = vec![0x5a; length];
            let pkcs8 = pkcs8_of_pkcs1(&pkcs1(&modulus));
            assert_eq!(modulus_of_pkcs8(&pkcs8), Some(modulus.as_slice()));
        }
    }

    #[test]
    fn truncated_and_foreign_bytes_have_no_modulus() {
        let pkcs8 = pkcs8_of_pkcs1(&pkcs1(&[7; 300]));
        for end in 0..pkcs8.len() {
            assert_eq!(modulus_of_pkcs8(&pkcs8[..end]), None);
        }
        assert_eq!(modulus_of_pkcs8(&[0x30, 0x80, 0, 0]), None);
        assert_eq!(modulus_of_pkcs8(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn bytes_behind_a_key_are_refused() {
        let mut pkcs8 = pkcs8_of_pkcs1(&pkcs1(&[7; 300]));
        pkcs8.push(0);
        assert_eq!(modulus_of_pkcs8(&pkcs8), None);
    }
}
