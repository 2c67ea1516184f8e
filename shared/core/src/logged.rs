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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_takes_what_its_name_says() {
        let takes = |text: &str| {
            let logged: Logged = text.parse().unwrap();
            [StatusCode::OK, StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE]
                .map(|status| logged.takes(status))
        };
        assert_eq!(takes("requests"), [true, true, true]);
        assert_eq!(takes("failures"), [false, false, true]);
        assert_eq!(takes("off"), [false, false, false]);
        assert_eq!("all".parse::<Logged>(), Err(UnknownLogged));
        assert_eq!(Logged::default(), Logged::Requests);
    }
}
