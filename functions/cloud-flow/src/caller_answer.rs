use std::collections::BTreeMap;

use headgate_core::Body;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_TYPE, RETRY_AFTER,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use crate::flows::Flow;
use crate::refusal::RUN_ID;

/// The headers of a flow's answer that its caller gets, besides those of its run and those that are configured.
const USUAL: [HeaderName; 6] = [
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    RETRY_AFTER,
];

/// The headers by which Power Automate names a run (contracts §3.3).
const OF_RUN: [&str; 8] = [
    RUN_ID,
    "x-ms-workflow-id",
    "x-ms-workflow-name",
    "x-ms-workflow-version",
    "x-ms-trigger-history-name",
    "x-ms-client-tracking-id",
    "x-ms-request-id",
    "x-ms-correlation-id",
];

/// Makes the caller's answer of a flow's: its status and body, and of its headers those that are allowed. A `Location` is not:
/// whoever has it has the answer.
pub(crate) fn caller_answer(flow: &Flow, answer: Response<Body>) -> Response<Body> {
    let (parts, body) = answer.into_parts();
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    let headers = response.headers_mut();
    for name in USUAL.iter().chain(&flow.answer_headers) {
        for value in parts.headers.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    put_named(headers, &named(&parts.headers));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The names that Power Automate gave a run.
pub(crate) fn named(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |name: &&str| {
        let value = headers.get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), value.to_owned()))
    };
    OF_RUN.iter().filter_map(text).collect()
}

pub(crate) fn put_named(headers: &mut HeaderMap, named: &BTreeMap<String, String>) {
    for (name, value) in named {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
}
