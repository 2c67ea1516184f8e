use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether an address is one of the public internet's: not this machine's, not a private network's, not the platform's own
/// (169.254.169.254), and not one that stands for such an address.
///
/// What the IANA registries of special-purpose addresses (RFC 6890) do not call globally reachable is not public. An IPv6
/// address that carries an IPv4 address (mapped, translated by RFC 6052, 6to4) is judged by that.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether a URL's host is an address, and that is neither [public](is_public) nor this machine's own. Names are judged where
/// they are resolved.
#[must_use]
pub fn has_private_address(url: &Url) -> bool {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        Some(Host::Domain(_)) | None => return false,
    };
    !address.is_loopback() && !is_public(address)
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let carried = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => carried(g, h),
        (0x2002, high, low, ..) => carried(high, low),
        // Documentation, benchmarking, Teredo, ORCHID and the rest of 2001::/23.
        (0x2001, 0..=0x1ff | 0xdb8, ..) | (0x3fff, 0..=0xfff, ..) => false,
        // Global unicast is 2000::/3.
        (0x2000..=0x3fff, ..) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_private_network_or_of_the_machine_is_not_public() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!text.parse().is_ok_and(is_public), "{text}");
        }
        for text in [
            "1.1.1.1",
            "20.1.2.3",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "2603:1030::1",
            "2606:4700::1111",
            "64:ff9b::1.1.1.1",
            "::ffff:1.1.1.1",
            "2002:101:101::",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_url_has_a_private_address_when_that_is_neither_public_nor_this_machines() {
        for text in [
            "https://169.254.169.254/metadata",
            "https://10.0.0.1/v1",
            "https://192.168.1.1:8443/v1",
            "https://0xa9.0xfe.0xa9.0xfe/v1",
            "https://[fd00:ec2::254]/v1",
            "https://[::ffff:10.0.0.1]/v1",
            "https://[::ffff:127.0.0.1]/v1",
        ] {
            assert!(has_private_address(&text.parse().unwrap()), "{text}");
        }
        for text in [
            "http://127.0.0.1:8080/v1",
            "https://[::1]/",
            "http://localhost/v1",
            "https://orders.example",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
            "data:text/plain,",
        ] {
            assert!(!has_private_address(&text.parse().unwrap()), "{text}");
        }
    }
}
