//! How a message is encoded before RSA signs it (RFC 8017 §9): judged here from the verifier's side alone.

use super::backend::Hash;
use super::digest::digest;

/// The one EMSA-PKCS1-v1_5 encoding of a message (§9.2), `length` bytes long: what a signature must open to. So there
/// is no padding to be read, and none to be read wrongly.
pub(super) fn pkcs1(hash: Hash, message: &[u8], length: usize) -> Vec<u8> {
    // The DER of DigestInfo up to the digest (§9.2, note 1): the hashes differ in three bytes.
    let (identifier, digest_length) = match hash {
        Hash::Sha256 => (1, 32),
        Hash::Sha384 => (2, 48),
        Hash::Sha512 => (3, 64),
    };
    let info = [
        0x30,
        17 + digest_length,
        0x30,
        13,
        0x06,
        9,
        0x60,
        0x86,
        0x48,
        0x01,
        0x65,
        0x03,
        0x04,
        0x02,
        identifier,
        0x05,
        0,
        0x04,
        digest_length,
    ];
    let digest = digest(hash, &[message]);
    let padding = length.saturating_sub(3 + info.len() + digest.len());
    [&[0, 1], vec![0xff; padding].as_slice(), &[0], &info, &digest].concat()
}

/// Whether `encoded` is an EMSA-PSS encoding of the message (§9.1.2) with a salt as long as the hash and MGF1 on the
/// same hash, as RFC 7518 §3.5 has it. `modulus_bits` are those of the key, and `encoded` is as long as the key.
pub(super) fn is_pss(hash: Hash, message: &[u8], encoded: &[u8], modulus_bits: usize) -> bool {
    judge_pss(hash, message, encoded, modulus_bits).unwrap_or(false)
}

fn judge_pss(hash: Hash, message: &[u8], encoded: &[u8], modulus_bits: usize) -> Option<bool> {
    let bits = modulus_bits.checked_sub(1)?;
    // One bit more than whole bytes in the modulus: its highest byte is none of the encoding's.
    let (above, encoded) =
        encoded.split_at_checked(encoded.len().checked_sub(bits.div_ceil(8))?)?;
    let (trailer, encoded) = encoded.split_last()?;
    let (masked, hashed) = encoded.split_at_checked(encoded.len().checked_sub(hash.length())?)?;
    let unused_bits = 8 * bits.div_ceil(8) - bits;
    let used = 0xff_u8 >> unused_bits;
    if above.iter().any(|byte| *byte != 0) || *trailer != 0xbc || masked.first()? & !used != 0 {
        return Some(false);
    }
    let mut block: Vec<u8> = masked
        .iter()
        .zip(mask(hash, hashed, masked.len()))
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    *block.first_mut()? &= used;
    let (padding, salt) = block.split_at_checked(block.len().checked_sub(hash.length())?)?;
    let (separator, zeros) = padding.split_last()?;
    let expected = digest(hash, &[&[0; 8], &digest(hash, &[message]), salt]);
    Some(*separator == 1 && zeros.iter().all(|byte| *byte == 0) && expected == hashed)
}

/// MGF1 (RFC 8017 appendix B.2.1).
fn mask(hash: Hash, seed: &[u8], length: usize) -> impl Iterator<Item = u8> {
    let blocks = u32::try_from(length.div_ceil(hash.length())).unwrap_or(u32::MAX);
    (0..blocks).flat_map(move |counter| digest(hash, &[seed, &counter.to_be_bytes()])).take(length)
}
