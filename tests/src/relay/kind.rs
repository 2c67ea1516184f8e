/// A kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A folder of this machine.
    Folder,
    /// nginx, as any server that speaks HTTP.
    Http,
    /// Azurite.
    AzureBlob,
    /// moto.
    S3,
    /// The stand-in for Microsoft Graph.
    Graph,
    /// rclone.
    WebDav,
    /// OpenSSH's server.
    Sftp,
}

impl Kind {
    /// All that there are.
    pub const ALL: [Self; 7] = [
        Self::Folder,
        Self::Http,
        Self::AzureBlob,
        Self::S3,
        Self::Graph,
        Self::WebDav,
        Self::Sftp,
    ];

    /// Those that a component can carry to and from.
    pub const OVER_HTTP: [Self; 5] =
        [Self::Http, Self::AzureBlob, Self::S3, Self::Graph, Self::WebDav];

    /// Those that are behind a line.
    pub const REMOTE: [Self; 6] =
        [Self::Http, Self::AzureBlob, Self::S3, Self::Graph, Self::WebDav, Self::Sftp];

    /// The name that the document of places has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Http => "http",
            Self::AzureBlob => "azure-blob",
            Self::S3 => "s3",
            Self::Graph => "graph",
            Self::WebDav => "webdav",
            Self::Sftp => "sftp",
        }
    }
}
