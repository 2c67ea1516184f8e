use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use headgate_proxy::is_public;
use russh::client::{self, Handle};
use russh::keys::{PrivateKeyWithHashAlg, PublicKey};
use russh_sftp::client::error::Error;
use russh_sftp::client::{Config, RawSftpSession};
use russh_sftp::extensions::{FSYNC, HardlinkExtension};
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, Status, StatusCode};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::failure::{Failure, broken, of_sftp};
use super::keys::Keys;
use super::known::Known;
use super::open::Open;
use crate::place::PlaceError;
use crate::places::{SftpProof, SftpSettings};

/// To connect, to authenticate, and to begin SFTP.
const CONNECT: Duration = Duration::from_secs(20);
/// To answer one request, those before it included.
const ANSWER: u64 = 120;
const SILENCE: Duration = Duration::from_secs(30);
/// What every server takes in one request.
pub(super) const PIECE: u32 = 32 * 1024;
/// How many pieces are on their way.
pub(super) const AT_ONCE: usize = 16;
const POSIX_RENAME: &str = "posix-rename@openssh.com";

/// A connection on which SFTP is spoken.
pub(super) struct Connection {
    session: RawSftpSession,
    ssh: Handle<Pinned>,
    extensions: BTreeSet<String>,
    is_broken: AtomicBool,
}

/// Takes the keys that are known of the server, and no other.
struct Pinned {
    keys: Vec<PublicKey>,
    was_other: Arc<AtomicBool>,
}

impl client::Handler for Pinned {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKey) -> Result<bool, russh::Error> {
        let is_known = self.keys.iter().any(|known| known.key_data() == key.key_data());
        self.was_other.store(!is_known, Ordering::SeqCst);
        Ok(is_known)
    }
}

fn unreachable(detail: &str) -> PlaceError {
    PlaceError::Temporary { detail: detail.to_owned() }
}

/// The addresses that a host's name leads to and that may be called.
async fn addresses(settings: &SftpSettings) -> Result<Vec<SocketAddr>, PlaceError> {
    let host = settings.host.as_str();
    let found = lookup_host((host, settings.port)).await;
    let found = found.map_err(|_| unreachable("its name leads nowhere"))?;
    let literal = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_local = literal || host.eq_ignore_ascii_case("localhost");
    let allowed = |address: &SocketAddr| {
        let address = address.ip();
        settings.private_network || is_public(address) || (is_local && address.is_loopback())
    };
    let allowed: Vec<_> = found.filter(allowed).collect();
    match allowed.is_empty() {
        true => Err(PlaceError::Refused {
            detail: "its address is private, and the place does not say private-network = true"
                .to_owned(),
        }),
        false => Ok(allowed),
    }
}

impl Connection {
    pub(super) async fn open(settings: &SftpSettings, keys: &Keys) -> Result<Self, PlaceError> {
        let opened = timeout(CONNECT, Self::begin(settings, keys)).await;
        opened.unwrap_or_else(|_| Err(unreachable("it did not take the connection in time")))
    }

    async fn begin(settings: &SftpSettings, keys: &Keys) -> Result<Self, PlaceError> {
        let addresses = addresses(settings).await?;
        let stream = TcpStream::connect(addresses.as_slice()).await;
        let stream = stream.map_err(|_| unreachable("it takes no connection"))?;
        // Small requests are not held back for more.
        let _ = stream.set_nodelay(true);
        let config = client::Config {
            preferred: keys.preferred(),
            keepalive_interval: Some(SILENCE),
            ..client::Config::default()
        };
        let was_other = Arc::new(AtomicBool::new(false));
        let pinned = Pinned { keys: keys.host.clone(), was_other: Arc::clone(&was_other) };
        let ssh = client::connect_stream(Arc::new(config), stream, pinned).await;
        let mut ssh = ssh.map_err(|error| {
            let denied = |detail: &str| PlaceError::Denied { detail: detail.to_owned() };
            match error {
                _ if was_other.load(Ordering::SeqCst) => {
                    denied("the server's key is not the one in host-key")
                }
                russh::Error::NoCommonAlgo { .. } => denied(
                    "the server has no key of the types in host-key, or no cipher that is safe",
                ),
                _ => broken(),
            }
        })?;
        let user = settings.user.as_str();
        let taken = match (&settings.proof, &keys.user) {
            (SftpProof::PrivateKey(..), Some(key)) => {
                let key = PrivateKeyWithHashAlg::new(Arc::clone(key), None);
                ssh.authenticate_publickey(user, key).await
            }
            (SftpProof::Password(password), _) => {
                ssh.authenticate_password(user, password.expose()).await
            }
            (SftpProof::PrivateKey(_, _), None) => return Err(broken()),
        };
        if !taken.map_err(|_| broken())?.success() {
            let detail = "the server does not take the user's password or key".to_owned();
            return Err(PlaceError::Denied { detail });
        }
        let channel = ssh.channel_open_session().await.map_err(|_| broken())?;
        channel.request_subsystem(true, "sftp").await.map_err(|_| broken())?;
        let config = Config { request_timeout_secs: ANSWER, ..Config::default() };
        let session = RawSftpSession::new_with_config(channel.into_stream(), config);
        let version = session.init().await.map_err(|_| unreachable("it speaks no SFTP"))?;
        let extensions = version.extensions.into_keys().collect();
        Ok(Self { session, ssh, extensions, is_broken: AtomicBool::new(false) })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.is_broken.load(Ordering::SeqCst) && !self.ssh.is_closed()
    }

    /// What an error means; a connection that broke is not used again.
    pub(super) fn failure(&self, error: &Error) -> Failure {
        let (error, is_usable) = of_sftp(error);
        if !is_usable {
            self.is_broken.store(true, Ordering::SeqCst);
        }
        Failure(error)
    }

    /// Whether the server can be told to put on its disk what it has.
    pub(super) fn knows_sync(&self) -> bool {
        self.extensions.contains(FSYNC)
    }

    pub(super) const fn session(&self) -> &RawSftpSession {
        &self.session
    }

    /// What is known of a file, behind links.
    pub(super) async fn file(&self, path: &str) -> Result<Known, Failure> {
        let found = self.session.stat(path).await.map_err(|error| self.failure(&error))?;
        Known::of(&found.attrs).map_err(Failure)
    }

    /// Whether anything has this name.
    pub(super) async fn is_there(&self, path: &str) -> Result<bool, Failure> {
        match self.session.lstat(path).await.map_err(|error| self.failure(&error)) {
            Ok(_) => Ok(true),
            Err(Failure(PlaceError::NotFound)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes a file away, if it is there.
    pub(super) async fn remove(&self, path: &str) -> Result<(), Failure> {
        match self.session.remove(path).await.map_err(|error| self.failure(&error)) {
            Ok(_) | Err(Failure(PlaceError::NotFound)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn open_file(
        self: &Arc<Self>,
        path: &str,
        flags: OpenFlags,
    ) -> Result<Open, Failure> {
        let opened = self.session.open(path, flags, FileAttributes::empty()).await;
        let handle = opened.map_err(|error| self.failure(&error))?.handle;
        Ok(Open::new(Arc::clone(self), handle))
    }

    /// Makes a folder; that it is there is no error.
    pub(super) async fn make_folder(&self, path: &str) -> Result<(), Failure> {
        let made = self.session.mkdir(path, FileAttributes::empty()).await;
        match made.map_err(|error| self.failure(&error)) {
            Ok(_) => Ok(()),
            Err(error) => match self.is_there(path).await {
                Ok(true) => Ok(()),
                _ => Err(error),
            },
        }
    }

    /// Gives a file another name, which nobody may have.
    pub(super) async fn rename(&self, from: &str, to: &str) -> Result<(), Failure> {
        let renamed = self.session.rename(from, to).await;
        renamed.map(|_: Status| ()).map_err(|error| self.failure(&error))
    }

    /// Gives a file another name, in place of who has it.
    pub(super) async fn replace(&self, from: &str, to: &str) -> Result<(), Failure> {
        if !self.extensions.contains(POSIX_RENAME) {
            self.remove(to).await?;
            return self.rename(from, to).await;
        }
        // The two names are encoded as those of a link are.
        let names = HardlinkExtension { oldpath: from.to_owned(), newpath: to.to_owned() };
        let names: Vec<u8> = names.try_into().map_err(|_| Failure(broken()))?;
        match self.session.extended(POSIX_RENAME, names).await {
            Ok(Packet::Status(status)) if status.status_code == StatusCode::Ok => Ok(()),
            Ok(Packet::Status(status)) => Err(self.failure(&Error::Status(status))),
            Ok(_) => Err(self.failure(&Error::UnexpectedPacket)),
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// Whether the file system that a folder is on has no room, as far as the server says that.
    pub(super) async fn is_full(&self, path: &str) -> bool {
        let found = self.session.statvfs(path).await;
        found.is_ok_and(|found| {
            found.blocks_avail.saturating_mul(found.fragment_size) < u64::from(PIECE)
        })
    }
}
