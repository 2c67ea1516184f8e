use url::Url;

use super::{credentials, rule};
use crate::backends::backend::Backend;
use crate::backends::credentials::Credentials;
use crate::backends::error::{BackendsErrorKind, Fault};
use crate::backends::name::BackendName;
use crate::backends::resolve::has_reference;
use crate::backends::table::Table;
use crate::backends::tree::Node;

/// What ARM knows as `properties` of a backend, of either type.
pub(super) const PROPERTIES: [&str; 13] = [
    "type",
    "url",
    "protocol",
    "title",
    "description",
    "resourceId",
    "azureRegion",
    "credentials",
    "proxy",
    "tls",
    "circuitBreaker",
    "pool",
    "properties",
];

pub(super) fn read(name: &BackendName, node: &Node) -> Result<Backend, Fault> {
    let table = Table::of(node, &PROPERTIES)?;
    if let Some(pool) = table.get("pool").filter(|pool| !pool.is_empty()) {
        return Err(pool.fault(BackendsErrorKind::PoolOfSingle));
    }
    table.read("protocol", protocol)?;
    unusable(&table)?;
    let rules = match table.get("circuitBreaker") {
        Some(breaker) => rule::read_all(breaker)?,
        None => Vec::new(),
    };
    Ok(Backend {
        name: name.clone(),
        url: url(table.need("url")?)?,
        title: title(&table)?,
        description: description(&table)?,
        credentials: table
            .read("credentials", credentials::read)?
            .unwrap_or_else(Credentials::default),
        rules,
    })
}

pub(super) fn title(table: &Table<'_>) -> Result<Option<String>, Fault> {
    Ok(table.read("title", |node| node.any_text(300))?.map(str::to_owned))
}

pub(super) fn description(table: &Table<'_>) -> Result<Option<String>, Fault> {
    Ok(table.read("description", |node| node.any_text(2_000))?.map(str::to_owned))
}

fn protocol(node: &Node) -> Result<(), Fault> {
    let known = |text: &str| ["http", "soap"].iter().any(|name| text.eq_ignore_ascii_case(name));
    match node.as_text() {
        Some(text) if known(text) => Ok(()),
        _ => Err(node.fault(BackendsErrorKind::NotChoice { choices: "http or soap" })),
    }
}

fn url(node: &Node) -> Result<Url, Fault> {
    let text = node.text(2_000)?;
    if has_reference(text) {
        return Err(node.fault(BackendsErrorKind::Reference));
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| node.fault(BackendsErrorKind::NotUrl))?;
    let has_more = !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    if has_more {
        return Err(node.fault(BackendsErrorKind::UrlParts));
    }
    Ok(url)
}

/// Refuses what would change how the backend is called and cannot be done here.
pub(super) fn unusable(table: &Table<'_>) -> Result<(), Fault> {
    for key in ["resourceId", "azureRegion"] {
        table.read(key, |node| node.any_text(2_000))?;
    }
    let refused = [
        ("proxy", "the outbound proxy is the host's; configure it there"),
        ("properties", "a Service Fabric cluster cannot be resolved here"),
    ];
    for (key, why) in refused {
        if let Some(node) = table.get(key).filter(|node| !node.is_empty()) {
            return Err(node.fault(BackendsErrorKind::NotHonoured { why }));
        }
    }
    table.read("tls", tls)?;
    Ok(())
}

/// Certificates are always verified, chain and name, against the host's roots.
fn tls(node: &Node) -> Result<(), Fault> {
    let table = Table::of(
        node,
        &[
            "validateCertificateChain",
            "validateCertificateName",
            "serverCertificateThumbprints",
            "serverX509Names",
        ],
    )?;
    for key in ["validateCertificateChain", "validateCertificateName"] {
        if let Some(node) = table.get(key)
            && !node.boolean()?
        {
            let why =
                "certificates are always verified; have the host trust the backend's authority";
            return Err(node.fault(BackendsErrorKind::NotHonoured { why }));
        }
    }
    for key in ["serverCertificateThumbprints", "serverX509Names"] {
        if let Some(node) = table.get(key).filter(|node| !node.is_empty()) {
            let why = "certificates are verified against the host's roots and cannot be pinned";
            return Err(node.fault(BackendsErrorKind::NotHonoured { why }));
        }
    }
    Ok(())
}
