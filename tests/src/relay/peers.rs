use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use headgate_peers::Bearers;
use headgate_peers::graph::{Graph, GraphConfig};
use headgate_peers::identity::{Assigned, Imds, Machine};
use headgate_peers::issuer::{Guid, Issuer, IssuerConfig, SystemClock};
use headgate_peers::peer::{Serving, Troubles};
use http::{Method, Request, Response};
use serde_json::json;
use tempfile::TempDir;

use super::kind::Kind;
use super::line::Line;
use crate::host::RUNTIME;
use crate::peer::{Azurite, MotoServer, Sshd, WebDavServer};
use crate::wire;

/// A place of every kind, each but the folder behind a line. They are stopped when this is dropped.
pub struct RelayPeers {
    folder: TempDir,
    nginx: WebDavServer,
    rclone: WebDavServer,
    sshd: Sshd,
    azurite: Azurite,
    moto: MotoServer,
    graph: (Serving, Arc<Graph>),
    imds: Serving,
    lines: BTreeMap<Kind, Line>,
}

const BUCKET: &str = "files";
const AUDIENCE: &str = "https://graph.microsoft.com";
const DRIVE: &str = "/drives/b!development";

impl RelayPeers {
    /// Starts all of them, empty.
    ///
    /// # Panics
    ///
    /// When one does not start: it says how to install it.
    #[must_use]
    pub fn start() -> Self {
        let azurite = Azurite::start().unwrap();
        azurite.create_container(BUCKET).unwrap();
        let moto = MotoServer::start().unwrap();
        moto.create_bucket(BUCKET).unwrap();
        let (nginx, rclone) = (WebDavServer::nginx(), WebDavServer::rclone());
        let sshd = Sshd::start().unwrap();
        let mut lines: BTreeMap<Kind, Line> = [
            (Kind::Http, nginx.address()),
            (Kind::AzureBlob, azurite.address()),
            (Kind::S3, moto.address()),
            (Kind::WebDav, rclone.address()),
            (Kind::Sftp, sshd.address()),
        ]
        .map(|(kind, address)| (kind, Line::to(address)))
        .into();
        // The addresses that Graph gives for contents lead through its line as well.
        let line = Line::open();
        let (graph, imds) = RUNTIME.block_on(graph(&line));
        line.lead_to(graph.0.address());
        lines.insert(Kind::Graph, line);
        let folder = tempfile::tempdir().unwrap();
        Self { folder, nginx, rclone, sshd, azurite, moto, graph, imds, lines }
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
        match kind {
            Kind::Folder => panic!("a folder has no address"),
            Kind::Http => self.nginx.address(),
            Kind::AzureBlob => self.azurite.address(),
            Kind::S3 => self.moto.address(),
            Kind::Graph => self.graph.0.address(),
            Kind::WebDav => self.rclone.address(),
            Kind::Sftp => self.sshd.address(),
        }
    }

    /// The levers of Graph.
    #[must_use]
    pub fn graph_troubles(&self) -> &Troubles {
        self.graph.0.troubles()
    }

    /// The variables of a function that has a place of each of these kinds, by the kind's name, and no others but what
    /// `more` of a document says.
    #[must_use]
    pub fn variables(&self, kinds: &[Kind], more: &str) -> BTreeMap<String, String> {
        let places: String = kinds.iter().map(|kind| self.table(kind.name(), *kind)).collect();
        let credentials = format!(
            "[machine]\nkind = \"managed-identity\"\nsource = \"imds\"\nimds-endpoint = \"{}\"\n",
            self.imds.base_url()
        );
        [
            ("places", places + more),
            ("credentials", credentials),
            ("access", "anonymous".to_owned()),
            ("parallel", "64".to_owned()),
            ("azure_key", self.azurite.key().to_owned()),
            ("dav_password", WebDavServer::PASSWORD.to_owned()),
            ("ssh_key", self.sshd.private_key()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The place of this kind, by a name, in a document.
    fn table(&self, name: &str, kind: Kind) -> String {
        let address = self.lines.get(&kind).map(Line::address);
        let url = address.map(|address| format!("http://{address}")).unwrap_or_default();
        let (account, user) = (Azurite::ACCOUNT, Sshd::user());
        let own = match kind {
            Kind::Folder => format!("path = {}\n", json!(self.folder.path())),
            Kind::Http => format!("url = \"{url}\"\nprivate-network = true\n"),
            Kind::AzureBlob => format!(
                "url = \"{url}/{account}\"\ncontainer = \"{BUCKET}\"\naccount = \"{account}\"\n\
                 account-key = \"${{secret:azure_key}}\"\nprivate-network = true\n"
            ),
            Kind::S3 => format!(
                "endpoint = \"{url}\"\nregion = \"us-east-1\"\nbucket = \"{BUCKET}\"\npath-style = true\n\
                 access-key-id = \"of-the-test\"\nsecret-access-key = \"of-the-test\"\nprivate-network = true\n"
            ),
            Kind::Graph => format!(
                "url = \"{url}/v1.0\"\ndrive = \"{DRIVE}\"\ncredential = \"machine\"\n\
                 resource = \"{AUDIENCE}\"\nprivate-network = true\n"
            ),
            Kind::WebDav => format!(
                "url = \"{url}\"\nuser = \"{}\"\npassword = \"${{secret:dav_password}}\"\nprivate-network = true\n",
                WebDavServer::USER
            ),
            Kind::Sftp => format!(
                "host = \"127.0.0.1\"\nport = {}\nuser = \"{user}\"\nhost-key = [\"{}\"]\n\
                 private-key = \"${{secret:ssh_key}}\"\nroot = {}\nprivate-network = true\n",
                address.unwrap().port(),
                self.sshd.host_key(),
                json!(self.sshd.files()),
            ),
        };
        format!("[{name}]\nkind = \"{}\"\nwrite = true\n{own}\n", kind.name())
    }

    /// Puts a file in a place, as somebody else does.
    ///
    /// # Panics
    ///
    /// When the place does not take it.
    pub fn put(&self, kind: Kind, name: &str, content: &Bytes) {
        match kind {
            Kind::AzureBlob => {
                let headers = [("x-ms-blob-type", "BlockBlob"), ("x-ms-version", "2021-08-06")];
                let path = self.blob(&format!("/{name}"), "");
                let response = self.send(kind, Method::PUT, &path, &headers, content.clone());
                assert_eq!(response.status(), 201, "{response:?}");
            }
            Kind::S3 => {
                let path = format!("/{BUCKET}/{name}");
                let response = self.send(kind, Method::PUT, &path, &[], content.clone());
                assert_eq!(response.status(), 200, "{response:?}");
            }
            Kind::Graph => self.graph.1.put(name, content.clone(), "application/octet-stream"),
            Kind::Folder | Kind::Http | Kind::WebDav | Kind::Sftp => {
                fs::write(self.on_disk(kind).join(name), content).unwrap();
            }
        }
    }

    /// Reads a file as somebody else does; none when it is not there.
    ///
    /// # Panics
    ///
    /// When the place does not give it.
    #[must_use]
    pub fn get(&self, kind: Kind, name: &str) -> Option<Bytes> {
        let response = match kind {
            Kind::AzureBlob => {
                let headers = [("x-ms-version", "2021-08-06")];
                let path = self.blob(&format!("/{name}"), "");
                self.send(kind, Method::GET, &path, &headers, Bytes::new())
            }
            Kind::S3 => {
                self.send(kind, Method::GET, &format!("/{BUCKET}/{name}"), &[], Bytes::new())
            }
            Kind::Graph => return self.graph.1.content(name),
            Kind::Folder | Kind::Http | Kind::WebDav | Kind::Sftp => {
                return fs::read(self.on_disk(kind).join(name)).ok().map(Bytes::from);
            }
        };
        match response.status().as_u16() {
            200 => Some(response.into_body()),
            404 => None,
            other => panic!("{kind:?} answers {other}"),
        }
    }

    /// The names of everything that is in a place, in order: what was begun and not ended as well, where the place says it.
    /// Blocks of Azure that no blob has are not: nobody can take them away, and they go by themselves.
    ///
    /// # Panics
    ///
    /// When the place does not say.
    #[must_use]
    pub fn names(&self, kind: Kind) -> Vec<String> {
        let mut names = match kind {
            Kind::AzureBlob => {
                let path = self.blob("", "restype=container&comp=list&");
                let headers = [("x-ms-version", "2021-08-06")];
                let page = self.send(kind, Method::GET, &path, &headers, Bytes::new());
                texts(&page, "Name")
            }
            Kind::S3 => {
                let read = |query: &str| {
                    let path = format!("/{BUCKET}?{query}");
                    self.send(kind, Method::GET, &path, &[], Bytes::new())
                };
                let mut names = texts(&read("list-type=2"), "Key");
                let uploads = texts(&read("uploads"), "Key");
                names.extend(uploads.into_iter().map(|name| format!("an upload of {name}")));
                names
            }
            Kind::Graph => {
                let mut names = self.graph.1.files();
                names.extend((0..self.graph.1.sessions()).map(|_| "an upload session".to_owned()));
                names
            }
            Kind::Folder | Kind::Http | Kind::WebDav | Kind::Sftp => {
                let entries = fs::read_dir(self.on_disk(kind)).unwrap();
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
            }
        };
        names.sort_unstable();
        names
    }

    fn on_disk(&self, kind: Kind) -> PathBuf {
        match kind {
            Kind::Http => self.nginx.files(),
            Kind::WebDav => self.rclone.files(),
            Kind::Sftp => self.sshd.files(),
            _ => Path::to_owned(self.folder.path()),
        }
    }

    fn blob(&self, path: &str, query: &str) -> String {
        let signature = self.azurite.sas(BUCKET, "rwdl");
        format!("/{}/{BUCKET}{path}?{query}{signature}", Azurite::ACCOUNT)
    }

    fn send(
        &self,
        kind: Kind,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Response<Bytes> {
        let mut request = Request::builder().method(&method).uri(path);
        if kind == Kind::S3 {
            request = request.header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=of-the-test/20260101/us-east-1/s3/aws4_request, \
                 SignedHeaders=host, Signature=0",
            );
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == Method::PUT {
            request = request.header("content-length", body.len());
        }
        let request = request.body(body).unwrap();
        RUNTIME.block_on(wire::send(self.server(kind), request)).unwrap()
    }
}

/// Graph, whose addresses lead through this line, and who gives tokens for it.
async fn graph(line: &Line) -> ((Serving, Arc<Graph>), Serving) {
    let issuer = Arc::new(Issuer::start(IssuerConfig::default()).await.unwrap());
    let config = GraphConfig {
        bearers: Bearers::Issuer(Arc::clone(&issuer)),
        drive: DRIVE.to_owned(),
        ..GraphConfig::default()
    };
    let (listen, base_url) = (config.listen, format!("http://{}", line.address()));
    let make = |_: &str| Arc::new(Graph::new(config, &base_url));
    let graph = Serving::start(listen, None, make).await.unwrap();
    let machine = Machine {
        issuer,
        clock: Arc::new(SystemClock),
        identities: vec![Assigned {
            client_id: Guid::from_u128(1),
            object_id: Guid::from_u128(2),
            resource_id: "/subscriptions/files".to_owned(),
            is_system: true,
        }],
        resources: vec![AUDIENCE.to_owned()],
        lifetime: 3_600,
    };
    let imds = Imds::start(SocketAddr::from(([127, 0, 0, 1], 0)), machine).await.unwrap();
    (graph, imds)
}

/// The texts of the elements of this name.
fn texts(page: &Response<Bytes>, name: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(page.body()).into_owned();
    assert_eq!(page.status(), 200, "{text}");
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let elements = text.split(&begin).skip(1);
    elements.map(|rest| rest.split(&end).next().unwrap().to_owned()).collect()
}
