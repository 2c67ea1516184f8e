use reqwest::{NoProxy, Proxy};

/// The hosts that no proxy is asked for, whatever the environment says: this machine, and what is on its own link. The
/// metadata endpoints of the clouds are there, and a token of theirs is for this machine alone (contracts azure.md §6.1).
const EXEMPT: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10";

/// The proxies that the environment asks for: `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY` and `NO_PROXY`, which may also be
/// written small.
///
/// `HTTP_PROXY` is not read: where headers become variables (CGI), a caller could set it with a header `Proxy`.
///
/// # Errors
///
/// The name of the variable that holds no address of a proxy. Its value may hold a password and is not shown.
pub(crate) fn proxies(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Proxy>, &'static str> {
    let either = |large: &str, small: &str| {
        variable(small).or_else(|| variable(large)).filter(|value| !value.is_empty())
    };
    let exempt = exempt(either("NO_PROXY", "no_proxy"));
    let all = either("ALL_PROXY", "all_proxy");
    let https = either("HTTPS_PROXY", "https_proxy");
    let http = variable("http_proxy").filter(|value| !value.is_empty());
    let wanted = [
        ("HTTPS_PROXY", https.map(Proxy::https)),
        ("http_proxy", http.map(Proxy::http)),
        ("ALL_PROXY", all.map(Proxy::all)),
    ];
    wanted
        .into_iter()
        .filter_map(|(name, proxy)| proxy.map(|proxy| (name, proxy)))
        .map(|(name, proxy)| {
            let proxy = proxy.map_err(|_| name)?;
            Ok(proxy.no_proxy(NoProxy::from_string(&exempt)))
        })
        .collect()
}

fn exempt(also: Option<String>) -> String {
    match also {
        Some(also) => format!("{EXEMPT},{also}"),
        None => EXEMPT.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use hyper_util::client::proxy::matcher::Matcher;

    use super::*;

    #[test]
    fn nothing_on_this_machine_or_its_link_is_asked_through_a_proxy() {
        // What reqwest itself decides by.
        let matcher = Matcher::builder()
            .all("http://proxy.example:3128")
            .no(exempt(Some("inside.example".to_owned())))
            .build();
        let through_proxy = |address: &str| matcher.intercept(&address.parse().unwrap()).is_some();
        for direct in [
            "http://localhost/",
            "http://127.0.0.1/",
            "http://127.1.2.3/",
            "http://[::1]/",
            "http://169.254.169.254/metadata/identity/oauth2/token",
            "https://169.254.170.2/",
            "http://[fe80::1]/",
            "http://[febf::1]:8080/",
            "https://inside.example/",
        ] {
            assert!(!through_proxy(direct), "{direct}");
        }
        for other in [
            "https://sink.example/",
            "http://169.255.0.1/",
            "http://169.253.255.255/",
            "http://[fec0::1]/",
            "http://10.0.0.1/",
        ] {
            assert!(through_proxy(other), "{other}");
        }
    }

    #[test]
    fn no_variable_is_no_proxy() {
        assert_eq!(proxies(|_| None).unwrap().len(), 0);
    }

    #[test]
    fn a_variable_that_is_no_address_is_refused_by_name_only() {
        let value = |name: &str| (name == "HTTPS_PROXY").then(|| "http://u:hunter2@[".to_owned());
        assert_eq!(proxies(value).unwrap_err(), "HTTPS_PROXY");
    }

    #[test]
    fn the_variable_that_a_header_could_set_is_not_read() {
        let value = |name: &str| (name == "HTTP_PROXY").then(|| "http://evil.example".to_owned());
        assert_eq!(proxies(value).unwrap().len(), 0);
    }
}
