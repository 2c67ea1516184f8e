use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use headgate_peers::peer::{Serving, Troubles};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::json;
use tempfile::TempDir;

use super::digest;
use super::drive::Drive;
use super::exchange::exchange;
use super::kind::Kind;
use super::names_below::names_below;
use crate::host::RUNTIME;
use crate::peer::{Azurite, MotoServer, Sshd, WebDavServer};
use crate::wire;

/// What holds the files of one kind of place: a server, or a folder. It is stopped when this is dropped, and its files are gone.
#[derive(Debug)]
pub struct Server(Inner);

#[derive(Debug)]
enum Inner {
    Folder(TempDir),
    Http(WebDavServer),
    AzureBlob(Azurite),
    S3(MotoServer),
    Graph(Box<Drive>),
    WebDav(WebDavServer),
    Sftp(Sshd),
}

const BUCKET: &str = "files";

impl Server {
    /// Starts the server of a kind, empty. Azurite keeps its files in memory.
    ///
    /// # Panics
    ///
    /// When it does not start: it says how to install it.
    #[must_use]
    pub fn start(kind: Kind) -> Self {
        match kind {
            Kind::AzureBlob => Self::azure(Azurite::start().unwrap()),
            Kind::Graph => Self::drive_behind(None),
            Kind::Folder => Self(Inner::Folder(tempfile::tempdir().unwrap())),
            Kind::Http => Self(Inner::Http(WebDavServer::nginx())),
            Kind::S3 => {
                let moto = MotoServer::start().unwrap();
                moto.create_bucket(BUCKET).unwrap();
                Self(Inner::S3(moto))
            }
            Kind::WebDav => Self(Inner::WebDav(WebDavServer::rclone())),
            Kind::Sftp => Self(Inner::Sftp(Sshd::start().unwrap())),
        }
    }

    /// Starts Azurite so that it keeps its files on the disk.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn azurite_on_disk() -> Self {
        Self::azure(Azurite::start_on_disk().unwrap())
    }

    /// Starts nginx as a server of WebDAV.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn nginx_web_dav() -> Self {
        Self(Inner::WebDav(WebDavServer::nginx()))
    }

    /// Starts the stand-in for Microsoft Graph; the addresses that it gives for contents lead to this server, or to itself.
    pub(super) fn drive_behind(line: Option<SocketAddr>) -> Self {
        Self(Inner::Graph(Box::new(RUNTIME.block_on(Drive::start(line)))))
    }

    fn azure(azurite: Azurite) -> Self {
        azurite.create_container(BUCKET).unwrap();
        Self(Inner::AzureBlob(azurite))
    }

    const fn kind(&self) -> Kind {
        match &self.0 {
            Inner::Folder(_) => Kind::Folder,
            Inner::Http(_) => Kind::Http,
            Inner::AzureBlob(_) => Kind::AzureBlob,
            Inner::S3(_) => Kind::S3,
            Inner::Graph(_) => Kind::Graph,
            Inner::WebDav(_) => Kind::WebDav,
            Inner::Sftp(_) => Kind::Sftp,
        }
    }

    /// Where it listens; a folder does not.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        Some(match &self.0 {
            Inner::Folder(_) => return None,
            Inner::Http(server) | Inner::WebDav(server) => server.address(),
            Inner::AzureBlob(azurite) => azurite.address(),
            Inner::S3(moto) => moto.address(),
            Inner::Graph(drive) => drive.serving.address(),
            Inner::Sftp(sshd) => sshd.address(),
        })
    }

    /// The levers of the drive; none of the others has any.
    pub(super) fn troubles(&self) -> Option<&Troubles> {
        match &self.0 {
            Inner::Graph(drive) => Some(Serving::troubles(&drive.serving)),
            _ => None,
        }
    }

    /// The place that it is, by a name, in a document; it is reached at `address`, where it listens itself or a line to it does.
    ///
    /// # Panics
    ///
    /// When a server of SFTP is said to be nowhere.
    #[must_use]
    pub fn table(&self, name: &str, address: Option<SocketAddr>) -> String {
        let url = address.map(|address| format!("http://{address}")).unwrap_or_default();
        let (account, user) = (Azurite::ACCOUNT, Sshd::user());
        let own = match &self.0 {
            Inner::Folder(folder) => format!("path = {}\n", json!(folder.path())),
            Inner::Http(_) => format!("url = \"{url}\"\nprivate-network = true\n"),
            Inner::AzureBlob(_) => format!(
                "url = \"{url}/{account}\"\ncontainer = \"{BUCKET}\"\naccount = \"{account}\"\n\
                 account-key = \"${{secret:azure_key}}\"\nprivate-network = true\n"
            ),
            Inner::S3(_) => format!(
                "endpoint = \"{url}\"\nregion = \"us-east-1\"\nbucket = \"{BUCKET}\"\npath-style = true\n\
                 access-key-id = \"of-the-test\"\nsecret-access-key = \"of-the-test\"\nprivate-network = true\n"
            ),
            Inner::Graph(_) => format!(
                "url = \"{url}/v1.0\"\ndrive = \"{}\"\ncredential = \"machine\"\n\
                 resource = \"{}\"\nprivate-network = true\n",
                Drive::PATH,
                Drive::AUDIENCE
            ),
            Inner::WebDav(server) if server.has_password() => format!(
                "url = \"{url}\"\nuser = \"{}\"\npassword = \"${{secret:dav_password}}\"\nprivate-network = true\n",
                WebDavServer::USER
            ),
            Inner::WebDav(_) => format!("url = \"{url}\"\nprivate-network = true\n"),
            Inner::Sftp(sshd) => format!(
                "host = \"127.0.0.1\"\nport = {}\nuser = \"{user}\"\nhost-key = [\"{}\"]\n\
                 private-key = \"${{secret:ssh_key}}\"\nroot = {}\nprivate-network = true\n",
                address.unwrap().port(),
                sshd.host_key(),
                json!(sshd.files()),
            ),
        };
        format!("[{name}]\nkind = \"{}\"\nwrite = true\n{own}\n", self.kind().name())
    }

    /// The variables that its place refers to.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let (name, value) = match &self.0 {
            Inner::Folder(_) | Inner::Http(_) | Inner::S3(_) => return Vec::new(),
            Inner::AzureBlob(azurite) => ("azure_key", azurite.key().to_owned()),
            Inner::Graph(drive) => ("credentials", drive.credentials()),
            Inner::WebDav(_) => ("dav_password", WebDavServer::PASSWORD.to_owned()),
            Inner::Sftp(sshd) => ("ssh_key", sshd.private_key()),
        };
        vec![(name.to_owned(), value)]
    }

    /// The folder that its files are in, where that is one.
    #[must_use]
    pub fn on_disk(&self) -> Option<PathBuf> {
        match &self.0 {
            Inner::Folder(folder) => Some(folder.path().to_owned()),
            Inner::Http(server) | Inner::WebDav(server) => Some(server.files()),
            Inner::Sftp(sshd) => Some(sshd.files()),
            Inner::AzureBlob(_) | Inner::S3(_) | Inner::Graph(_) => None,
        }
    }

    /// Puts a file there, as somebody else does.
    ///
    /// # Panics
    ///
    /// When it is not taken.
    pub fn put(&self, name: &str, content: &Bytes) {
        match &self.0 {
            Inner::AzureBlob(_) | Inner::S3(_) => {
                let mut request = self.request(Method::PUT, &format!("/{name}"), "");
                request.headers_mut().insert("content-length", content.len().into());
                let response = self.send(request.map(|()| content.clone()));
                assert!([200, 201].contains(&response.status().as_u16()), "{response:?}");
            }
            Inner::Graph(drive) => {
                drive.graph.put(name, content.clone(), "application/octet-stream");
            }
            _ => fs::write(self.file(name), content).unwrap(),
        }
    }

    /// Reads a file as somebody else does; none when it is not there.
    ///
    /// # Panics
    ///
    /// When it is not given.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Bytes> {
        let response = match &self.0 {
            Inner::AzureBlob(_) | Inner::S3(_) => {
                let request = self.request(Method::GET, &format!("/{name}"), "");
                self.send(request.map(|()| Bytes::new()))
            }
            Inner::Graph(drive) => return drive.graph.content(name),
            _ => return fs::read(self.file(name)).ok().map(Bytes::from),
        };
        match response.status().as_u16() {
            200 => Some(response.into_body()),
            404 => None,
            other => panic!("{:?} answers {other}", self.kind()),
        }
    }

    /// The SHA-256 of a file that is there, however long it is, read as somebody else does.
    ///
    /// # Panics
    ///
    /// When it is not there, or not given.
    #[must_use]
    pub fn sha256(&self, name: &str) -> String {
        match &self.0 {
            Inner::AzureBlob(_) | Inner::S3(_) => {
                let request = self.request(Method::GET, &format!("/{name}"), "");
                let request = request.map(|()| Full::<Bytes>::default());
                RUNTIME.block_on(async {
                    let response = exchange(self.address().unwrap(), request).await.unwrap();
                    assert_eq!(response.status(), 200);
                    digest::of_stream(response.into_body().into_data_stream()).await.unwrap()
                })
            }
            Inner::Graph(drive) => drive.sha256(name),
            _ => digest::of_file(&self.file(name)).unwrap(),
        }
    }

    /// The names of everything that is there, in order: what was begun and not ended as well, where the server says it.
    /// Blocks of Azure that no blob has are not: nobody can take them away, and they go by themselves.
    ///
    /// # Panics
    ///
    /// When it does not say.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let page =
            |query: &str| self.send(self.request(Method::GET, "", query).map(|()| Bytes::new()));
        let mut names = match &self.0 {
            Inner::AzureBlob(_) => texts(&page("restype=container&comp=list&"), "Name"),
            Inner::S3(_) => {
                let mut names = texts(&page("list-type=2"), "Key");
                let uploads = texts(&page("uploads"), "Key");
                names.extend(uploads.into_iter().map(|name| format!("an upload of {name}")));
                names
            }
            Inner::Graph(drive) => {
                let mut names = drive.graph.files();
                names.extend((0..drive.graph.sessions()).map(|_| "an upload session".to_owned()));
                names
            }
            _ => names_below(&self.on_disk().unwrap()),
        };
        names.sort_unstable();
        names
    }

    fn file(&self, name: &str) -> PathBuf {
        self.on_disk().unwrap().join(name)
    }

    /// A request to Azurite, which is signed by its query, or to moto, which believes what says that it is.
    fn request(&self, method: Method, path: &str, query: &str) -> Request<()> {
        let request = Request::builder().method(method);
        let request = match &self.0 {
            Inner::AzureBlob(azurite) => {
                let (account, signature) = (Azurite::ACCOUNT, azurite.sas(BUCKET, "rwdl"));
                let uri = format!("/{account}/{BUCKET}{path}?{query}{signature}");
                request
                    .uri(uri)
                    .header("x-ms-version", "2021-08-06")
                    .header("x-ms-blob-type", "BlockBlob")
            }
            _ => request.uri(format!("/{BUCKET}{path}?{query}")).header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=of-the-test/20260101/us-east-1/s3/aws4_request, \
                 SignedHeaders=host, Signature=0",
            ),
        };
        request.body(()).unwrap()
    }

    fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        RUNTIME.block_on(wire::send(self.address().unwrap(), request)).unwrap()
    }
}

/// The texts of the elements of this name.
fn texts(page: &Response<Bytes>, name: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(page.body()).into_owned();
    assert_eq!(page.status(), 200, "{text}");
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let elements = text.split(&begin).skip(1);
    elements.map(|rest| rest.split(&end).next().unwrap().to_owned()).collect()
}
