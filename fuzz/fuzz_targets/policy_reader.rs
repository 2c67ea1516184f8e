//! Any text is a policy document that can be explained, or is refused at a place within it.

#![no_main]

use futures_util::FutureExt;
use headgate_core::{Variables, VariablesError};
use headgate_jwt::policy::{self, PolicyError};
use libfuzzer_sys::fuzz_target;

/// Variables whose values depend on their names: some unset, some failing, the others holding their own name.
struct Named;

impl Variables for Named {
    async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
        match name.bytes().next() {
            Some(b'u') => Ok(None),
            Some(b'f') => {
                Err(VariablesError { name: name.to_owned(), reason: "it fails".to_owned() })
            }
            _ => Ok(Some(name.to_owned())),
        }
    }
}

fuzz_target!(|text: &str| {
    let read = policy::load(text, &Named).now_or_never().expect("the variables answer at once");
    match read {
        Ok(policies) => {
            assert!(policies.policies.iter().all(|policy| !policy.statements.is_empty()));
            assert!(!policy::explain(&policies).is_empty());
        }
        Err(error) => assert_within(text, &error),
    }
});

fn assert_within(text: &str, error: &PolicyError) {
    let position = error.position;
    let line = text.split('\n').nth(position.line - 1).expect("the line exists");
    assert!((1..=line.chars().count() + 1).contains(&position.column), "{error}");
}
