//! What every client of AWS here shares: how it is configured, and what a failed call says.

use std::error::Error;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Reads the account's configuration as every SDK of AWS does: the environment, the profile, the role of the machine.
///
/// It is read at the first use: a Lambda that needs none of it is not slowed down.
pub(crate) async fn configuration() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await
}

/// Why a call came to nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AwsFailure {
    /// There was no answer in time.
    TimedOut,
    /// There was no connection, or it broke.
    NoAnswer(String),
    /// The call could not be made, most often for want of credentials.
    NotAsked(String),
    /// The service answered with an error.
    Answered {
        /// Its name, as `AccessDeniedException`; empty when the answer has none.
        code: String,
        /// The status of the answer.
        status: u16,
    },
}

impl<E: ProvideErrorMetadata + Error + 'static> From<SdkError<E>> for AwsFailure {
    fn from(error: SdkError<E>) -> Self {
        match &error {
            SdkError::TimeoutError(_) => Self::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_io() => Self::NoAnswer(causes(&error)),
            SdkError::ResponseError(_) => Self::NoAnswer(causes(&error)),
            SdkError::ServiceError(answer) => Self::Answered {
                code: answer.err().code().unwrap_or_default().to_owned(),
                status: answer.raw().status().as_u16(),
            },
            _ => Self::NotAsked(causes(&error)),
        }
    }
}

/// What went wrong, from the outermost cause to the innermost.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
