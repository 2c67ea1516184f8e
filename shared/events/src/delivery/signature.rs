use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::shared_access::hmac_sha256;
use crate::sinks::SigningSecret;

/// How far a message's time may be from the receiver's, so that an old message cannot be sent again.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// A body's signature by Standard Webhooks: the three headers that go with the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `webhook-id`: the same for every attempt to deliver the message.
    pub id: String,
    /// `webhook-timestamp`: this attempt's time in seconds.
    pub timestamp: u64,
    /// `webhook-signature`: `v1,` and base64.
    pub signature: String,
}

/// Signs a body: HMAC-SHA-256 over `id.timestamp.body`.
///
/// `id` may have no full stop, which would make it unclear where the parts begin.
#[must_use]
pub fn sign(id: &str, now: Timestamp, body: &[u8], secret: &SigningSecret) -> Signed {
    let timestamp = now.as_secs();
    let before = format!("{id}.{timestamp}.");
    let digest = hmac_sha256(secret.expose(), &[before.as_bytes(), body]);
    Signed { id: id.to_owned(), timestamp, signature: format!("v1,{}", STANDARD.encode(digest)) }
}

impl Signed {
    /// Puts the headers into a request.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let values = [
            ("webhook-id", HeaderValue::from_str(&self.id).ok()),
            ("webhook-timestamp", Some(HeaderValue::from(self.timestamp))),
            ("webhook-signature", HeaderValue::from_str(&self.signature).ok()),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Why a message's signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// One of the three headers is missing, or is there twice.
    #[error("webhook-id, webhook-timestamp and webhook-signature must each be there once")]
    Incomplete,
    /// The time is none, or is more than five minutes off.
    #[error("webhook-timestamp must be this moment in seconds, to within five minutes")]
    NotNow,
    /// No signature is the body's.
    #[error("webhook-signature is not the body's with this secret")]
    Wrong,
}

/// Checks a received body against its headers by Standard Webhooks. One good signature among several is enough, which is
/// how a sender changes its secret.
///
/// # Errors
///
/// [`SignatureError`] when it is not signed with this secret at about this time.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secret: &SigningSecret,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let id = only(headers, "webhook-id")?;
    let timestamp = only(headers, "webhook-timestamp")?;
    let signatures = only(headers, "webhook-signature")?;
    let signed_at = timestamp.parse().map_err(|_| SignatureError::NotNow)?;
    let signed_at = Timestamp::from_secs(signed_at);
    if now.since(signed_at).max(signed_at.since(now)) > TOLERANCE {
        return Err(SignatureError::NotNow);
    }
    let before = format!("{id}.{timestamp}.");
    let is_good = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|digest| {
        let Ok(digest) = STANDARD.decode(digest) else { return false };
        let state = Hmac::<Sha256>::new_from_slice(secret.expose());
        // In time that does not depend on where they differ.
        state.is_ok_and(|state| {
            state.chain_update(before.as_bytes()).chain_update(body).verify_slice(&digest).is_ok()
        })
    });
    if is_good { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, SignatureError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| SignatureError::Incomplete),
        (None | Some(_), _) => Err(SignatureError::Incomplete),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const AT: Timestamp = Timestamp::from_secs(1_614_265_330);

    fn secret() -> SigningSecret {
        SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    fn signed() -> HeaderMap {
        let mut headers = HeaderMap::new();
        sign("msg_p5jXN8AQM9LWM0D4loKWxJek", AT, BODY, &secret()).apply(&mut headers);
        headers
    }

    /// The test vector of the Standard Webhooks reference implementations.
    #[test]
    fn the_published_vector_is_signed_as_published() {
        let signed = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", AT, BODY, &secret());
        assert_eq!(signed.signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let mut headers = HeaderMap::new();
        signed.apply(&mut headers);
        assert_eq!(headers["webhook-id"], "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(headers["webhook-timestamp"], "1614265330");
        assert_eq!(headers["webhook-signature"], signed.signature.as_str());
    }

    #[test]
    fn a_signature_counts_for_its_body_secret_and_time_alone() {
        assert_eq!(verify(&signed(), BODY, &secret(), AT), Ok(()));
        assert_eq!(verify(&signed(), b"{}", &secret(), AT), Err(SignatureError::Wrong));
        let other = SigningSecret::parse(&format!("whsec_{}", STANDARD.encode([9; 32]))).unwrap();
        assert_eq!(verify(&signed(), BODY, &other, AT), Err(SignatureError::Wrong));
        let near = AT.plus(TOLERANCE);
        assert_eq!(verify(&signed(), BODY, &secret(), near), Ok(()));
        let late = near.plus(Duration::from_secs(1));
        assert_eq!(verify(&signed(), BODY, &secret(), late), Err(SignatureError::NotNow));
        let early = Timestamp::from_secs(AT.as_secs() - 301);
        assert_eq!(verify(&signed(), BODY, &secret(), early), Err(SignatureError::NotNow));
        for name in ["webhook-id", "webhook-timestamp"] {
            let mut headers = signed();
            headers.insert(name, HeaderValue::from_static("1614265331"));
            assert_eq!(verify(&headers, BODY, &secret(), AT), Err(SignatureError::Wrong), "{name}");
        }
    }

    #[test]
    fn one_good_signature_among_several_is_enough_and_an_incomplete_message_is_refused() {
        let mut headers = signed();
        let good = headers["webhook-signature"].to_str().unwrap();
        let several = format!("v2,abc v1,AAAA v1,? {good}");
        headers.insert("webhook-signature", HeaderValue::try_from(several).unwrap());
        assert_eq!(verify(&headers, BODY, &secret(), AT), Ok(()));
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut missing = signed();
            missing.remove(name);
            assert_eq!(verify(&missing, BODY, &secret(), AT), Err(SignatureError::Incomplete));
            let mut twice = signed();
            twice.append(name, HeaderValue::from_static("x"));
            assert_eq!(verify(&twice, BODY, &secret(), AT), Err(SignatureError::Incomplete));
        }
    }
}
