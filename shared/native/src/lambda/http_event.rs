use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::{Body, ClientAddress, ClientCertificate};
use http::header::{COOKIE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{Dialect, Members};

/// What an event holds that is no HTTP request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("event has no usable {0}")]
pub(crate) struct Malformed(&'static str);

/// What a path cannot hold; a `%` is left alone, since the services send some paths encoded.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');
/// What a query cannot hold.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');
/// What a part of a query is encoded to when the service has decoded it.
const QUERY_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Makes the request. Its address is the path and the query; it carries a [`ClientAddress`] and, after mutual TLS, a
/// [`ClientCertificate`] when the service vouches for them.
///
/// The stage of an API is taken off the path where the service leaves it on.
///
/// # Errors
///
/// [`Malformed`], which names the part and not its content.
pub(crate) fn request(dialect: Dialect, members: &Members<'_>) -> Result<Request<Body>, Malformed> {
    let mut request = Request::new(body(members)?);
    *request.method_mut() = method(members)?;
    *request.uri_mut() = uri(dialect, members)?;
    *request.headers_mut() = headers(members)?;
    if let Some(address) = client_address(dialect, members, request.headers()) {
        request.extensions_mut().insert(ClientAddress(address));
    }
    if let Some(certificate) = client_certificate(members) {
        request.extensions_mut().insert(ClientCertificate(certificate));
    }
    Ok(request)
}

fn method(members: &Members<'_>) -> Result<Method, Malformed> {
    let name = match &members.context.http {
        Some(http) => http.method.clone(),
        None => read(members.http_method, "method")?.unwrap_or_default(),
    };
    Method::from_bytes(name.as_bytes()).map_err(|_| Malformed("method"))
}

fn uri(dialect: Dialect, members: &Members<'_>) -> Result<Uri, Malformed> {
    let path: String = match dialect {
        Dialect::GatewayV2 => read(members.raw_path, "path")?,
        Dialect::GatewayV1 | Dialect::LoadBalancer { .. } => read(members.path, "path")?,
    }
    .unwrap_or_default();
    let mut address = utf8_percent_encode(without_stage(dialect, members, &path), PATH).to_string();
    if !address.starts_with('/') {
        address.insert(0, '/');
    }
    let query = query(dialect, members)?;
    if !query.is_empty() {
        address.push('?');
        address.push_str(&query);
    }
    Uri::try_from(address).map_err(|_| Malformed("path"))
}

/// Takes the stage off: an HTTP API leaves it on, which in payload format 1.0 shows in that the context's path is the
/// same. A REST API has taken it off.
fn without_stage<'a>(dialect: Dialect, members: &Members<'_>, path: &'a str) -> &'a str {
    let Some(stage) = members.context.stage.as_deref() else { return path };
    let left_on = match dialect {
        Dialect::GatewayV2 => true,
        Dialect::GatewayV1 => members.context.path.as_deref() == Some(path),
        Dialect::LoadBalancer { .. } => false,
    };
    if !left_on || stage == "$default" {
        return path;
    }
    let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
    rest.filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path)
}

fn query(dialect: Dialect, members: &Members<'_>) -> Result<String, Malformed> {
    const PART: &str = "query";
    let set = match dialect {
        Dialect::GatewayV2 => {
            let raw: String = read(members.raw_query_string, PART)?.unwrap_or_default();
            return Ok(utf8_percent_encode(&raw, QUERY).to_string());
        }
        // API Gateway has decoded the query, the load balancer has not.
        Dialect::GatewayV1 => QUERY_PART,
        Dialect::LoadBalancer { .. } => QUERY,
    };
    let mut query = String::new();
    for (name, value) in
        pairs(members.multi_value_query_string_parameters, members.query_string_parameters, PART)?
    {
        if !query.is_empty() {
            query.push('&');
        }
        let (name, value) = (utf8_percent_encode(&name, set), utf8_percent_encode(&value, set));
        // Writing to a String does not fail.
        let _ = write!(query, "{name}={value}");
    }
    Ok(query)
}

fn headers(members: &Members<'_>) -> Result<HeaderMap, Malformed> {
    const PART: &str = "headers";
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(members.multi_value_headers, members.headers, PART)? {
        let name = HeaderName::try_from(name).map_err(|_| Malformed(PART))?;
        headers.append(name, HeaderValue::try_from(value).map_err(|_| Malformed(PART))?);
    }
    // Payload format 2.0 has taken the cookies out of the headers.
    let cookies: Vec<String> = read(members.cookies, "cookies")?.unwrap_or_default();
    if !cookies.is_empty() {
        let cookies =
            HeaderValue::try_from(cookies.join("; ")).map_err(|_| Malformed("cookies"))?;
        headers.insert(COOKIE, cookies);
    }
    Ok(headers)
}

/// The names and values of a map of lists, or, when there is none, of a map of single values.
fn pairs(
    lists: Option<&RawValue>,
    singles: Option<&RawValue>,
    part: &'static str,
) -> Result<Vec<(String, String)>, Malformed> {
    let lists: Option<BTreeMap<String, Option<Vec<String>>>> = read(lists, part)?;
    if let Some(lists) = lists {
        let pairs = lists.into_iter().flat_map(|(name, values)| {
            values.unwrap_or_default().into_iter().map(move |value| (name.clone(), value))
        });
        return Ok(pairs.collect());
    }
    let singles: BTreeMap<String, Option<String>> = read(singles, part)?.unwrap_or_default();
    Ok(singles.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

fn body(members: &Members<'_>) -> Result<Body, Malformed> {
    let Some(text) = read::<String>(members.body, "body")?.filter(|text| !text.is_empty()) else {
        return Ok(Body::empty());
    };
    if read(members.is_base64_encoded, "body")?.unwrap_or(false) {
        return Ok(Body::from(STANDARD.decode(text).map_err(|_| Malformed("body"))?));
    }
    Ok(Body::from(text))
}

/// The caller's address, from whoever took the connection. A load balancer appends it to `X-Forwarded-For` (in its mode
/// `append`, which is the default), so there it is the last.
fn client_address(dialect: Dialect, members: &Members<'_>, headers: &HeaderMap) -> Option<IpAddr> {
    let context = &members.context;
    let text = match dialect {
        Dialect::GatewayV1 => context.identity.as_ref()?.source_ip.as_deref()?,
        Dialect::GatewayV2 => context.http.as_ref()?.source_ip.as_deref()?,
        Dialect::LoadBalancer { .. } => {
            let forwarded = headers.get_all("x-forwarded-for").iter().next_back()?;
            forwarded.to_str().ok()?.rsplit(',').next()?.trim()
        }
    };
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    text.parse().or_else(|_| with_port()).ok().map(|address: IpAddr| address.to_canonical())
}

fn client_certificate(members: &Members<'_>) -> Option<String> {
    let context = &members.context;
    let v1 = context.identity.as_ref().and_then(|identity| identity.client_cert.as_ref());
    let v2 = context.authentication.as_ref().and_then(|by| by.client_cert.as_ref());
    v1.or(v2)?.client_cert_pem.clone().filter(|pem| !pem.is_empty())
}

fn read<'a, T: Deserialize<'a>>(
    value: Option<&'a RawValue>,
    part: &'static str,
) -> Result<Option<T>, Malformed> {
    value.map(|value| serde_json::from_str(value.get()).map_err(|_| Malformed(part))).transpose()
}
