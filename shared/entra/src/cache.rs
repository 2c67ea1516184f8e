//! Tokens that were had, by who acts and for what; and one request for all who need the same.
//!
//! Whoever needs a token that is not there, or is about to expire, flies: asks for it, for all others who wait and look
//! again and again whether it is there. Nobody is woken and nothing is left to release: a flight whose request is
//! dropped ends in that moment, and another of those who wait flies (`docs/decisions/0017-tokens-are-had-by-our-own-credentials.md`).

mod flight;
mod shared;
mod slot;
mod step;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use headgate_core::Timestamp;

use crate::Scope;
use crate::actor::Actor;
use crate::application::Identity;

pub(crate) use flight::Flight;
pub(crate) use shared::Shared;
pub(crate) use slot::Slot;
pub(crate) use step::Need;

/// The most tokens that an instance remembers: callers whose tokens are exchanged make many.
const MOST: usize = 4_096;

/// The slots of one instance.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<HashMap<(Actor, Scope), Arc<Slot>>>);

impl Cache {
    /// The slot of who acts and for what.
    pub(crate) fn slot(&self, actor: Actor, scope: &Scope, now: Timestamp) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (actor, scope.clone());
        if let Some(slot) = slots.get(&key) {
            return Arc::clone(slot);
        }
        if slots.len() >= MOST {
            slots.retain(|_, slot| slot.is_of_use(now));
        }
        if slots.len() >= MOST {
            // Whoever is asked for again is fetched again: which half goes does not matter much.
            let mut keep = false;
            slots.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
        Arc::clone(slots.entry(key).or_default())
    }

    /// Forgets every token of an identity, of whichever sign-in.
    pub(crate) fn forget(&self, identity: Identity) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(known, _), _| known.identity != identity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_does_not_grow_without_end_and_keeps_one_slot_for_one_key() {
        let cache = Cache::default();
        let (now, scope) = (Timestamp::from_secs(1), Scope::parse("a/.default").unwrap());
        let identity = |number: usize| Identity::of([number.to_string().as_str()].into_iter());
        for number in 0..MOST * 2 {
            cache.slot(identity(number).into(), &scope, now);
        }
        assert!(cache.0.lock().unwrap().len() <= MOST);
        let slot =
            |sign_in, scope| cache.slot(Actor { identity: identity(0), sign_in }, scope, now);
        let one = slot(None, &scope);
        assert!(Arc::ptr_eq(&one, &slot(None, &scope)));
        let other = Scope::parse("b/.default").unwrap();
        assert!(!Arc::ptr_eq(&one, &slot(None, &other)));
        assert!(!Arc::ptr_eq(&one, &slot(Some(1), &scope)));
        cache.forget(identity(0));
        assert!(!Arc::ptr_eq(&one, &slot(None, &scope)));
    }
}
