//! Reads the document of places.

mod address;
mod clouds;
mod hosts;
mod http;
mod values;

use std::collections::BTreeMap;

use headgate_entra::Credentials;
use headgate_events::document::{
    Content, DocumentError, DocumentErrorKind, Entry, Fields, Position, Table,
};

use self::values::Keys;
use super::document::{Said, Settings};
use super::host_settings::HostSettings;
use super::hosting::Hosting;

const MOST: usize = 64;
/// What every kind has.
const COMMON: [&str; 3] = ["kind", "read", "write"];
const KINDS: [&str; 7] = ["http", "azure-blob", "s3", "graph", "webdav", "sftp", "folder"];
const LISTED: &str = "http, azure-blob, s3, graph, webdav, sftp or folder";

/// Reads the places of a document whose references are put in.
pub(super) fn read<H>(
    root: Table,
    credentials: &Credentials,
    host: &impl Hosting<Place = H>,
) -> Result<BTreeMap<String, Said<H>>, DocumentError> {
    if root.entries.len() > MOST {
        return Err(DocumentErrorKind::TooMany { most: MOST }.at(Position::START, ""));
    }
    let place = |entry: Entry| {
        let said = one(&entry, credentials, host)?;
        Ok((entry.key, said))
    };
    root.entries.into_iter().map(place).collect()
}

fn one<H>(
    entry: &Entry,
    credentials: &Credentials,
    host: &impl Hosting<Place = H>,
) -> Result<Said<H>, DocumentError> {
    let (name, position) = (entry.key.as_str(), entry.value.position);
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) {
        let expected = "a name of 1 to 64 small letters, digits and -";
        return Err(DocumentErrorKind::Malformed { expected }.at(position, name));
    }
    let Content::Table(table) = &entry.value.content else {
        let expected = "a table: a place stands under [its name]";
        return Err(DocumentErrorKind::WrongType { expected }.at(position, name));
    };
    // The kind first, and then the keys that it has.
    let every: Vec<&'static str> =
        table.entries.iter().filter_map(|entry| values::known(&entry.key)).collect();
    let open = Fields::of(table, name, position, &every)?;
    let choices = KINDS.map(|kind| (kind, kind));
    let kind = open.choice("kind", &choices, LISTED)?;
    let kind = kind.ok_or_else(|| open.wrong("kind", DocumentErrorKind::Missing))?;
    let known: Vec<&'static str> =
        COMMON.into_iter().chain(values::of(kind).iter().copied()).collect();
    let keys = Keys { fields: Fields::of(table, name, position, &known)?, credentials };
    let (read, write) = (keys.boolean("read", true)?, keys.boolean("write", false)?);
    if !read && !write {
        let reason = "may neither be read nor written: say read = true or write = true";
        return Err(keys.fields.wrong_table(DocumentErrorKind::Conflict { reason }));
    }
    let on_host = |settings| {
        let refused = |reason| keys.fields.wrong_table(DocumentErrorKind::Conflict { reason });
        host.open(settings).map(Settings::Host).map_err(refused)
    };
    let settings = match kind {
        "http" => Settings::Http(http::read(&keys)?),
        "azure-blob" => Settings::AzureBlob(clouds::azure_blob(&keys)?),
        "s3" => Settings::S3(clouds::s3(&keys, host)?),
        "graph" => Settings::Graph(clouds::graph(&keys)?),
        "webdav" => Settings::WebDav(http::webdav(&keys)?),
        "sftp" => on_host(HostSettings::Sftp(hosts::sftp(&keys)?))?,
        _ => on_host(HostSettings::Folder(hosts::folder(&keys)?))?,
    };
    Ok(Said { kind, read, write, settings })
}

#[cfg(test)]
mod tests;
