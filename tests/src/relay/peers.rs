use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use headgate_peers::peer::Troubles;

use super::kind::Kind;
use super::line::Line;
use super::server::Server;

/// A place of every kind, each but the folder behind a line. They are stopped when this is dropped.
#[derive(Debug)]
pub struct RelayPeers {
    servers: BTreeMap<Kind, Server>,
    lines: BTreeMap<Kind, Line>,
}

impl RelayPeers {
    /// Starts all of them, empty.
    ///
    /// # Panics
    ///
    /// When one does not start: it says how to install it.
    #[must_use]
    pub fn start() -> Self {
        let (mut servers, mut lines) = (BTreeMap::new(), BTreeMap::new());
        for kind in Kind::ALL {
            // The addresses that Graph gives for contents lead through its line as well.
            let line = Line::open();
            let server = match kind {
                Kind::Graph => Server::drive_behind(Some(line.address())),
                _ => Server::start(kind),
            };
            if let Some(address) = server.address() {
                line.lead_to(address);
                lines.insert(kind, line);
            }
            servers.insert(kind, server);
        }
        Self { servers, lines }
    }

    /// The line to the server of a kind that is remote.
    ///
    /// # Panics
    ///
    /// For a folder.
    #[must_use]
    pub fn line(&self, kind: Kind) -> &Line {
        &self.lines[&kind]
    }

    /// The server itself, behind its line.
    ///
    /// # Panics
    ///
    /// For a folder.
    #[must_use]
    pub fn server(&self, kind: Kind) -> SocketAddr {
        self.servers[&kind].address().expect("a folder has no address")
    }

    /// The levers of Graph.
    ///
    /// # Panics
    ///
    /// Never: a drive has them.
    #[must_use]
    pub fn graph_troubles(&self) -> &Troubles {
        self.servers[&Kind::Graph].troubles().unwrap()
    }

    /// The variables of a function that has a place of each of these kinds, by the kind's name, and no others but what
    /// `more` of a document says.
    #[must_use]
    pub fn variables(&self, kinds: &[Kind], more: &str) -> BTreeMap<String, String> {
        let table = |kind: &Kind| {
            self.servers[kind].table(kind.name(), self.lines.get(kind).map(Line::address))
        };
        let places: String = kinds.iter().map(table).collect();
        let own = [("places", places + more), ("access", "anonymous".to_owned())];
        let own = own.into_iter().chain([("parallel", "64".to_owned())]);
        let own = own.map(|(name, value)| (name.to_owned(), value));
        own.chain(self.servers.values().flat_map(Server::variables)).collect()
    }

    /// Puts a file in a place, as somebody else does.
    ///
    /// # Panics
    ///
    /// When the place does not take it.
    pub fn put(&self, kind: Kind, name: &str, content: &Bytes) {
        self.servers[&kind].put(name, content);
    }

    /// Reads a file as somebody else does; none when it is not there.
    ///
    /// # Panics
    ///
    /// When the place does not give it.
    #[must_use]
    pub fn get(&self, kind: Kind, name: &str) -> Option<Bytes> {
        self.servers[&kind].get(name)
    }

    /// The names of everything that is in a place, as [`Server::names`] gives them.
    ///
    /// # Panics
    ///
    /// When the place does not say.
    #[must_use]
    pub fn names(&self, kind: Kind) -> Vec<String> {
        self.servers[&kind].names()
    }
}
