use headgate_core::{Body, TraceContext};
use headgate_jwt::denial_response;
use headgate_jwt::facts::{CertificateSource, Facts};
use headgate_jwt::token::object;
use headgate_jwt::verdict::{Allowed, Denial, Verdict};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Which answer the gateway expects.
enum Format {
    /// An IAM policy about this ARN.
    IamPolicy(String),
    /// `isAuthorized`.
    Simple,
}

/// The most values that an event may have. The 10 KB of request line and headers that API Gateway takes make some 10,000.
const VALUE_LIMIT: usize = 64 * 1024;

/// An API Gateway authorizer request: TOKEN and REQUEST of REST APIs, and both payload formats of HTTP APIs.
struct Event(Map<String, Value>);

/// What an API Gateway authorizer is asked, and how it is to answer.
pub(crate) struct AuthorizerRequest {
    event: Event,
    format: Format,
    headers: HeaderMap,
    query: Option<String>,
}

impl AuthorizerRequest {
    /// Reads the event as API Gateway sends it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the caller.
    pub(crate) fn read(event: &[u8]) -> Result<Self, &'static str> {
        let event = object(event, VALUE_LIMIT)
            .ok()
            .map(Event)
            .filter(Event::has_the_types)
            .ok_or("the body is not an API Gateway authorizer event")?;
        let format = match (event.text("version"), event.text("methodArn"), event.text("routeArn"))
        {
            (Some("2.0"), _, Some(_)) => Format::Simple,
            (_, Some(arn), _) => Format::IamPolicy(arn.to_owned()),
            (_, None, _) => return Err("the event has neither methodArn nor routeArn"),
        };
        let (headers, query) = (event.header_map(), event.query());
        Ok(Self { event, format, headers, query })
    }

    /// What is known of the request that API Gateway holds.
    pub(crate) fn facts(&self, trace: Option<TraceContext>) -> Facts<'_> {
        let event = &self.event;
        Facts {
            headers: &self.headers,
            query: self.query.as_deref(),
            host: event.context(&["domainName"]),
            path: event.text("rawPath").or_else(|| event.text("path")).unwrap_or("/"),
            client: event.source_ip().and_then(|address| address.parse().ok()),
            certificate: event
                .certificate()
                .map_or(CertificateSource::Nowhere, CertificateSource::Pem),
            trace,
        }
    }

    /// Answers API Gateway.
    ///
    /// Payload 2.0 gets the simple response. An IAM policy allows the whole stage: the verdict does not depend on the
    /// method or the path, and API Gateway keeps the policy for all of them. A denial with 401 is answered as 401, which
    /// is how API Gateway is told `Unauthorized`; any other is a `Deny`.
    pub(crate) fn answer(&self, verdict: &Verdict, facts: &Facts<'_>) -> Response<Body> {
        match (&self.format, verdict) {
            (Format::Simple, Verdict::Allowed(allowed)) => {
                json_response(&simple(true, context(allowed)))
            }
            (Format::IamPolicy(arn), Verdict::Allowed(allowed)) => {
                let principal = allowed.token.as_ref().and_then(|token| token.claims.subject());
                let principal = principal.or(allowed.subscription.as_deref());
                let principal = principal.unwrap_or("anonymous");
                json_response(&iam_policy(principal, "Allow", arn, context(allowed)))
            }
            (_, Verdict::Denied(denial)) if denial.status == StatusCode::SERVICE_UNAVAILABLE => {
                denial_response(denial, facts)
            }
            (Format::Simple, Verdict::Denied(denial)) => {
                json_response(&simple(false, reason(denial)))
            }
            (Format::IamPolicy(_), Verdict::Denied(denial))
                if denial.status == StatusCode::UNAUTHORIZED =>
            {
                denial_response(denial, facts)
            }
            (Format::IamPolicy(arn), Verdict::Denied(denial)) => {
                json_response(&iam_policy("anonymous", "Deny", arn, reason(denial)))
            }
        }
    }
}

impl Event {
    /// Whether what is read has the type that API Gateway gives it, or is `null`.
    fn has_the_types(&self) -> bool {
        let tables = [
            "headers",
            "multiValueHeaders",
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "requestContext",
        ];
        let texts = ["version", "methodArn", "routeArn", "authorizationToken", "path", "rawPath"];
        let all = |names: &[&str], fits: fn(&Value) -> bool| {
            names
                .iter()
                .all(|name| self.0.get(*name).is_none_or(|value| value.is_null() || fits(value)))
        };
        all(&tables, Value::is_object) && all(&texts, Value::is_string)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    fn table(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name)?.as_object()
    }

    /// The text at a path below `requestContext`.
    fn context(&self, path: &[&str]) -> Option<&str> {
        let context = self.0.get("requestContext")?;
        path.iter().try_fold(context, |value, name| value.get(*name))?.as_str()
    }

    fn header_map(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        // Both maps hold the same headers; the one with several values has all of them.
        let listed = self.table("multiValueHeaders").or_else(|| self.table("headers"));
        for (name, value) in pairs(listed) {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.append(name, value);
            }
        }
        if let Some(token) = self.text("authorizationToken")
            && let Ok(value) = HeaderValue::try_from(token)
        {
            headers.entry(AUTHORIZATION).or_insert(value);
        }
        headers
    }

    fn query(&self) -> Option<String> {
        if let Some(query) = self.text("rawQueryString") {
            return Some(query.to_owned());
        }
        let listed = self
            .table("multiValueQueryStringParameters")
            .or_else(|| self.table("queryStringParameters"));
        listed.map(|_| {
            pairs(listed)
                .map(|(name, value)| format!("{}={}", form_encoded(name), form_encoded(value)))
                .collect::<Vec<_>>()
                .join("&")
        })
    }

    fn source_ip(&self) -> Option<&str> {
        self.context(&["http", "sourceIp"]).or_else(|| self.context(&["identity", "sourceIp"]))
    }

    fn certificate(&self) -> Option<&str> {
        let of = |part| self.context(&[part, "clientCert", "clientCertPem"]);
        of("authentication").or_else(|| of("identity"))
    }
}

/// The pairs of a map whose values are strings or lists of strings.
fn pairs(map: Option<&Map<String, Value>>) -> impl Iterator<Item = (&str, &str)> {
    map.into_iter().flatten().flat_map(|(name, value)| {
        let values: Vec<&str> = match value {
            Value::String(text) => vec![text],
            Value::Array(members) => members.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
        };
        values.into_iter().map(move |value| (name.as_str(), value))
    })
}

const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn form_encoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, FORM)
}

/// What the backend learns: the names of the forward-auth headers without `X-Auth-`, and strings alone, as API Gateway
/// takes nothing else.
fn context(allowed: &Allowed) -> Map<String, Value> {
    let mut context = Map::new();
    if let Some(token) = &allowed.token {
        for (name, value) in token.identity.pairs() {
            let name = name.trim_start_matches("x-auth-");
            context.insert(name.to_owned(), value.into());
        }
    }
    if let Some(subscription) = &allowed.subscription {
        context.insert("subscription".to_owned(), subscription.as_str().into());
    }
    for (name, token) in &allowed.variables {
        context.insert(name.clone(), token.claims_json().into());
    }
    context
}

fn reason(denial: &Denial) -> Map<String, Value> {
    let mut reason = Map::new();
    reason.insert("reason".to_owned(), denial.rejection.reason().into());
    reason.insert("statusCode".to_owned(), denial.status.as_u16().to_string().into());
    reason.insert("message".to_owned(), denial.message.as_str().into());
    reason
}

fn iam_policy(principal: &str, effect: &str, arn: &str, context: Map<String, Value>) -> Value {
    let statement = object_of([
        ("Action", "execute-api:Invoke".into()),
        ("Effect", effect.into()),
        ("Resource", whole_stage(arn).into()),
    ]);
    let document =
        object_of([("Version", "2012-10-17".into()), ("Statement", Value::Array(vec![statement]))]);
    object_of([
        ("principalId", principal.into()),
        ("policyDocument", document),
        ("context", Value::Object(context)),
    ])
}

fn simple(is_authorized: bool, context: Map<String, Value>) -> Value {
    object_of([("isAuthorized", is_authorized.into()), ("context", Value::Object(context))])
}

fn object_of<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut object = Map::new();
    for (name, value) in members {
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

/// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}` with every method and path of the stage.
fn whole_stage(arn: &str) -> String {
    let mut parts = arn.splitn(3, '/');
    match (parts.next(), parts.next()) {
        (Some(api), Some(stage)) => format!("{api}/{stage}/*/*"),
        (_, _) => arn.to_owned(),
    }
}

fn json_response(body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iam_policy_is_about_the_whole_stage() {
        assert_eq!(
            whole_stage("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders/7"),
            "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*/*"
        );
    }

    #[test]
    fn an_event_with_as_many_values_as_api_gateway_passes_is_read() {
        let values = vec!["a"; 10_000];
        let event = serde_json::json!({
            "methodArn": "arn",
            "headers": null,
            "multiValueQueryStringParameters": { "a": values },
        });
        assert!(AuthorizerRequest::read(event.to_string().as_bytes()).is_ok());
    }

    #[test]
    fn a_member_of_another_type_is_no_authorizer_event() {
        for (name, value) in [
            ("methodArn", serde_json::json!(5)),
            ("version", serde_json::json!(2.0)),
            ("authorizationToken", serde_json::json!(["t"])),
            ("headers", serde_json::json!([])),
            ("multiValueHeaders", serde_json::json!("a: b")),
            ("queryStringParameters", serde_json::json!("a=b")),
            ("requestContext", serde_json::json!("none")),
        ] {
            let mut event = serde_json::json!({ "methodArn": "arn" });
            event[name] = value;
            let read = AuthorizerRequest::read(event.to_string().as_bytes()).map(drop);
            assert_eq!(read, Err("the body is not an API Gateway authorizer event"), "{name}");
        }
    }
}
