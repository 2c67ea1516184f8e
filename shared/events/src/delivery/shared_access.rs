use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

use crate::sinks::SasKey;

/// Everything but the unreserved characters of RFC 3986, with upper-case digits.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Makes a shared access signature for Event Grid: `r=…&e=…&s=…` (contracts §3.1).
///
/// `resource` is the endpoint without its query. The signature is over the *encoded* resource and expiry.
#[must_use]
pub fn shared_access_signature(resource: &str, expiry: Timestamp, key: &SasKey) -> String {
    let written = expiry.to_string();
    let seconds = written.split_once('.').map_or(written.as_str(), |(seconds, _)| seconds);
    let expiry = format!("{seconds}Z");
    let unsigned = format!("r={}&e={}", encoded(resource), encoded(&expiry));
    let signature = STANDARD.encode(hmac_sha256(key.expose(), &[unsigned.as_bytes()]));
    format!("{unsigned}&s={}", encoded(&signature))
}

fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, RESERVED)
}

/// HMAC-SHA-256 (RFC 2104) over the parts one after the other.
pub(super) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length, so there is always a state.
    let Ok(mut state) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        state.update(part);
    }
    state.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `hmac` and `urllib.parse.quote_plus` by the contract's rule.
    #[test]
    fn the_signature_is_over_the_encoded_resource_and_expiry() {
        let key = SasKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let resource = "https://t.westeurope-1.eventgrid.azure.net/api/events";
        let expiry = Timestamp::from_secs(1_743_558_468);
        assert_eq!(
            shared_access_signature(resource, expiry, &key),
            "r=https%3A%2F%2Ft.westeurope-1.eventgrid.azure.net%2Fapi%2Fevents\
             &e=2025-04-02T01%3A47%3A48Z\
             &s=F5h%2FE1hTvZOzJpO27eY5qjB4Q%2BRBn8ypASzx7m62JUA%3D"
        );
    }

    /// RFC 4231 §4.3, test case 2.
    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let digest = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
