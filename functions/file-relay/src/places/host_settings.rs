use std::fmt;

use headgate_core::Secret;

use crate::file_path::FilePath;

/// A place of the host itself, as the document says it.
#[derive(Clone, Debug)]
pub enum HostSettings {
    /// A folder.
    Folder(FolderSettings),
    /// A server of SFTP.
    Sftp(SftpSettings),
}

/// What the document says of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderSettings {
    /// Where it is, as the operating system has it. It has to be there.
    pub path: String,
    /// The folder below it that paths are below.
    pub root: FilePath,
}

/// What the document says of a server of SFTP.
#[derive(Clone, Debug)]
pub struct SftpSettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// How the user shows who they are.
    pub proof: SftpProof,
    /// The server's keys, as `ssh-keyscan` or the server's own `.pub` files have them: a type, and base64. Whoever has another
    /// key is not spoken to.
    pub host_keys: Vec<String>,
    /// The folder that paths are below: from the server's root if it begins with a slash, and from the user's folder if not.
    pub root: String,
    /// Whether its host may have a private address.
    pub private_network: bool,
}

/// How a user shows who they are.
#[derive(Clone)]
pub enum SftpProof {
    /// With a password.
    Password(Secret),
    /// With a private key in OpenSSH's own form or in PKCS #8, and the passphrase that it is encrypted with.
    PrivateKey(Secret, Option<Secret>),
}

impl fmt::Debug for SftpProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::PrivateKey(..) => "PrivateKey(…)",
        })
    }
}
