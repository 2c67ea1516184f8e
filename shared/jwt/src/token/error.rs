use std::fmt;

/// Why a text is not a token that can be judged. It shows nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token is longer than [`TOKEN_LIMIT`](super::TOKEN_LIMIT).
    #[error("the token is longer than {} bytes", super::TOKEN_LIMIT)]
    TooLong,
    /// There are neither three parts (JWS) nor five (JWE).
    #[error("the token must have three parts, or five when it is encrypted")]
    PartCount,
    /// A part is empty.
    #[error("the {0} is empty")]
    Empty(Part),
    /// A part is not base64url, or spells it with padding, whitespace or stray trailing bits (RFC 7515 §2).
    #[error("the {0} is not canonical base64url without padding")]
    NotBase64Url(Part),
    /// A part is not UTF-8.
    #[error("the {0} is not UTF-8 text")]
    NotText(Part),
    /// A part is not JSON (RFC 8259), or holds a number or an escape without a value.
    #[error("the {0} is not valid JSON")]
    NotJson(Part),
    /// A part is JSON, but not an object.
    #[error("the {0} is not a JSON object")]
    NotObject(Part),
    /// An object, at any depth, has two members of one name (RFC 7515 §4).
    #[error("the {0} has a duplicate member")]
    DuplicateMember(Part),
    /// Objects and arrays stand inside each other more than 32 deep.
    #[error("the {0} is nested too deep")]
    TooDeep(Part),
    /// There are more than 4,096 values.
    #[error("the {0} has too many values")]
    TooManyValues(Part),
    /// `alg` is missing.
    #[error("the header has no \"alg\"")]
    AlgorithmMissing,
    /// `alg` is `none`, in any case.
    #[error("an unsigned token (\"alg\": \"none\") is never accepted")]
    AlgorithmNone,
    /// `alg` is not one of the supported algorithms.
    #[error("the header's \"alg\" is not supported")]
    AlgorithmUnknown,
    /// `enc` is missing.
    #[error("the header has no \"enc\"")]
    EncryptionMissing,
    /// `enc` is not one of the supported algorithms.
    #[error("the header's \"enc\" is not supported")]
    EncryptionUnknown,
    /// The header brings its own key: `jwk`.
    #[error("the header must not bring a key (\"jwk\")")]
    EmbeddedKey,
    /// The header says where its keys are: `jku`.
    #[error("the header must not say where keys are (\"jku\")")]
    KeySetAddress,
    /// The header says where its certificate is: `x5u`.
    #[error("the header must not say where a certificate is (\"x5u\")")]
    CertificateAddress,
    /// `crit` names extensions, and none is understood (RFC 7515 §4.1.11).
    #[error("the header has extensions that must be understood (\"crit\")")]
    CriticalExtension,
    /// `b64` is not `true` (RFC 7797).
    #[error("an unencoded payload (\"b64\": false) is not accepted")]
    UnencodedPayload,
    /// `zip` asks for decompression.
    #[error("a compressed token (\"zip\") is not accepted")]
    Compressed,
    /// A header member has the wrong type.
    #[error("the header's {0:?} is malformed")]
    HeaderMalformed(&'static str),
    /// A registered claim has the wrong type, or a date that cannot be (RFC 7519 §4.1).
    #[error("the claim {0:?} is malformed")]
    ClaimMalformed(&'static str),
    /// `dir` comes with an encrypted key.
    #[error("a token encrypted directly (\"dir\") must not have an encrypted key")]
    EncryptedKeyUnexpected,
    /// An encrypted token holds another encrypted token.
    #[error("an encrypted token may hold a signed one and nothing deeper")]
    NestedTooDeep,
}

/// The part of a token that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first part.
    Header,
    /// The second part of a signed token, or what an encrypted one holds.
    Claims,
    /// The third part of a signed token.
    Signature,
    /// The second part of an encrypted token.
    EncryptedKey,
    /// The third part of an encrypted token.
    InitializationVector,
    /// The fourth part of an encrypted token.
    Ciphertext,
    /// The fifth part of an encrypted token.
    AuthenticationTag,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "header",
            Self::Claims => "claims",
            Self::Signature => "signature",
            Self::EncryptedKey => "encrypted key",
            Self::InitializationVector => "initialization vector",
            Self::Ciphertext => "ciphertext",
            Self::AuthenticationTag => "authentication tag",
        })
    }
}
