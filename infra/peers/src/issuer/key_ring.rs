use std::sync::Arc;

use super::Guid;
use super::algorithm::KeyKind;
use super::running::Rotation;
use super::signing_key::SigningKey;

/// The most keys that are published at once; the oldest goes when another comes.
const MOST_KEYS: usize = 16;

/// The keys that are published, oldest first. The newest of a kind signs.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyRing {
    keys: Vec<Arc<SigningKey>>,
}

impl KeyRing {
    pub(super) fn new(keys: Vec<SigningKey>) -> Self {
        Self { keys: keys.into_iter().map(Arc::new).collect() }
    }

    pub(super) fn keys(&self) -> &[Arc<SigningKey>] {
        &self.keys
    }

    /// The key that signs any tenant's tokens with an algorithm of this kind.
    pub(super) fn current(&self, kind: KeyKind) -> Option<&Arc<SigningKey>> {
        self.keys.iter().rev().find(|key| key.kind() == kind && key.tenant().is_none())
    }

    pub(super) fn find(&self, kid: &str) -> Option<&Arc<SigningKey>> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// The keys that may sign `tenant`'s tokens; all of them when no tenant is given.
    pub(super) fn published_for(
        &self,
        tenant: Option<Guid>,
    ) -> impl Iterator<Item = &Arc<SigningKey>> {
        self.keys
            .iter()
            .filter(move |key| tenant.is_none() || key.tenant().is_none() || key.tenant() == tenant)
    }

    /// The ring with `new` as the signing key of its kind. Keys of other kinds, and those of one tenant alone, stay.
    #[must_use]
    pub(super) fn rotated(&self, new: SigningKey, rotation: Rotation) -> Self {
        let rolled = |key: &Arc<SigningKey>| key.kind() == new.kind() && key.tenant().is_none();
        let previous = self.keys.iter().rev().find(|key| rolled(key)).map(|key| key.kid());
        let stays = |key: &&Arc<SigningKey>| match rotation {
            Rotation::KeepOld => true,
            Rotation::KeepPrevious => !rolled(key) || Some(key.kid()) == previous,
            Rotation::WithdrawOld => !rolled(key),
        };
        let keys = self.keys.iter().filter(stays).cloned().collect();
        Self { keys }.with(new)
    }

    /// The ring with one more key. When it is full, the oldest key that `new` can stand for goes.
    #[must_use]
    pub(super) fn with(mut self, new: SigningKey) -> Self {
        if self.keys.len() >= MOST_KEYS {
            let alike =
                |key: &Arc<SigningKey>| key.kind() == new.kind() && key.tenant() == new.tenant();
            self.keys.remove(self.keys.iter().position(alike).unwrap_or(0));
        }
        self.keys.push(Arc::new(new));
        self
    }
}

#[cfg(test)]
mod tests {
    use headgate_core::Timestamp;

    use super::*;

    fn key(kind: KeyKind, tenant: Option<Guid>) -> SigningKey {
        SigningKey::generate(kind, tenant, Timestamp::from_secs(1_700_000_000)).unwrap()
    }

    fn kids(ring: &KeyRing) -> Vec<&str> {
        ring.keys().iter().map(|key| key.kid()).collect()
    }

    #[test]
    fn the_newest_key_of_a_kind_signs() {
        let ring = KeyRing::new(vec![key(KeyKind::P256, None), key(KeyKind::Ed25519, None)]);
        let new = key(KeyKind::P256, None);
        let kid = new.kid().to_owned();
        let ring = ring.rotated(new, Rotation::KeepOld);
        assert_eq!(ring.keys().len(), 3);
        assert_eq!(ring.current(KeyKind::P256).unwrap().kid(), kid);
    }

    #[test]
    fn a_withdrawn_key_is_gone_and_keys_of_other_kinds_and_of_one_tenant_stay() {
        let ring = KeyRing::new(vec![
            key(KeyKind::P256, None),
            key(KeyKind::Ed25519, None),
            key(KeyKind::P256, Some(Guid::from_u128(1))),
        ]);
        let old = kids(&ring).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let ring = ring.rotated(key(KeyKind::P256, None), Rotation::WithdrawOld);
        assert_eq!(kids(&ring)[..2], old[1..]);
        assert_eq!(ring.keys().len(), 3);
    }

    #[test]
    fn the_previous_key_alone_stays_when_asked_so() {
        let first = KeyRing::new(vec![key(KeyKind::P256, None)]);
        let second = first.rotated(key(KeyKind::P256, None), Rotation::KeepPrevious);
        let third = second.rotated(key(KeyKind::P256, None), Rotation::KeepPrevious);
        assert_eq!(kids(&third)[0], kids(&second)[1]);
        assert_eq!(third.keys().len(), 2);
    }

    #[test]
    fn a_ring_never_grows_beyond_its_bound_and_keeps_a_key_of_every_kind() {
        let ring = KeyRing::new(vec![key(KeyKind::P256, None)]);
        let ring = (0..MOST_KEYS + 3).fold(ring, |ring, _| ring.with(key(KeyKind::Ed25519, None)));
        assert_eq!(ring.keys().len(), MOST_KEYS);
        assert!(ring.current(KeyKind::P256).is_some());
    }

    #[test]
    fn a_key_of_one_tenant_is_published_for_it_and_for_all_alone() {
        let (own, other) = (Guid::from_u128(1), Guid::from_u128(2));
        let ring = KeyRing::new(vec![key(KeyKind::P256, None), key(KeyKind::P256, Some(own))]);
        assert_eq!(ring.published_for(Some(own)).count(), 2);
        assert_eq!(ring.published_for(Some(other)).count(), 1);
        assert_eq!(ring.published_for(None).count(), 2);
    }
}
