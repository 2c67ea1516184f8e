use spin_sdk::http::{Error, HeaderValue, Request, Response, next};
use spin_sdk::http_service;

const STAMP: HeaderValue = HeaderValue::from_static("stamped");

/// Marks the request on its way in and the response on its way out.
#[http_service]
async fn stamp(mut request: Request) -> Result<Response, Error> {
    request.headers_mut().insert("x-stamp", STAMP);
    let mut response = next(request).await?;
    response.headers_mut().insert("x-stamp", STAMP);
    Ok(response)
}
