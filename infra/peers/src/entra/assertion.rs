use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// A JWT taken apart; nothing is verified yet.
pub(super) struct Assertion<'a> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Assertion<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let object = |part| serde_json::from_slice::<Map<String, Value>>(&decode(part)?).ok();
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: decode(signature)?,
        })
    }

    pub(super) fn claim(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A `NumericDate` in whole seconds. It may have a fraction (RFC 7519 §2), as msal writes it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is cut off is the fraction; a moment before the epoch is the epoch"
    )]
    pub(super) fn moment(&self, name: &str) -> Option<u64> {
        let value = self.claims.get(name)?;
        value.as_u64().or_else(|| value.as_f64().map(|seconds| seconds as u64))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    fn parameters(&self) -> Option<&'static RsaParameters> {
        match self.header("alg")? {
            "PS256" => Some(&RSA_PSS_2048_8192_SHA256),
            "RS256" => Some(&RSA_PKCS1_2048_8192_SHA256),
            _ => None,
        }
    }

    /// Whether the RSA key with these numbers signed it, with PS256 or RS256.
    pub(super) fn fits(&self, n: &[u8], e: &[u8]) -> bool {
        let Some(parameters) = self.parameters() else { return false };
        let key = RsaPublicKeyComponents { n, e };
        key.verify(parameters, self.signed.as_bytes(), &self.signature).is_ok()
    }

    /// Whether one of these JSON Web Keys signed it: the one that `kid` names, when it names one.
    pub(super) fn fits_one_of(&self, keys: &[Value]) -> bool {
        let kid = self.header("kid");
        let number = |key: &Value, name: &str| {
            let text = key.get(name).and_then(Value::as_str)?;
            URL_SAFE_NO_PAD.decode(text).ok()
        };
        keys.iter()
            .filter(|key| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid)
            .any(|key| match (number(key, "n"), number(key, "e")) {
                (Some(n), Some(e)) => self.fits(&n, &e),
                _ => false,
            })
    }
}
