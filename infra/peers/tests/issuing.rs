//! What the issuer gives out, judged by decoders that are not its own.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use headgate_core::{Clock, Timestamp};
use headgate_peers::issuer::{
    Algorithm, DEFAULT_API_CLIENT_ID, DEFAULT_AUDIENCE, DEFAULT_CLIENT_ID, DEFAULT_TENANT,
    DEFAULT_TENANT_DOMAIN, Guid, Issuer, IssuerConfig, KeyChoice, Rotation, Running, SignError,
    TokenSpec, TokenVersion,
};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use support::{follow, form, get, parts, post_form, request, token_path};

const ALL: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

async fn start() -> Running {
    Issuer::start(IssuerConfig::default()).await.unwrap()
}

async fn start_with_every_key() -> Running {
    let algorithms = vec![
        Algorithm::RS256,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::ES512,
        Algorithm::EdDSA,
    ];
    Issuer::start(IssuerConfig { algorithms, ..IssuerConfig::default() }).await.unwrap()
}

/// Verifies as a client does: discovery, keys, signature, issuer, audience, times.
async fn verify(running: &Running, token: &str, audience: &str) -> Result<Value, String> {
    let version = match parts(token).1["ver"].as_str() {
        Some("1.0") => TokenVersion::V1,
        _ => TokenVersion::V2,
    };
    let metadata = follow(running, &json!(running.metadata_url(DEFAULT_TENANT, version))).await;
    let keys = follow(running, &metadata["jwks_uri"]).await;
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let header = decode_header(token).map_err(|error| error.to_string())?;
    let jwk = keys.find(&header.kid.unwrap()).ok_or("the key is not published")?;
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[metadata["issuer"].as_str().unwrap()]);
    validation.validate_nbf = true;
    validation.leeway = 0;
    decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation)
        .map(|decoded| decoded.claims)
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_token_from_the_token_endpoint_is_valid_by_discovery_alone() {
    let running = start().await;
    let answer = post_form(&running, &token_path(), "", &form(&running, "")).await;
    assert_eq!(answer.status, Some(200));
    assert!(answer.head.contains("cache-control: no-store"));
    let answer = answer.json();
    assert_eq!(answer["token_type"], "Bearer");
    let expires_in = answer["expires_in"].as_u64().unwrap();
    assert!((3_590..=5_400).contains(&expires_in), "{expires_in}");
    assert_eq!(answer["ext_expires_in"], answer["expires_in"]);

    let token = answer["access_token"].as_str().unwrap();
    let claims = verify(&running, token, DEFAULT_API_CLIENT_ID).await.unwrap();
    assert_eq!(claims["azp"], DEFAULT_CLIENT_ID);
    assert_eq!(claims["azpacr"], "1");
    assert_eq!(claims["tid"], DEFAULT_TENANT);
    assert_eq!(claims["oid"], claims["sub"]);
    let (header, _) = parts(token);
    let members: BTreeSet<&str> = header.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["alg", "kid", "typ"]));
    running.stop().await;
}

#[tokio::test]
async fn a_v1_resource_gets_a_v1_token_from_the_v1_endpoint() {
    let mut config = IssuerConfig::default();
    config.resources.push("api://orders=v1".parse().unwrap());
    let running = Issuer::start(config).await.unwrap();
    let body = form(&running, "")
        .replace("scope=api%3A%2F%2Fheadgate%2F.default", "resource=api://orders");
    let path = format!("/{DEFAULT_TENANT_DOMAIN}/oauth2/token");
    let answer = post_form(&running, &path, "", &body).await.json();
    assert!(answer["expires_in"].is_string() && answer["expires_on"].is_string());
    assert_eq!(answer["resource"], "api://orders");
    let token = answer["access_token"].as_str().unwrap();
    let claims = verify(&running, token, "api://orders").await.unwrap();
    assert_eq!(claims["appid"], DEFAULT_CLIENT_ID);
    assert_eq!(claims["iss"], format!("{}/{DEFAULT_TENANT}/", running.base_url()));
    let (header, _) = parts(token);
    assert_eq!(header["x5t"], header["kid"]);
    running.stop().await;
}

#[tokio::test]
async fn a_token_of_every_algorithm_verifies_with_the_published_key() {
    let running = start_with_every_key().await;
    for algorithm in ALL {
        let token = running.mint(&TokenSpec { algorithm, ..TokenSpec::default() }).unwrap();
        assert_eq!(parts(&token).0["alg"], algorithm.as_str());
        verify(&running, &token, DEFAULT_API_CLIENT_ID).await.unwrap();
    }
    running.stop().await;
}

#[tokio::test]
async fn an_es512_token_verifies_with_the_published_key() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use p521::ecdsa::signature::Verifier;
    use p521::ecdsa::{Signature, VerifyingKey};

    let running = start_with_every_key().await;
    let spec = TokenSpec { algorithm: Algorithm::ES512, ..TokenSpec::default() };
    let token = running.mint(&spec).unwrap();
    let keys = get(&running, &format!("/{DEFAULT_TENANT}/discovery/v2.0/keys")).await.json();
    let kid = &parts(&token).0["kid"];
    let jwk = keys["keys"].as_array().unwrap().iter().find(|jwk| &jwk["kid"] == kid).unwrap();
    assert_eq!((&jwk["kty"], &jwk["crv"]), (&json!("EC"), &json!("P-521")));
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let mut point = vec![4];
    point.extend(decode(jwk["x"].as_str().unwrap()));
    point.extend(decode(jwk["y"].as_str().unwrap()));
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&decode(signature)).unwrap();
    key.verify(message.as_bytes(), &signature).unwrap();
    running.stop().await;
}

#[tokio::test]
async fn a_published_key_has_entras_members_and_a_certificate_of_that_very_key() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use x509_parser::prelude::*;

    let running = start().await;
    let keys = get(&running, &format!("/{DEFAULT_TENANT}/discovery/v2.0/keys")).await.json();
    let jwk = &keys["keys"][0];
    let members: BTreeSet<&str> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["e", "issuer", "kid", "kty", "n", "use", "x5c", "x5t"]));
    assert_eq!(jwk["issuer"], format!("{}/{DEFAULT_TENANT}/v2.0", running.base_url()));
    assert_eq!(jwk["e"], "AQAB");

    let der = STANDARD.decode(jwk["x5c"][0].as_str().unwrap()).unwrap();
    let (rest, certificate) = X509Certificate::from_der(&der).unwrap();
    assert!(rest.is_empty());
    assert!(certificate.validity().is_valid());
    let x509_parser::public_key::PublicKey::RSA(key) = certificate.public_key().parsed().unwrap()
    else {
        panic!("the certificate is not for an RSA key");
    };
    assert_eq!(key.key_size(), 2048);
    let n = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    assert_eq!(key.modulus.strip_prefix(&[0]).unwrap_or(key.modulus), n);
    let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
    assert_eq!(jwk["x5t"], URL_SAFE_NO_PAD.encode(thumbprint));

    let v1 = get(&running, &format!("/{DEFAULT_TENANT}/discovery/keys")).await.json();
    assert!(v1["keys"][0].get("issuer").is_none());
    running.stop().await;
}

#[tokio::test]
async fn tenant_independent_metadata_is_a_template_and_a_tenants_own_key_names_its_issuer() {
    let running = start().await;
    let tenant = Guid::from_u128(0x9188_040d);
    let own = running.add_tenant_key(Algorithm::ES256, tenant).unwrap();
    for segment in ["common", "organizations"] {
        let url = json!(running.metadata_url(segment, TokenVersion::V2));
        let metadata = follow(&running, &url).await;
        assert_eq!(metadata["issuer"], format!("{}/{{tenantid}}/v2.0", running.base_url()));
        let keys = follow(&running, &metadata["jwks_uri"]).await;
        let issuers: Vec<&Value> =
            keys["keys"].as_array().unwrap().iter().map(|key| &key["issuer"]).collect();
        assert_eq!(issuers[0], &metadata["issuer"]);
        assert_eq!(issuers[1], &json!(format!("{}/{tenant}/v2.0", running.base_url())));
    }
    let keys = get(&running, &format!("/{DEFAULT_TENANT}/discovery/v2.0/keys")).await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1, "another tenant's key is not here");

    let header = json!({ "alg": "ES256", "kid": own });
    let key = KeyChoice::Published { kid: own, algorithm: Algorithm::ES256 };
    assert!(running.mint_raw(&header, &json!({ "tid": DEFAULT_TENANT }), &key).is_ok());
    running.stop().await;
}

#[tokio::test]
async fn after_a_rotation_old_and_new_tokens_are_valid_until_the_old_key_is_withdrawn() {
    let running = start().await;
    let audience = DEFAULT_API_CLIENT_ID;
    let old = running.mint(&TokenSpec::default()).unwrap();

    let answer = request(&running, "POST", "/dev/rotate", "headgate-dev: 1\r\n").await.json();
    assert_eq!(answer["published"].as_array().unwrap().len(), 2);
    let new = running.mint(&TokenSpec::default()).unwrap();
    assert_eq!(parts(&new).0["kid"], answer["kid"]);
    assert_ne!(parts(&old).0["kid"], answer["kid"]);
    verify(&running, &old, audience).await.unwrap();
    verify(&running, &new, audience).await.unwrap();

    let path = "/dev/rotate?withdraw=true";
    let answer = request(&running, "POST", path, "headgate-dev: 1\r\n").await.json();
    assert_eq!(answer["published"], json!([answer["kid"]]));
    assert!(verify(&running, &new, audience).await.is_err());
    let newest = running.mint(&TokenSpec::default()).unwrap();
    verify(&running, &newest, audience).await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn keys_and_the_secret_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let config =
        IssuerConfig { state_dir: Some(directory.path().to_owned()), ..IssuerConfig::default() };
    let first = Issuer::start(config.clone()).await.unwrap();
    let rotated = first.rotate(Algorithm::RS256, Rotation::KeepOld).unwrap();
    let (address, kids, secret) = (first.address(), first.kids(), first.client_secret().clone());
    let token = first.mint(&TokenSpec::default()).unwrap();
    first.stop().await;

    let second = Issuer::start(IssuerConfig { listen: address, ..config }).await.unwrap();
    assert_eq!(second.kids(), kids);
    assert_eq!(second.current_kid(Algorithm::RS256), Some(rotated));
    assert_eq!(*second.client_secret(), secret);
    verify(&second, &token, DEFAULT_API_CLIENT_ID).await.unwrap();
    second.stop().await;
}

#[tokio::test]
async fn keys_rotate_by_themselves_when_told_to_and_the_previous_one_stays() {
    let config = IssuerConfig {
        rotate_every: Some(std::time::Duration::from_millis(1)),
        ..IssuerConfig::default()
    };
    let running = Issuer::start(config).await.unwrap();
    let first = running.kids();
    while running.kids().iter().any(|kid| first.contains(kid)) {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.kids().len(), 2);
    running.stop().await;
}

#[tokio::test]
async fn a_token_is_issued_at_the_time_of_the_clock() {
    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(1_900_000_000)
        }
    }
    let config = IssuerConfig { clock: Arc::new(Fixed), ..IssuerConfig::default() };
    let running = Issuer::start(config).await.unwrap();
    let body = form(&running, "&dev_expires_in=60");
    let answer = post_form(&running, &token_path(), "headgate-dev: 1\r\n", &body).await.json();
    let (_, claims) = parts(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["iat"], 1_900_000_000);
    assert_eq!(claims["exp"], 1_900_000_060);
    assert_eq!(answer["expires_in"], 59);
    running.stop().await;
}

#[tokio::test]
async fn a_hostile_token_says_what_a_test_wants_and_is_signed_as_it_wants() {
    let running = start().await;
    let claims = Value::Object(running.claims(&TokenSpec::default()));
    let header = running.header(&TokenSpec::default()).unwrap();
    let audience = DEFAULT_API_CLIENT_ID;

    let honest = KeyChoice::Current(Algorithm::RS256);
    let token = running.mint_raw(&header, &claims, &honest).unwrap();
    verify(&running, &token, audience).await.unwrap();

    let foreign = KeyChoice::Foreign(Algorithm::RS256);
    let token = running.mint_raw(&header, &claims, &foreign).unwrap();
    assert_eq!(verify(&running, &token, audience).await.unwrap_err(), "InvalidSignature");

    let unsigned =
        running.mint_raw(&json!({ "alg": "none" }), &claims, &KeyChoice::Unsigned).unwrap();
    assert!(unsigned.ends_with('.'));

    let shared =
        KeyChoice::Secret { algorithm: Algorithm::HS256, secret: b"a shared secret".to_vec() };
    let token = running.mint_raw(&json!({ "alg": "HS256" }), &claims, &shared).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.set_audience(&[audience]);
    let key = DecodingKey::from_secret(b"a shared secret");
    decode::<Value>(&token, &key, &validation).unwrap();

    let twice =
        running.mint_bytes(br#"{"alg":"RS256"}"#, br#"{"aud":"a","aud":"b"}"#, &honest).unwrap();
    assert_eq!(twice.split('.').count(), 3);

    let unsuited =
        KeyChoice::Published { kid: running.kids().remove(0), algorithm: Algorithm::ES256 };
    assert_eq!(
        running.mint_raw(&header, &claims, &unsuited),
        Err(SignError::KeyUnsuited(Algorithm::ES256))
    );
    running.stop().await;
}

#[tokio::test]
async fn two_audiences_name_the_default_api() {
    let running = start().await;
    for identifier in [DEFAULT_AUDIENCE, DEFAULT_API_CLIENT_ID] {
        let body = form(&running, "").replace("api%3A%2F%2Fheadgate", identifier);
        let answer = post_form(&running, &token_path(), "", &body).await.json();
        let (_, claims) = parts(answer["access_token"].as_str().unwrap());
        assert_eq!(claims["aud"], DEFAULT_API_CLIENT_ID);
    }
    running.stop().await;
}
