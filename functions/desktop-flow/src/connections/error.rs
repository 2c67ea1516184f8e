use headgate_core::SecretError;
use http::StatusCode;

/// Why a connection is not as it should be. The text is what the caller is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// No environment is configured.
    #[error("set the variable environment_id to the environment whose connections are kept")]
    NotConfigured,
    /// The id is none.
    #[error(
        "a connection's id must be one such as 37520647-dbdf-49fa-ba01-6134c14680c4: make one up and keep it"
    )]
    Id,
    /// The body is not JSON of the form.
    #[error("the body is no connection: {0}")]
    Malformed(String),
    /// Members do not go together.
    #[error("{0}")]
    Rule(&'static str),
    /// A secret is written out.
    #[error(
        "{0} must be a reference such as ${{secret:robot-password}}: a secret is not sent here"
    )]
    NotReference(&'static str),
    /// A secret cannot be put in.
    #[error("{0}")]
    Secret(#[from] SecretError),
    /// There is none.
    #[error("there is no such connection")]
    Unknown,
    /// It was put, and does not work.
    #[error(
        "the connection is there and does not work: its status is {status}{}; put it again with what is right",
        reason(.code, .message)
    )]
    Broken {
        /// Its status.
        status: String,
        /// The error's code.
        code: String,
        /// The error's words.
        message: String,
    },
    /// The verb is not used.
    #[error(
        "the connections API documents no {0}: allow it by the variable connections_verbs, or use the portal"
    )]
    VerbNotUsed(&'static str),
}

fn reason(code: &str, message: &str) -> String {
    match (code.is_empty(), message.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(" ({code})"),
        (true, false) => format!(" ({message})"),
        (false, false) => format!(" ({code}: {message})"),
    }
}

impl ConnectionError {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NotConfigured | Self::VerbNotUsed(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Id | Self::Malformed(_) | Self::Rule(_) | Self::NotReference(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Secret(SecretError::Provider(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Secret(SecretError::Unset { .. } | SecretError::Unclosed) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Broken { .. } => StatusCode::BAD_GATEWAY,
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::NotConfigured => "ConnectionsNotConfigured",
            Self::Id => "ConnectionIdInvalid",
            Self::Malformed(_) | Self::Rule(_) => "ConnectionInvalid",
            Self::NotReference(_) => "SecretNotReference",
            Self::Secret(_) => "SecretUnset",
            Self::Unknown => "ConnectionUnknown",
            Self::Broken { .. } => "ConnectionBroken",
            Self::VerbNotUsed(_) => "VerbNotUsed",
        }
    }

    pub(crate) const fn title(&self) -> &'static str {
        match self {
            Self::NotConfigured => "connections are not configured",
            Self::Id | Self::Malformed(_) | Self::Rule(_) | Self::NotReference(_) => {
                "the connection is invalid"
            }
            Self::Secret(_) => "a secret cannot be put in",
            Self::Unknown => "there is no such connection",
            Self::Broken { .. } => "the connection does not work",
            Self::VerbNotUsed(_) => "the connections API is not asked so",
        }
    }
}
