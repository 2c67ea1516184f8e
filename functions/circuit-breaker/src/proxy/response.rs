use headgate_core::Body;
use http::header::SET_COOKIE;
use http::{HeaderValue, Response};

use super::hop_by_hop::remove_hop_by_hop;
use crate::backends::SessionAffinity;

/// Makes the caller's response of the backend's: without the headers of the connection, and with the affinity cookie if one
/// is to be set.
///
/// The cookie lasts as long as the caller's session, is for every path of the host, and no script sees it.
pub(crate) fn caller_response(
    mut response: Response<Body>,
    cookie: Option<(&SessionAffinity, &str)>,
) -> Response<Body> {
    let headers = response.headers_mut();
    remove_hop_by_hop(headers);
    if let Some((affinity, value)) = cookie
        && let Ok(cookie) =
            HeaderValue::try_from(format!("{}={value}; Path=/; HttpOnly", affinity.cookie))
    {
        headers.append(SET_COOKIE, cookie);
    }
    // What the client left in the extensions is not the caller's.
    response.extensions_mut().clear();
    response
}
