use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use serde_json::{Value, json};

use crate::host::RUNTIME;
use crate::wire;

/// An instance of file-relay, as a caller sees it.
#[derive(Clone, Debug)]
pub struct Carrier {
    address: SocketAddr,
}

/// What it answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null when it is not JSON.
    pub body: Value,
}

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(310);

impl Carrier {
    /// The one that listens there.
    #[must_use]
    pub const fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// Why there is no answer, as text.
    pub fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|error| error.to_string())?;
        RUNTIME.block_on(async {
            let asked = tokio::time::timeout(PATIENCE, wire::send(self.address, request)).await;
            let response = asked.map_err(|_| "there is no answer".to_owned())??;
            let (head, body) = response.into_parts();
            let body = serde_json::from_slice(&body).unwrap_or_default();
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        })
    }

    /// Reads a page.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub fn get(&self, path: &str) -> Result<Answer, String> {
        self.ask(Method::GET, path, &[], Bytes::new())
    }

    /// Has what is due done, and does not wait for it.
    pub fn tick(&self) {
        let carrier = self.clone();
        RUNTIME.spawn(async move {
            let request = Request::post("/tick").body(Bytes::new()).unwrap();
            drop(wire::send(carrier.address, request).await);
        });
    }

    /// Has a file carried from a place and a path to a place and a path, and waits for so many seconds at most; gives the
    /// receipt.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn carry(
        &self,
        source: (&str, &str),
        destination: (&str, &str),
        conflict: &str,
        wait: u64,
    ) -> Result<Value, String> {
        let place = |(place, path): (&str, &str)| json!({ "place": place, "path": path });
        let order = json!({
            "source": place(source), "destination": place(destination),
            "options": { "conflict": conflict }, "wait": wait,
        });
        let answer = self.ask(Method::POST, "/relays", &[], order.to_string().into())?;
        match answer.status {
            200..=202 => Ok(answer.body),
            status => Err(format!("{status}: {}", answer.body)),
        }
    }

    /// The receipt of a relay.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn receipt(&self, id: &str) -> Result<Value, String> {
        let answer = self.get(&format!("/relays/{id}"))?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(format!("{status}: {}", answer.body)),
        }
    }
}
