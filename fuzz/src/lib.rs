//! What the fuzz targets have in common.

use futures_util::FutureExt;
use headgate_core::{Variables, VariablesError};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Variables whose values depend on their names: some unset, some failing, some secrets and keys, the others holding their
/// own name.
#[derive(Debug)]
pub struct Named;

impl Variables for Named {
    async fn get(&self, name: &str) -> Result<Option<String>, VariablesError> {
        match name.bytes().next() {
            Some(b'u') => Ok(None),
            Some(b'f') => {
                Err(VariablesError { name: name.to_owned(), reason: "it fails".to_owned() })
            }
            Some(b'w') => Ok(Some(format!("whsec_{}", "QUJD".repeat(8)))),
            Some(b'k') => Ok(Some("QUJD".repeat(8))),
            _ => Ok(Some(name.to_owned())),
        }
    }
}

/// What a future gives that waits for nothing.
///
/// # Panics
///
/// When it waits.
pub fn now<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("everything answers at once")
}

/// Asserts that an error's place is in the text.
///
/// # Panics
///
/// When it is not.
pub fn within(text: &str, line: usize, column: usize, error: &dyn std::error::Error) {
    let line = text.split('\n').nth(line - 1).expect("the line exists");
    assert!((1..=line.chars().count() + 1).contains(&column), "{error}");
}

/// Takes lines of headers and the empty line behind them off a message; `None` when it does not begin so.
#[must_use]
pub fn message(input: &[u8]) -> Option<(HeaderMap, &[u8])> {
    let mut headers = HeaderMap::new();
    let mut rest = input;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if line.is_empty() {
            return (!headers.is_empty()).then_some((headers, rest));
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
}
