use bytes::Bytes;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};

use super::matching::Matching;
use super::names::Names;
use super::steps::Told;

/// Compares an answer of the function with what is told.
///
/// # Errors
///
/// Everything that does not fit.
pub(super) fn judge(told: &Told, came: &Response<Bytes>, names: &Names) -> Result<(), String> {
    let mut matching = Matching::new(names);
    if told.status != came.status().as_u16() {
        matching.wrong(format!("the status is {} and not {}", came.status(), told.status));
    }
    matching.headers(&told.headers, came.headers());
    let content_type = came.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match (&told.problem, &told.json) {
        (Some(problem), _) => {
            let mut document = json!({ "status": told.status, "title": problem.title });
            if let Some(detail) = &problem.detail {
                document["detail"] = Value::from(detail.as_str());
            }
            matching.body((Some(&document), None, None), came.body());
            matching.text(
                "the content type",
                "application/problem+json",
                content_type.unwrap_or_default(),
            );
            let cached = came.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
            matching.text("cache-control", "no-store", cached.unwrap_or_default());
        }
        (None, Some(json)) => {
            matching.body((Some(json), None, None), came.body());
            if !told.headers.contains_key("content-type") {
                let content_type = content_type.unwrap_or_default();
                matching.text("the content type", "application/json", content_type);
            }
        }
        (None, None) => {
            matching.body((None, told.text.as_deref(), told.base64.as_deref()), came.body());
        }
    }
    matching.end().map_err(|wrong| {
        let body = String::from_utf8_lossy(came.body());
        format!("{}\nit answered {} {:?} {body}", wrong.join("\n"), came.status(), came.headers())
    })
}
