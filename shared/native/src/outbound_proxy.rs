use reqwest::{NoProxy, Proxy};

/// The hosts that no proxy is asked for, whatever the environment says: this machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

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
    let mut exempt = LOOPBACK.to_owned();
    if let Some(also) = either("NO_PROXY", "no_proxy") {
        exempt.push(',');
        exempt.push_str(&also);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
