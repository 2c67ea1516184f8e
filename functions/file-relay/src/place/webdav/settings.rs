use url::Url;

use crate::file_path::FilePath;
use crate::place::http::HttpAuthorization;

/// What the document says of a server of WebDAV.
#[derive(Clone, Debug)]
pub struct WebDavSettings {
    /// The address of a collection, without a query.
    pub url: Url,
    /// The folder below it that paths are below.
    pub root: FilePath,
    /// Whether its host may have a private address.
    pub private_network: bool,
    /// Whether a file may be sent whose length is not known before (`Transfer-Encoding: chunked`).
    pub chunked: bool,
    /// As whom it is called.
    pub authorization: HttpAuthorization,
}

#[cfg(test)]
mod tests {
    use headgate_core::Secret;

    use super::*;

    #[test]
    fn no_password_is_shown() {
        let settings = WebDavSettings {
            url: Url::parse("https://a.example/dav/").unwrap(),
            root: FilePath::default(),
            private_network: false,
            chunked: true,
            authorization: HttpAuthorization::Basic {
                user: "ann".to_owned(),
                password: Secret::new("hunter2"),
            },
        };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
