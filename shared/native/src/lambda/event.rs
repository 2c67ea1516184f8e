use headgate_core::PlatformEvent;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What Lambda hands over, sorted.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// An HTTP request, in the words of one of the services that send them.
    Http(Dialect, Box<Members<'a>>),
    /// An event of the platform's own.
    Platform(PlatformEvent),
    /// A request of a service that this host does not speak to, such as VPC Lattice or a WebSocket API. It may not pass
    /// for an event of the platform: its content is a caller's.
    Unsupported,
}

/// In whose words an HTTP request comes and its response goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// API Gateway REST API, and HTTP API with payload format 1.0.
    GatewayV1,
    /// API Gateway HTTP API with payload format 2.0, and function URLs.
    GatewayV2,
    /// Application Load Balancer; `multi_value` when its target group has multi-value headers on.
    LoadBalancer {
        /// Whether the response's headers are to be lists.
        multi_value: bool,
    },
}

/// The members of an event by which it is told apart, and of which an HTTP request is made; not yet read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Members<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    method_arn: Option<&'a RawValue>,
    #[serde(borrow)]
    route_arn: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow)]
    headgate: Option<&'a RawValue>,
    #[serde(borrow, rename = "specversion")]
    spec_version: Option<&'a RawValue>,
    #[serde(borrow)]
    request_context: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) http_method: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) path: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) raw_path: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) raw_query_string: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) multi_value_query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) headers: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) multi_value_headers: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) cookies: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) body: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) is_base64_encoded: Option<&'a RawValue>,
    #[serde(skip)]
    pub(crate) context: RequestContext,
}

/// What the service in front says about a request by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequestContext {
    pub(crate) http: Option<HttpContext>,
    pub(crate) identity: Option<Identity>,
    pub(crate) authentication: Option<Authentication>,
    pub(crate) stage: Option<String>,
    pub(crate) path: Option<String>,
    elb: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HttpContext {
    pub(crate) method: String,
    pub(crate) source_ip: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Identity {
    pub(crate) source_ip: Option<String>,
    pub(crate) client_cert: Option<ClientCert>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Authentication {
    pub(crate) client_cert: Option<ClientCert>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ClientCert {
    pub(crate) client_cert_pem: Option<String>,
}

/// Tells what kind of event this is, by the members that only that kind has.
///
/// The kinds' shapes: AWS, "Input to a Lambda authorizer", "Lambda proxy integrations", "Lambda functions as targets for
/// Application Load Balancers", "Invoking Lambda function URLs", "EventBridge events".
pub(crate) fn classify(event: &str) -> Event<'_> {
    let Ok(mut members) = serde_json::from_str::<Members<'_>>(event) else {
        // An array, a string or a number: a direct invocation, which IAM allowed.
        return Event::Platform(PlatformEvent::Other);
    };
    let has_arn = members.method_arn.is_some() || members.route_arn.is_some();
    if has_arn && [r#""REQUEST""#, r#""TOKEN""#].iter().any(|kind| is(members.kind, kind)) {
        return Event::Platform(PlatformEvent::Authorizer);
    }
    if let Some(context) = members.request_context {
        let Ok(context) = serde_json::from_str::<RequestContext>(context.get()) else {
            return Event::Unsupported;
        };
        let dialect = dialect(&context, &members);
        members.context = context;
        return dialect
            .map_or(Event::Unsupported, |dialect| Event::Http(dialect, Box::new(members)));
    }
    // A CloudEvent may have extensions of any name; what a service makes of an HTTP request has no such member.
    if members.spec_version.is_some() {
        return Event::Platform(PlatformEvent::Other);
    }
    if members.headers.is_some() || members.multi_value_headers.is_some() {
        return Event::Unsupported;
    }
    let by_schedule = is(members.detail_type, r#""Scheduled Event""#)
        && [r#""aws.events""#, r#""aws.scheduler""#].iter().any(|name| is(members.source, name));
    if by_schedule || is(members.headgate, r#""tick""#) {
        return Event::Platform(PlatformEvent::Tick);
    }
    Event::Platform(PlatformEvent::Other)
}

fn dialect(context: &RequestContext, members: &Members<'_>) -> Option<Dialect> {
    if context.http.is_some() {
        Some(Dialect::GatewayV2)
    } else if members.http_method.is_none() {
        None
    } else if context.elb.is_some() {
        Some(Dialect::LoadBalancer { multi_value: members.multi_value_headers.is_some() })
    } else {
        Some(Dialect::GatewayV1)
    }
}

/// Compares the JSON text: none of the names that are looked for has a character that JSON would escape.
fn is(member: Option<&RawValue>, text: &str) -> bool {
    member.is_some_and(|member| member.get() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(event: &str) -> String {
        match classify(event) {
            Event::Http(dialect, _) => format!("{dialect:?}"),
            Event::Platform(event) => format!("{event:?}"),
            Event::Unsupported => "Unsupported".to_owned(),
        }
    }

    #[test]
    fn each_service_is_known_by_its_context() {
        for (event, expected) in [
            (r#"{"httpMethod":"GET","path":"/","requestContext":{"stage":"prod"}}"#, "GatewayV1"),
            (
                r#"{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#,
                "GatewayV2",
            ),
            (
                r#"{"httpMethod":"GET","path":"/","headers":{},"requestContext":{"elb":{}}}"#,
                "LoadBalancer { multi_value: false }",
            ),
            (
                r#"{"httpMethod":"GET","path":"/","multiValueHeaders":{},"requestContext":{"elb":{}}}"#,
                "LoadBalancer { multi_value: true }",
            ),
        ] {
            assert_eq!(kind(event), expected, "{event}");
        }
    }

    #[test]
    fn an_authorizer_request_is_known_although_it_looks_like_http() {
        for event in [
            r#"{"type":"TOKEN","methodArn":"arn:a","authorizationToken":"t"}"#,
            r#"{"type":"REQUEST","methodArn":"arn:a","httpMethod":"GET","path":"/","headers":{},"requestContext":{}}"#,
            r#"{"version":"2.0","type":"REQUEST","routeArn":"arn:a","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#,
        ] {
            assert_eq!(kind(event), "Authorizer", "{event}");
        }
    }

    #[test]
    fn a_schedule_is_a_tick() {
        for event in [
            r#"{"headgate":"tick"}"#,
            r#"{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}"#,
            r#"{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}"#,
        ] {
            assert_eq!(kind(event), "Tick", "{event}");
        }
    }

    #[test]
    fn everything_else_of_the_platform_is_an_event() {
        for event in [
            r#"{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}"#,
            r#"{"source":"aws.s3","detail-type":"Object Created","detail":{}}"#,
            r#"{"specversion":"1.0","id":"1","source":"/a","type":"t","headgate":"tick"}"#,
            r#"{"specversion":"1.0","id":"1","source":"/a","type":"t","headers":"x"}"#,
            "[1]",
            "null",
            r#""text""#,
        ] {
            assert_eq!(kind(event), "Other", "{event}");
        }
    }

    #[test]
    fn what_carries_a_callers_request_never_passes_for_an_event() {
        for event in [
            // VPC Lattice, both versions; a WebSocket API; an authorizer's type without its resource.
            r#"{"raw_path":"/","method":"POST","headers":{"a":"b"},"body":"{}"}"#,
            r#"{"version":"2.0","path":"/","method":"POST","headers":{},"requestContext":{"serviceArn":"a"}}"#,
            r#"{"requestContext":{"connectionId":"c","eventType":"MESSAGE"},"body":"{}"}"#,
            r#"{"type":"REQUEST","headers":{},"requestContext":{}}"#,
            r#"{"requestContext":5,"headgate":"tick"}"#,
            r#"{"headers":{},"headgate":"tick"}"#,
        ] {
            assert_eq!(kind(event), "Unsupported", "{event}");
        }
    }
}
