use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use headgate_core::{Secret, Timestamp};

use super::assertion::Assertion;
use super::config::{EntraConfig, Registration};
use super::refused::{Judged, refuse, refused};
use crate::issuer::form::{Form, decode};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far clocks may differ, in seconds.
const SKEW: u64 = 5 * 60;
/// How long a client's assertion may be valid, in seconds (contracts §5.4), with that.
const LONGEST: u64 = 10 * 60 + SKEW;

/// What a client's proof is judged by.
pub(super) struct Presented<'a> {
    pub(super) form: &'a Form,
    pub(super) authorization: Option<&'a str>,
    /// The addresses that an assertion may be for.
    pub(super) audiences: &'a [String],
    pub(super) now: Timestamp,
}

impl Presented<'_> {
    /// Finds the application and judges its proof; a public client has none.
    pub(super) fn judge<'c>(&self, config: &'c EntraConfig) -> Judged<&'c Registration> {
        let basic = self.authorization.map(basic).transpose()?;
        let secret = self.form.get("client_secret");
        let assertion = self.form.get("client_assertion");
        let given = [basic.is_some(), secret.is_some(), assertion.is_some()];
        if given.into_iter().filter(|given| *given).count() > 1 {
            return refuse(9_002_313, "Invalid request: the client authenticates more than once.");
        }
        let id = match (&basic, self.form.get("client_id")) {
            (Some((id, _)), None) => id.as_str(),
            (Some((id, _)), Some(other)) if id != other => {
                return refuse(9_002_313, "Invalid request: two clients are named.");
            }
            (_, Some(id)) => id,
            (None, None) => self.form.require("client_id")?,
        };
        let unknown = || {
            let text =
                format!("Application with identifier '{id}' was not found in the directory.");
            refused(700_016, text)
        };
        let guid = id.parse().map_err(|_| unknown())?;
        let application = config.applications.iter().find(|application| application.id == guid);
        let application = application.ok_or_else(unknown)?;
        if application.is_disabled {
            return refuse(7_000_112, format!("Application '{id}' is disabled."));
        }
        let secret = basic.as_ref().map(|(_, secret)| secret.expose()).or(secret);
        match (secret, assertion) {
            (None, None) if application.is_public => Ok(application),
            (None, None) => refuse(
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            ),
            _ if application.is_public => refuse(
                700_025,
                "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
            ),
            (Some(secret), _) => self.judge_secret(application, secret),
            (None, Some(assertion)) => self.judge_assertion(application, assertion),
        }
    }

    fn judge_secret<'c>(
        &self,
        application: &'c Registration,
        offered: &str,
    ) -> Judged<&'c Registration> {
        let same = |secret: &Secret| {
            verify_slices_are_equal(secret.expose().as_bytes(), offered.as_bytes()).is_ok()
        };
        let known = application.secrets.iter().find(|secret| same(&secret.value));
        match known {
            None => refuse(
                7_000_215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.",
            ),
            Some(secret) if secret.expires_at.is_some_and(|end| end <= self.now) => {
                refuse(7_000_222, "The provided client secret keys are expired.")
            }
            Some(_) => Ok(application),
        }
    }

    fn judge_assertion<'c>(
        &self,
        application: &'c Registration,
        text: &str,
    ) -> Judged<&'c Registration> {
        if self.form.require("client_assertion_type")? != ASSERTION_TYPE {
            return refuse(9_002_313, "Invalid request: 'client_assertion_type' is not supported.");
        }
        let assertion = Assertion::read(text);
        let Some(assertion) = assertion else {
            return refuse(50_027, "JWT token is invalid or malformed.");
        };
        let now = self.now.as_secs();
        let (start, end) = (assertion.moment("nbf"), assertion.moment("exp"));
        let in_time = end.is_some_and(|end| now < end + SKEW)
            && start.is_none_or(|start| start <= now + SKEW);
        if !in_time {
            return refuse(700_024, "Client assertion is not within its valid time range.");
        }
        // Tokens of Entra's own v1 issuer have a thumbprint too, of a key that is not the client's.
        let is_foreign =
            application.federated.iter().any(|trusted| trusted.issuer == assertion.claim("iss"));
        let has_thumbprint =
            ["x5t#S256", "x5t"].iter().any(|name| assertion.header(name).is_some());
        if has_thumbprint && !is_foreign {
            self.judge_signed(application, &assertion)
        } else {
            judge_federated(application, &assertion)
        }
    }

    /// Judges an assertion that the client signed itself (contracts §5.4, certificate).
    fn judge_signed<'c>(
        &self,
        application: &'c Registration,
        assertion: &Assertion<'_>,
    ) -> Judged<&'c Registration> {
        let id = application.id.to_string();
        if assertion.claim("iss") != id || assertion.claim("sub") != id {
            return refuse(
                700_021,
                "Client assertion application identifier doesn't match 'client_id' parameter.",
            );
        }
        let audience = assertion.claim("aud");
        if !self.audiences.iter().any(|known| known == audience) {
            return refuse(700_023, "Client assertion audience claim does not match Realm issuer.");
        }
        let length = assertion
            .moment("exp")
            .zip(assertion.moment("nbf").or_else(|| assertion.moment("iat")))
            .map(|(end, start)| end.saturating_sub(start));
        if assertion.claim("jti").is_empty() || length.is_none_or(|length| length > LONGEST) {
            return refuse(
                50_027,
                "JWT token is invalid: 'jti', or both 'nbf' and 'iat', are missing, or it is valid for too long.",
            );
        }
        let thumbprint = |certificate: &[u8]| {
            let sha256 = URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate));
            let sha1 = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate));
            // msal leaves the padding on, which the service takes as well.
            let given = |name| assertion.header(name).map(|text| text.trim_end_matches('='));
            match (given("x5t#S256"), given("x5t")) {
                (Some(given), _) => given == sha256,
                (None, given) => given == Some(&sha1),
            }
        };
        let registered =
            application.certificates.iter().find(|certificate| thumbprint(certificate));
        let fits = registered
            .and_then(|certificate| public_key(certificate))
            .is_some_and(|(n, e)| assertion.fits(&n, &e));
        if fits {
            return Ok(application);
        }
        refuse(
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered on application.",
        )
    }
}

/// Judges another issuer's token: issuer, audience and subject exactly (contracts §5.4, federated).
fn judge_federated<'c>(
    application: &'c Registration,
    assertion: &Assertion<'_>,
) -> Judged<&'c Registration> {
    let trusted = &application.federated;
    let of = |name: &str| assertion.claim(name);
    let issuer: Vec<_> = trusted.iter().filter(|trusted| trusted.issuer == of("iss")).collect();
    if issuer.is_empty() {
        return refuse(
            700_211,
            "No matching federated identity record found for presented assertion issuer.",
        );
    }
    let audience: Vec<_> = issuer.iter().filter(|trusted| trusted.audience == of("aud")).collect();
    if audience.is_empty() {
        return refuse(
            700_212,
            "No matching federated identity record found for presented assertion audience.",
        );
    }
    let Some(trusted) = audience.iter().find(|trusted| trusted.subject == of("sub")) else {
        return refuse(
            700_213,
            "No matching federated identity record found for presented assertion subject.",
        );
    };
    if assertion.fits_one_of(&trusted.keys) {
        return Ok(application);
    }
    refuse(700_027, "Client assertion failed signature validation.")
}

fn basic(authorization: &str) -> Judged<(String, Secret)> {
    let credentials = || {
        let (scheme, encoded) = authorization.split_once(' ')?;
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        let pair = (decode(id)?, Secret::new(decode(secret)?));
        scheme.eq_ignore_ascii_case("basic").then_some(pair)
    };
    credentials().ok_or_else(|| {
        refused(9_002_313, "Invalid request: the header Authorization is malformed.")
    })
}

/// The modulus and the exponent of a certificate's RSA key: the certificate is one that a test made, so its DER is walked
/// from its algorithm on and not judged.
fn public_key(certificate: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    /// `rsaEncryption` with its empty parameters, and the beginning of the bit string behind it.
    const RSA: [u8; 16] = [0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 3];
    let at = certificate.windows(RSA.len()).position(|window| window == RSA)?;
    let (_, rest) = element(certificate.get(at + RSA.len() - 1..)?)?;
    let (_, key) = element(rest.strip_prefix(&[0])?)?;
    let (modulus, length) = (element(key)?.1, total(key)?);
    let exponent = element(key.get(length..)?)?.1;
    let bare = |number: &[u8]| number.strip_prefix(&[0]).unwrap_or(number).to_vec();
    Some((bare(modulus), bare(exponent)))
}

/// The tag and the content of the first element.
fn element(der: &[u8]) -> Option<(u8, &[u8])> {
    let (head, length) = lengths(der)?;
    Some((*der.first()?, der.get(head..head + length)?))
}

fn total(der: &[u8]) -> Option<usize> {
    lengths(der).map(|(head, length)| head + length)
}

fn lengths(der: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*der.get(1)?);
    if first < 0x80 {
        return Some((2, first));
    }
    let count = first & 0x7f;
    let bytes = der.get(2..2 + count).filter(|bytes| bytes.len() <= 4)?;
    Some((2 + count, bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))))
}
