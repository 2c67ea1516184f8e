use headgate_proxy::is_public;
use http::Uri;
use url::{Host, Url};

/// Reads an address that Graph, which is at `graph`, says for a content; `None` when it is less protected than Graph's own, or in
/// a network that the place may not reach. Names are judged where they are resolved.
pub(super) fn outside(text: &str, graph: &Url, private_network: bool) -> Option<Uri> {
    let url = Url::parse(text).ok()?;
    let is_http = url.scheme() == "http" && graph.scheme() == "http";
    if !(url.scheme() == "https" || is_http) {
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let is_private = match url.host()? {
        Host::Ipv4(address) => !is_public(address.into()),
        Host::Ipv6(address) => !is_public(address.into()),
        Host::Domain(_) => is_loopback(&url),
    };
    let may_be_private = private_network || (is_loopback(graph) && is_loopback(&url));
    if is_private && !may_be_private {
        return None;
    }
    Uri::try_from(url.as_str()).ok()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: &str = "https://graph.microsoft.com/v1.0";

    fn is_safe(text: &str, graph: &str, private_network: bool) -> bool {
        outside(text, &graph.parse().unwrap(), private_network).is_some()
    }

    #[test]
    fn a_content_is_at_no_address_that_is_less_safe_than_graphs_own() {
        assert!(is_safe("https://acme.sharepoint.com/x?tempauth=a%20b", GRAPH, false));
        for text in [
            "http://acme.sharepoint.com/x",
            "ftp://acme.sharepoint.com/x",
            "https://me:word@acme.sharepoint.com/x",
            "https://:word@acme.sharepoint.com/x",
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://169.254.169.254/x",
            "https://10.0.0.1/x",
            "https://[::1]/x",
            "/x",
            "",
        ] {
            assert!(!is_safe(text, GRAPH, false), "{text}");
        }
    }

    #[test]
    fn a_stand_in_on_this_machine_leads_to_this_machine() {
        let local = "http://127.0.0.1:3009/v1.0";
        assert!(is_safe("http://127.0.0.1:3009/x", local, false));
        assert!(is_safe("http://localhost:3009/x", local, false));
        assert!(!is_safe("http://10.0.0.1/x", local, false));
        assert!(is_safe("http://10.0.0.1/x", local, true));
        assert!(is_safe("https://10.0.0.1/x", GRAPH, true));
        assert!(!is_safe("http://10.0.0.1/x", GRAPH, true));
    }
}
