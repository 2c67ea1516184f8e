use std::io;
use std::sync::Arc;

use super::config::GraphConfig;
use super::service::{Graph, VERSION};
use crate::peer::{Serving, Troubles};

/// A running [`Graph`]. It stops when this is dropped.
#[derive(Debug)]
pub struct GraphRunning {
    serving: Serving,
    graph: Arc<Graph>,
}

impl Graph {
    /// Serves one on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(config: GraphConfig) -> io::Result<GraphRunning> {
        let listen = config.listen;
        let make = |base_url: &str| Arc::new(Self::new(config, base_url));
        let (serving, graph) = Serving::start(listen, None, make).await?;
        Ok(GraphRunning { serving, graph })
    }
}

impl GraphRunning {
    /// `http://127.0.0.1:PORT/v1.0`: what requests begin with.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}{VERSION}", self.serving.base_url())
    }

    /// The drive.
    #[must_use]
    pub const fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// The levers: counts, and trouble.
    #[must_use]
    pub fn troubles(&self) -> &Troubles {
        self.serving.troubles()
    }

    /// Stops: the port is free again when this returns.
    pub async fn stop(self) {
        self.serving.stop().await;
    }
}
