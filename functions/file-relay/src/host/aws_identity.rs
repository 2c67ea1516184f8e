use std::error::Error;
use std::time::Duration;
use std::{fmt, io, iter};

use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use headgate_core::{Diagnostics, Secret, Severity, Timestamp};
use tokio::time;

use crate::place::s3::{AwsKeys, AwsKeysError, Finding, FoundKeys, S3Keys};

/// How long the keys may take, wherever they come from.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a service of AWS calls its refusals, and what else is said in the log of an error's text: the rest of it may hold values.
const NAMES: [&str; 13] = [
    "AccessDenied",
    "ExpiredToken",
    "IDPCommunicationError",
    "IDPRejectedClaim",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "MalformedPolicyDocument",
    "Non-success status",
    "PackedPolicyTooLarge",
    "RegionDisabled",
    "SignatureDoesNotMatch",
    "Throttling",
    "ValidationError",
];

/// The refusals that last until somebody changes the role, or whom it trusts.
const LASTING: [&str; 2] = ["AccessDenied", "InvalidIdentityToken"];

/// The identity of AWS that this process has, as every SDK of AWS finds it: in the environment (as on Lambda), in a profile, by a web
/// identity (as on EKS), from the endpoint of a container (Elastic Container Service, EKS Pod Identity) or of a machine (EC2).
/// Profiles of IAM Identity Center and of `credential_process` are left out.
///
/// It is looked for anew each time, so that a profile that somebody changes counts. Why it is not found is reported.
#[derive(Debug)]
pub(super) struct AwsIdentity<D> {
    region: String,
    diagnostics: D,
}

impl<D: Diagnostics> AwsIdentity<D> {
    /// Makes the identity; its own requests go to the environment's region, or else to this one.
    pub(super) fn new(region: &str, diagnostics: D) -> Self {
        Self { region: region.to_owned(), diagnostics }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(Region::new(self.region.clone()));
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12()).region(region);
        match config.load().await.credentials_provider() {
            Some(provider) => provider.provide_credentials().await,
            None => Err(CredentialsError::not_loaded_no_source()),
        }
    }

    /// Takes the keys, or reports why there are none.
    fn judge(
        &self,
        credentials: Result<Credentials, CredentialsError>,
    ) -> Result<FoundKeys, AwsKeysError> {
        credentials.map(|credentials| found(&credentials)).map_err(|error| {
            let report = format_args!("the keys of AWS are not found: {}", Cause(&error));
            self.diagnostics.report(Severity::Warning, &report);
            meaning(&error)
        })
    }
}

impl<D: Diagnostics + fmt::Debug> AwsKeys for AwsIdentity<D> {
    fn find(&self) -> Finding<'_> {
        Box::pin(async {
            let credentials = time::timeout(PATIENCE, self.credentials()).await;
            self.judge(
                credentials.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(PATIENCE))),
            )
        })
    }
}

fn found(credentials: &Credentials) -> FoundKeys {
    let expires = credentials.expiry().map(|moment| {
        Timestamp::since_epoch(moment.duration_since(std::time::UNIX_EPOCH).unwrap_or_default())
    });
    let keys = S3Keys {
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: Secret::new(credentials.secret_access_key()),
        session_token: credentials.session_token().map(Secret::new),
    };
    FoundKeys { keys, expires }
}

fn meaning(error: &CredentialsError) -> AwsKeysError {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => AwsKeysError::Absent,
        CredentialsError::InvalidConfiguration(_) => AwsKeysError::Unusable,
        error if names(error).iter().any(|name| LASTING.contains(name)) => AwsKeysError::Refused,
        _ => AwsKeysError::NotNow,
    }
}

/// An error and what it comes of, from the outermost to the innermost.
fn chain<'e>(error: &'e CredentialsError) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(error as &(dyn Error + 'static)), |error| (*error).source())
}

/// The names that occur in the texts of an error.
fn names(error: &CredentialsError) -> Vec<&'static str> {
    let texts: Vec<String> = chain(error).map(ToString::to_string).collect();
    let is_said = |name: &&str| texts.iter().any(|text| text.contains(name));
    NAMES.into_iter().filter(is_said).collect()
}

/// Shows what kind of an error it is, the names that are known, and the kind of a failure of input or output: no value of anybody.
struct Cause<'e>(&'e CredentialsError);

impl fmt::Display for Cause<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        for name in names(self.0) {
            write!(formatter, ", {name}")?;
        }
        let kinds = chain(self.0).filter_map(|error| error.downcast_ref::<io::Error>());
        match kinds.last() {
            Some(error) => write!(formatter, ", {}", error.kind()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use headgate_fakes::MemoryDiagnostics;

    use super::*;

    #[test]
    fn keys_are_taken_with_their_token_and_their_end() {
        let end = std::time::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let credentials =
            Credentials::new("id", "hunter2", Some("hunter3".to_owned()), Some(end), "a test");
        let FoundKeys { keys, expires } = found(&credentials);
        assert_eq!(keys.access_key_id, "id");
        assert_eq!(keys.secret_access_key.expose(), "hunter2");
        assert_eq!(keys.session_token.as_ref().map(Secret::expose), Some("hunter3"));
        assert_eq!(expires, Some(Timestamp::from_secs(2_000_000_000)));
        let lasting = found(&Credentials::new("id", "hunter2", None, None, "a test"));
        assert!(lasting.expires.is_none() && lasting.keys.session_token.is_none());
    }

    #[test]
    fn what_is_missing_or_wrong_stays_so_and_all_else_may_pass() {
        for (error, expected) in [
            (CredentialsError::not_loaded_no_source(), AwsKeysError::Absent),
            (CredentialsError::invalid_configuration("x"), AwsKeysError::Unusable),
            (CredentialsError::provider_error("x"), AwsKeysError::NotNow),
            (CredentialsError::provider_timed_out(PATIENCE), AwsKeysError::NotNow),
            (CredentialsError::unhandled("x"), AwsKeysError::NotNow),
            (CredentialsError::provider_error(refused("AccessDenied")), AwsKeysError::Refused),
            (
                CredentialsError::provider_error(refused("InvalidIdentityTokenException")),
                AwsKeysError::Refused,
            ),
            (CredentialsError::provider_error(refused("ExpiredToken")), AwsKeysError::NotNow),
        ] {
            assert_eq!(meaning(&error), expected, "{error:?}");
        }
    }

    /// A refusal as the SDK's client of STS shows it, below an error that says nothing.
    #[derive(Debug)]
    struct Service(Box<dyn Error + Send + Sync>);

    impl fmt::Display for Service {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("service error")
        }
    }

    impl Error for Service {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self.0.as_ref())
        }
    }

    fn refused(code: &str) -> Service {
        Service(format!("unhandled error ({code}): of hunter2").into())
    }

    #[test]
    fn the_log_has_the_cause_and_no_value() {
        let diagnostics = MemoryDiagnostics::new();
        let identity = AwsIdentity::new("eu-west-1", diagnostics.clone());
        let broken = Service(io::Error::new(io::ErrorKind::ConnectionRefused, "hunter2").into());
        for (error, expected) in [
            (
                CredentialsError::provider_error(refused("AccessDenied")),
                "an error occurred while loading credentials, AccessDenied",
            ),
            (
                CredentialsError::provider_error(broken),
                "an error occurred while loading credentials, connection refused",
            ),
            (
                CredentialsError::invalid_configuration("hunter2"),
                "the credentials provider was not properly configured",
            ),
            (
                CredentialsError::provider_timed_out(PATIENCE),
                "credentials provider timed out after 10 seconds",
            ),
        ] {
            assert!(identity.judge(Err(error)).is_err());
            let expected = format!("the keys of AWS are not found: {expected}");
            assert_eq!(diagnostics.take(), [(Severity::Warning, expected)]);
        }
        let credentials = Credentials::new("id", "hunter2", None, None, "a test");
        assert!(identity.judge(Ok(credentials)).is_ok());
        assert!(diagnostics.take().is_empty());
    }
}
