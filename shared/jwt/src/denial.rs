use headgate_core::{Body, retry_after_seconds};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::facts::Facts;
use crate::rejection::Rejection;
use crate::verdict::Denial;

const REASON: HeaderName = HeaderName::from_static("x-headgate-reason");

/// A denial as API Management answers it: `{ "statusCode": …, "message": "…" }`, with a challenge when it is a 401 (RFC 6750 §3,
/// contracts §8) and `Retry-After` when keys cannot be had.
#[must_use]
pub fn denial_response(denial: &Denial, facts: &Facts<'_>) -> Response<Body> {
    let message = serde_json::to_string(&denial.message).unwrap_or_default();
    let body = format!(r#"{{ "statusCode": {}, "message": {message} }}"#, denial.status.as_u16());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = denial.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REASON, HeaderValue::from_static(denial.rejection.reason()));
    if denial.status == StatusCode::UNAUTHORIZED
        && let Ok(challenge) = HeaderValue::try_from(challenge(&denial.rejection, facts))
    {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if let Rejection::KeysUnavailable { retry_after } = denial.rejection {
        headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(retry_after)));
    }
    response
}

/// RFC 6750 §3 for tokens: no error code when none was sent. Contracts §8 for subscription keys.
fn challenge(rejection: &Rejection, facts: &Facts<'_>) -> String {
    match rejection {
        Rejection::SubscriptionKeyNotFound | Rejection::SubscriptionKeyInvalid => format!(
            r#"AzureApiManagementKey realm="https://{}{}",name="Ocp-Apim-Subscription-Key",type="header""#,
            quotable(facts.host.unwrap_or("localhost")),
            quotable(facts.path),
        ),
        Rejection::TokenNotPresent => "Bearer".to_owned(),
        rejection => format!(
            r#"Bearer error="invalid_token", error_description="{}""#,
            quotable(&rejection.to_string())
        ),
    }
}

/// Leaves out what would end a quoted string or a header.
fn quotable(text: &str) -> String {
    text.chars()
        .filter(|character| {
            (character.is_ascii_graphic() || *character == ' ') && !matches!(character, '"' | '\\')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;
    use crate::facts::CertificateSource;

    fn told(rejection: Rejection) -> HeaderMap {
        let headers = HeaderMap::new();
        let facts = Facts {
            headers: &headers,
            query: None,
            host: Some("api.example"),
            path: "/orders",
            client: None,
            certificate: CertificateSource::Nowhere,
            trace: None,
        };
        denial_response(&rejection.into(), &facts).into_parts().0.headers
    }

    #[test]
    fn whoever_cannot_be_judged_is_told_when_to_come_again_and_nobody_else() {
        let retry_after = Duration::from_millis(2_001);
        let headers = told(Rejection::KeysUnavailable { retry_after });
        assert_eq!(headers[RETRY_AFTER], "3");
        assert!(!headers.contains_key(WWW_AUTHENTICATE));
        let headers = told(Rejection::TokenNotPresent);
        assert!(!headers.contains_key(RETRY_AFTER));
        assert_eq!(headers[WWW_AUTHENTICATE], "Bearer");
    }
}
