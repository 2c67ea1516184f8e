use crate::Scope;
use crate::application::Identity;

/// Who acts: an identity and, where people sign in for it, which of the sign-ins that it had in turn.
///
/// What is remembered is remembered for one sign-in: with the next one, or with none, it is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Actor {
    pub(crate) identity: Identity,
    pub(crate) sign_in: Option<u64>,
}

impl Actor {
    /// Where the tokens of an identity are in the store, of whichever sign-in.
    pub(crate) fn prefix(identity: Identity) -> String {
        format!("entra-token/{}/", identity.hex())
    }

    /// Where the token for `scope` is in the store.
    pub(crate) fn key(self, scope: &Scope) -> String {
        let sign_in = self.sign_in.map(|number| format!("{number:016x}"));
        let parts = [scope.as_str()].into_iter().chain(sign_in.as_deref());
        Self::prefix(self.identity) + &Identity::of(parts).hex()
    }
}

impl From<Identity> for Actor {
    fn from(identity: Identity) -> Self {
        Self { identity, sign_in: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_in_has_a_place_of_its_own_below_that_of_its_identity() {
        let identity = Identity::of(["mail"].into_iter());
        let scope = Scope::parse("a/.default").unwrap();
        let key = |sign_in| Actor { identity, sign_in }.key(&scope);
        assert!(key(None).starts_with(&Actor::prefix(identity)));
        assert!(key(Some(1)).starts_with(&Actor::prefix(identity)));
        assert_ne!(key(None), key(Some(0)));
        assert_ne!(key(Some(1)), key(Some(2)));
    }
}
