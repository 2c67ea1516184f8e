use headgate_core::Body;
use http::header::SET_COOKIE;
use http::{HeaderValue, Response};

use crate::backends::SessionAffinity;

/// Makes the caller's response of the backend's: with the affinity cookie if one is to be set.
///
/// The cookie lasts as long as the caller's session, is for every path of the host, and no script sees it.
pub(crate) fn caller_response(
    response: Response<Body>,
    cookie: Option<(&SessionAffinity, &str)>,
) -> Response<Body> {
    let mut response = headgate_proxy::caller_response(response);
    if let Some((affinity, value)) = cookie
        && let Ok(cookie) =
            HeaderValue::try_from(format!("{}={value}; Path=/; HttpOnly", affinity.cookie))
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
