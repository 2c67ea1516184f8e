//! Which of a pool's members a request goes to (contracts §2).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::Timestamp;
use http::StatusCode;

use crate::backends::{Backend, BackendName, Member, Pool, SessionAffinity};
use crate::fingerprint::fingerprint;
use crate::judging::{Admission, BackendState, decide};

/// Where a request to a pool goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<'p> {
    /// To this member.
    Member {
        /// The member's backend.
        backend: &'p Backend,
        /// Whether the call is a probe that has to be claimed first: the member is half-open.
        probe: bool,
        /// The value of the affinity cookie that the response sets; `None` when the pool has no affinity or the caller has
        /// the cookie already.
        cookie: Option<String>,
    },
    /// Nowhere: every member is open.
    Refuse {
        /// What the caller gets.
        status: StatusCode,
        /// Until the first member closes.
        retry_after: Duration,
    },
}

/// Chooses the member for a request.
///
/// - The caller stays with the member that `affinity`, its cookie's value, names, as long as that may be called, whatever its
///   weight and priority. A value that names no member any more counts as none.
/// - Otherwise the members with the lowest priority number are looked at first, and those with a higher one only when
///   every member before them is open.
/// - Within a group, `random` chooses by weight. Members without weights have equal shares. There is no counter: instances
///   share nothing to choose, and shares come out evenly over many requests, not from one to the next.
///
/// `states` gives what is known of a backend; `None` counts as closed.
pub fn choose<'p, 's>(
    pool: &'p Pool,
    states: impl Fn(&BackendName) -> Option<&'s BackendState>,
    affinity: Option<&str>,
    now: Timestamp,
    random: u64,
) -> Choice<'p> {
    let admission = |member: &Member| match states(&member.backend.name) {
        Some(state) => decide(&member.backend, state, now),
        None => Admission::Admit,
    };
    let judged: Vec<(&Member, Admission)> =
        pool.members.iter().map(|member| (member, admission(member))).collect();
    let closed = || judged.iter().filter(|(_, admission)| !is_refused(*admission));
    if let Some(value) = affinity.filter(|_| pool.session_affinity.is_some())
        && let Some((member, admission)) =
            closed().find(|(member, _)| cookie_value(pool, &member.backend) == value)
    {
        let probe = *admission == Admission::Probe;
        return Choice::Member { backend: &member.backend, probe, cookie: None };
    }
    let first_group = closed().map(|(member, _)| rank(member)).min();
    let group = || closed().filter(|(member, _)| Some(rank(member)) == first_group);
    match by_weight(group, random) {
        Some((member, admission)) => {
            let backend = member.backend.as_ref();
            let cookie = pool.session_affinity.as_ref().map(|_| cookie_value(pool, backend));
            Choice::Member { backend, probe: *admission == Admission::Probe, cookie }
        }
        None => {
            let waits = judged.iter().filter_map(|(_, admission)| match admission {
                Admission::Refuse { retry_after, .. } => Some(*retry_after),
                Admission::Admit | Admission::Probe => None,
            });
            let retry_after = waits.min().unwrap_or_default();
            Choice::Refuse { status: pool.failure_status, retry_after }
        }
    }
}

const fn is_refused(admission: Admission) -> bool {
    matches!(admission, Admission::Refuse { .. })
}

/// The lowest goes first; members without a priority go last.
fn rank(member: &Member) -> u8 {
    member.priority.unwrap_or(u8::MAX)
}

/// The member on which the random number falls when the weights are laid end to end. Where all weights are 0, all count as 1.
fn by_weight<'j, 'p: 'j, I>(
    group: impl Fn() -> I,
    random: u64,
) -> Option<&'j (&'p Member, Admission)>
where
    I: Iterator<Item = &'j (&'p Member, Admission)>,
{
    let total: u64 = group().map(|(member, _)| u64::from(member.weight)).sum();
    let weight = |member: &Member| if total == 0 { 1 } else { u64::from(member.weight) };
    let sum: u64 = group().map(|(member, _)| weight(member)).sum();
    // The high half of the product spreads 64 random bits over `sum` numbers evenly to one part in 2^52.
    let mut place = u64::try_from((u128::from(random) * u128::from(sum)) >> 64).unwrap_or_default();
    group().find(|(member, _)| match place.checked_sub(weight(member)) {
        Some(rest) => {
            place = rest;
            false
        }
        None => true,
    })
}

/// What the cookie of a member says: a number made from the names, which tells neither name nor address.
fn cookie_value(pool: &Pool, backend: &Backend) -> String {
    let number = fingerprint(&[pool.name.as_str(), backend.name.as_str()]);
    URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

impl SessionAffinity {
    /// The affinity cookie's value in a `Cookie` header (RFC 6265 §4.2.1), the first if there are several.
    #[must_use]
    pub fn find<'h>(&self, header: &'h str) -> Option<&'h str> {
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.cookie)
            .map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests;
