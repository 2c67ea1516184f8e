use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use headgate_core::Logged;

use crate::Variable;
use crate::store_place::{StorePlace, StorePlaceError};

/// The variables that the host itself reads, under their names in the environment.
pub(crate) const HOST_VARIABLES: &[Variable] = &[
    Variable {
        name: "HEADGATE_LISTEN",
        default: Some("127.0.0.1"),
        about: "The address to listen on; 0.0.0.0 in a container. With a port, as 127.0.0.1:8080, it decides that too.",
    },
    Variable {
        name: "PORT",
        default: Some("3000"),
        about: "The port to listen on; 0 takes any. FUNCTIONS_CUSTOMHANDLER_PORT goes before it.",
    },
    Variable {
        name: "HEADGATE_PREFIX",
        default: None,
        about: "The path under which the function is served, as /token-validation; taken off each request's path.",
    },
    Variable {
        name: "HEADGATE_THREADS",
        default: Some("one for each core"),
        about: "How many threads serve. By itself a function that computes beside them leaves one core of several to that.",
    },
    Variable {
        name: "HEADGATE_LOG",
        default: Some("requests"),
        about: "What is logged: requests, failures (status 500 and above) or off.",
    },
    Variable {
        name: "HEADGATE_METRICS_LISTEN",
        default: None,
        about: "The address and port of /metrics for Prometheus, as 127.0.0.1:9464.",
    },
    Variable {
        name: "HEADGATE_STATE_DIR",
        default: Some(".headgate, or /tmp/headgate on Lambda"),
        about: "The folder of the key-value store; memory keeps it in memory. Not used with HEADGATE_STORE.",
    },
    Variable {
        name: "HEADGATE_STORE",
        default: None,
        about: "The key-value store that several machines share: redis://HOST, rediss://HOST or dynamodb:TABLE, each with ?prefix=NAME when the function's name is not to stand before its keys. A file in HEADGATE_STATE_DIR when it is not set.",
    },
];

/// How the host serves, as the environment has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `true`: as a Lambda function.
    pub(crate) lambda: bool,
    /// Where HTTP is served.
    pub(crate) listen: SocketAddr,
    /// The path under which the function stands, without a slash at its end; empty: at the root.
    pub(crate) prefix: String,
    /// How many threads serve; `None`: one for each core, but for what a function computes beside.
    pub(crate) threads: Option<NonZeroUsize>,
    /// Which requests are logged.
    pub(crate) log: Logged,
    /// Where `/metrics` is served.
    pub(crate) metrics: Option<SocketAddr>,
    /// Where the key-value store has its file; `None`: in memory.
    pub(crate) state: Option<PathBuf>,
    /// Where the key-value store is that several machines share; `None`: there is none.
    pub(crate) store: Option<StorePlace>,
}

/// Which variable holds what cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingsError {
    /// The value is shown.
    #[error("variable {name} must be {expected}, not {value:?}")]
    Value { name: &'static str, expected: &'static str, value: String },
    /// The value may hold a password and is not shown.
    #[error("variable HEADGATE_STORE cannot be used: {0}")]
    Store(#[from] StorePlaceError),
}

impl Settings {
    /// Reads the settings through `variable`. An empty value counts as none.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] for the first variable that holds what cannot be used.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let lambda = variable("AWS_LAMBDA_RUNTIME_API").is_some();
        if lambda {
            for name in LAMBDA_VARIABLES {
                let expected = "set when AWS_LAMBDA_RUNTIME_API is";
                let value = String::new();
                variable(name).ok_or(SettingsError::Value { name, expected, value })?;
            }
        }
        Ok(Self {
            lambda,
            listen: listen(&variable)?,
            prefix: prefix(&variable)?,
            threads: parsed(&variable, "HEADGATE_THREADS", "a number above 0")?,
            log: parsed(&variable, "HEADGATE_LOG", "requests, failures or off")?
                .unwrap_or_default(),
            metrics: parsed(&variable, "HEADGATE_METRICS_LISTEN", "ADDRESS:PORT")?,
            state: match variable("HEADGATE_STATE_DIR") {
                Some(folder) if folder == "memory" => None,
                Some(folder) => Some(folder.into()),
                None if lambda => Some("/tmp/headgate".into()),
                None => Some(".headgate".into()),
            },
            store: variable("HEADGATE_STORE").map(|place| place.parse()).transpose()?,
        })
    }
}

/// What the Lambda runtime needs besides the address of its API.
const LAMBDA_VARIABLES: [&str; 3] =
    ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"];

fn parsed<T: std::str::FromStr>(
    variable: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
) -> Result<Option<T>, SettingsError> {
    let Some(value) = variable(name) else { return Ok(None) };
    match value.parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(_) => Err(SettingsError::Value { name, expected, value }),
    }
}

fn listen(variable: &impl Fn(&str) -> Option<String>) -> Result<SocketAddr, SettingsError> {
    const PORT: &str = "a port from 0 to 65535";
    let port = match parsed(variable, "FUNCTIONS_CUSTOMHANDLER_PORT", PORT)? {
        Some(port) => port,
        None => parsed(variable, "PORT", PORT)?.unwrap_or(3000),
    };
    const NAME: &str = "HEADGATE_LISTEN";
    const EXPECTED: &str = "ADDRESS or ADDRESS:PORT";
    match parsed::<SocketAddr>(variable, NAME, EXPECTED) {
        Ok(None) => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        Ok(Some(address)) => Ok(address),
        Err(error) => match parsed::<IpAddr>(variable, NAME, EXPECTED)? {
            Some(address) => Ok(SocketAddr::new(address, port)),
            None => Err(error),
        },
    }
}

fn prefix(variable: &impl Fn(&str) -> Option<String>) -> Result<String, SettingsError> {
    const NAME: &str = "HEADGATE_PREFIX";
    let Some(value) = variable(NAME) else { return Ok(String::new()) };
    let path = value.trim_end_matches('/');
    let well_formed = value.starts_with('/')
        && path.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"?#%\\".contains(&byte));
    if well_formed {
        Ok(path.to_owned())
    } else {
        Err(SettingsError::Value { name: NAME, expected: "a path that begins with /", value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(|name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn listens(variables: &[(&str, &str)]) -> String {
        read(variables).unwrap().listen.to_string()
    }

    #[test]
    fn it_listens_on_loopback_unless_told_otherwise() {
        assert_eq!(listens(&[]), "127.0.0.1:3000");
        assert_eq!(listens(&[("HEADGATE_LISTEN", "0.0.0.0")]), "0.0.0.0:3000");
        assert_eq!(listens(&[("HEADGATE_LISTEN", "::1"), ("PORT", "80")]), "[::1]:80");
        assert_eq!(listens(&[("HEADGATE_LISTEN", "0.0.0.0:9"), ("PORT", "80")]), "0.0.0.0:9");
    }

    #[test]
    fn the_port_of_azure_functions_goes_before_the_port() {
        let both = [("FUNCTIONS_CUSTOMHANDLER_PORT", "7071"), ("PORT", "80")];
        assert_eq!(listens(&both), "127.0.0.1:7071");
        assert_eq!(listens(&both[1..]), "127.0.0.1:80");
    }

    #[test]
    fn state_is_kept_where_the_platform_lets_it() {
        let lambda = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_LAMBDA_FUNCTION_NAME", "f"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ];
        assert_eq!(read(&[]).unwrap().state, Some(".headgate".into()));
        assert_eq!(read(&lambda).unwrap().state, Some("/tmp/headgate".into()));
        assert_eq!(read(&[("HEADGATE_STATE_DIR", "memory")]).unwrap().state, None);
        assert_eq!(
            read(&lambda[..3]).unwrap_err().to_string(),
            "variable AWS_LAMBDA_FUNCTION_VERSION must be set when AWS_LAMBDA_RUNTIME_API is, not \"\""
        );
    }

    #[test]
    fn a_store_that_cannot_be_used_is_refused_without_being_shown() {
        assert_eq!(read(&[("HEADGATE_STORE", "")]).unwrap().store, None);
        let place = "redis://:hunter2@localhost/1?prefix=a";
        assert_eq!(read(&[("HEADGATE_STORE", place)]).unwrap().store, place.parse().ok());
        for refused in ["hunter2", "redis://:hunter2@localhost/1?prefix=a:b", "dynamodb:"] {
            let error = read(&[("HEADGATE_STORE", refused)]).unwrap_err().to_string();
            assert!(error.contains("HEADGATE_STORE") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_prefix_loses_the_slash_at_its_end() {
        assert_eq!(read(&[("HEADGATE_PREFIX", "/a/b/")]).unwrap().prefix, "/a/b");
        assert_eq!(read(&[("HEADGATE_PREFIX", "/")]).unwrap().prefix, "");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_could_be() {
        for (name, value) in [
            ("HEADGATE_LISTEN", "localhost"),
            ("PORT", "65536"),
            ("HEADGATE_THREADS", "0"),
            ("HEADGATE_LOG", "all"),
            ("HEADGATE_METRICS_LISTEN", "9464"),
            ("HEADGATE_PREFIX", "no-slash"),
            ("HEADGATE_PREFIX", "/a?b"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
    }
}
