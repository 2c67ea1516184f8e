//! Any text is a policy document that can be explained, or is refused at a place within it.

#![no_main]

use headgate_fuzz::{Named, now, within};
use headgate_jwt::policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let read = now(policy::load(text, &Named));
    match read {
        Ok(policies) => {
            assert!(policies.policies.iter().all(|policy| !policy.statements.is_empty()));
            assert!(!policy::explain(&policies).is_empty());
        }
        Err(error) => within(text, error.position.line, error.position.column, &error),
    }
});
