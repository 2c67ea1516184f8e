use subtle::Choice;

use super::key_hash::KeyHash;

/// Who has subscribed to a product, and the hashes of the keys that they hold.
#[derive(Debug)]
pub(super) struct Holder {
    /// The subscription's name.
    pub(super) name: String,
    /// The product's name.
    pub(super) product: String,
    /// Whether the subscription's `state` is `active`; in any other its keys are refused.
    pub(super) is_active: bool,
    pub(super) primary: Option<KeyHash>,
    pub(super) secondary: Option<KeyHash>,
}

impl Holder {
    /// Whether `presented` is one of the keys. Both are compared, in constant time.
    pub(super) fn has(&self, presented: &KeyHash) -> Choice {
        let is = |key: Option<KeyHash>| key.map_or(Choice::from(0), |key| key.is(presented));
        is(self.primary) | is(self.secondary)
    }
}
