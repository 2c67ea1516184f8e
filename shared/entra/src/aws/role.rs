use headgate_core::{Files, Secret, Timeout};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::Value;

use crate::Environment;
use crate::call::Call;
use crate::federated::No;
use crate::ports::{Ports, World};

/// The credentials of the role that AWS gives to what runs here. They rotate, and are found at each use.
pub(super) struct Role {
    pub(super) key_id: String,
    pub(super) secret: Secret,
    pub(super) session: Option<Secret>,
}

/// Where containers of Elastic Container Service find theirs.
const CONTAINERS: &str = "http://169.254.170.2";
/// The hosts that may be asked over http, besides this machine: those of Elastic Container Service and of EKS Pod Identity.
const OWN: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

const ABSENT: No = No::Never(
    "there are no aws credentials here: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_CONTAINER_CREDENTIALS_…, are set by \
     the platform",
);
const UNREADABLE: No = No::Never("the platform's aws credentials are not readable");
const TIMEOUT: Timeout = Timeout::each(std::time::Duration::from_secs(2));

impl Role {
    /// Finds the credentials where Lambda, Elastic Container Service and EKS Pod Identity put them.
    pub(super) async fn find<W: World>(ports: &Ports<W>) -> Result<Self, No> {
        let get = |name: &str| ports.environment.get(name);
        if let (Some(key_id), Some(secret)) =
            (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"))
        {
            let session = get("AWS_SESSION_TOKEN").map(Secret::new);
            return Ok(Self { key_id, secret: Secret::new(secret), session });
        }
        let relative = get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let address = match relative.map(|path| format!("{CONTAINERS}{path}")) {
            Some(address) => address,
            None => get("AWS_CONTAINER_CREDENTIALS_FULL_URI").ok_or(ABSENT)?,
        };
        if !is_own(&address) {
            return Err(No::Never(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is no address of the platform",
            ));
        }
        Self::asked_for(&address, ports).await
    }

    async fn asked_for<W: World>(address: &str, ports: &Ports<W>) -> Result<Self, No> {
        let mut headers = HeaderMap::new();
        let authorization = match ports.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(path) => {
                let bytes = ports.files.read(&path).await.map_err(|_| UNREADABLE)?;
                Some(String::from_utf8(bytes).map_err(|_| UNREADABLE)?)
            }
            None => ports.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        };
        if let Some(text) = authorization {
            let mut value = HeaderValue::from_str(text.trim()).map_err(|_| UNREADABLE)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let call = Call { method: Method::GET, address, headers, form: "", timeout: TIMEOUT };
        let silent = No::NotNow("the platform's endpoint of aws credentials does not answer");
        let reply = call.send(&ports.http).await.map_err(|_| silent)?;
        if reply.status != StatusCode::OK {
            return Err(silent);
        }
        let body: Value = serde_json::from_slice(&reply.body).map_err(|_| UNREADABLE)?;
        let text = |name: &str| {
            let text = body.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
        };
        let (key_id, secret) =
            text("AccessKeyId").zip(text("SecretAccessKey")).ok_or(UNREADABLE)?;
        Ok(Self {
            key_id: key_id.to_owned(),
            secret: Secret::new(secret),
            session: text("Token").map(Secret::new),
        })
    }
}

/// Judges that an address is the platform's own: credentials are believed from there alone.
fn is_own(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority().filter(|it| !it.as_str().contains('@')) else {
        return false;
    };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_loopback || host == "localhost" || OWN.contains(&host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_believed_from_the_platform_alone() {
        for address in [
            "http://169.254.170.2/v2/credentials/1",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://127.0.0.1:51679/a",
            "http://localhost/a",
            "https://credentials.example/a",
        ] {
            assert!(is_own(address), "{address}");
        }
        for address in [
            "http://169.254.170.2.evil.example/",
            "http://169.254.170.2@evil.example/",
            "http://evil.example/",
            "ftp://127.0.0.1/",
            "/v2/credentials",
        ] {
            assert!(!is_own(address), "{address}");
        }
    }
}
