use headgate_core::Body;
use http::Response;

use crate::hop_by_hop::remove_hop_by_hop;

/// Makes the caller's response of another host's: without the headers of the connection, and without what the client left in
/// the extensions, which is not the caller's.
#[must_use]
pub fn caller_response(mut response: Response<Body>) -> Response<Body> {
    remove_hop_by_hop(response.headers_mut());
    response.extensions_mut().clear();
    response
}
