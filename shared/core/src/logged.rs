use std::str::FromStr;

use http::StatusCode;

/// Which requests are logged: the Spin variable `log`, the environment variable `HEADGATE_LOG`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Logged {
    /// All: `requests`.
    #[default]
    Requests,
    /// Those with a status of 500 and above: `failures`.
    Failures,
    /// None: `off`.
    Off,
}

/// The text names no choice of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is logged must be requests, failures or off")]
pub struct UnknownLogged;

impl Logged {
    /// Whether a request with this answer is logged.
    #[must_use]
    pub fn takes(self, status: StatusCode) -> bool {
        match self {
            Self::Requests => true,
            Self::Failures => status.is_server_error(),
            Self::Off => false,
        }
    }
}

impl FromStr for Logged {
    type Err = UnknownLogged;

    fn from_str(text: &str) -> Result<Self, UnknownLogged> {
        match text {
            "requests" => Ok(Self::Requests),
            "failures" => Ok(Self::Failures),
            "off" => Ok(Self::Off),
            _ => Err(UnknownLogged),
        }
    }
}
