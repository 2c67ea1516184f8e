use headgate_events::document::{DocumentError, DocumentErrorKind};

use super::values::Keys;
use crate::file_path::FilePath;
use crate::places::host_settings::{FolderSettings, SftpProof, SftpSettings};

pub(super) fn folder(keys: &Keys<'_>) -> Result<FolderSettings, DocumentError> {
    Ok(FolderSettings { path: keys.text("path")?, root: keys.root()? })
}

pub(super) fn sftp(keys: &Keys<'_>) -> Result<SftpSettings, DocumentError> {
    let host = keys.text("host")?;
    let is_host = host.len() <= 253
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_'));
    if !is_host {
        return Err(keys.malformed("host", "a name or an address, without a port"));
    }
    let port = keys.fields.integer("port", 1..=65_535, 22)?;
    let host_keys = keys.fields.texts("host-key")?;
    if host_keys.is_empty() {
        return Err(keys.fields.wrong("host-key", DocumentErrorKind::Missing));
    }
    Ok(SftpSettings {
        host,
        port: u16::try_from(port).unwrap_or(22),
        user: keys.text("user")?,
        proof: proof(keys)?,
        host_keys: host_keys.into_iter().map(str::to_owned).collect(),
        root: root(keys)?,
        private_network: keys.private_network()?,
    })
}

fn proof(keys: &Keys<'_>) -> Result<SftpProof, DocumentError> {
    let found = keys.one_of(["password", "private-key"])?;
    if keys.fields.get("passphrase").is_some() && found != Some("private-key") {
        return Err(keys.conflict("passphrase", "belongs to private-key, which is missing"));
    }
    match found {
        None => {
            let choices = "password, private-key";
            Err(keys.fields.wrong_table(DocumentErrorKind::NoneOf { choices }))
        }
        Some("password") => Ok(SftpProof::Password(keys.required_secret("password")?)),
        Some(_) => {
            let key = keys.required_secret("private-key")?;
            Ok(SftpProof::PrivateKey(key, keys.secret("passphrase")?))
        }
    }
}

/// From the server's root with a slash before it, from the user's folder without.
fn root(keys: &Keys<'_>) -> Result<String, DocumentError> {
    let Some(text) = keys.fields.text("root")? else { return Ok(String::new()) };
    let below = text.strip_prefix('/').unwrap_or(text);
    match FilePath::new(below) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            let expected = "a path without a slash at its end, and without . and ..";
            Err(keys.malformed("root", expected))
        }
    }
}
