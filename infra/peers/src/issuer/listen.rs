use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// Why the issuer does not listen at an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// The address is no `HOST:PORT` or its name has no address.
    #[error("listen address {0} is not HOST:PORT or does not resolve: give 127.0.0.1:PORT")]
    Unresolved(String),
    /// The address, or one of those that the name resolves to, can be reached from elsewhere.
    #[error(
        "{address} is not loopback, and this issuer gives tokens to whoever asks: listen on 127.0.0.1 or [::1]"
    )]
    NotLoopback {
        /// The address that is not loopback.
        address: IpAddr,
    },
}

/// Resolves `HOST:PORT` to an address that this machine alone can reach.
///
/// Every address of the name must be loopback; the first is what is then bound, so that the name cannot come to mean
/// another one in between.
///
/// # Errors
///
/// [`ListenError`] when there is no address, or one that is not loopback.
pub fn loopback_address(text: &str) -> Result<SocketAddr, ListenError> {
    let unresolved = || ListenError::Unresolved(text.to_owned());
    let addresses: Vec<SocketAddr> = text.to_socket_addrs().map_err(|_| unresolved())?.collect();
    first_if_all_are_loopback(&addresses)?.ok_or_else(unresolved)
}

fn first_if_all_are_loopback(addresses: &[SocketAddr]) -> Result<Option<SocketAddr>, ListenError> {
    addresses.iter().try_for_each(|address| require_loopback(address.ip()))?;
    Ok(addresses.first().copied())
}

/// Refuses an address that is not loopback; an IPv4 address in IPv6 clothes is judged as what it is.
pub(super) fn require_loopback(address: IpAddr) -> Result<(), ListenError> {
    if address.to_canonical().is_loopback() {
        Ok(())
    } else {
        Err(ListenError::NotLoopback { address })
    }
}

/// Judges the host that a request was meant for: a name that a web site makes resolve to loopback (DNS rebinding) is not
/// this issuer's.
pub(super) fn is_loopback_host(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| require_loopback(address).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_is_taken() {
        for text in ["127.0.0.1:0", "127.9.9.9:1", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            assert!(loopback_address(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused_and_the_error_says_so() {
        for text in ["0.0.0.0:0", "[::]:0", "192.0.2.1:3001", "[::ffff:192.0.2.1]:0"] {
            let error = loopback_address(text).unwrap_err();
            assert!(error.to_string().contains("is not loopback"), "{text}: {error}");
        }
    }

    #[test]
    fn a_name_that_resolves_elsewhere_too_is_refused_whatever_the_order() {
        let (own, other) = ("127.0.0.1:1".parse().unwrap(), "192.0.2.1:1".parse().unwrap());
        for addresses in [[own, other], [other, own]] {
            let error = first_if_all_are_loopback(&addresses).unwrap_err();
            assert_eq!(error, ListenError::NotLoopback { address: other.ip() });
        }
        assert!(loopback_address("localhost:0").is_ok());
    }

    #[test]
    fn what_does_not_resolve_is_refused() {
        for text in ["", "127.0.0.1", "3001", "127.0.0.1:99999"] {
            assert!(matches!(loopback_address(text), Err(ListenError::Unresolved(_))), "{text}");
        }
    }

    #[test]
    fn a_request_for_another_host_is_not_this_issuers() {
        for host in ["127.0.0.1:3001", "localhost", "LOCALHOST:80", "[::1]:3001", "127.0.0.2"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "",
            "rebound.example:3001",
            "127.0.0.1.example",
            "localhost.example",
            "192.0.2.1",
            "::",
            "[::]:1",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
