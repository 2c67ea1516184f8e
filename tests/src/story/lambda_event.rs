use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// A request as a REST API of API Gateway hands it over: payload 1.0, with lists of headers and of query parameters (AWS,
/// "Lambda proxy integrations").
pub(super) fn rest_event(request: &Request<Bytes>) -> Value {
    let mut headers = Map::new();
    for name in request.headers().keys() {
        let values = request.headers().get_all(name).iter();
        let values = values.map(|value| Value::from(value.to_str().expect("ASCII")));
        headers.insert(name.to_string(), values.collect());
    }
    let path = request.uri().path();
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": request.method().as_str(),
        "headers": null,
        "multiValueHeaders": headers,
        "queryStringParameters": null,
        "multiValueQueryStringParameters": query(request.uri().query()),
        "pathParameters": { "proxy": path.trim_start_matches('/') },
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "httpMethod": request.method().as_str(),
            "identity": { "sourceIp": "192.0.2.1", "userAgent": "test" },
            "path": format!("/prod{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "id",
            "resourcePath": "/{proxy+}",
            "stage": "prod",
        },
        "body": STANDARD.encode(request.body()),
        "isBase64Encoded": true,
    })
}

fn query(query: Option<&str>) -> Value {
    let Some(query) = query else { return Value::Null };
    let mut parameters = Map::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let values = parameters.entry(decoded(name)).or_insert_with(|| json!([]));
        values.as_array_mut().expect("an array").push(Value::from(decoded(value)));
    }
    Value::Object(parameters)
}

/// Reads the answer.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn rest_response(answer: &Value) -> Result<Response<Bytes>, String> {
    let status = answer["statusCode"].as_u64().ok_or("the answer has no statusCode")?;
    let status = u16::try_from(status).map_err(|error| error.to_string())?;
    let mut response = Response::builder().status(status);
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        for value in values.as_array().ok_or("a header's values are no list")? {
            response = response.header(name, value.as_str().ok_or("a header is not text")?);
        }
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == json!(true) {
        STANDARD.decode(body).map_err(|error| error.to_string())?
    } else {
        body.as_bytes().to_vec()
    };
    response.body(Bytes::from(body)).map_err(|error| error.to_string())
}
