use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::{Random, Secret, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::signer::PrivateKey;

/// How long an assertion is valid, in seconds (contracts §5.4: five to ten minutes).
const LIFETIME: u64 = 10 * 60;

/// What an assertion says of the client.
pub(crate) struct Claims<'a> {
    pub(crate) client_id: &'a str,
    /// The token endpoint's address.
    pub(crate) audience: &'a str,
    pub(crate) now: Timestamp,
}

/// Makes the assertion by which a client proves that it holds the certificate's key (contracts §5.4): PS256, with
/// `x5t#S256` as the SHA-256 of the certificate. `None` when the key cannot sign.
pub(crate) fn signed(
    claims: &Claims<'_>,
    certificate: &[u8],
    key: &PrivateKey,
    random: &impl Random,
) -> Option<Secret> {
    let header = json!({
        "alg": "PS256",
        "typ": "JWT",
        "x5t#S256": URL_SAFE_NO_PAD.encode(Sha256::digest(certificate)),
    });
    let now = claims.now.as_secs();
    let payload = json!({
        "aud": claims.audience,
        "iss": claims.client_id,
        "sub": claims.client_id,
        "jti": guid(random),
        "nbf": now,
        "iat": now,
        "exp": now + LIFETIME,
    });
    let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut assertion = format!("{}.{}", encode(&header), encode(&payload));
    let signature = key.sign(assertion.as_bytes(), random)?;
    assertion.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut assertion);
    Some(Secret::new(assertion))
}

/// A random GUID (RFC 9562 §5.4).
pub(crate) fn guid(random: &impl Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let value = u128::from_be_bytes(bytes) & !(0xf << 76) | 4 << 76;
    let value = value & !(0x3 << 62) | 0x2 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        value >> 96,
        value >> 80 & 0xffff,
        value >> 64 & 0xffff,
        value >> 48 & 0xffff,
        value & 0xffff_ffff_ffff,
    )
}

#[cfg(test)]
mod tests {
    use headgate_fakes::CountingRandom;

    use super::*;

    #[test]
    fn ids_are_guids_of_version_4_and_differ() {
        let random = CountingRandom::new();
        let (first, second) = (guid(&random), guid(&random));
        assert_eq!(first, "00000000-0000-4001-8000-000000000001");
        assert_ne!(first, second);
    }
}
