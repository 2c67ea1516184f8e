use std::time::Duration;

use bytes::Bytes;
use headgate_core::Timestamp;
use headgate_events::SigningSecret;
use headgate_events::delivery::sign;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Request};

use super::names::{Names, bytes};
use super::steps::Asked;

/// Makes the request that a step tells.
///
/// # Panics
///
/// When it is no request.
pub(super) fn request(asked: &Asked, names: &Names) -> Request<Bytes> {
    let body = match (&asked.json, &asked.text, &asked.base64) {
        (Some(json), None, None) => names.fill_all(json).to_string().into(),
        (None, text, None) => names.fill(text.as_deref().unwrap_or_default()).into(),
        (None, None, Some(base64)) => bytes(base64),
        _ => panic!("a request has json, text or base64"),
    };
    let request = Request::builder().method(asked.method.as_str()).uri(names.fill(&asked.path));
    let mut request = request.body(body).expect("a request");
    let headers = request.headers_mut();
    // The same on every host.
    headers.insert(HOST, HeaderValue::from_static("function.example"));
    if asked.json.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, values) in &asked.headers {
        let name: HeaderName = name.parse().expect("a header's name");
        headers.remove(&name);
        for value in values.all() {
            headers.append(name.clone(), names.fill(value).parse().expect("a header's value"));
        }
    }
    if let Some(signing) = &asked.sign {
        let secret = SigningSecret::parse(&names.fill(&signing.secret)).expect("a signing secret");
        let now = Timestamp::since_epoch(
            Duration::from_secs(names.now().as_secs()) - Duration::from_secs(signing.ago),
        );
        let signed = sign("msg_1", now, request.body(), &secret);
        signed.apply(request.headers_mut());
    }
    request
}
