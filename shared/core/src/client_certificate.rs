/// The certificate with which the caller's TLS connection was made, in PEM: put into a request's extensions.
///
/// Whoever ended the TLS connection has checked that the caller holds the key; whether the certificate is acceptable is
/// for the function to judge. It is never taken from a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate(pub String);
