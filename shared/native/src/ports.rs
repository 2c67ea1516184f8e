use crate::{
    DiskFiles, EnvVariables, NativeBackground, NativeStore, OsRandom, ReqwestClient,
    StderrDiagnostics, SystemClock,
};

/// Every port, on this process. A clone shares the connections and the store.
#[derive(Clone, Debug)]
pub struct NativePorts {
    /// Calls other hosts.
    pub http: ReqwestClient,
    /// State that outlives the process.
    pub key_value: NativeStore,
    /// Configuration.
    pub variables: EnvVariables,
    /// Documents that come with the function.
    pub files: DiskFiles,
    /// The time of day, and waiting.
    pub clock: SystemClock,
    /// Unpredictable bytes.
    pub random: OsRandom,
    /// What the operator should know.
    pub diagnostics: StderrDiagnostics,
    /// What goes on after an answer.
    pub background: NativeBackground,
}
