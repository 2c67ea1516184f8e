use std::net::SocketAddr;
use std::sync::Arc;

use headgate_core::Secret;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::assigned::{Machine, Named};
use crate::peer::{Asked, Peer, Reply, Serving, put};

/// The identity endpoint of App Service, Functions, Logic Apps Standard and Container Apps (contracts §6.2, 6.3), and its old form
/// of 2017.
///
/// It refuses a request whose header is not the platform's, another `api-version`, and the parameters of another
/// endpoint.
#[derive(Debug)]
pub struct AppService {
    machine: Machine,
    header: Secret,
}

const PATH: &str = "/MSI/token";
const CURRENT: &str = "2019-08-01";
const OLD: &str = "2017-09-01";

impl AppService {
    /// Starts it. `header` is what `IDENTITY_HEADER` holds; the endpoint is the address and `/MSI/token`.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(
        listen: SocketAddr,
        machine: Machine,
        header: Secret,
    ) -> std::io::Result<Serving> {
        let peer = Self { machine, header };
        Serving::start(listen, None, |_| Arc::new(peer)).await.map(|(serving, _)| serving)
    }

    fn token(&self, asked: &Asked) -> Result<Value, (StatusCode, String)> {
        let refuse = |status, message: &str| Err((status, message.to_owned()));
        let bad = |message: &str| refuse(StatusCode::BAD_REQUEST, message);
        let query = asked.query();
        let get = |name: &str| {
            query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        let (header, parameters): (_, &[&str]) = match get("api-version") {
            Some(CURRENT) => (
                "x-identity-header",
                &["resource", "client_id", "principal_id", "object_id", "mi_res_id"],
            ),
            Some(OLD) => ("secret", &["resource", "clientid"]),
            _ => return bad("api-version is missing or not supported"),
        };
        if asked.header(header) != Some(self.header.expose()) {
            return refuse(
                StatusCode::UNAUTHORIZED,
                "identity header is missing or not this app's",
            );
        }
        let known = |name: &str| name == "api-version" || parameters.contains(&name);
        if query.iter().any(|(name, _)| !known(name)) {
            return bad("a parameter is not known");
        }
        let Some(resource) = get("resource").filter(|resource| self.machine.knows(resource)) else {
            return bad("resource is missing or not known");
        };
        let ids = ["client_id", "clientid", "principal_id", "object_id", "mi_res_id"];
        let given: Vec<(&str, &str)> =
            ids.into_iter().filter_map(|name| get(name).map(|value| (name, value))).collect();
        let named = match given.as_slice() {
            [] => Named::Nothing,
            [("client_id" | "clientid", id)] => Named::ClientId(id),
            [("principal_id" | "object_id", id)] => Named::ObjectId(id),
            [(_, id)] => Named::ResourceId(id),
            _ => return bad("only one identity may be named"),
        };
        let Ok(identity) = self.machine.find(named) else {
            return bad("no managed identity was found for what was named");
        };
        let Some(minted) = self.machine.mint(identity, resource) else {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "no token could be made");
        };
        let expires_on = match header {
            "secret" => date(minted.expires_on),
            _ => minted.expires_on.to_string(),
        };
        let mut body = json!({
            "access_token": minted.token,
            "expires_on": expires_on,
            "resource": resource,
            "token_type": "Bearer",
        });
        if header != "secret" {
            // Upper-case as the platform writes it.
            let client_id = minted.identity.client_id.to_string().to_ascii_uppercase();
            put(&mut body, "client_id", client_id);
        }
        Ok(body)
    }
}

/// The end as the old form has it: `9/14/2017 00:00:00 +00:00`, on a 24-hour clock.
fn date(seconds: u64) -> String {
    let text = headgate_core::Timestamp::from_secs(seconds).to_string();
    let (day, time) = text.split_once('T').unwrap_or_default();
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return String::new() };
    let time = time.split('.').next().unwrap_or_default();
    format!(
        "{}/{}/{year} {time} +00:00",
        month.trim_start_matches('0'),
        day.trim_start_matches('0')
    )
}

impl Peer for AppService {
    fn is_watched(&self, _: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let refused = |status: StatusCode, message: &str| {
            Reply::json(status, &json!({ "statusCode": status.as_u16(), "message": message }))
        };
        // Container Apps writes the path small.
        if !asked.uri.path().eq_ignore_ascii_case(PATH) {
            return refused(StatusCode::NOT_FOUND, "no such endpoint");
        }
        if asked.method != Method::GET {
            return refused(StatusCode::METHOD_NOT_ALLOWED, "the endpoint takes GET alone");
        }
        match self.token(asked) {
            Ok(body) => Reply::json(StatusCode::OK, &body),
            Err((status, message)) => refused(status, &message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_form_has_a_date() {
        assert_eq!(date(1_505_347_200), "9/14/2017 00:00:00 +00:00");
    }
}
