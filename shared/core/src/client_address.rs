use std::net::IpAddr;

/// The address that a request came from, as the host itself saw it: put into a request's extensions.
///
/// It is the peer of the connection, or what the platform in front of the function vouches for (the `sourceIp` of API
/// Gateway). It is never taken from a header that a caller can set, so behind a proxy it is the proxy's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);
