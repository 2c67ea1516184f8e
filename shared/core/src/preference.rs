//! How long a caller wants to wait: `Prefer` (RFC 7240): pure.

use std::time::Duration;

use http::HeaderMap;

/// What `Prefer` says of waiting: `wait=SECONDS`, or `respond-async` for not at all; `None` when it says nothing.
#[must_use]
pub fn wait(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let preferences = values.flat_map(|value| value.split(','));
    let mut found = None;
    for preference in preferences {
        let preference = preference.split(';').next().unwrap_or_default();
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            // The first counts (RFC 7240 §2), and says more than respond-async.
            "wait" => {
                if let Ok(seconds) = value.parse() {
                    return Some(Duration::from_secs(seconds));
                }
            }
            "respond-async" => found = Some(Duration::ZERO),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_waits_as_long_as_it_says() {
        for (text, expected) in [
            ("wait=10", Some(10)),
            ("respond-async", Some(0)),
            ("respond-async, Wait = 10", Some(10)),
            ("return=minimal, wait=\"3\";x=1, wait=9", Some(3)),
            ("wait", None),
            ("wait=soon", None),
            ("waiting=3", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", text.parse().unwrap());
            assert_eq!(wait(&headers), expected.map(Duration::from_secs), "{text}");
        }
        assert_eq!(wait(&HeaderMap::new()), None);
    }
}
