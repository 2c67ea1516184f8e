use crate::{GuestFiles, OutboundHttp, SpinVariables, StderrLog, WasiClock, WasiKeyValue};

/// Every port as a WASI host provides it, with the kind of store that the function is to have. All are cheap to copy.
#[derive(Clone, Debug)]
pub struct SpinPorts<S = WasiKeyValue> {
    /// Calls to the hosts that the component declares.
    pub http: OutboundHttp,
    /// The state that instances share.
    pub key_value: S,
    /// The component's variables.
    pub variables: SpinVariables,
    /// The component's files.
    pub files: GuestFiles,
    /// The host's clocks.
    pub clock: WasiClock,
    /// The host's log.
    pub diagnostics: StderrLog,
}

impl<S> SpinPorts<S> {
    /// Gives the ports with this store.
    pub(crate) fn with(key_value: S) -> Self {
        Self {
            http: OutboundHttp,
            key_value,
            variables: SpinVariables,
            files: GuestFiles,
            clock: WasiClock,
            diagnostics: StderrLog::default(),
        }
    }
}
