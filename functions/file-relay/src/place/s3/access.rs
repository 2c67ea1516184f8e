use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use headgate_core::{Secret, Timestamp};

/// The keys of a user or of a role.
#[derive(Clone, Debug)]
pub struct S3Keys {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session's token, of keys that expire.
    pub session_token: Option<Secret>,
}

/// As whom a bucket is called.
#[derive(Clone, Debug)]
pub enum S3Access {
    /// With the keys of the document.
    Keys(S3Keys),
    /// With the keys that the host's own identity has.
    Host(Arc<dyn AwsKeys>),
}

/// Gives the keys of AWS that the host's own identity has.
///
/// An implementor finds them as every SDK of AWS does, anew at each call, and puts a deadline on that. Its `Debug` shows no key.
pub trait AwsKeys: fmt::Debug + Send + Sync {
    /// Finds the keys.
    ///
    /// # Errors
    ///
    /// [`AwsKeysError`]: whether there are none, or none at the moment.
    fn find(&self) -> Finding<'_>;
}

/// Keys that are being looked for.
pub type Finding<'a> = Pin<Box<dyn Future<Output = Result<FoundKeys, AwsKeysError>> + Send + 'a>>;

/// Keys of the host.
#[derive(Clone, Debug)]
pub struct FoundKeys {
    /// The keys.
    pub keys: S3Keys,
    /// Until when they are good, if that is known.
    pub expires: Option<Timestamp>,
}

/// Why the host has no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsKeysError {
    /// There are none, wherever an SDK of AWS looks.
    #[error(
        "the host has no credentials of AWS: give its role, its environment or its profile some, or the place its keys"
    )]
    Absent,
    /// What is configured on the host cannot be used.
    #[error(
        "the host's configuration of AWS credentials cannot be used: see its profile and its AWS variables"
    )]
    Unusable,
    /// Whoever gives them refuses them to the host.
    #[error(
        "the host is refused credentials of AWS: see the trust policy of its role, and the function's log"
    )]
    Refused,
    /// Whoever gives them does not answer, or not as it should.
    #[error(
        "the host's credentials of AWS are not to be had at the moment: see the function's log"
    )]
    NotNow,
}
