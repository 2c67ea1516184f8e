use std::fmt;

use headgate_core::Secret;
use headgate_entra::Scope;
use http::{HeaderName, HeaderValue};
use url::Url;

/// What the document says of a server.
#[derive(Clone)]
pub struct HttpSettings {
    /// What paths are put below; a query in it goes with every request.
    pub url: Url,
    /// Whether its host may have a private address.
    pub private_network: bool,
    /// How a file is written.
    pub method: WriteMethod,
    /// Whether a file may be sent whose length is not known before (`Transfer-Encoding: chunked`).
    pub chunked: bool,
    /// Headers that go with every request; they may be keys.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// As whom it is called.
    pub authorization: HttpAuthorization,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteMethod {
    /// The file is what stands at its address.
    #[default]
    Put,
    /// The address takes files in. Nothing is known of what was there before, so no conflict is seen; nothing is taken back.
    Post,
    /// As `POST`.
    Patch,
}

/// As whom a server is called.
#[derive(Clone, Debug, Default)]
pub enum HttpAuthorization {
    /// As nobody.
    #[default]
    None,
    /// With a name and a password (RFC 7617).
    Basic {
        /// The name, without a colon.
        user: String,
        /// The password.
        password: Secret,
    },
    /// With a token of a credential.
    Bearer {
        /// The credential's name.
        credential: String,
        /// What the token is for.
        scope: Scope,
    },
}

/// Shows no header's value, and no query.
impl fmt::Debug for HttpSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        formatter
            .debug_struct("HttpSettings")
            .field(
                "url",
                &format_args!("{}{}", self.url.origin().ascii_serialization(), self.url.path()),
            )
            .field("private_network", &self.private_network)
            .field("method", &self.method)
            .field("chunked", &self.chunked)
            .field("headers", &headers)
            .field("authorization", &self.authorization)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_shown() {
        let settings = HttpSettings {
            url: Url::parse("https://a.example/files?sig=hunter2").unwrap(),
            private_network: false,
            method: WriteMethod::Put,
            chunked: true,
            headers: vec![(HeaderName::from_static("x-key"), HeaderValue::from_static("hunter2"))],
            authorization: HttpAuthorization::Basic {
                user: "ann".to_owned(),
                password: Secret::new("hunter2"),
            },
        };
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("https://a.example/files") && shown.contains("x-key"), "{shown}");
    }
}
