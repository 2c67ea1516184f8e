use std::path::{Path, PathBuf};

use crate::host::{Build, component_file};

/// A function whose behaviour is told in cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `functions/circuit-breaker`.
    CircuitBreaker,
    /// `functions/cloud-flow`.
    CloudFlow,
    /// `functions/desktop-flow`.
    DesktopFlow,
    /// `functions/entra-http`.
    EntraHttp,
    /// `functions/event-subscription`.
    EventSubscription,
    /// `functions/file-relay`.
    FileRelay,
    /// `functions/gateway-tokens`.
    GatewayTokens,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 7] = [
        Self::CircuitBreaker,
        Self::CloudFlow,
        Self::DesktopFlow,
        Self::EntraHttp,
        Self::EventSubscription,
        Self::FileRelay,
        Self::GatewayTokens,
    ];

    /// The name of the function, its folder and its native binary.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CircuitBreaker => "circuit-breaker",
            Self::CloudFlow => "cloud-flow",
            Self::DesktopFlow => "desktop-flow",
            Self::EntraHttp => "entra-http",
            Self::EventSubscription => "event-subscription",
            Self::FileRelay => "file-relay",
            Self::GatewayTokens => "gateway-tokens",
        }
    }

    /// The variables that it reads.
    #[must_use]
    pub fn variables(self) -> Vec<&'static str> {
        use headgate_circuit_breaker::variables::VARIABLES as BREAKER;
        use headgate_cloud_flow::variables::VARIABLES as CLOUD_FLOW;
        use headgate_desktop_flow::variables::VARIABLES as DESKTOP_FLOW;
        use headgate_entra_http::variables::VARIABLES as ENTRA_HTTP;
        use headgate_event_subscription::variables::VARIABLES as SUBSCRIPTION;
        use headgate_file_relay::variables::VARIABLES as FILE_RELAY;
        use headgate_gateway_tokens::variables::VARIABLES as TOKENS;
        match self {
            Self::CircuitBreaker => BREAKER.iter().map(|variable| variable.name).collect(),
            Self::CloudFlow => CLOUD_FLOW.iter().map(|variable| variable.name).collect(),
            Self::DesktopFlow => DESKTOP_FLOW.iter().map(|variable| variable.name).collect(),
            Self::EntraHttp => ENTRA_HTTP.iter().map(|variable| variable.name).collect(),
            Self::EventSubscription => SUBSCRIPTION.iter().map(|variable| variable.name).collect(),
            Self::FileRelay => FILE_RELAY.iter().map(|variable| variable.name).collect(),
            Self::GatewayTokens => TOKENS.iter().map(|variable| variable.name).collect(),
        }
    }

    /// Where its cases are.
    #[must_use]
    pub fn cases(self) -> PathBuf {
        let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
        functions.join(self.name()).join("cases")
    }

    /// Its component, as `just build-components` makes it.
    pub(super) fn component(self) -> Result<PathBuf, String> {
        let name = self.name().replace('-', "_");
        component_file(Build::Portable, &format!("headgate_{name}_component.wasm"))
    }

    /// Its native binary, as `cargo build` makes it.
    pub(super) fn binary(self) -> Result<PathBuf, String> {
        let executable = std::env::current_exe().map_err(|error| error.to_string())?;
        let folder = executable.parent().and_then(Path::parent).ok_or("no target folder")?;
        let path = folder.join(self.name());
        if path.exists() {
            return Ok(path);
        }
        let name = self.name();
        Err(format!("{} is missing: run `cargo build -p headgate-{name} --bins`", path.display()))
    }
}
