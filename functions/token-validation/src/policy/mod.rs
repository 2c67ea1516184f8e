//! Policy documents: what they say, and how they are read.

mod model;

pub use model::{
    CheckHeader, DecryptionKey, DecryptionKeyMaterial, Failure, Identity, IpFilter, IpFilterAction,
    Matching, OpenIdConfig, Policy, PolicySet, RequiredClaim, SigningKey, SigningKeyMaterial,
    Statement, TokenSource, TokenVersion, ValidateClientCertificate, ValidateToken,
};
