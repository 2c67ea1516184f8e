use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request};
use serde_json::Value;

use crate::wire;

/// One instance of the function.
#[derive(Clone, Debug)]
pub struct Instance {
    address: SocketAddr,
    prefix: Arc<str>,
}

/// What it answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null when it is not JSON.
    pub body: Value,
}

impl Instance {
    /// The instance whose routes stand under `prefix` there.
    #[must_use]
    pub fn at(address: SocketAddr, prefix: &str) -> Self {
        Self { address, prefix: prefix.into() }
    }

    /// Asks it.
    ///
    /// # Errors
    ///
    /// Why there is no answer, as text.
    pub async fn ask(&self, method: Method, path: &str, body: &str) -> Result<Answer, String> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.prefix));
        let request = request.body(Bytes::copy_from_slice(body.as_bytes()));
        let response =
            wire::send(self.address, request.map_err(|error| error.to_string())?).await?;
        let body = serde_json::from_slice(response.body()).unwrap_or_default();
        Ok(Answer { status: response.status().as_u16(), body })
    }

    /// Reads a page.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub async fn get(&self, path: &str) -> Result<Answer, String> {
        self.ask(Method::GET, path, "").await
    }

    /// Posts a body.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub async fn post(&self, path: &str, body: &str) -> Result<Answer, String> {
        self.ask(Method::POST, path, body).await
    }
}
