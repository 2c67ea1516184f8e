use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::client::Asked;

/// A token, and the requests that it took.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) token: String,
    pub(crate) asked: Vec<Asked>,
}

/// What differs between two tokens for the same: when each was made, and which it is.
const OF_ITS_OWN: [&str; 5] = ["iat", "nbf", "exp", "uti", "aio"];

/// Parameters whose value is made anew each time, or was given once.
const FRESH: [&str; 4] = ["client_assertion", "code", "code_verifier", "refresh_token"];

/// What OpenID Connect adds to a person's scopes: it is for the package's own cache of accounts.
const OF_OPENID: [&str; 4] = ["openid", "profile", "offline_access", "email"];

impl Got {
    /// Reads an answer of `tests/peers/entra_sdks.py`.
    pub(crate) fn of(answer: &Value) -> Self {
        let Some(token) = answer["token"].as_str() else { panic!("{answer}") };
        let texts = |value: &Value| -> BTreeMap<String, String> {
            serde_json::from_value(value.clone()).unwrap()
        };
        let asked = answer["asked"].as_array().unwrap().iter().map(|asked| Asked {
            method: asked["method"].as_str().unwrap().to_owned(),
            address: asked["address"].as_str().unwrap().to_owned(),
            query: texts(&asked["query"]),
            form: texts(&asked["form"]),
            headers: texts(&asked["headers"]),
        });
        // The packages look an authority and a person's home up first.
        let is_of_token = |asked: &Asked| {
            asked.address.ends_with("/token") && !asked.address.contains("/userrealm/")
        };
        Self { token: token.to_owned(), asked: asked.filter(is_of_token).collect() }
    }

    /// Every claim, with its value.
    pub(crate) fn claims(&self) -> Map<String, Value> {
        let payload = self.token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    /// The claims that two tokens for the same have alike.
    pub(crate) fn lasting_claims(&self) -> Map<String, Value> {
        let mut claims = self.claims();
        claims.retain(|name, _| !OF_ITS_OWN.contains(&name.as_str()));
        claims
    }

    /// The same without a parameter of its requests.
    pub(crate) fn without(mut self, parameter: &str) -> Self {
        for asked in &mut self.asked {
            assert!(asked.form.remove(parameter).is_some(), "{parameter} is not there");
        }
        self
    }
}

/// Where two forms of one request disagree: whatever ours says, the package says too, and nothing else that counts.
pub(crate) fn assert_alike(own: &Asked, other: &Asked, package: &str) {
    assert_eq!((&own.method, &own.address), (&other.method, &other.address), "{package}");
    for (own, other) in [(&own.query, &other.query), (&own.form, &other.form)] {
        for (name, value) in own {
            let Some(said) = other.get(name) else {
                panic!("{package} sends no {name}: {other:?}")
            };
            match name.as_str() {
                "scope" => assert_eq!(scopes(value), scopes(said), "{package}"),
                "client_assertion" => assert_assertions_alike(value, said, package),
                fresh if FRESH.contains(&fresh) => assert!(!said.is_empty()),
                _ => assert_eq!(value, said, "{package}: {name}"),
            }
        }
        // What is said of the package itself is nobody else's affair.
        let more = other.keys().filter(|name| !own.contains_key(*name) && !is_of_the_package(name));
        let more: Vec<_> = more.collect();
        assert!(more.is_empty(), "{package} also sends {more:?}");
    }
    for name in ["metadata", "x-identity-header", "content-type"] {
        let value = |asked: &Asked| {
            let value = asked.headers.get(name)?;
            Some(value.split(';').next().unwrap_or_default().to_ascii_lowercase())
        };
        if value(own).is_some() {
            assert_eq!(value(own), value(other), "{package}: {name}");
        }
    }
}

fn is_of_the_package(name: &str) -> bool {
    name.starts_with("x-") || ["client_info", "claims"].contains(&name)
}

fn scopes(text: &str) -> BTreeSet<&str> {
    text.split(' ').filter(|scope| !OF_OPENID.contains(scope)).collect()
}

/// Two assertions of one client: signed in the same way by the same key, for the same; or the same one from a file.
fn assert_assertions_alike(own: &str, other: &str, package: &str) {
    if own == other {
        return;
    }
    let part = |token: &str, at: usize| -> Map<String, Value> {
        let part = token.split('.').nth(at).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    // msal leaves the padding on a thumbprint.
    let header = |token: &str, name: &str| {
        let header = part(token, 0);
        Some(header.get(name)?.as_str()?.trim_end_matches('=').to_owned())
    };
    assert_eq!(header(own, "typ"), header(other, "typ"), "{package}");
    if header(other, "x5t").is_some() {
        // azure-identity signs in the older form, which the service takes as well (contracts §5.4).
        assert_eq!(header(other, "alg").as_deref(), Some("RS256"), "{package}");
    } else {
        for name in ["alg", "x5t#S256"] {
            assert_eq!(header(own, name), header(other, name), "{package}: {name}");
        }
    }
    for name in ["iss", "sub", "aud"] {
        assert_eq!(part(own, 1).get(name), part(other, 1).get(name), "{package}: {name}");
    }
    let lifetime = |token: &str| {
        let claims = part(token, 1);
        let begin = claims.get("nbf").unwrap_or(&claims["iat"]);
        claims["exp"].as_f64().unwrap() - begin.as_f64().unwrap()
    };
    for token in [own, other] {
        assert!(part(token, 1).contains_key("jti"), "{package}");
        assert!(lifetime(token) <= 600.0, "{package}");
    }
}
