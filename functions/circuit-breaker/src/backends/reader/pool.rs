use std::sync::Arc;

use headgate_events::document::nearest;

use super::backend::{PROPERTIES, description, title, unusable};
use crate::backends::backend::Backend;
use crate::backends::error::{BackendsErrorKind, Fault, Suggestion};
use crate::backends::name::BackendName;
use crate::backends::pool::{Member, Pool, SessionAffinity};
use crate::backends::table::{Table, UNAVAILABLE};
use crate::backends::tree::Node;

/// The most services of a pool.
const SERVICES: usize = 30;

/// The longest ARM id, in characters.
const ID: usize = 2_000;

/// What a pool's services can name.
pub(super) struct Known<'a> {
    pub(super) backends: Vec<&'a Arc<Backend>>,
    pub(super) pools: Vec<&'a BackendName>,
}

/// Whether the entry is of type `Pool`; without a type, `pool` says so.
pub(super) fn is_pool(node: &Node) -> Result<bool, Fault> {
    let Some(kind) = node.get("type") else {
        return Ok(node.get("pool").is_some());
    };
    match kind.as_text() {
        Some(text) if text.eq_ignore_ascii_case("Pool") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("Single") => Ok(false),
        _ => Err(kind.fault(BackendsErrorKind::NotChoice { choices: "Single or Pool" })),
    }
}

/// Reads a pool. Its own `url` and `protocol` are not looked at: documented samples fill them in though they mean nothing.
pub(super) fn read(
    name: &BackendName,
    node: &Node,
    known: &Known<'_>,
    ignored: &mut Vec<(usize, String)>,
) -> Result<Pool, Fault> {
    let properties = Table::of(node, &PROPERTIES)?;
    for key in ["circuitBreaker", "credentials"] {
        if let Some(node) = properties.get(key).filter(|node| !node.is_empty()) {
            let why = "it belongs to the members of a pool";
            return Err(node.fault(BackendsErrorKind::NotHonoured { why }));
        }
    }
    unusable(&properties)?;
    let table =
        Table::of(properties.need("pool")?, &["services", "failureResponse", "sessionAffinity"])?;
    let services = table.need("services")?;
    let mut members: Vec<Member> = Vec::new();
    for service in services.list(SERVICES)? {
        let member = member(service, known, ignored)?;
        if members.iter().any(|taken| Arc::ptr_eq(&taken.backend, &member.backend)) {
            let place = service.get("id").unwrap_or(service);
            return Err(place.fault(BackendsErrorKind::MemberTwice));
        }
        members.push(member);
    }
    if members.is_empty() {
        return Err(services.fault(BackendsErrorKind::EmptyList));
    }
    Ok(Pool {
        name: name.clone(),
        title: title(&properties)?,
        description: description(&properties)?,
        members,
        failure_status: table
            .read("failureResponse", Node::failure_response)?
            .unwrap_or(UNAVAILABLE),
        session_affinity: table.read("sessionAffinity", session_affinity)?.flatten(),
    })
}

fn member(
    node: &Node,
    known: &Known<'_>,
    ignored: &mut Vec<(usize, String)>,
) -> Result<Member, Fault> {
    let table = Table::of(node, &["id", "weight", "priority", "preferredCarbonEmission"])?;
    let number = |key| {
        let number = table.read(key, |node| node.whole(0..=100))?;
        Ok(number.and_then(|number| u8::try_from(number).ok()))
    };
    let (weight, priority) = (number("weight")?, number("priority")?);
    if let Some(emission) = table.get("preferredCarbonEmission") {
        const CHOICES: [&str; 5] = ["VeryLow", "Low", "Medium", "High", "VeryHigh"];
        let is_known = |text: &str| CHOICES.iter().any(|choice| choice.eq_ignore_ascii_case(text));
        if !emission.as_text().is_some_and(is_known) {
            let choices = "VeryLow, Low, Medium, High or VeryHigh";
            return Err(emission.fault(BackendsErrorKind::NotChoice { choices }));
        }
        ignored.push((emission.offset, emission.path.clone()));
    }
    let backend = Arc::clone(named(table.need("id")?, known)?);
    Ok(Member { backend, weight: weight.unwrap_or(1), priority })
}

/// The backend that an `id` names: an ARM id, `/backends/NAME`, or `NAME` alone.
fn named<'a>(node: &Node, known: &Known<'a>) -> Result<&'a Arc<Backend>, Fault> {
    let mut segments = node.text(ID)?.trim_start_matches('/').rsplit('/');
    let name = segments.next().unwrap_or_default();
    let is_of_backends = segments.next().is_none_or(|kind| kind.eq_ignore_ascii_case("backends"));
    if name.is_empty() || !is_of_backends {
        return Err(node.fault(BackendsErrorKind::NotMemberId));
    }
    if let Some(backend) = known.backends.iter().copied().find(|backend| backend.name.is(name)) {
        return Ok(backend);
    }
    if known.pools.iter().any(|pool| pool.is(name)) {
        return Err(node.fault(BackendsErrorKind::MemberIsPool));
    }
    let names = known.backends.iter().map(|backend| backend.name.as_str());
    let suggestion = Suggestion(nearest(name, names).map(str::to_owned));
    Err(node.fault(BackendsErrorKind::MemberUnknown { suggestion }))
}

fn session_affinity(node: &Node) -> Result<Option<SessionAffinity>, Fault> {
    let Some(session) = Table::of(node, &["sessionId"])?.get("sessionId") else {
        return Ok(None);
    };
    let table = Table::of(session, &["source", "name"])?;
    if let Some(source) = table.get("source")
        && !source.as_text().is_some_and(|text| text.eq_ignore_ascii_case("cookie"))
    {
        return Err(source.fault(BackendsErrorKind::NotChoice { choices: "cookie" }));
    }
    let name = table.need("name")?;
    let cookie = name.text(100)?;
    // A cookie's name is a token (RFC 6265 §4.1.1), and so is a header's.
    if http::HeaderName::from_bytes(cookie.as_bytes()).is_err() {
        return Err(name.fault(BackendsErrorKind::NotCookieName));
    }
    Ok(Some(SessionAffinity { cookie: cookie.to_owned() }))
}
