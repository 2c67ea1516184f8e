//! The keys of the store.

use headgate_core::ids;

/// What owns the outbox.
pub(crate) const OWNER: &str = "desktop-flow";

/// Where the records of runs are.
pub(crate) const RUNS: &str = "desktop-flow/runs/";

/// Where the names of runs are that have not come to their end.
pub(crate) const OPEN: &str = "desktop-flow/open/";

/// Where the inputs of runs are that have not started.
pub(crate) const INPUTS: &str = "desktop-flow/inputs/";

/// Until when Dataverse wants to be left alone.
pub(crate) const THROTTLED: &str = "desktop-flow/throttled";

/// Where the records of connections are.
pub(crate) const CONNECTIONS: &str = "desktop-flow/connections/";

pub(crate) fn run(id: &str) -> String {
    format!("{RUNS}{id}")
}

pub(crate) fn open(id: &str) -> String {
    format!("{OPEN}{id}")
}

/// A piece of the inputs of this fingerprint. Who sends another request by the same key does not overwrite it.
pub(crate) fn inputs(id: &str, fingerprint: &str, piece: usize) -> String {
    format!("{}{fingerprint}/{piece}", all_inputs(id))
}

/// How the keys of all inputs of a run begin.
pub(crate) fn all_inputs(id: &str) -> String {
    format!("{INPUTS}{id}/")
}

pub(crate) fn connection(id: &str) -> String {
    format!("{CONNECTIONS}{id}")
}

/// The pace of a connection, whose name may be anything.
pub(crate) fn pace(connection: &str) -> String {
    format!("desktop-flow/pace/{}", ids::hash(&["connection", connection]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_one_that_a_store_takes() {
        let id = ids::of_idempotency_key("ключ");
        for key in
            [run(&id), inputs(&id, &ids::hash(&["x"]), 99), pace("имя соединения"), open(&id)]
        {
            assert!(key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        }
    }
}
