use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use headgate_peers::Bearers;
use headgate_peers::graph::{Graph, GraphConfig};
use headgate_peers::identity::{Assigned, Imds, Machine};
use headgate_peers::issuer::{Issuer, IssuerConfig, SystemClock};
use headgate_peers::peer::Serving;

use super::digest;

/// A drive of the stand-in for Microsoft Graph, and who gives a machine tokens for it.
#[derive(Debug)]
pub(super) struct Drive {
    pub(super) serving: Serving,
    pub(super) graph: Arc<Graph>,
    imds: Serving,
}

/// How much is read at once.
const PIECE: u64 = 1024 * 1024;

impl Drive {
    pub(super) const AUDIENCE: &'static str = "https://graph.microsoft.com";
    pub(super) const PATH: &'static str = "/drives/b!development";

    /// Starts it, empty. The addresses that it gives for contents lead to `line`, or to itself; what is uploaded is on the disk.
    pub(super) async fn start(line: Option<SocketAddr>) -> Self {
        let issuer = Arc::new(Issuer::start(IssuerConfig::default()).await.unwrap());
        let config = GraphConfig {
            bearers: Bearers::Issuer(Arc::clone(&issuer)),
            drive: Self::PATH.to_owned(),
            spills_to: Some(std::env::temp_dir()),
            ..GraphConfig::default()
        };
        let listen = config.listen;
        let line = line.map(|line| format!("http://{line}"));
        let make = |own: &str| Arc::new(Graph::new(config, line.as_deref().unwrap_or(own)));
        let (serving, graph) = Serving::start(listen, None, make).await.unwrap();
        let machine = Machine {
            issuer,
            clock: Arc::new(SystemClock),
            identities: vec![Assigned::system(1, "/subscriptions/files")],
            resources: vec![Self::AUDIENCE.to_owned()],
            lifetime: 3_600,
        };
        let imds = Imds::start(SocketAddr::from(([127, 0, 0, 1], 0)), machine).await.unwrap();
        Self { serving, graph, imds }
    }

    /// The SHA-256 of a file that is there.
    pub(super) fn sha256(&self, name: &str) -> String {
        let mut sha256 = Context::new(&SHA256);
        let mut at = 0;
        loop {
            let piece = self.graph.bytes(name, at..at + PIECE).unwrap();
            sha256.update(&piece);
            at += piece.len() as u64;
            if (piece.len() as u64) < PIECE {
                return digest::finish(sha256);
            }
        }
    }

    /// The document of credentials that has `machine`.
    pub(super) fn credentials(&self) -> String {
        let address = self.imds.base_url();
        format!(
            "[machine]\nkind = \"managed-identity\"\nsource = \"imds\"\nimds-endpoint = \"{address}\"\n"
        )
    }
}
