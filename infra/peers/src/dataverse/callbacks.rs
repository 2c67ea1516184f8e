use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::service::Dataverse;
use super::session::Callback;

/// How often a callback is tried again, and after how long (contracts §1.5).
const RETRIES: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCES: Duration = Duration::from_millis(50);

/// Makes callbacks as they fall due, `times` each, until the task is ended.
pub(super) async fn serve(dataverse: Arc<Dataverse>, times: usize) {
    loop {
        for callback in dataverse.take_callbacks() {
            for _ in 0..times {
                tokio::spawn(make(callback.clone()));
            }
        }
        tokio::time::sleep(GLANCES).await;
    }
}

/// Makes one, again after 408, 5xx or no answer.
async fn make(callback: Callback) {
    for _ in 0..=RETRIES {
        let sent = tokio::time::timeout(PATIENCE, send(&callback)).await;
        let again = match sent {
            Ok(Some(status)) => status == StatusCode::REQUEST_TIMEOUT || status.is_server_error(),
            Ok(None) | Err(_) => true,
        };
        if !again {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn send(callback: &Callback) -> Option<StatusCode> {
    let uri: Uri = callback.address.parse().ok()?;
    let request = Request::post(uri.path_and_query()?.as_str())
        .header(HOST, uri.authority()?.as_str())
        .header(USER_AGENT, "EnterpriseConnectors/1.0")
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("x-ms-workflow-id", callback.flow.to_string())
        .header("x-ms-run-id", callback.session.to_string())
        .body(Full::new(Bytes::from(callback.body.clone())))
        .ok()?;
    let stream = TcpStream::connect(address(&uri)?).await.ok()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.ok();
    driver.abort();
    response.map(|response| response.status())
}

/// Reads a JSON document over plain HTTP on this machine; `None` when there is none.
pub async fn get_json(address_of: &str) -> Option<serde_json::Value> {
    let uri: Uri = address_of.parse().ok()?;
    let request = Request::get(uri.path_and_query()?.as_str())
        .header(HOST, uri.authority()?.as_str())
        .body(Empty::<Bytes>::new())
        .ok()?;
    let stream = TcpStream::connect(address(&uri)?).await.ok()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.ok()?;
    let body = response.into_body().collect().await.ok()?.to_bytes();
    driver.abort();
    serde_json::from_slice(&body).ok()
}

/// Where an address is, if it is one of this machine.
fn address(uri: &Uri) -> Option<(String, u16)> {
    let host = uri.host()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_own = bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    (uri.scheme_str() == Some("http") && is_own)
        .then(|| (bare.to_owned(), uri.port_u16().unwrap_or(80)))
}
