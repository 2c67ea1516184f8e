use std::fmt;

use headgate_core::SecretError;

use super::node::Position;

/// Why a policy document cannot be honoured, and where.
///
/// It prints as `line 4, column 9: …`, cut after 400 characters; no text of it shows a value of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Where the document goes wrong.
    pub position: Position,
    /// What is wrong there.
    pub kind: PolicyErrorKind,
}

/// The longest text of a refusal, in characters.
const MOST: usize = 400;

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_refusal(formatter, self.position, &self.kind)
    }
}

/// Writes where a document goes wrong and why, cut after 400 characters: a name in it can be as long as the document.
pub(crate) fn write_refusal(
    formatter: &mut fmt::Formatter<'_>,
    position: Position,
    kind: &dyn fmt::Display,
) -> fmt::Result {
    let kind = kind.to_string();
    write!(formatter, "{position}: ")?;
    match kind.char_indices().nth(MOST) {
        Some((end, _)) => write!(formatter, "{}…", kind.get(..end).unwrap_or_default()),
        None => formatter.write_str(&kind),
    }
}

impl std::error::Error for PolicyError {}

/// A name that the author may have meant; prints as `; did you mean NAME?` or as nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion<'a>(pub Option<&'a str>);

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(formatter, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// What is wrong with a policy document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text is its documentation; the fields are names")]
pub enum PolicyErrorKind {
    // The text as a whole.
    #[error("the document is longer than 262144 bytes")]
    TooLong,
    #[error("elements are nested deeper than 16 levels")]
    TooDeep,
    #[error("the document is not TOML: {reason}")]
    NotToml { reason: String },
    #[error("the document is not well-formed XML: {reason}")]
    NotXml { reason: String },
    #[error("a document type declaration is not accepted")]
    DocumentType,
    #[error("a processing instruction is not accepted")]
    ProcessingInstruction,
    #[error("{name} is in an XML namespace; policies have none")]
    Namespace { name: String },
    #[error("policy expressions cannot be honoured; write the value itself or a named value")]
    Expression,

    // Structure.
    #[error("the document has no policy; without a statement every caller would pass")]
    NoPolicy,
    #[error("the policy {name} has no statement; without one every caller would pass")]
    NoStatement { name: String },
    #[error("a policy's name is 1 to 64 letters, digits, - and _")]
    PolicyName,
    #[error("the policy {name} is given twice")]
    PolicyTwice { name: String },
    #[error(
        "{name} is not a statement that token-validation honours{suggestion}",
        suggestion = Suggestion(*suggestion)
    )]
    UnknownStatement { name: String, suggestion: Option<&'static str> },
    #[error("{name} has no place in {parent}")]
    UnknownSection { name: String, parent: &'static str },
    #[error("{element} in {section} is not honoured; the section may hold base alone")]
    SectionNotEmpty { section: &'static str, element: String },
    #[error("element {name} is unknown in {parent}{}", Suggestion(*suggestion))]
    UnknownElement { name: String, parent: &'static str, suggestion: Option<&'static str> },
    #[error("attribute {name} is unknown in {element}{}", Suggestion(*suggestion))]
    UnknownAttribute { name: String, element: &'static str, suggestion: Option<&'static str> },
    #[error("{element} may hold no text")]
    UnexpectedText { element: String },
    #[error("{element} must stand before {after} in {parent}")]
    Misplaced { element: &'static str, after: &'static str, parent: &'static str },
    #[error("{element} may stand once in {parent}")]
    Repeated { element: &'static str, parent: &'static str },
    #[error("{list} needs at least one {item}")]
    EmptyList { list: &'static str, item: &'static str },
    #[error("{element} needs a text")]
    NoText { element: &'static str },
    #[error("{key} must be {expected}")]
    WrongType { key: String, expected: &'static str },

    // Attributes.
    #[error("{element} needs the attribute {attribute}")]
    AttributeMissing { attribute: &'static str, element: &'static str },
    #[error("attribute {attribute} may not be empty")]
    AttributeEmpty { attribute: &'static str },
    #[error("attribute {attribute} must be true or false")]
    NotBoolean { attribute: &'static str },
    #[error("attribute {attribute} must be a status from 400 to 599")]
    NotStatus { attribute: &'static str },
    #[error("attribute {attribute} must be whole seconds or [d.]hh:mm:ss")]
    NotTimeSpan { attribute: &'static str },
    #[error("attribute {attribute} must be a header's name")]
    NotHeaderName { attribute: &'static str },
    #[error("attribute {attribute} must be a scheme's name, as Bearer")]
    NotScheme { attribute: &'static str },
    #[error("attribute {attribute} must be letters, digits, - and _")]
    NotVariableName { attribute: &'static str },
    #[error("attribute {attribute} must be {choices}")]
    NotChoice { attribute: &'static str, choices: &'static str },
    #[error(
        "attribute {attribute} must be an absolute https address in ASCII, with a host as xn--… where needed"
    )]
    NotUrl { attribute: &'static str },
    #[error("attribute {attribute} must use https; http is for loopback addresses alone")]
    NotSecure { attribute: &'static str },
    #[error("attribute {attribute} may not hold a user, a password or a fragment")]
    UrlParts { attribute: &'static str },

    // Tokens.
    #[error(
        "validate-jwt needs one of header-name, query-parameter-name and token-value to find the token"
    )]
    NoTokenSource,
    #[error("header-name, query-parameter-name and token-value exclude each other")]
    TokenSourceTwice,
    #[error("attribute token-value must hold the token without a scheme")]
    TokenValueWithScheme,
    #[error("validate-jwt needs openid-config or issuer-signing-keys to verify a signature")]
    NoKeys,
    #[error(
        "attribute tenant-id must be a GUID, a domain, an https address, organizations or common"
    )]
    NotTenant,
    #[error("attribute tenant-id holds an address already; leave authentication-endpoint out")]
    EndpointTwice,
    #[error(
        "attribute {attribute} must be the authority's address, without a query or .well-known"
    )]
    NotAuthority { attribute: &'static str },
    #[error(
        "validate-azure-ad-token needs client-application-ids, or audiences or backend-application-ids"
    )]
    NobodyNamed,

    // Keys.
    #[error("key needs one of a base64 text, certificate-id, certificate, or n and e")]
    NoKeyMaterial,
    #[error("key may hold one of a base64 text, certificate-id, certificate, or n and e")]
    KeyMaterialTwice,
    #[error("key needs both n and e")]
    HalfRsaKey,
    #[error("{subject} must be canonical base64")]
    NotBase64 { subject: &'static str },
    #[error("attribute {attribute} must be canonical base64url without padding")]
    NotBase64Url { attribute: &'static str },
    #[error("a symmetric signing key must have at least 32 bytes (RFC 7518 section 3.2)")]
    SymmetricKeyShort,
    #[error("a symmetric decryption key must have 16, 32 or 64 bytes")]
    DecryptionKeyLength,
    #[error("an RSA key must have 2048 to 8192 bits")]
    RsaKeySize,
    #[error("an RSA modulus must be odd")]
    ModulusEven,
    #[error("an RSA exponent must be odd, at least 3 and less than 2^32")]
    ExponentUnsound,
    #[error("n and e make a public key; decryption needs a private key: give certificate-id")]
    PublicKeyCannotDecrypt,
    #[error("{subject} must hold a PEM section CERTIFICATE")]
    NotCertificate { subject: &'static str },
    #[error("{subject} must hold a PEM section PRIVATE KEY or RSA PRIVATE KEY with an RSA key")]
    NotPrivateKey { subject: &'static str },

    // Other statements.
    #[error("ip-filter needs at least one address or address-range")]
    NoAddress,
    #[error("{subject} must be an IPv4 or IPv6 address; a network is written as address-range")]
    NotAddress { subject: &'static str },
    #[error("address-range must be of IPv4 or of IPv6 addresses alone")]
    RangeMixed,
    #[error("address-range must have from before to")]
    RangeBackwards,
    #[error("identity needs at least one attribute; without one every certificate would match")]
    EmptyIdentity,
    #[error("attribute {attribute} must be a SHA-1 thumbprint: 40 hexadecimal digits")]
    NotThumbprint { attribute: &'static str },
    #[error("attribute {attribute} must be a hexadecimal number")]
    NotSerialNumber { attribute: &'static str },
    #[error("issuer-certificate-id excludes issuer-subject and issuer-thumbprint")]
    IssuerTwice,

    // References.
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("a named value is not closed: write {{{{name}}}}")]
    NamedValueUnclosed,
    #[error("{subject} must be letters, digits, -, _ and .")]
    ReferenceName { subject: &'static str },
}

impl PolicyErrorKind {
    /// Says where it is wrong.
    #[must_use]
    pub const fn at(self, position: Position) -> PolicyError {
        PolicyError { position, kind: self }
    }
}
