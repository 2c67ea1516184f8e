use http::{HeaderMap, HeaderName, HeaderValue};

const PREFER: HeaderName = HeaderName::from_static("prefer");
/// What a caller prefers that wants a list whole (RFC 7240).
pub(crate) const ALL_PAGES: &str = "headgate.all-pages";

/// Takes the preference for whole lists out of the headers; the others stay. Says whether it was there.
pub(crate) fn take_all_pages(headers: &mut HeaderMap) -> bool {
    let values: Vec<HeaderValue> = headers.get_all(PREFER).iter().cloned().collect();
    let is_ours = |preference: &&str| preference.trim().eq_ignore_ascii_case(ALL_PAGES);
    let texts = || values.iter().filter_map(|value| value.to_str().ok());
    if !texts().any(|text| text.split(',').any(|preference| is_ours(&preference))) {
        return false;
    }
    let kept = texts().flat_map(|text| text.split(',')).filter(|preference| !is_ours(preference));
    let kept: Vec<&str> = kept.map(str::trim).filter(|preference| !preference.is_empty()).collect();
    headers.remove(PREFER);
    if let Ok(value) = HeaderValue::try_from(kept.join(", "))
        && !value.is_empty()
    {
        headers.insert(PREFER, value);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preference_goes_and_the_others_stay() {
        for (before, after, found) in [
            (vec![], None, false),
            (vec!["return=minimal"], Some("return=minimal"), false),
            (vec!["headgate.all-pages"], None, true),
            (vec!["a=\"b\", Headgate.All-Pages", "c"], Some("a=\"b\", c"), true),
        ] {
            let mut headers = HeaderMap::new();
            for value in &before {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            assert_eq!(take_all_pages(&mut headers), found, "{before:?}");
            assert_eq!(headers.get(PREFER).map(|value| value.to_str().unwrap()), after);
        }
    }
}
