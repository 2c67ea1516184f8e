use headgate_events::document::{DocumentError, DocumentErrorKind};
use url::Url;

use super::address::{self, Query};
use super::values::Keys;
use crate::place::azure_blob::{AzureBlobAccess, AzureBlobSettings, ContainerName};
use crate::place::graph::GraphSettings;
use crate::place::s3::{BucketName, S3Access, S3Keys, S3Settings};
use crate::places::hosting::Hosting;

pub(super) fn azure_blob(keys: &Keys<'_>) -> Result<AzureBlobSettings, DocumentError> {
    let url = keys.fields.required_text("url")?;
    let account = address::read(keys, "url", url, Query::Refused)?;
    let expected = "3 to 63 small letters, digits and single hyphens between them, $root or $web";
    let container = ContainerName::parse(keys.fields.required_text("container")?);
    Ok(AzureBlobSettings {
        container: container.ok_or_else(|| keys.malformed("container", expected))?,
        root: keys.root()?,
        private_network: keys.private_network()?,
        access: access(keys, &account)?,
        checksums: keys.boolean("checksums", true)?,
        account,
    })
}

fn access(keys: &Keys<'_>, account: &Url) -> Result<AzureBlobAccess, DocumentError> {
    let found = keys.one_of(["credential", "account-key", "sas"])?;
    if keys.fields.get("account").is_some() && found != Some("account-key") {
        return Err(keys.conflict("account", "belongs to account-key, which is missing"));
    }
    match found {
        None => {
            let choices = "credential, account-key, sas";
            Err(keys.fields.wrong_table(DocumentErrorKind::NoneOf { choices }))
        }
        Some("credential") => Ok(AzureBlobAccess::Credential(keys.credential()?)),
        Some("account-key") => {
            let account = match keys.fields.text("account")? {
                Some(account) => account.to_owned(),
                None => account_of(account)
                    .ok_or_else(|| keys.fields.wrong("account", DocumentErrorKind::Missing))?,
            };
            Ok(AzureBlobAccess::SharedKey { account, key: keys.required_secret("account-key")? })
        }
        Some(_) => {
            let sas = keys.fields.required_text("sas")?;
            let sas = sas.strip_prefix('?').unwrap_or(sas);
            let is_query = sas.split('&').any(|pair| pair.starts_with("sig="))
                && sas.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'?');
            match is_query {
                true => Ok(AzureBlobAccess::Sas(headgate_core::Secret::new(sas))),
                false => Err(keys.malformed("sas", "the query of a shared access signature")),
            }
        }
    }
}

/// The account that stands before `.blob.` in the name of a host of Azure.
fn account_of(url: &Url) -> Option<String> {
    let (account, rest) = url.host_str()?.split_once('.')?;
    rest.starts_with("blob.").then(|| account.to_owned())
}

pub(super) fn s3(keys: &Keys<'_>, host: &impl Hosting) -> Result<S3Settings, DocumentError> {
    let region = keys.text("region")?;
    let is_region = region.len() <= 64
        && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_region {
        return Err(keys.malformed("region", "a region such as eu-west-1"));
    }
    let of_region = format!("https://s3.{region}.amazonaws.com");
    let endpoint = keys.fields.text("endpoint")?.unwrap_or(&of_region);
    let access = s3_access(keys, &region, host)?;
    let expected = "3 to 63 small letters, digits, hyphens and dots";
    let bucket = BucketName::parse(keys.fields.required_text("bucket")?);
    let settings = S3Settings {
        endpoint: address::read(keys, "endpoint", endpoint, Query::Refused)?,
        region,
        bucket: bucket.ok_or_else(|| keys.malformed("bucket", expected))?,
        path_style: keys.boolean("path-style", false)?,
        root: keys.root()?,
        private_network: keys.private_network()?,
        access,
        checksums: keys.boolean("checksums", true)?,
    };
    if !settings.is_reachable() {
        let reason = "is an address that has no bucket before it: say path-style = true";
        return Err(keys.conflict("endpoint", reason));
    }
    Ok(settings)
}

/// The keys of the document, or where it has none those of the host. They are a session of AWS: an endpoint has them only if the
/// document says so.
fn s3_access(
    keys: &Keys<'_>,
    region: &str,
    host: &impl Hosting,
) -> Result<S3Access, DocumentError> {
    let of_the_host = keys.boolean("host-identity", keys.fields.get("endpoint").is_none())?;
    if keys.fields.get("access-key-id").is_none() {
        for key in ["secret-access-key", "session-token"] {
            if keys.fields.get(key).is_some() {
                return Err(keys.conflict(key, "belongs to access-key-id, which is missing"));
            }
        }
        let missing = |reason| keys.conflict("access-key-id", reason);
        let host = host.aws_keys(region).map_err(missing)?;
        return match of_the_host {
            true => Ok(S3Access::Host(host)),
            false => Err(missing(
                "is missing: say it, or host-identity = true where this endpoint may have the host's own keys of AWS",
            )),
        };
    }
    if keys.fields.get("host-identity").is_some() && of_the_host {
        return Err(keys.conflict("host-identity", "and access-key-id exclude each other"));
    }
    Ok(S3Access::Keys(S3Keys {
        access_key_id: keys.text("access-key-id")?,
        secret_access_key: keys.required_secret("secret-access-key")?,
        session_token: keys.secret("session-token")?,
    }))
}

pub(super) fn graph(keys: &Keys<'_>) -> Result<GraphSettings, DocumentError> {
    let url = keys.fields.text("url")?.unwrap_or(GraphSettings::URL);
    let url = address::read(keys, "url", url, Query::Refused)?;
    let drive = keys.text("drive")?;
    if !GraphSettings::is_drive(&drive) {
        let expected = "/me/drive, /drives/{id} or /sites/{id}/drive";
        return Err(keys.malformed("drive", expected));
    }
    Ok(GraphSettings {
        drive,
        root: keys.root()?,
        credential: keys.credential()?,
        scope: keys.scope(Some(&url.origin().ascii_serialization()))?,
        private_network: keys.private_network()?,
        defer_commit: keys.boolean("defer-commit", false)?,
        may_rewrite: keys.boolean("may-rewrite", false)?,
        url,
    })
}
