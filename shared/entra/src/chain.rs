use std::sync::atomic::{AtomicUsize, Ordering};

/// Credentials of which the first that is available here is used.
#[derive(Debug)]
pub(crate) struct Chain {
    members: Vec<String>,
    /// The one that last gave a token: asked first from then on.
    chosen: AtomicUsize,
}

impl Chain {
    pub(crate) const fn of(members: Vec<String>) -> Self {
        Self { members, chosen: AtomicUsize::new(0) }
    }

    /// The members with their places, the one that last gave a token first.
    pub(crate) fn in_turn(&self) -> impl Iterator<Item = (usize, &str)> {
        let chosen = self.chosen.load(Ordering::Relaxed);
        let all = || self.members.iter().map(String::as_str).enumerate();
        all().filter(move |(at, _)| *at == chosen).chain(all().filter(move |(at, _)| *at != chosen))
    }

    pub(crate) fn choose(&self, at: usize) {
        self.chosen.store(at, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_that_gave_a_token_comes_first_and_the_others_in_order() {
        let chain = Chain::of(vec!["a".into(), "b".into(), "c".into()]);
        let turn = || chain.in_turn().map(|(_, name)| name).collect::<String>();
        assert_eq!(turn(), "abc");
        chain.choose(2);
        assert_eq!(turn(), "cab");
    }
}
