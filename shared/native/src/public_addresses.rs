use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use headgate_proxy::is_public;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

/// Resolves names to public addresses alone: a name that somebody has led to this machine, to its network or to its platform is
/// not called.
///
/// `localhost` and the proxies that the environment names are resolved as ever: both are the operator's own word.
pub(crate) struct PublicAddresses {
    /// In small letters.
    trusted: Arc<[String]>,
}

/// A name leads to no public address.
#[derive(Debug, thiserror::Error)]
#[error("its name leads to an address that is not public")]
pub(crate) struct AddressNotPublic;

impl PublicAddresses {
    /// Trusts the proxies that these variables of the system name.
    pub(crate) fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        const PROXIES: [&str; 5] =
            ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy"];
        let host = |text: String| {
            // Without a scheme, a host with a port would look like one.
            let text = if text.contains("://") { text } else { format!("http://{text}") };
            let url = Url::parse(&text).ok()?;
            url.host_str().map(str::to_ascii_lowercase)
        };
        let proxies = PROXIES.into_iter().filter_map(|name| host(variable(name)?));
        Self { trusted: proxies.chain(["localhost".to_owned()]).collect() }
    }
}

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let trusted = Arc::clone(&self.trusted);
        Box::pin(async move {
            let name = name.as_str().to_ascii_lowercase();
            let found = lookup_host((name.as_str(), 0)).await?;
            let is_trusted = trusted.contains(&name);
            let addresses: Vec<SocketAddr> =
                found.filter(|address| is_trusted || is_public(address.ip())).collect();
            if addresses.is_empty() {
                return Err(Box::new(AddressNotPublic) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_called_only_when_it_is_trusted() {
        let machine = ["ip6-localhost", "localhost.localdomain", "127.0.0.1"];
        let resolver = PublicAddresses::new(|_| None);
        for name in machine {
            let error = resolver.resolve(name.parse().unwrap()).await.map(|_| ()).unwrap_err();
            // Where the machine has no such name, the answer is another error.
            let is_lookup = error.is::<std::io::Error>() && name != "127.0.0.1";
            assert!(error.is::<AddressNotPublic>() || is_lookup, "{name}: {error}");
        }
        assert!(resolver.resolve("LOCALHOST".parse().unwrap()).await.is_ok());
    }

    #[test]
    fn the_environments_proxies_are_trusted() {
        let resolver = PublicAddresses::new(|name| match name {
            "HTTPS_PROXY" => Some("http://user:word@Proxy.internal:3128".to_owned()),
            "all_proxy" => Some("other.internal:8080".to_owned()),
            _ => None,
        });
        assert_eq!(*resolver.trusted, ["proxy.internal", "other.internal", "localhost"]);
    }
}
