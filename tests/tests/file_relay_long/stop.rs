use headgate_tests::relay::{Kind, Server};

use crate::web::Web;

/// Where a file is on its way.
pub(crate) enum Stop {
    /// The server that makes files, and keeps none.
    Web(Web),
    Server(&'static str, Server),
}

/// The stops between the web and the web, in their order, by the names of who stands there.
pub(crate) const WAY: [&str; 7] = [
    "Azure Blob (Azurite)",
    "S3 (moto)",
    "SFTP (OpenSSH)",
    "WebDAV (nginx)",
    "WebDAV (rclone)",
    "Graph (stand-in)",
    "folder",
];

/// Those that a component can carry to and from.
pub(crate) const OVER_HTTP: [&str; 5] = [WAY[0], WAY[1], WAY[3], WAY[4], WAY[5]];

impl Stop {
    /// Starts a stop, empty.
    pub(crate) fn start(name: &'static str) -> Self {
        let server = match WAY.iter().position(|known| *known == name).unwrap() {
            0 => Server::azurite_on_disk(),
            1 => Server::start(Kind::S3),
            2 => Server::start(Kind::Sftp),
            3 => Server::nginx_web_dav(),
            4 => Server::start(Kind::WebDav),
            5 => Server::start(Kind::Graph),
            _ => Server::start(Kind::Folder),
        };
        Self::Server(name, server)
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Web(_) => "HTTP",
            Self::Server(name, _) => name,
        }
    }

    /// The place that it is, as one that is read or as one that is written.
    pub(crate) fn table(&self, role: Role) -> String {
        match self {
            Self::Web(web) => web.table(role.name(), role.folder()),
            Self::Server(_, server) => server.table(role.name(), server.address()),
        }
    }

    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        match self {
            Self::Web(_) => Vec::new(),
            Self::Server(_, server) => server.variables(),
        }
    }

    /// The SHA-256 of what arrived, read past file-relay.
    pub(crate) fn sha256(&self, name: &str) -> String {
        match self {
            Self::Web(web) => web.sha256(name),
            Self::Server(_, server) => server.sha256(name),
        }
    }
}

/// What a stop is to file-relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Source,
    Destination,
}

impl Role {
    /// The place's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Source => "given",
            Self::Destination => "taken",
        }
    }
}
