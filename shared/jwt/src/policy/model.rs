use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderName, StatusCode};
use zeroize::Zeroizing;

use crate::secure_url::SecureUrl;

/// The policies of one document, each under a name of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct PolicySet {
    /// The policies in the document's order.
    pub policies: Vec<Policy>,
}

impl PolicySet {
    /// The policy of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.name == name)
    }
}

/// What a request has to satisfy: every statement, judged in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name by which a path picks the policy; `default` when the document gives none.
    pub name: String,
    /// The statements in the document's order.
    pub statements: Vec<Statement>,
}

/// One policy statement of `<inbound>`.
#[derive(Debug, PartialEq, Eq)]
pub enum Statement {
    /// `validate-jwt` (contracts §4.1) or `validate-azure-ad-token` (§4.2).
    ValidateToken(Box<ValidateToken>),
    /// `validate-client-certificate` (§4.3).
    ValidateClientCertificate(ValidateClientCertificate),
    /// `ip-filter` (§4.4).
    IpFilter(IpFilter),
    /// `check-header` (§4.5).
    CheckHeader(CheckHeader),
}

/// What a token has to satisfy. `validate-azure-ad-token` is this with Entra's key sources and client ids filled in.
#[derive(Debug, PartialEq, Eq)]
pub struct ValidateToken {
    /// Where the token is taken from.
    pub source: TokenSource,
    /// `require-scheme`: the scheme that `Authorization` must have, compared without case. `None`: `Bearer` is taken
    /// off when it is there.
    pub require_scheme: Option<String>,
    /// What a refused caller gets.
    pub failure: Failure,
    /// `require-expiration-time`.
    pub require_expiration_time: bool,
    /// `require-signed-tokens`: when `false`, an encrypted token may hold its claims without a signature inside.
    /// `alg: none` is refused either way.
    pub require_signed_tokens: bool,
    /// `clock-skew`.
    pub clock_skew: Duration,
    /// `output-token-variable-name`.
    pub output_token_variable_name: Option<String>,
    /// `openid-config`: keys and issuers by discovery.
    pub openid_configs: Vec<OpenIdConfig>,
    /// `issuer-signing-keys`.
    pub issuer_signing_keys: Vec<SigningKey>,
    /// `decryption-keys`.
    pub decryption_keys: Vec<DecryptionKey>,
    /// `audiences` (and `backend-application-ids`): any one must be in `aud`; empty: not judged.
    pub audiences: Vec<String>,
    /// `issuers`: accepted besides those that discovery names.
    pub issuers: Vec<String>,
    /// `client-application-ids`: any one must be `appid` or `azp`; empty: not judged.
    pub client_application_ids: Vec<String>,
    /// `required-claims`: all of them.
    pub required_claims: Vec<RequiredClaim>,
}

/// Where a token is taken from.
#[derive(PartialEq, Eq)]
pub enum TokenSource {
    /// `header-name`; `Authorization` is read with its scheme.
    Header(HeaderName),
    /// `query-parameter-name`.
    Query(String),
    /// `token-value`.
    Value(String),
}

/// What a refused caller gets.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// `failed-validation-httpcode` or `failed-check-httpcode`.
    pub status: StatusCode,
    /// `failed-validation-error-message` or `failed-check-error-message`; `None`: the failure's own message.
    pub message: Option<String>,
}

/// One discovery document: `openid-config url`.
#[derive(Debug, PartialEq, Eq)]
pub struct OpenIdConfig {
    /// The document's address.
    pub url: SecureUrl,
    /// The tokens that it is asked for: those of one Entra version (claim `ver`), or all.
    pub token_version: Option<TokenVersion>,
}

/// The version of an Entra access token, as its claim `ver` says (contracts §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenVersion {
    /// `1.0`.
    V1,
    /// `2.0`.
    V2,
}

/// A key given in the policy: `issuer-signing-keys/key`.
#[derive(Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// `id`, matched with the token's `kid`.
    pub id: Option<String>,
    /// The key.
    pub material: SigningKeyMaterial,
}

/// What a signing key is made of.
#[derive(PartialEq, Eq)]
pub enum SigningKeyMaterial {
    /// The text: base64 of a symmetric key.
    Symmetric(Zeroizing<Vec<u8>>),
    /// `n` and `e`: big-endian, decoded from base64url.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The public exponent.
        e: Vec<u8>,
    },
    /// `certificate-id`, resolved: an X.509 certificate in DER.
    Certificate(Vec<u8>),
}

/// A key that opens encrypted tokens: `decryption-keys/key`.
#[derive(Debug, PartialEq, Eq)]
pub struct DecryptionKey {
    /// `id`, matched with the token's `kid`.
    pub id: Option<String>,
    /// The key.
    pub material: DecryptionKeyMaterial,
}

/// What a decryption key is made of.
#[derive(PartialEq, Eq)]
pub enum DecryptionKeyMaterial {
    /// The text: base64 of a symmetric key.
    Symmetric(Zeroizing<Vec<u8>>),
    /// `certificate-id`, resolved: an RSA private key, PKCS#8 in DER.
    RsaPrivateKey(Zeroizing<Vec<u8>>),
}

/// One of `required-claims/claim`.
#[derive(Debug, PartialEq, Eq)]
pub struct RequiredClaim {
    /// `name`.
    pub name: String,
    /// `match`.
    pub matching: Matching,
    /// `separator`: splits a string claim into values.
    pub separator: Option<String>,
    /// `value`: empty means that the claim must be present.
    pub values: Vec<String>,
}

/// How many of the listed values a claim must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// Every one.
    #[default]
    All,
    /// At least one.
    Any,
}

/// `ip-filter`.
#[derive(Debug, PartialEq, Eq)]
pub struct IpFilter {
    /// `action`.
    pub action: IpFilterAction,
    /// `address` and `address-range`, each inclusive at both ends.
    pub ranges: Vec<(IpAddr, IpAddr)>,
}

/// What an `ip-filter` does with the addresses that it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpFilterAction {
    /// Only these pass.
    Allow,
    /// These do not pass.
    Forbid,
}

/// `check-header`.
#[derive(Debug, PartialEq, Eq)]
pub struct CheckHeader {
    /// `name`.
    pub name: HeaderName,
    /// `failed-check-httpcode` and `failed-check-error-message`.
    pub failure: Failure,
    /// `ignore-case`.
    pub ignore_case: bool,
    /// `value`: any one; empty means that the header must be present.
    pub values: Vec<String>,
}

/// `validate-client-certificate`.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the policy has these five attributes")]
pub struct ValidateClientCertificate {
    /// `validate-revocation`.
    pub validate_revocation: bool,
    /// `validate-trust`.
    pub validate_trust: bool,
    /// `validate-not-before`.
    pub validate_not_before: bool,
    /// `validate-not-after`.
    pub validate_not_after: bool,
    /// `ignore-error`: a failure is recorded and the next statement judged.
    pub ignore_error: bool,
    /// `identities/identity`: all members of at least one; empty: not judged.
    pub identities: Vec<Identity>,
}

/// One of `identities/identity`: what is given must match.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `thumbprint`: SHA-1, lower-case hexadecimal.
    pub thumbprint: Option<String>,
    /// `serial-number`: lower-case hexadecimal without separators or leading zeros.
    pub serial_number: Option<String>,
    /// `common-name`.
    pub common_name: Option<String>,
    /// `subject`: a distinguished name as text.
    pub subject: Option<String>,
    /// `dns-name`.
    pub dns_name: Option<String>,
    /// `issuer-subject`: a distinguished name as text.
    pub issuer_subject: Option<String>,
    /// `issuer-thumbprint`: SHA-1, lower-case hexadecimal.
    pub issuer_thumbprint: Option<String>,
    /// `issuer-certificate-id`, resolved: an X.509 certificate in DER.
    pub issuer_certificate: Option<Vec<u8>>,
}

/// Shows no token.
impl std::fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Header(name) => formatter.debug_tuple("Header").field(name).finish(),
            Self::Query(name) => formatter.debug_tuple("Query").field(name).finish(),
            Self::Value(_) => formatter.write_str("Value(…)"),
        }
    }
}

impl std::fmt::Debug for SigningKeyMaterial {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Symmetric(_) => "Symmetric(…)",
            Self::Rsa { .. } => "Rsa(…)",
            Self::Certificate(_) => "Certificate(…)",
        })
    }
}

impl std::fmt::Debug for DecryptionKeyMaterial {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Symmetric(_) => "Symmetric(…)",
            Self::RsaPrivateKey(_) => "RsaPrivateKey(…)",
        })
    }
}
