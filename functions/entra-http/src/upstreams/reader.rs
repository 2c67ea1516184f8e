use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use headgate_core::Timeout;
use headgate_entra::{Credentials, Scope};
use headgate_events::Endpoint;
use headgate_events::document::{
    Content, DocumentError, DocumentErrorKind, Entry, Fields, Position, Table,
};
use headgate_proxy::{Destination, has_private_address};
use http::{HeaderName, HeaderValue, Method};
use url::Url;

use super::allow::{Allow, PathPattern};
use super::headers::{DROPPED, NEVER, PASSED, RequestHeaders, ResponseHeaders};
use super::preset::Preset;
use super::upstream::{BodyForm, Redirects, Upstream};

const MOST: usize = 64;
/// What the function's own routes begin with.
const TAKEN: [&str; 4] = ["consent", "healthz", "tick", "upstreams"];
const KEYS: [&str; 17] = [
    "preset",
    "url",
    "scope",
    "resource",
    "credential",
    "allow",
    "ignore-case",
    "body",
    "request-headers",
    "response-headers",
    "redirects",
    "next-link",
    "private-network",
    "request-bytes",
    "response-bytes",
    "timeout-ms",
    "pages",
];
/// What a header rule may not touch.
const NOT_A_HEADER: DocumentErrorKind = DocumentErrorKind::WrongType {
    expected: "names of headers, and none that says whose the request is or where its body ends",
};
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// Reads the upstreams of a document whose references are put in.
pub(super) fn read(
    root: Table,
    credentials: &Credentials,
) -> Result<BTreeMap<String, Upstream>, DocumentError> {
    if root.entries.len() > MOST {
        return Err(DocumentErrorKind::TooMany { most: MOST }.at(Position::START, ""));
    }
    let upstream = |entry: Entry| {
        let upstream = one(&entry.key, entry.value.position, entry.value.content, credentials)?;
        Ok((entry.key, upstream))
    };
    root.entries.into_iter().map(upstream).collect()
}

fn one(
    name: &str,
    position: Position,
    content: Content,
    credentials: &Credentials,
) -> Result<Upstream, DocumentError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) || TAKEN.contains(&name) {
        let expected =
            "a name of 1 to 64 small letters, digits and -, and none of the function's own";
        return Err(DocumentErrorKind::Malformed { expected }.at(position, name));
    }
    let Content::Table(mut table) = content else {
        let expected = "a table: an upstream stands under [its name]";
        return Err(DocumentErrorKind::WrongType { expected }.at(position, name));
    };
    let preset = Fields::of(&table, name, position, &KEYS)?.choice(
        "preset",
        &Preset::CHOICES,
        Preset::LISTED,
    )?;
    if let Some(preset) = preset {
        add(&mut table, preset.table()?);
    }
    let fields = Fields::of(&table, name, position, &KEYS)?;
    let private_network = boolean(&fields, "private-network")?;
    let url = address(&fields, private_network)?;
    let malformed = || {
        let expected = "an address that requests can be sent to";
        fields.wrong("url", DocumentErrorKind::Malformed { expected })
    };
    let credential = fields.required_text("credential")?;
    let Some(kind) = credentials.kind(credential) else {
        let reason = "is no name of the document of credentials";
        return Err(fields.wrong("credential", DocumentErrorKind::Conflict { reason }));
    };
    let timeout = whole(&fields, "timeout-ms", 3_600_000, 100_000)?;
    let timeout = Duration::from_millis(timeout);
    let bodies = [("raw", BodyForm::Raw), ("base64", BodyForm::Base64)];
    let redirects = [("own", Redirects::Own), ("pass", Redirects::Pass)];
    Ok(Upstream {
        name: name.to_owned(),
        destination: Destination::of(&url).ok_or_else(malformed)?,
        url,
        scope: scope(&fields)?,
        credential: credential.to_owned(),
        acts_for: kind.acts_for(),
        allow: allow(&fields, name)?,
        ignore_case: boolean(&fields, "ignore-case")?,
        body: fields.choice("body", &bodies, "raw or base64")?.unwrap_or_default(),
        request_headers: request_headers(&fields)?,
        response_headers: response_headers(&fields)?,
        redirects: fields.choice("redirects", &redirects, "own or pass")?.unwrap_or_default(),
        next_link: fields.texts("next-link")?.into_iter().map(str::to_owned).collect(),
        private_network,
        request_bytes: whole(&fields, "request-bytes", MOST_BYTES, 100 * 1024 * 1024)?,
        response_bytes: whole(&fields, "response-bytes", MOST_BYTES, 1024 * 1024 * 1024)?,
        timeout: Timeout {
            connect: timeout.min(LONGEST_CONNECT),
            first_byte: timeout,
            between_bytes: timeout,
        },
        pages: usize::try_from(whole(&fields, "pages", 1_000, 100)?).unwrap_or(1),
    })
}

const MOST_BYTES: i64 = 1 << 40;

/// Adds what a preset says and the upstream itself does not. Of `scope` and `resource` one is enough.
fn add(table: &mut Table, preset: Table) {
    let has = |table: &Table, key: &str| table.entries.iter().any(|entry| entry.key == key);
    for entry in preset.entries {
        let said = match entry.key.as_str() {
            "resource" => has(table, "resource") || has(table, "scope"),
            key => has(table, key),
        };
        if !said {
            table.entries.push(entry);
        }
    }
}

fn boolean(fields: &Fields<'_>, key: &str) -> Result<bool, DocumentError> {
    match fields.get(key).map(|value| &value.content) {
        None => Ok(false),
        Some(Content::Boolean(boolean)) => Ok(*boolean),
        Some(_) => {
            let expected = "true or false";
            Err(fields.wrong(key, DocumentErrorKind::WrongType { expected }))
        }
    }
}

fn whole(fields: &Fields<'_>, key: &str, most: i64, default: i64) -> Result<u64, DocumentError> {
    fields.integer(key, 1..=most, default).map(i64::unsigned_abs)
}

/// Over https, or over http to this machine itself; and to no other address that is private unless that is said.
fn address(fields: &Fields<'_>, private_network: bool) -> Result<Url, DocumentError> {
    let text = fields.required_text("url")?;
    let wrong = |kind| fields.wrong("url", kind);
    let endpoint = Endpoint::parse(text).map_err(wrong)?;
    let expected = "an absolute https address without a query";
    let malformed = || wrong(DocumentErrorKind::Malformed { expected });
    let url = Url::parse(text).map_err(|_| malformed())?;
    // What the one parser takes for the host is what the other takes for it.
    let is_same = endpoint
        .uri()
        .host()
        .is_some_and(|host| url.host_str().is_some_and(|other| other.eq_ignore_ascii_case(host)));
    if !is_same || url.query().is_some() || crate::target::judge_path(url.path()).is_err() {
        return Err(malformed());
    }
    if !private_network && has_private_address(&url) {
        let reason = "has a private address: say private-network = true if that is meant";
        return Err(wrong(DocumentErrorKind::Conflict { reason }));
    }
    Ok(url)
}

fn scope(fields: &Fields<'_>) -> Result<Scope, DocumentError> {
    let (key, scope) = match (fields.text("scope")?, fields.text("resource")?) {
        (Some(_), Some(_)) => {
            return Err(fields.wrong("scope", DocumentErrorKind::Excluded { other: "resource" }));
        }
        (Some(scope), None) => ("scope", Scope::parse(scope)),
        (None, Some(resource)) => ("resource", Scope::of_resource(resource)),
        (None, None) => {
            let choices = "scope, resource";
            return Err(fields.wrong_table(DocumentErrorKind::NoneOf { choices }));
        }
    };
    let expected = "a scope as Entra takes it, or an application ID URI";
    scope.map_err(|_| fields.wrong(key, DocumentErrorKind::Malformed { expected }))
}

fn allow(fields: &Fields<'_>, name: &str) -> Result<Vec<Allow>, DocumentError> {
    let wrong = || {
        let expected = "tables with methods and paths: [[NAME.allow]]";
        fields.wrong("allow", DocumentErrorKind::WrongType { expected })
    };
    let entries = match fields.get("allow").map(|value| &value.content) {
        None => return Err(fields.wrong("allow", DocumentErrorKind::Missing)),
        Some(Content::List(entries)) if !entries.is_empty() => entries,
        Some(_) => return Err(wrong()),
    };
    let mut allow = Vec::new();
    for entry in entries {
        let Content::Table(table) = &entry.content else { return Err(wrong()) };
        let path = format!("{name}.allow");
        let entry = Fields::of(table, &path, entry.position, &["methods", "paths"])?;
        let method = |text: &str| {
            let expected = "methods: GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS";
            let found = METHODS.iter().find(|method| method.as_str() == text);
            let wrong = || entry.wrong("methods", DocumentErrorKind::Malformed { expected });
            found.cloned().ok_or_else(wrong)
        };
        let pattern = |text: &str| {
            let expected = "paths that begin with /, with * in a segment for any text and ** at the end for any path";
            let wrong = || entry.wrong("paths", DocumentErrorKind::Malformed { expected });
            PathPattern::parse(text).ok_or_else(wrong)
        };
        let methods: Vec<_> =
            entry.texts("methods")?.into_iter().map(method).collect::<Result<_, _>>()?;
        let paths: Vec<_> =
            entry.texts("paths")?.into_iter().map(pattern).collect::<Result<_, _>>()?;
        for (key, is_empty) in [("methods", methods.is_empty()), ("paths", paths.is_empty())] {
            if is_empty {
                return Err(entry.wrong(key, DocumentErrorKind::Missing));
            }
        }
        allow.push(Allow { methods, paths });
    }
    Ok(allow)
}

fn request_headers(fields: &Fields<'_>) -> Result<RequestHeaders, DocumentError> {
    let mut passed: HashSet<HeaderName> = PASSED.into_iter().map(HeaderName::from_static).collect();
    let mut set = Vec::new();
    if let Some(rules) = fields.table("request-headers", &["pass", "drop", "set"])? {
        passed.extend(names(&rules, "pass")?);
        for name in names(&rules, "drop")? {
            passed.remove(&name);
        }
        set = values(&rules)?;
    }
    Ok(RequestHeaders { passed, set })
}

fn response_headers(fields: &Fields<'_>) -> Result<ResponseHeaders, DocumentError> {
    let mut dropped: HashSet<HeaderName> =
        DROPPED.into_iter().map(HeaderName::from_static).collect();
    let mut set = Vec::new();
    if let Some(rules) = fields.table("response-headers", &["drop", "set"])? {
        dropped.extend(names(&rules, "drop")?);
        set = values(&rules)?;
    }
    Ok(ResponseHeaders { dropped, set })
}

fn name(text: &str) -> Option<HeaderName> {
    let name = HeaderName::try_from(text).ok()?;
    (!NEVER.contains(&name.as_str())).then_some(name)
}

fn names(rules: &Fields<'_>, key: &str) -> Result<Vec<HeaderName>, DocumentError> {
    let read = |text| name(text).ok_or_else(|| rules.wrong(key, NOT_A_HEADER));
    rules.texts(key)?.into_iter().map(read).collect()
}

fn values(rules: &Fields<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, DocumentError> {
    let table = match rules.get("set").map(|value| &value.content) {
        None => return Ok(Vec::new()),
        Some(Content::Table(table)) => table,
        Some(_) => return Err(rules.wrong("set", NOT_A_HEADER)),
    };
    let one = |entry: &Entry| {
        let Content::Text(text) = &entry.value.content else {
            return Err(rules.wrong("set", DocumentErrorKind::WrongType { expected: "texts" }));
        };
        let name = name(&entry.key).ok_or_else(|| rules.wrong("set", NOT_A_HEADER))?;
        let expected = "texts that a header can have";
        let mut value = HeaderValue::try_from(text)
            .map_err(|_| rules.wrong("set", DocumentErrorKind::Malformed { expected }))?;
        // It may be a key.
        value.set_sensitive(true);
        Ok((name, value))
    };
    table.entries.iter().map(one).collect()
}
