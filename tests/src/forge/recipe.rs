use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::encrypt::Encryption;
use super::{Placeholders, base64url, key, secret};

/// How a case's token is made: the file `token.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The algorithm that signs, and the header's `alg` unless `header` says another.
    #[serde(default = "rs256")]
    alg: String,
    /// What signs: a key's name, `secret:NAME`, or `public-key-as-secret:NAME` for the text of a public key.
    #[serde(default = "rsa")]
    key: String,
    /// Members that are added to the header, or taken out with `null`.
    #[serde(default)]
    header: Map<String, Value>,
    /// Claims that are added to the usual ones, or taken out with `null`.
    #[serde(default)]
    claims: Map<String, Value>,
    /// The header as text, in the place of `header`.
    raw_header: Option<String>,
    /// The claims as text, in the place of `claims`.
    raw_claims: Option<String>,
    /// Adds a claim of so many bytes.
    #[serde(default)]
    padding_claim: usize,
    /// What is done to the finished token.
    #[serde(default)]
    damage: Option<Damage>,
    encrypt: Option<Encryption>,
    /// Encrypts the claims alone, without a signature.
    #[serde(default)]
    unsigned: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Damage {
    /// One bit of the signature is changed.
    FlipSignature,
    /// The claims are changed after signing.
    ChangeClaims,
    /// The third part is left empty.
    EmptySignature,
    /// The third part and its dot are left out.
    NoSignature,
    /// The last ten characters are missing.
    Truncate,
    /// The parts carry base64 padding.
    Pad,
    /// The signature's last character has stray bits.
    StrayBits,
    /// A fourth part follows.
    FourParts,
    /// A line break is put into the claims.
    LineBreak,
}

fn rs256() -> String {
    "RS256".to_owned()
}

fn rsa() -> String {
    "rsa".to_owned()
}

/// The claims of an Entra v2 token for an application, as far as policies look at them (contracts §5.3).
fn usual_claims() -> Value {
    json!({
        "iss": "${issuer}/oidc",
        "aud": "api://orders",
        "sub": "alice",
        "azp": "11111111-2222-3333-4444-555555555555",
        "iat": "now",
        "nbf": "now-60",
        "exp": "now+300",
    })
}

/// Puts `changes` over `members`; `null` takes a member out.
pub(super) fn overlay(members: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}

impl Recipe {
    /// Makes the token for a host whose clock shows `now`, in seconds since the epoch.
    #[must_use]
    pub fn make(&self, placeholders: &Placeholders, now: u64) -> String {
        let claims = self.claims(placeholders, now);
        let token = if self.unsigned { claims } else { self.sign(placeholders, &claims) };
        let token = match &self.encrypt {
            Some(encryption) => encryption.encrypt(&token, !self.unsigned),
            None => token,
        };
        self.damage.map_or(token.clone(), |damage| damage.apply(&token))
    }

    fn claims(&self, placeholders: &Placeholders, now: u64) -> String {
        if let Some(raw) = &self.raw_claims {
            return placeholders.fill(&raw.replace("${now+300}", &(now + 300).to_string()));
        }
        let mut claims = usual_claims().as_object().unwrap().clone();
        overlay(&mut claims, &self.claims);
        for name in ["exp", "iat", "nbf"] {
            if let Some(date) =
                claims.get(name).and_then(Value::as_str).and_then(|text| at(text, now))
            {
                claims.insert(name.to_owned(), json!(date));
            }
        }
        if self.padding_claim > 0 {
            claims.insert("padding".to_owned(), json!("x".repeat(self.padding_claim)));
        }
        placeholders.fill(&Value::Object(claims).to_string())
    }

    fn sign(&self, placeholders: &Placeholders, claims: &str) -> String {
        let header = self.raw_header.clone().unwrap_or_else(|| {
            let mut header = Map::from_iter([
                ("alg".to_owned(), json!(self.alg)),
                ("typ".to_owned(), json!("JWT")),
                ("kid".to_owned(), json!(self.key)),
            ]);
            overlay(&mut header, &self.header);
            Value::Object(header).to_string()
        });
        let header = placeholders.fill(&header);
        let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
        let signature = self.signature(message.as_bytes());
        format!("{message}.{}", base64url(&signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        if let Some(name) = self.key.strip_prefix("secret:") {
            return sign_hmac(&self.alg, &secret(name), message);
        }
        if let Some(name) = self.key.strip_prefix("public-key-as-secret:") {
            return sign_hmac(&self.alg, key(name).rsa_public_pem().as_bytes(), message);
        }
        key(&self.key).sign(&self.alg, message)
    }
}

fn sign_hmac(algorithm: &str, secret: &[u8], message: &[u8]) -> Vec<u8> {
    let hash = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        other => panic!("a secret does not sign {other}"),
    };
    hmac::sign(&hmac::Key::new(hash, secret), message).as_ref().to_vec()
}

/// Reads `now`, `now+5` or `now-5`.
fn at(text: &str, now: u64) -> Option<u64> {
    match text.strip_prefix("now")? {
        "" => Some(now),
        offset => now.checked_add_signed(offset.parse().ok()?),
    }
}

impl Damage {
    fn apply(self, token: &str) -> String {
        let parts: Vec<&str> = token.split('.').collect();
        let with = |at: usize, part: String| {
            let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            parts[at] = part;
            parts.join(".")
        };
        let last = parts.len() - 1;
        match self {
            // The first character holds the first six bits, all of which count.
            Self::FlipSignature => {
                let other = if parts[last].starts_with('A') { "B" } else { "A" };
                with(last, format!("{other}{}", &parts[last][1..]))
            }
            Self::ChangeClaims => {
                let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
                let mut claims: Value = serde_json::from_slice(&claims).unwrap();
                claims["roles"] = json!(["Admin"]);
                with(1, base64url(claims.to_string().as_bytes()))
            }
            Self::EmptySignature => with(last, String::new()),
            Self::NoSignature => parts[..last].join("."),
            Self::Truncate => token[..token.len() - 10].to_owned(),
            Self::Pad => parts.iter().map(|part| format!("{part}=")).collect::<Vec<_>>().join("."),
            Self::StrayBits => {
                // A signature of 256 bytes leaves four bits of its last character unused; 'A' and 'B' differ in them.
                let (rest, end) = parts[last].split_at(parts[last].len() - 1);
                let stray = match end {
                    "A" => "B",
                    "Q" => "R",
                    "g" => "h",
                    _ => "x",
                };
                with(last, format!("{rest}{stray}"))
            }
            Self::FourParts => format!("{token}.{}", parts[last]),
            Self::LineBreak => {
                let (front, back) = parts[1].split_at(8);
                with(1, format!("{front}\n{back}"))
            }
        }
    }
}
