use std::sync::Arc;

use futures_util::FutureExt;
use headgate_fakes::FixedVariables;

use crate::backends::{Backend, Backends, BackendsError, Pool, Target, load};

pub(super) fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Backends, BackendsError> {
    let variables = FixedVariables::new(variables.iter().copied());
    load(text, &variables).now_or_never().expect("the variables answer at once")
}

pub(super) fn read(text: &str) -> Result<Backends, BackendsError> {
    read_with(text, &[])
}

#[track_caller]
pub(super) fn backend(backends: &Backends, name: &str) -> Arc<Backend> {
    match backends.get(name) {
        Some(Target::Backend(backend)) => Arc::clone(backend),
        other => panic!("{name} is a backend, not {other:?}"),
    }
}

#[track_caller]
pub(super) fn pool(backends: &Backends, name: &str) -> Arc<Pool> {
    match backends.get(name) {
        Some(Target::Pool(pool)) => Arc::clone(pool),
        other => panic!("{name} is a pool, not {other:?}"),
    }
}

pub(super) fn refusal(document: &str) -> String {
    match read(document) {
        Ok(_) => panic!("the document is read: {document}"),
        Err(error) => error.to_string(),
    }
}

/// Each pair is a document and the refusal that its author reads.
#[track_caller]
pub(super) fn assert_refused<D: AsRef<str>>(table: &[(D, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(document, expected)| (document.as_ref(), *expected, refusal(document.as_ref())))
        .filter(|(_, expected, found)| found != expected)
        .map(|(document, expected, found)| {
            format!("{document}\n  expected {expected}\n  read     {found}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A backend `a` with these keys besides `url`, from the second line.
pub(super) fn with_url(keys: &str) -> String {
    format!("[backends.a]\n{keys}\nurl = 'https://a.example'\n")
}

/// A backend `a` with one rule `r`, whose keys begin in the fourth line.
pub(super) fn with_rule(keys: &str) -> String {
    format!(
        "[backends.a]\nurl = 'https://a.example'\n[[backends.a.circuitBreaker.rules]]\n{keys}\n"
    )
}

/// A backend `a` with one rule whose condition begins in the sixth line.
pub(super) fn with_condition(keys: &str) -> String {
    with_rule(&format!("name = 'r'\n[backends.a.circuitBreaker.rules.failureCondition]\n{keys}"))
}

/// Backends `a` and `b` and a pool `p`, whose keys begin in the fourth line.
pub(super) fn with_pool(keys: &str) -> String {
    format!(
        "backends.a.url = 'https://a.example'\nbackends.b.url = 'https://b.example'\n[backends.p.pool]\n{keys}\n"
    )
}
