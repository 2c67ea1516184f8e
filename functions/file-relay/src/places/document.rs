use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use headgate_core::Variables;
use headgate_entra::Credentials;
use headgate_events::document::{self, DocumentError};

use super::hosting::Hosting;
use super::reader;
use super::{NamedPlace, Places};
use crate::place::Place;
use crate::place::azure_blob::{AzureBlob, AzureBlobSettings};
use crate::place::graph::{Graph, GraphSettings};
use crate::place::http::{Http, HttpSettings};
use crate::place::s3::{S3, S3Settings};
use crate::place::webdav::{WebDav, WebDavSettings};
use crate::ports::{Reach, World};

/// The document of the variable `places`, read and validated; `H` is a place of the host itself.
///
/// It is TOML, with a table per place:
///
/// ```toml
/// [inbox]
/// kind = "graph"                        # OneDrive and SharePoint
/// drive = "/drives/b!…"                 # or /me/drive, or /sites/{id}/drive
/// credential = "robots"                 # a name of the document of credentials
/// root = "team/inbox"                   # the folder that paths are below
/// read = true                           # the default
/// write = true                          # false by default
/// # url = "https://graph.microsoft.com/v1.0", scope or resource, defer-commit = false, may-rewrite = false, private-network = false
///
/// [archive]
/// kind = "azure-blob"
/// url = "https://ACCOUNT.blob.core.windows.net"
/// container = "archive"
/// credential = "robots"                 # or account-key = "${secret:…}", or sas = "${secret:…}"
/// # account, checksums = true
///
/// [lake]
/// kind = "s3"
/// region = "eu-west-1"
/// bucket = "lake"
/// access-key-id = "AKIA…"               # native: without keys those of the host's own identity
/// secret-access-key = "${secret:lake-key}"
/// # endpoint, host-identity = false with it, path-style = false, session-token, checksums = true
///
/// [orders]
/// kind = "http"
/// url = "https://orders.example/files"  # paths are put below it
/// credential = "robots"                 # or user and password, or nobody
/// resource = "api://orders"             # or scope
/// # method = "put" (or post, patch), chunked = true, headers = { x-api-key = "${secret:…}" }
///
/// [intranet]
/// kind = "webdav"
/// url = "https://dav.example/files"     # a collection
/// user = "headgate"                     # or credential with scope or resource
/// password = "${secret:dav-password}"
/// # root, chunked = true
///
/// [partner]
/// kind = "sftp"                         # native only
/// host = "sftp.partner.example"
/// user = "headgate"
/// private-key = "${secret:partner-key}" # or password; passphrase
/// host-key = "ssh-ed25519 AAAA…"        # or a list
/// root = "/upload"
/// # port = 22
///
/// [scratch]
/// kind = "folder"                       # native only
/// path = "/srv/files"
/// ```
pub struct PlacesDocument<H>(pub(super) BTreeMap<String, Said<H>>);

/// What the document says of one place.
pub(super) struct Said<H> {
    pub(super) kind: &'static str,
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) settings: Settings<H>,
}

/// The settings of a place of each kind.
pub(super) enum Settings<H> {
    Http(HttpSettings),
    AzureBlob(AzureBlobSettings),
    S3(S3Settings),
    Graph(GraphSettings),
    WebDav(WebDavSettings),
    Host(H),
}

impl<H> PlacesDocument<H> {
    /// Reads the document, with the variables that it refers to as `${secret:NAME}`. `host` is what the host itself has.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with the line, column and key of whatever cannot be honoured: nothing is passed over.
    pub async fn load(
        text: &str,
        credentials: &Credentials,
        variables: &impl Variables,
        host: impl Hosting<Place = H>,
    ) -> Result<Self, DocumentError> {
        let mut root = document::parse(text)?;
        document::expand(&mut root, variables).await?;
        reader::read(root, credentials, &host).map(Self)
    }

    /// Makes the places.
    #[must_use]
    pub fn open<W: World<HostPlace = H>>(self, reach: &Arc<Reach<W>>) -> Places<W> {
        Places::new(self.0.into_iter().map(|(name, Said { kind, read, write, settings })| {
            let reach = Arc::clone(reach);
            let place = match settings {
                Settings::Http(settings) => Place::Http(Http::new(settings, reach)),
                Settings::AzureBlob(settings) => Place::AzureBlob(AzureBlob::new(settings, reach)),
                Settings::S3(settings) => Place::S3(S3::new(settings, reach)),
                Settings::Graph(settings) => Place::Graph(Graph::new(settings, reach)),
                Settings::WebDav(settings) => Place::WebDav(WebDav::new(settings, reach)),
                Settings::Host(place) => Place::Host(place),
            };
            (name, NamedPlace { kind, read, write, place })
        }))
    }
}

/// Shows the names of the places and their kinds.
impl<H> fmt::Debug for PlacesDocument<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.0.iter().map(|(name, said)| (name, said.kind))).finish()
    }
}
