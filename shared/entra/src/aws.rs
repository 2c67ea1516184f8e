//! AWS as an issuer of assertions: what runs under a role of AWS has its security token service say so
//! (`GetWebIdentityToken`, API version 2011-06-15).

mod role;
mod signature;

use headgate_core::{Clock, Secret, Timeout};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::address::Address;
use crate::call::{Call, NoReply, Reply};
use crate::federated::{No, judged};
use crate::form::Form;
use crate::ports::{Ports, World};
use role::Role;
use signature::Signing;

/// AWS' security token service, in one region. Its global endpoint does not have the action.
#[derive(Debug)]
pub(crate) struct WebIdentity {
    pub(crate) region: String,
    /// In the place of the region's own.
    pub(crate) endpoint: Option<Address>,
}

const TIMEOUT: Timeout = Timeout::each(std::time::Duration::from_secs(10));

impl WebIdentity {
    /// Asks for an assertion for `audience`, good for five minutes and signed by RS256, which is what Entra takes.
    pub(crate) async fn assertion<W: World>(
        &self,
        audience: &str,
        ports: &Ports<W>,
    ) -> Result<Secret, No> {
        let role = Role::find(ports).await?;
        let form = Form::new()
            .with("Action", "GetWebIdentityToken")
            .with("Version", "2011-06-15")
            .with("Audience.member.1", audience)
            .with("DurationSeconds", "300")
            .with("SigningAlgorithm", "RS256");
        let address = self.address();
        let headers = self.headers(&address, &role, &form, ports)?;
        let call = Call {
            method: Method::POST,
            address: &address,
            headers,
            form: form.as_str(),
            timeout: TIMEOUT,
        };
        let reply = call.send(&ports.http).await.map_err(|no_reply| match no_reply {
            NoReply::Forbidden => No::Never("aws sts is not among the allowed outbound hosts"),
            NoReply::Unreachable | NoReply::Broken => No::NotNow("aws sts does not answer"),
        })?;
        token(&reply)
    }

    fn address(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{}/", endpoint.as_str()),
            None => {
                let china = if self.region.starts_with("cn-") { ".cn" } else { "" };
                format!("https://sts.{}.amazonaws.com{china}/", self.region)
            }
        }
    }

    fn headers<W: World>(
        &self,
        address: &str,
        role: &Role,
        form: &Form,
        ports: &Ports<W>,
    ) -> Result<HeaderMap, No> {
        let malformed = || No::Never("its aws credentials are no header values");
        let uri: Uri = address.parse().map_err(|_| malformed())?;
        let signed = Signing {
            key_id: &role.key_id,
            secret: &role.secret,
            session: role.session.as_ref(),
            region: &self.region,
            service: "sts",
            now: ports.clock.now(),
        }
        .sign(uri.host().zip(uri.authority()).map_or("", |(_, host)| host.as_str()), form.as_str());
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/xml, text/xml"));
        for (name, value) in signed {
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| malformed())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }
}

/// Reads the token, or says what AWS refused.
fn token(reply: &Reply) -> Result<Secret, No> {
    let text = std::str::from_utf8(&reply.body).unwrap_or_default();
    if reply.status.is_success() {
        let token = element(text, "WebIdentityToken").and_then(judged);
        return token.ok_or(No::Never("aws sts answers no JWT"));
    }
    let code = element(text, "Code").unwrap_or_default();
    Err(match (reply.status.as_u16(), code.strip_suffix("Exception").unwrap_or(code)) {
        (429 | 500..=599, _) | (_, "Throttling" | "RequestThrottled") => {
            No::NotNow("aws sts fails or throttles")
        }
        (_, "ExpiredToken") => No::NotNow("the credentials of the aws role have expired"),
        (_, "OutboundWebIdentityFederationDisabled") => {
            No::Never("outbound web identity federation is off: enable it for the aws account")
        }
        (_, "AccessDenied") => {
            No::Never("aws refuses: give the role the permission sts:GetWebIdentityToken")
        }
        (_, "SignatureDoesNotMatch" | "InvalidClientTokenId" | "IncompleteSignature") => No::Never(
            "aws sts does not take the signature: check the aws credentials, the region and the clock",
        ),
        _ => No::Never("aws sts refuses: check assertion-aws-region and the role's permissions"),
    })
}

/// The text of the first element of this name; what is looked for has no entities.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inner, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inner.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_has_its_own_endpoint() {
        let address =
            |region: &str| WebIdentity { region: region.to_owned(), endpoint: None }.address();
        assert_eq!(address("eu-west-1"), "https://sts.eu-west-1.amazonaws.com/");
        assert_eq!(address("cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn/");
    }
}
