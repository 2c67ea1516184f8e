use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Clock, Files, Secret, Timeout};
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use crate::address::Address;
use crate::call::{Call, NoReply};
use crate::managed_identity::ManagedIdentity;
use crate::ports::{Ports, World};
use crate::{Cloud, Scope, TokenError};

/// Another issuer's token, by which an application proves itself (contracts §5.4, federated). It is sent unchanged.
#[derive(Debug)]
pub(crate) enum Federated {
    /// What a file holds at each use: it rotates. Kubernetes and AWS (`AWS_WEB_IDENTITY_TOKEN_FILE`) write such files.
    File(String),
    /// What an address answers: a bare JWT, or JSON with the member `value`.
    Url { address: Address, authorization: Option<Secret> },
    /// The token of a managed identity for the exchange's audience.
    Identity(Arc<ManagedIdentity>),
    /// What the security token service of AWS says for the role that this runs under.
    #[cfg(not(target_family = "wasm"))]
    Aws(crate::aws::WebIdentity),
}

const TIMEOUT: Timeout = Timeout::each(Duration::from_secs(10));

/// The longest assertion, in bytes.
const LONGEST: usize = 16 * 1024;

impl Federated {
    pub(crate) async fn assertion<W: World>(
        &self,
        name: &str,
        cloud: Cloud,
        ports: &Ports<W>,
    ) -> Result<Secret, TokenError> {
        let absent = |reason| TokenError::AssertionAbsent { name: name.to_owned(), reason };
        let told = |no| match no {
            No::Never(reason) => absent(reason),
            No::NotNow(reason) => {
                TokenError::AssertionUnavailable { name: name.to_owned(), reason }
            }
        };
        match self {
            Self::File(path) => from_file(path, &ports.files).await.map_err(absent),
            Self::Url { address, authorization } => {
                let fetched = fetched(address, authorization.as_ref(), ports).await;
                fetched.map_err(told)
            }
            Self::Identity(identity) => {
                let scope = Scope::of_resource(cloud.token_exchange_audience())
                    .map_err(|_| TokenError::ScopeNotResource)?;
                let now = ports.clock.now();
                let granted = identity.fetch(&scope, now, ports).await?;
                Ok(Secret::new(granted.token.expose()))
            }
            #[cfg(not(target_family = "wasm"))]
            Self::Aws(service) => {
                service.assertion(cloud.token_exchange_audience(), ports).await.map_err(told)
            }
        }
    }
}

/// Reads an assertion from a file.
pub(crate) async fn from_file(path: &str, files: &impl Files) -> Result<Secret, &'static str> {
    let bytes = files.read(path).await.map_err(|_| "its file cannot be read")?;
    let text = String::from_utf8(bytes).map_err(|_| "its file is no text")?;
    judged(text.trim()).ok_or("its file holds no JWT")
}

/// Why there is no assertion: for good, or at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum No {
    Never(&'static str),
    NotNow(&'static str),
}

async fn fetched<W: World>(
    address: &Address,
    authorization: Option<&Secret>,
    ports: &Ports<W>,
) -> Result<Secret, No> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/plain;q=0.9"));
    if let Some(authorization) = authorization {
        let mut value = HeaderValue::from_str(authorization.expose())
            .map_err(|_| No::Never("assertion-url-authorization is no header value"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let call = Call {
        method: Method::GET,
        address: address.as_str(),
        headers,
        form: "",
        timeout: TIMEOUT,
    };
    let reply = call.send(&ports.http).await.map_err(|no_reply| match no_reply {
        NoReply::Forbidden => No::Never("its address is not among the allowed outbound hosts"),
        NoReply::Unreachable | NoReply::Broken => No::NotNow("its address does not answer"),
    })?;
    match reply.status.as_u16() {
        200 => {}
        408 | 429 | 500..=599 => return Err(No::NotNow("its address fails")),
        _ => return Err(No::Never("its address does not answer 200")),
    }
    let text = std::str::from_utf8(&reply.body)
        .map_err(|_| No::Never("its address answers no text"))?
        .trim();
    if let Some(assertion) = judged(text) {
        return Ok(assertion);
    }
    let no_jwt = || No::Never("its address answers no JWT");
    let body: Value = serde_json::from_str(text).map_err(|_| no_jwt())?;
    let value = body.get("value").and_then(Value::as_str);
    value.and_then(judged).ok_or_else(no_jwt)
}

/// Takes a text that looks like a JWT in compact form; whether it is good, Entra judges.
pub(crate) fn judged(text: &str) -> Option<Secret> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte);
    let parts: Vec<&str> = text.split('.').collect();
    let well_formed = parts.len() == 3
        && text.len() <= LONGEST
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(allowed));
    well_formed.then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use headgate_fakes::MemoryFiles;

    use super::*;

    #[test]
    fn a_file_is_read_without_the_white_space_around_it() {
        let files =
            MemoryFiles::new([("good", " aa.bb.cc\n"), ("bad", "aa.bb"), ("worse", "a a.b.c")]);
        let read = |path| from_file(path, &files).now_or_never().unwrap();
        assert_eq!(read("good"), Ok(Secret::new("aa.bb.cc")));
        assert_eq!(read("bad"), Err("its file holds no JWT"));
        assert_eq!(read("worse"), Err("its file holds no JWT"));
        assert_eq!(read("none"), Err("its file cannot be read"));
    }
}
