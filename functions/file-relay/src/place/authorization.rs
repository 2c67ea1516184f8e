//! As whom a server is called.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use super::PlaceError;
use super::call::Caller;
use super::http::HttpAuthorization;
use crate::ports::World;

/// Puts `Authorization` into a request's headers, if there is any.
pub(crate) async fn authorize<W: World>(
    headers: &mut HeaderMap,
    authorization: &HttpAuthorization,
    caller: &Caller<W>,
) -> Result<(), PlaceError> {
    let value = match authorization {
        HttpAuthorization::None => return Ok(()),
        HttpAuthorization::Basic { user, password } => {
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            // Base64 is always a header value.
            let value = HeaderValue::try_from(format!("Basic {pair}"));
            let mut value = value.unwrap_or(HeaderValue::from_static("Basic"));
            value.set_sensitive(true);
            value
        }
        HttpAuthorization::Bearer { credential, scope } => {
            caller.reach().token(credential, scope).await?.authorization()
        }
    };
    headers.insert(AUTHORIZATION, value);
    Ok(())
}
