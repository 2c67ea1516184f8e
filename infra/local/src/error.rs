use std::net::SocketAddr;
use std::path::PathBuf;

use crate::application::ApplicationError;
use crate::compose::ComposeError;
use crate::outbound::TlsError;
use crate::store::StateError;

/// Why the host could not start.
#[derive(Debug, thiserror::Error)]
pub enum LocalHostError {
    /// The manifest's file could not be read.
    #[error("the manifest {path} cannot be read: {source}")]
    ManifestUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The manifest says what cannot be served.
    #[error("the manifest {path} cannot be served: {source}")]
    Application {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<ApplicationError>,
    },
    /// The builder was given something for a component that the manifest does not declare.
    #[error("there is no component {0} in the manifest")]
    UnknownComponent(String),
    /// A component's file could not be read.
    #[error(
        "component {component}: {path} cannot be read ({source}): build it with `just build-components`"
    )]
    ComponentUnreadable {
        /// The component.
        component: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A component could not be compiled, or imports what this host does not give.
    #[error("component {component}: {reason}")]
    Component {
        /// The component.
        component: String,
        /// What is wrong.
        reason: String,
    },
    /// A middleware could not be put in front of a component.
    #[error("component {component}: {source}")]
    Compose {
        /// The component.
        component: String,
        /// What is wrong.
        source: ComposeError,
    },
    /// A file that a component is to find could not be made ready.
    #[error("component {component}: the file {path} cannot be used: {source}")]
    File {
        /// The component.
        component: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The state could not be opened.
    #[error(transparent)]
    State(#[from] StateError),
    /// Outgoing requests cannot be carried.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The engine could not be made.
    #[error("the engine cannot be made: {0}")]
    Engine(String),
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A thread could not be started.
    #[error("a thread cannot be started: {0}")]
    Thread(std::io::Error),
}
