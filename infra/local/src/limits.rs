use std::time::Duration;

/// How far guests may go, and how their instances are reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most requests that one instance serves in its life; 1 gives every request a new instance.
    ///
    /// An instance of a WASI 0.2 component always serves one.
    pub instance_reuse: usize,
    /// The most requests that one instance serves at the same time.
    ///
    /// Only requests that may be repeated share an instance: GET, HEAD, OPTIONS, TRACE, PUT and DELETE (RFC 9110 §9.2.2)
    /// without a body. When such an instance traps, each of them is repeated alone in another one, so that only the
    /// request that traps again is answered 500. Every other request has its instance for itself while it runs.
    pub instance_concurrency: usize,
    /// The most instances that exist at a time, and the most requests that are served at a time; more of them wait.
    pub instances: u32,
    /// The CPU time that a request may use; at its end the guest is stopped and the request answered 500.
    pub guest_timeout: Duration,
    /// The time that a guest may take until it answers (then 504), and again until its answer is complete.
    pub response_timeout: Duration,
    /// The bytes of memory that one instance may have.
    pub guest_memory: usize,
    /// The elements that each table of an instance may have.
    pub table_elements: usize,
    /// The bytes that a request's body may have; a longer one is answered 413, or breaks off when its length was not
    /// announced.
    pub max_body: u64,
    /// How long an instance without work is kept.
    pub idle: Duration,
    /// How long requests under way may take to finish after the host was told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            instance_reuse: 128,
            instance_concurrency: 16,
            instances: 1_000,
            guest_timeout: Duration::from_secs(30),
            response_timeout: Duration::from_secs(300),
            guest_memory: 128 * 1024 * 1024,
            table_elements: 100_000,
            max_body: 64 * 1024 * 1024,
            idle: Duration::from_secs(60),
            drain: Duration::from_secs(10),
        }
    }
}
