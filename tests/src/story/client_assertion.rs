use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::matching::Matching;
use crate::forge::{base64url, key};

/// The assertion by which a client proves that it holds a certificate's key, judged as Entra judges it (contracts §5.4).
///
/// Header and claims are these and no others, PS256 signs them, and they are valid from this moment on for ten minutes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ClientAssertion {
    /// The name of the key whose certificate the client has registered.
    signed_by: String,
    /// The client's id.
    client: String,
    /// The token endpoint's address.
    audience: String,
}

/// How long an assertion may be valid at most, in seconds.
const LONGEST: u64 = 600;

impl ClientAssertion {
    /// Compares what came with it.
    pub(super) fn compare(&self, place: &str, came: &str, matching: &mut Matching<'_>) {
        let parts: Vec<&str> = came.split('.').collect();
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let object = |text| serde_json::from_slice(&decoded(text)?).ok();
        let [header, claims, signature] = parts.as_slice() else {
            return matching.wrong(format!("{place} has not three parts: {came}"));
        };
        let message = format!("{header}.{claims}");
        let (Some(header), Some(claims), Some(signature)) =
            (object(header), object(claims), decoded(signature))
        else {
            return matching.wrong(format!("{place} is no JWT: {came}"));
        };
        let key = key(&self.signed_by);
        let thumbprint = base64url(digest(&SHA256, key.certificate_der()).as_ref());
        let told = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint });
        matching.json(&format!("{place}'s header"), &told, &header);
        let told = json!({
            "aud": self.audience,
            "iss": self.client,
            "sub": self.client,
            "jti": "${uuid}",
            "nbf": "${epoch}",
            "iat": "${epoch}",
            "exp": format!("${{epoch+{LONGEST}}}"),
        });
        matching.json(&format!("{place}'s claims"), &told, &claims);
        let time = |name| claims.get(name).and_then(Value::as_u64);
        if time("iat").is_none() {
            matching.wrong(format!("{place}'s claims have no number as iat"));
        }
        let lifetime = time("exp").zip(time("nbf")).and_then(|(end, begin)| end.checked_sub(begin));
        if lifetime.is_none_or(|lifetime| lifetime > LONGEST) {
            matching.wrong(format!("{place} is valid for {lifetime:?} seconds"));
        }
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.rsa_public_der());
        if public.verify(message.as_bytes(), &signature).is_err() {
            matching.wrong(format!("{place} is not signed by {}", self.signed_by));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use headgate_core::Timestamp;
    use headgate_fakes::ManualClock;

    use super::super::names::Names;
    use super::*;

    const NOW: u64 = 1_743_554_868;
    const CLIENT: &str = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b";
    const AUDIENCE: &str = "https://login.example/t/oauth2/v2.0/token";

    fn header() -> Value {
        let thumbprint = digest(&SHA256, key("rsa-client").certificate_der());
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": base64url(thumbprint.as_ref()) })
    }

    fn claims() -> Value {
        json!({
            "aud": AUDIENCE,
            "iss": CLIENT,
            "sub": CLIENT,
            "jti": "92c502f2-a966-42a7-a428-d3b319844544",
            "nbf": NOW,
            "iat": NOW,
            "exp": NOW + 600,
        })
    }

    fn signed(name: &str, algorithm: &str, header: &Value, claims: &Value) -> String {
        let encoded = |value: &Value| base64url(value.to_string().as_bytes());
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature = key(name).sign(algorithm, message.as_bytes());
        format!("{message}.{}", base64url(&signature))
    }

    fn wrong(came: &str) -> String {
        let clock = ManualClock::at(Timestamp::from_secs(NOW));
        let names = Names::new(Some(clock), Path::new("/files"));
        let mut matching = Matching::new(&names);
        let (signed_by, client, audience) =
            ("rsa-client".to_owned(), CLIENT.to_owned(), AUDIENCE.to_owned());
        ClientAssertion { signed_by, client, audience }.compare("it", came, &mut matching);
        matching.end().err().unwrap_or_default().join("; ")
    }

    fn with(mut value: Value, name: &str, member: Value) -> Value {
        value[name] = member;
        value
    }

    #[test]
    fn an_assertion_as_entra_takes_it_is_taken() {
        assert_eq!(wrong(&signed("rsa-client", "PS256", &header(), &claims())), "");
    }

    #[test]
    fn an_assertion_by_another_key_or_padding_is_refused() {
        let other = signed("rsa-other", "PS256", &header(), &claims());
        assert_eq!(wrong(&other), "it is not signed by rsa-client");
        let padded = signed("rsa-client", "RS256", &header(), &claims());
        assert_eq!(wrong(&padded), "it is not signed by rsa-client");
        let good = signed("rsa-client", "PS256", &header(), &claims());
        assert!(wrong(good.rsplit_once('.').unwrap().0).contains("three parts"));
        assert!(wrong("a.b.c").contains("no JWT"));
    }

    #[test]
    fn an_assertion_that_says_anything_else_is_refused() {
        for (name, member) in [
            ("alg", json!("RS256")),
            ("typ", json!("at+jwt")),
            ("x5t#S256", json!("AA")),
            ("x5t", json!("AA")),
        ] {
            let came = signed("rsa-client", "PS256", &with(header(), name, member), &claims());
            assert!(wrong(&came).contains("header"), "{name}");
        }
        for (name, member) in [
            ("aud", json!("https://login.example/t")),
            ("iss", json!("other")),
            ("sub", json!("other")),
            ("jti", json!("1")),
            ("nbf", json!(NOW + 1)),
            ("iat", json!(NOW.to_string())),
            ("exp", json!(NOW + 601)),
            ("exp", Value::Null),
            ("more", json!(1)),
        ] {
            let came = signed("rsa-client", "PS256", &header(), &with(claims(), name, member));
            assert!(wrong(&came).contains("claims"), "{name}");
        }
    }
}
