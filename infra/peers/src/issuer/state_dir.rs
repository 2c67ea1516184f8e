use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use headgate_core::{Random, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::algorithm::KeyKind;
use super::key_ring::KeyRing;
use super::signing_key::SigningKey;
use super::{Guid, KeyError};

const KEYS: &str = "keys.json";
const SECRET: &str = "client-secret";
const LOCK: &str = "lock";

/// The directory in which an issuer's keys and its client's secret survive a restart, readable by its owner alone.
///
/// One issuer uses it at a time.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    /// Held for as long as the directory is in use.
    _lock: File,
}

/// Why a state directory is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file or the directory itself cannot be read or written.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another issuer uses it.
    #[error("{} is in use by another issuer: stop it, or give another --state-dir", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The keys' file is not what an issuer writes.
    #[error("{} is damaged: delete it to start with new keys", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
struct KeptKeys {
    keys: Vec<KeptKey>,
}

#[derive(Serialize, Deserialize)]
struct KeptKey {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    tenant: Option<String>,
    pkcs8: String,
    certificate: String,
}

impl StateDir {
    /// Opens the directory, making it where there is none, and takes it for this issuer.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`] and [`StateError::InUse`].
    pub fn open(path: &Path) -> Result<Self, StateError> {
        make_private_dir(path).map_err(failed(path))?;
        let at = path.join(LOCK);
        let lock = private_file(&at, false).map_err(failed(&at))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(StateError::InUse { path: path.to_owned() }),
            Err(fs::TryLockError::Error(source)) => Err(StateError::Io { path: at, source }),
        }
    }

    /// Reads the default client's secret from a directory that a running issuer uses.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`] when no issuer has kept one there.
    pub fn read_client_secret(path: &Path) -> Result<Secret, StateError> {
        let at = path.join(SECRET);
        let text = fs::read_to_string(&at).map_err(failed(&at))?;
        Ok(Secret::new(text.trim_end()))
    }

    /// The kept secret of the default client, or a random one that is kept from then on.
    pub(super) fn client_secret(
        &self,
        random: &(impl Random + ?Sized),
    ) -> Result<Secret, StateError> {
        match Self::read_client_secret(&self.path) {
            Err(StateError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let secret = random_secret(random);
                self.write(SECRET, format!("{}\n", secret.expose()).as_bytes())?;
                Ok(secret)
            }
            other => other,
        }
    }

    pub(super) fn keep_client_secret(&self, secret: &Secret) -> Result<(), StateError> {
        self.write(SECRET, format!("{}\n", secret.expose()).as_bytes())
    }

    /// The kept keys, oldest first; none in a new directory.
    pub(super) fn load_keys(&self) -> Result<Vec<SigningKey>, StateError> {
        let at = self.path.join(KEYS);
        let text = match fs::read(&at) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StateError::Io { path: at, source }),
        };
        let damaged = || StateError::Damaged { path: at.clone() };
        let kept: KeptKeys = serde_json::from_slice(&text).map_err(|_| damaged())?;
        kept.keys.iter().map(|key| key.load().ok_or_else(damaged)).collect()
    }

    pub(super) fn keep_keys(&self, ring: &KeyRing) -> Result<(), StateError> {
        let keys = ring.keys().iter().map(|key| KeptKey::of(key)).collect();
        // Texts always serialise.
        let text =
            Zeroizing::new(serde_json::to_vec_pretty(&KeptKeys { keys }).unwrap_or_default());
        self.write(KEYS, &text)
    }

    /// Writes a file whole or not at all.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), StateError> {
        let (at, new) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let written = private_file(&new, true).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&new, &at)
        });
        written.map_err(failed(&at))
    }
}

impl KeptKey {
    fn of(key: &SigningKey) -> Self {
        Self {
            kind: key.kind().as_str().to_owned(),
            tenant: key.tenant().map(|tenant| tenant.to_string()),
            pkcs8: STANDARD.encode(key.pkcs8()),
            certificate: STANDARD.encode(key.certificate()),
        }
    }

    fn load(&self) -> Option<SigningKey> {
        let pkcs8 = Zeroizing::new(STANDARD.decode(&self.pkcs8).ok()?);
        let certificate = STANDARD.decode(&self.certificate).ok()?;
        let tenant = match &self.tenant {
            Some(tenant) => Some(tenant.parse::<Guid>().ok()?),
            None => None,
        };
        let loaded: Result<_, KeyError> =
            SigningKey::load(KeyKind::named(&self.kind)?, pkcs8, certificate, tenant);
        loaded.ok()
    }
}

/// A secret of 256 bits in base64url.
pub(super) fn random_secret(random: &(impl Random + ?Sized)) -> Secret {
    let mut bytes = Zeroizing::new([0; 32]);
    random.fill(&mut *bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(*bytes))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let path = path.to_owned();
    move |source| StateError::Io { path, source }
}

#[cfg(unix)]
fn make_private_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

fn private_file(path: &Path, truncate: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(truncate);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use headgate_core::Timestamp;

    use super::super::system::SystemRandom;
    use super::*;

    fn ring() -> KeyRing {
        let make = |kind, tenant| SigningKey::generate(kind, tenant, Timestamp::from_secs(0));
        KeyRing::new(vec![
            make(KeyKind::Rsa, None).unwrap(),
            make(KeyKind::P256, Some(Guid::from_u128(1))).unwrap(),
            make(KeyKind::P384, None).unwrap(),
            make(KeyKind::P521, None).unwrap(),
            make(KeyKind::Ed25519, None).unwrap(),
        ])
    }

    #[test]
    fn keys_of_every_kind_come_back_as_they_were_kept() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("a/b")).unwrap();
        assert!(state.load_keys().unwrap().is_empty());
        let ring = ring();
        state.keep_keys(&ring).unwrap();
        let loaded = KeyRing::new(state.load_keys().unwrap());
        for (before, after) in ring.keys().iter().zip(loaded.keys()) {
            assert_eq!(before.jwk(), after.jwk());
            assert_eq!(before.tenant(), after.tenant());
        }
        assert_eq!(loaded.keys().len(), 5);
    }

    #[test]
    fn a_client_secret_is_made_once_and_read_by_others() {
        let directory = tempfile::tempdir().unwrap();
        assert!(StateDir::read_client_secret(directory.path()).is_err());
        let state = StateDir::open(directory.path()).unwrap();
        let made = state.client_secret(&SystemRandom).unwrap();
        assert_eq!(made.expose().len(), 43);
        assert_eq!(state.client_secret(&SystemRandom).unwrap(), made);
        assert_eq!(StateDir::read_client_secret(directory.path()).unwrap(), made);
    }

    #[test]
    fn a_directory_serves_one_issuer_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = StateDir::open(directory.path()).unwrap();
        let error = StateDir::open(directory.path()).unwrap_err();
        assert!(matches!(error, StateError::InUse { .. }));
        drop(first);
        assert!(StateDir::open(directory.path()).is_ok());
    }

    #[test]
    fn a_damaged_file_of_keys_is_refused_and_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        for text in ["", "{}", r#"{"keys":[{"kind":"rsa","pkcs8":"AAAA","certificate":""}]}"#] {
            fs::write(directory.path().join(KEYS), text).unwrap();
            assert!(matches!(state.load_keys(), Err(StateError::Damaged { .. })), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_kept_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("issuer");
        let state = StateDir::open(&path).unwrap();
        state.keep_keys(&KeyRing::default()).unwrap();
        state.client_secret(&SystemRandom).unwrap();
        let mode = |at: &Path| fs::metadata(at).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join(KEYS)), 0o600);
        assert_eq!(mode(&path.join(SECRET)), 0o600);
    }
}
