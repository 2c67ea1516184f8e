use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use headgate_core::{Clock, Random};
use http::{HeaderMap, StatusCode};

use crate::World;
use crate::backends::Pool;
use crate::breaker::{Breaker, Breakers, From, Known, Named};
use crate::judging::{Admission, claim_probe, decide};
use crate::pool::{Choice, choose};

/// Where a request goes.
pub(super) enum Way {
    /// To this backend; the cookie is to be set on the response.
    To { breaker: Arc<Breaker>, cookie: Option<String> },
    /// Nowhere.
    Refused { status: StatusCode, retry_after: Duration },
}

/// How often another backend is looked for because somebody else had the last probe.
const TRIES: usize = 32;

/// When every probe was taken by others each time.
const CROWDED: Way =
    Way::Refused { status: StatusCode::SERVICE_UNAVAILABLE, retry_after: Duration::from_secs(1) };

/// Finds where a request to `target` goes.
pub(super) async fn find_way<W: World>(
    breakers: &Arc<Breakers<W>>,
    target: Named<'_>,
    headers: &HeaderMap,
) -> Way {
    match target {
        Named::Backend(breaker) => to_backend(breakers, breaker).await,
        Named::Pool(pool, members) => Box::pin(to_member(breakers, pool, members, headers)).await,
    }
}

async fn to_backend<W: World>(breakers: &Arc<Breakers<W>>, breaker: &Arc<Breaker>) -> Way {
    for _ in 0..TRIES {
        let known = breakers.known(breaker).await;
        let now = breakers.ports.clock.now();
        let admission =
            known.map_or(Admission::Admit, |known| decide(&breaker.backend, known.state(), now));
        match admission {
            Admission::Probe if !has_probe(breakers, breaker).await => {}
            Admission::Admit | Admission::Probe => {
                return Way::To { breaker: Arc::clone(breaker), cookie: None };
            }
            Admission::Refuse { status, retry_after } => {
                return Way::Refused { status, retry_after };
            }
        }
    }
    CROWDED
}

async fn to_member<W: World>(
    breakers: &Arc<Breakers<W>>,
    pool: &Pool,
    members: &[Arc<Breaker>],
    headers: &HeaderMap,
) -> Way {
    let affinity = pool.session_affinity.as_ref().and_then(|affinity| affinity.value_in(headers));
    let mut random = [0; 8];
    breakers.ports.random.fill(&mut random);
    let random = u64::from_be_bytes(random);
    for _ in 0..TRIES {
        // At the same time: the request waits for the slowest answer, not for their sum.
        let asked: Vec<_> = members.iter().map(|breaker| breakers.known(breaker)).collect();
        let known: Vec<Option<Arc<Known>>> = join_all(asked).await;
        let (chosen, probe, cookie) = {
            let state = |name: &_| {
                let at = members.iter().position(|breaker| breaker.backend.name == *name)?;
                Some(known.get(at)?.as_ref()?.state())
            };
            let now = breakers.ports.clock.now();
            match choose(pool, state, affinity.as_deref(), now, random) {
                Choice::Refuse { status, retry_after } => {
                    return Way::Refused { status, retry_after };
                }
                Choice::Member { backend, probe, cookie } => {
                    (members.iter().find(|known| known.backend.name == backend.name), probe, cookie)
                }
            }
        };
        let Some(breaker) = chosen else { return CROWDED };
        if !probe || has_probe(breakers, breaker).await {
            return Way::To { breaker: Arc::clone(breaker), cookie };
        }
    }
    CROWDED
}

/// Claims a probe. With a store that does not answer nobody can claim one, and the request goes out: a breaker is there to
/// keep requests from a backend that fails, not from one that nobody can ask about.
async fn has_probe<W: World>(breakers: &Arc<Breakers<W>>, breaker: &Breaker) -> bool {
    let claim = |state, now| claim_probe(&breaker.backend, state, now);
    match Box::pin(breakers.change(breaker, From::Memory, claim)).await {
        Ok(claimed) => claimed.is_some(),
        Err(error) => {
            let name = &breaker.backend.name;
            breakers.warn(&format_args!("a probe of backend {name} is not claimed: {error}"));
            true
        }
    }
}
