use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::Clock;

use crate::bearer::Bearers;
use crate::issuer::SystemClock;

/// What a [`Graph`](super::Graph) is made of: one drive, and its limits.
pub struct GraphConfig {
    /// Where to listen: loopback alone.
    pub listen: SocketAddr,
    /// Whose tokens are taken.
    pub bearers: Bearers,
    /// The audience of these tokens, exactly.
    pub audience: String,
    /// The drive as the path of a request names it, as `/me/drive` or `/drives/{id}`.
    pub drive: String,
    /// How many bytes it has room for.
    pub quota: u64,
    /// How many bytes an upload in one request may have.
    pub small: usize,
    /// How long a download address is good for.
    pub download_lifetime: Duration,
    /// How long an upload session lasts after its last fragment.
    pub session_lifetime: Duration,
    /// How many children are on a page.
    pub page: usize,
    /// Whether items say their download address; `/content` leads to it in any case.
    pub says_addresses: bool,
    /// Whether items say hashes.
    pub says_hashes: bool,
    /// Whether the folders of a path that is written to are made.
    pub makes_folders: bool,
    /// Whether contents are kept: without, a file has its length and its hash, and no test has to hold it in memory.
    pub keeps_content: bool,
    /// Whether a property is put into each document of Office that comes in, as libraries of SharePoint do: it is another file then.
    pub rewrites_documents: bool,
    /// The folder on whose disk the contents of upload sessions are kept; `None`: they are in memory.
    pub spills_to: Option<PathBuf>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Default for GraphConfig {
    /// A free port, nobody's tokens, the drive `/drives/b!development` of 1 TiB, and the service's own limits.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            bearers: Bearers::Keys(Vec::new()),
            audience: "https://graph.microsoft.com".to_owned(),
            drive: "/drives/b!development".to_owned(),
            quota: 1 << 40,
            small: 250 * 1024 * 1024,
            download_lifetime: Duration::from_secs(5 * 60),
            session_lifetime: Duration::from_secs(24 * 60 * 60),
            page: 200,
            says_addresses: true,
            says_hashes: true,
            makes_folders: false,
            keeps_content: true,
            spills_to: None,
            rewrites_documents: false,
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for GraphConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GraphConfig")
            .field("listen", &self.listen)
            .field("drive", &self.drive)
            .finish_non_exhaustive()
    }
}
