use std::time::Duration;

use headgate_core::Timeout;
use headgate_entra::{ActsFor, Credentials, Scope};
use headgate_events::document::{
    Content, DocumentError, DocumentErrorKind, Fields, Position, Table,
};
use http::{HeaderName, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

use super::flow::{Caller, Flow};
use crate::cloud::Cloud;

const KEYS: [&str; 11] = [
    "url",
    "credential",
    "cloud",
    "audience",
    "access",
    "timeout-seconds",
    "wait-seconds",
    "poll-seconds",
    "location-hosts",
    "request-headers",
    "answer-headers",
];

/// The most flows.
const MOST_FLOWS: usize = 256;
/// The longest address that Power Automate takes, in characters (contracts §3.2).
pub(crate) const LONGEST_ADDRESS: usize = 16_384;

/// Headers that belong to a connection or to one of its ends, or that would act for somebody.
const NEVER: [&str; 17] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "location",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// Refuses a signature that stands in the document itself: nothing has been put in yet.
pub(super) fn refuse_open_signatures(root: &Table) -> Result<(), DocumentError> {
    for entry in &root.entries {
        let Content::Table(table) = &entry.value.content else { continue };
        for inner in table.entries.iter().filter(|inner| inner.key == "url") {
            if let Content::Text(text) = &inner.value.content
                && has_signature(text.split_once('?').map_or("", |(_, query)| query))
            {
                let reason = "carries sig, which is a secret: put it into a variable and write ${secret:NAME}";
                let key = format!("{}.url", entry.key);
                return Err(DocumentErrorKind::Conflict { reason }.at(inner.value.position, key));
            }
        }
    }
    Ok(())
}

/// Reads the flows of a document whose references are put in.
pub(super) fn read(root: &Table, credentials: &Credentials) -> Result<Vec<Flow>, DocumentError> {
    if root.entries.is_empty() {
        return Err(DocumentErrorKind::Missing.at(Position::START, "[flow]"));
    }
    if root.entries.len() > MOST_FLOWS {
        return Err(DocumentErrorKind::TooMany { most: MOST_FLOWS }.at(Position::START, ""));
    }
    let one = |entry: &headgate_events::document::Entry| {
        let position = entry.value.position;
        if !is_name(&entry.key) {
            let expected = "a name of 1 to 64 letters, digits, - and _";
            return Err(DocumentErrorKind::Malformed { expected }.at(position, &entry.key));
        }
        let Content::Table(table) = &entry.value.content else {
            let expected = "a table: a flow stands under [its name]";
            return Err(DocumentErrorKind::WrongType { expected }.at(position, &entry.key));
        };
        let fields = Fields::of(table, &entry.key, position, &KEYS)?;
        flow(&entry.key, &fields, credentials)
    };
    root.entries.iter().map(one).collect()
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

fn flow(name: &str, fields: &Fields<'_>, credentials: &Credentials) -> Result<Flow, DocumentError> {
    let address = address(fields)?;
    let listed = "public, gcc, gcc-high, dod or china";
    let cloud = fields.choice("cloud", &Cloud::CHOICES, listed)?;
    let caller = if has_signature(address.query().unwrap_or_default()) {
        for key in ["credential", "audience"] {
            if fields.get(key).is_some() {
                let reason = "may not stand beside a url with sig: a flow takes its signature or a token, never both";
                return Err(fields.wrong(key, DocumentErrorKind::Conflict { reason }));
            }
        }
        Caller::Signature
    } else {
        let audience = audience(fields, cloud)?;
        let scope = Scope::of_resource(audience).map_err(|_| {
            let expected = "a URI without white space";
            fields.wrong("audience", DocumentErrorKind::Malformed { expected })
        })?;
        Caller::Identity { credential: credential(fields, credentials)?, scope }
    };
    let hosts = fields.texts("location-hosts")?;
    let is_host = |host: &&str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        !host.starts_with('.') && host.bytes().all(allowed)
    };
    if !hosts.iter().all(is_host) {
        let expected = "names of hosts, without scheme and port";
        return Err(fields.wrong("location-hosts", DocumentErrorKind::Malformed { expected }));
    }
    let suffixes = cloud.unwrap_or_default().host_suffixes().into_iter();
    let seconds = |key, range, default| {
        fields.integer(key, range, default).map(|it| Duration::from_secs(it.unsigned_abs()))
    };
    let timeout = seconds("timeout-seconds", 1..=600, 150)?;
    Ok(Flow {
        name: name.to_owned(),
        address,
        caller,
        policy: fields.text("access")?.map(str::to_owned),
        answer_hosts: suffixes.chain(hosts).map(str::to_ascii_lowercase).collect(),
        request_headers: headers(fields, "request-headers")?,
        answer_headers: headers(fields, "answer-headers")?,
        timeout: Timeout {
            connect: timeout.min(Duration::from_secs(10)),
            first_byte: timeout,
            between_bytes: timeout,
        },
        wait: seconds("wait-seconds", 0..=3_600, 60)?,
        poll: seconds("poll-seconds", 1..=300, 5)?,
    })
}

fn address(fields: &Fields<'_>) -> Result<Uri, DocumentError> {
    let text = fields.required_text("url")?.trim();
    let wrong = |kind| Err(fields.wrong("url", kind));
    let malformed =
        DocumentErrorKind::Malformed { expected: "the absolute https address of a flow's trigger" };
    if text.len() > LONGEST_ADDRESS {
        return wrong(malformed);
    }
    // Each of the two readers takes what the other does not; what calls the flow is one of them.
    let (Ok(uri), Ok(_)) = (text.parse::<Uri>(), Url::parse(text)) else { return wrong(malformed) };
    let Some(authority) = uri.authority() else { return wrong(malformed) };
    if authority.as_str().contains('@') || text.contains('#') {
        return wrong(DocumentErrorKind::UrlParts);
    }
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_own = host.eq_ignore_ascii_case("localhost")
        || bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_own => Ok(uri),
        Some("http") => wrong(DocumentErrorKind::NotSecure),
        _ => wrong(malformed),
    }
}

fn audience<'a>(fields: &Fields<'a>, cloud: Option<Cloud>) -> Result<&'a str, DocumentError> {
    let Some(audience) = fields.text("audience")? else {
        return Ok(cloud.unwrap_or_default().audience());
    };
    let lacks_slash =
        |(_, cloud): &(&str, Cloud)| cloud.audience().strip_suffix('/') == Some(audience);
    if Cloud::CHOICES.iter().any(lacks_slash) {
        let reason = "lacks the slash at its end: Power Automate compares it exactly";
        return Err(fields.wrong("audience", DocumentErrorKind::Conflict { reason }));
    }
    Ok(audience)
}

fn credential(fields: &Fields<'_>, credentials: &Credentials) -> Result<String, DocumentError> {
    let name = fields.required_text("credential")?;
    match credentials.kind(name).map(|kind| kind.acts_for()) {
        Some(ActsFor::Application | ActsFor::User) => Ok(name.to_owned()),
        None => {
            let expected = "the name of a credential of the variable credentials";
            Err(fields.wrong("credential", DocumentErrorKind::Malformed { expected }))
        }
        Some(ActsFor::Connection | ActsFor::Caller) => {
            let reason = "acts for a person: use one of an application, a managed identity, a password or a chain";
            Err(fields.wrong("credential", DocumentErrorKind::Conflict { reason }))
        }
    }
}

fn headers(fields: &Fields<'_>, key: &str) -> Result<Vec<HeaderName>, DocumentError> {
    let expected = "names of headers that belong neither to a connection nor to a credential";
    let names = fields.texts(key)?.into_iter().map(|name| {
        let name = name.parse::<HeaderName>().ok();
        name.filter(|name| !NEVER.contains(&name.as_str()) && !name.as_str().starts_with("spin-"))
    });
    let names: Option<Vec<_>> = names.collect();
    names.ok_or_else(|| fields.wrong(key, DocumentErrorKind::Malformed { expected }))
}

/// Whether a query has the parameter `sig`, however it is written.
fn has_signature(query: &str) -> bool {
    query.split(['&', ';']).any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy().trim().eq_ignore_ascii_case("sig")
    })
}
