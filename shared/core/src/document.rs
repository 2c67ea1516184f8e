use std::time::Duration;

use http::{Request, StatusCode};

use crate::{
    Body, BodyError, FileError, Files, HttpClient, HttpError, Timeout, Variables, VariablesError,
};

/// A text that configures a function, as a policy or a list of backends, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where the text stands, for error messages: `variable policy`, `file:policy.xml` or the address.
    pub origin: String,
    /// The text.
    pub text: String,
}

/// Finds the document that a variable holds: inline, or by reference as `file:PATH` or `https://…`.
#[derive(Debug)]
pub struct DocumentLoader<'a, V, F, H> {
    /// Where the variable is looked up.
    pub variables: &'a V,
    /// Where `file:…` is read.
    pub files: &'a F,
    /// What fetches `https://…`.
    pub http: &'a H,
}

/// Why a document could not be had.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The variable's provider failed.
    #[error(transparent)]
    Variable(#[from] VariablesError),
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The document is not UTF-8.
    #[error("{origin} is not UTF-8 text")]
    NotText {
        /// Where the document stands.
        origin: String,
    },
    /// The document is longer than 1 MiB.
    #[error("{origin} is longer than {} bytes", DOCUMENT_LIMIT)]
    TooLong {
        /// Where the document stands.
        origin: String,
    },
    /// The address uses plain `http`.
    #[error("{origin} must use https")]
    NotSecure {
        /// The address.
        origin: String,
    },
    /// The address did not answer.
    #[error("{origin} cannot be fetched: {source}")]
    Unreachable {
        /// The address.
        origin: String,
        /// What the client says.
        source: HttpError,
    },
    /// The value is one line that looks like a path or an address, and is neither as it is written.
    #[error("the value looks like a path or an address: give file:PATH or an https address")]
    LooksLikeReference,
    /// The address answered something other than 200.
    #[error("{origin} cannot be fetched: it answered {status}")]
    Status {
        /// The address.
        origin: String,
        /// The answer.
        status: StatusCode,
    },
    /// The document's body broke off.
    #[error("{origin} cannot be fetched: {source}")]
    Body {
        /// The address.
        origin: String,
        /// What was wrong.
        source: BodyError,
    },
}

const DOCUMENT_LIMIT: usize = 1024 * 1024;
const TIMEOUT: Timeout = Timeout::each(Duration::from_secs(5));

impl<V: Variables, F: Files, H: HttpClient> DocumentLoader<'_, V, F, H> {
    /// Loads the document that the variable `name` holds; `None` when the variable is unset or blank.
    ///
    /// # Errors
    ///
    /// [`DocumentError`], which names the origin and never shows the text.
    pub async fn load(&self, name: &str) -> Result<Option<Document>, DocumentError> {
        let Some(value) = self.variables.get(name).await? else {
            return Ok(None);
        };
        let reference = value.trim();
        if reference.is_empty() {
            return Ok(None);
        }
        if let Some(path) = reference.strip_prefix("file:") {
            let bytes = self.files.read(path).await?;
            return text(reference.to_owned(), bytes).map(Some);
        }
        if reference.starts_with("https://") && !reference.contains(char::is_whitespace) {
            return self.fetch(reference.to_owned()).await.map(Some);
        }
        if reference.starts_with("http://") {
            return Err(DocumentError::NotSecure { origin: reference.to_owned() });
        }
        if looks_like_reference(reference) {
            return Err(DocumentError::LooksLikeReference);
        }
        text(format!("variable {name}"), value.into_bytes()).map(Some)
    }

    async fn fetch(&self, origin: String) -> Result<Document, DocumentError> {
        let request = match Request::get(&origin).body(Body::empty()) {
            Ok(request) => request,
            Err(error) => {
                let source = HttpError::Protocol(error.to_string());
                return Err(DocumentError::Unreachable { origin, source });
            }
        };
        let response = match self.http.send(request, TIMEOUT).await {
            Ok(response) => response,
            Err(source) => return Err(DocumentError::Unreachable { origin, source }),
        };
        if response.status() != StatusCode::OK {
            return Err(DocumentError::Status { origin, status: response.status() });
        }
        match response.into_body().read(DOCUMENT_LIMIT).await {
            Ok(bytes) => text(origin, bytes.into()),
            Err(BodyError::TooLong { .. }) => Err(DocumentError::TooLong { origin }),
            Err(source) => Err(DocumentError::Body { origin, source }),
        }
    }
}

/// Judges whether a value is meant for a path or an address, and can be no document of any kind.
///
/// JSON, XML and PEM begin with a mark, TOML with a table, a comment or a key; no key has a slash outside of quotes, and without
/// `=` there is none.
fn looks_like_reference(value: &str) -> bool {
    if value.contains('\n') || value.starts_with(['{', '[', '<', '#', '-', '"', '\'']) {
        return false;
    }
    match value.split_once('=') {
        Some((before, _)) => before.contains(['/', '\\']) && !before.contains(['"', '\'']),
        None => value.contains(['/', '\\', '.']),
    }
}

fn text(origin: String, bytes: Vec<u8>) -> Result<Document, DocumentError> {
    if bytes.len() > DOCUMENT_LIMIT {
        return Err(DocumentError::TooLong { origin });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Document { origin, text }),
        Err(_) => Err(DocumentError::NotText { origin }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_that_can_only_be_a_path_or_an_address_is_told_from_a_document() {
        for reference in [
            "policy.toml",
            "/etc/headgate/policy.xml",
            "C:\\headgate\\my policy.toml",
            "config/policy",
            "FILE:policy.toml",
            "policy.example/default?version=2",
            "ftp://policy.example/a",
            "https://policy.example/a b",
        ] {
            assert!(looks_like_reference(reference), "{reference}");
        }
        for document in [
            "everybody",
            "a.b = 1",
            "a = \"c/d\"",
            "\"/a\".b = 1",
            "a.\"/b\" = 1",
            "[default.validate-jwt]",
            "[watch]\nurl = \"https://a.example/\"",
            "{\"a\":\"b/c\"}",
            "[{\"a\":\"b/c\"}]",
            "<policies><inbound/></policies>",
            "# none yet, see docs/policy.md",
            "-----BEGIN CERTIFICATE----- MIIB/a.b",
            "a.b\n/c",
        ] {
            assert!(!looks_like_reference(document), "{document}");
        }
    }
}
