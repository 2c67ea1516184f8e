//! What the function reaches of the world.

/// What token validation reaches of the world.
#[derive(Clone, Debug)]
pub struct Ports<H, K, C, D> {
    /// Fetches discovery documents and JWK Sets: [`HttpClient`](headgate_core::HttpClient).
    pub http: H,
    /// Shares issuers' keys between instances: [`KeyValue`](headgate_core::KeyValue).
    pub key_value: K,
    /// Tells the time and waits: [`Clock`](headgate_core::Clock) and [`Timer`](headgate_core::Timer).
    pub clock: C,
    /// Tells the operator what does not work: [`Diagnostics`](headgate_core::Diagnostics).
    pub diagnostics: D,
}
