use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The keys of RFC 7515 appendix A.2 and A.3, and of RFC 8037 appendix A.
const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn rsa_with(more: Value) -> Value {
    with(json!({ "kty": "RSA", "n": N, "e": "AQAB" }), more)
}

fn with(mut key: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        key[name] = value.clone();
    }
    key
}

fn set(keys: &[Value]) -> JwkSet {
    JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn header(algorithm: Algorithm, kid: Option<&str>, x5t: Option<&str>) -> Header {
    Header {
        algorithm,
        kid: kid.map(str::to_owned),
        x5t: x5t.map(str::to_owned),
        x5t_s256: None,
        typ: None,
    }
}

#[test]
fn a_set_as_entra_publishes_it_is_read_with_the_keys_issuer() {
    let set = set(&[rsa_with(json!({
        "use": "sig",
        "kid": "k1",
        "x5t": "k1",
        "x5c": ["not even base64"],
        "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
    }))]);
    let [key] = set.keys.as_slice() else { panic!("one key") };
    assert_eq!(key.kid.as_deref(), Some("k1"));
    assert_eq!(key.issuer.as_deref(), Some("https://login.microsoftonline.com/{tenantid}/v2.0"));
    assert_eq!(key.algorithm, None);
    assert!(key.allows(Algorithm::Rs256) && key.allows(Algorithm::Ps512));
    assert!(!key.allows(Algorithm::Es256) && !key.allows(Algorithm::Hs256));
}

#[test]
fn every_kind_of_key_is_read() {
    let set = set(&[
        rsa_with(json!({})),
        json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": ED }),
    ]);
    assert_eq!(set.unusable, []);
    for (key, algorithm) in
        set.keys.iter().zip([Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa])
    {
        assert!(key.allows(algorithm));
    }
}

#[test]
fn a_key_without_modulus_is_taken_from_its_certificate() {
    use base64::Engine;
    let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
        .unwrap();
    let made = rcgen::CertificateParams::new(vec!["signer".to_owned()])
        .unwrap()
        .self_signed(&pair)
        .unwrap();
    let der = base64::engine::general_purpose::STANDARD.encode(made.der());
    let set = set(&[json!({ "kty": "RSA", "x5c": [der] })]);
    assert_eq!(set.unusable, []);
    let thumbprint = Certificate::from_der(made.der()).unwrap().x5t;
    assert_eq!(set.candidates(&header(Algorithm::Rs256, None, Some(&thumbprint))).count(), 1);
    assert_eq!(set.candidates(&header(Algorithm::Rs256, None, Some("another"))).count(), 0);
}

#[test]
fn a_key_that_cannot_verify_is_left_out_and_the_others_stay() {
    use UnusableKey::*;
    for (key, reason) in [
        (json!(7), NotObject),
        (rsa_with(json!({ "use": "enc" })), NotForSignatures),
        (rsa_with(json!({ "use": 7 })), Malformed("use")),
        (rsa_with(json!({ "key_ops": ["sign"] })), NotForVerifying),
        (rsa_with(json!({ "key_ops": "verify" })), Malformed("key_ops")),
        (json!({ "kty": "oct", "k": "c2VjcmV0" }), Symmetric),
        (json!({ "kty": "new" }), TypeUnsupported),
        (json!({}), TypeUnsupported),
        (json!({ "kty": "EC", "crv": "secp256k1", "x": X, "y": Y }), CurveUnsupported),
        (json!({ "kty": "EC", "crv": "P-256", "x": X, "y": X }), KeyError::PointNotOnCurve.into()),
        (json!({ "kty": "EC", "crv": "P-384", "x": X, "y": Y }), KeyError::PointNotOnCurve.into()),
        (json!({ "kty": "EC", "crv": "P-256", "x": X }), Malformed("y")),
        (json!({ "kty": "OKP", "crv": "X25519", "x": ED }), CurveUnsupported),
        (json!({ "kty": "OKP", "crv": "Ed25519", "x": "AQAB" }), KeyError::Ed25519Malformed.into()),
        (rsa_with(json!({ "n": "AQAB" })), KeyError::RsaTooSmall.into()),
        (rsa_with(json!({ "n": format!("{N}=") })), Malformed("n")),
        (rsa_with(json!({ "e": "AQAC" })), KeyError::RsaMalformed.into()),
        (rsa_with(json!({ "e": 65537 })), Malformed("e")),
        (json!({ "kty": "RSA", "n": N }), Malformed("e")),
        (json!({ "kty": "RSA" }), Malformed("n")),
        (json!({ "kty": "RSA", "x5c": ["AAAA"] }), KeyError::CertificateMalformed.into()),
        (rsa_with(json!({ "alg": "RSA-OAEP" })), AlgorithmUnsupported),
        (rsa_with(json!({ "alg": "HS256" })), AlgorithmUnsupported),
        (rsa_with(json!({ "alg": "ES256" })), AlgorithmUnsupported),
        (rsa_with(json!({ "kid": 7 })), Malformed("kid")),
    ] {
        let set = set(&[key.clone(), rsa_with(json!({ "kid": "good" }))]);
        assert_eq!(set.unusable, [reason], "{key}");
        assert_eq!(set.keys.len(), 1, "{key}");
    }
}

#[test]
fn a_key_with_an_algorithm_verifies_nothing_else() {
    let set = set(&[rsa_with(json!({ "kid": "k", "alg": "RS256", "key_ops": ["verify"] }))]);
    assert_eq!(set.candidates(&header(Algorithm::Rs256, Some("k"), None)).count(), 1);
    assert_eq!(set.candidates(&header(Algorithm::Ps256, Some("k"), None)).count(), 0);
}

#[test]
fn a_token_names_its_key_by_kid_then_by_thumbprint_or_not_at_all() {
    let set = set(&[
        rsa_with(json!({ "kid": "a", "x5t": "ta" })),
        rsa_with(json!({ "kid": "b", "x5t": "tb" })),
        rsa_with(json!({ "x5t": "tc" })),
        json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y, "kid": "a" }),
    ]);
    let count = |kid, x5t| set.candidates(&header(Algorithm::Rs256, kid, x5t)).count();
    assert_eq!(count(Some("a"), None), 1);
    assert_eq!(count(Some("A"), None), 0);
    assert_eq!(count(Some("unknown"), Some("ta")), 0);
    assert_eq!(count(None, Some("tc")), 1);
    assert_eq!(count(None, Some("unknown")), 0);
    assert_eq!(count(None, None), 3);
    assert!(set.knows(&header(Algorithm::EdDsa, Some("a"), None)));
    assert!(!set.knows(&header(Algorithm::Rs256, Some("unknown"), None)));
}

#[test]
fn what_is_no_key_set_is_refused() {
    let too_many = json!({ "keys": vec![json!({}); KEY_LIMIT + 1] }).to_string();
    for (json, error) in [
        ("", JwksError::NotObject),
        ("[]", JwksError::NotObject),
        ("{}", JwksError::KeysMissing),
        (r#"{"keys":{}}"#, JwksError::KeysMissing),
        (r#"{"keys":[],"keys":[]}"#, JwksError::DuplicateMember),
        (r#"{"keys":[{"kid":"a","kid":"b"}]}"#, JwksError::DuplicateMember),
        (too_many.as_str(), JwksError::TooManyKeys),
    ] {
        assert_eq!(JwkSet::parse(json.as_bytes()).unwrap_err(), error, "{json:.40}");
    }
    assert_eq!(JwkSet::parse(&vec![b' '; JWKS_LIMIT + 1]).unwrap_err(), JwksError::TooLong);
    assert_eq!(JwkSet::parse(br#"{"keys":[]}"#).unwrap().keys.len(), 0);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        let _ = JwkSet::parse(&bytes);
    }

    #[test]
    fn a_key_with_a_changed_member_is_read_or_left_out_and_never_panics(
        name in "(kty|n|e|x|y|crv|alg|use|kid|x5c|key_ops|x5t|issuer)",
        value in ".{0,40}",
        base in 0_usize..3,
    ) {
        let base = [
            rsa_with(json!({})),
            json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": ED }),
        ][base].clone();
        let set = set(&[with(base, json!({ name: value }))]);
        prop_assert_eq!(set.keys.len() + set.unusable.len(), 1);
    }
}
