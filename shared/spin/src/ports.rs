use crate::{GuestFiles, OutboundHttp, SpinVariables, StderrLog, WasiClock, WasiKeyValue};

/// Every port as a WASI host provides it. All are free to make and to copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpinPorts {
    /// Calls to the hosts that the component declares.
    pub http: OutboundHttp,
    /// The store that the component's manifest names `default`.
    pub key_value: WasiKeyValue,
    /// The component's variables.
    pub variables: SpinVariables,
    /// The component's files.
    pub files: GuestFiles,
    /// The host's clocks.
    pub clock: WasiClock,
    /// The host's log.
    pub diagnostics: StderrLog,
}
