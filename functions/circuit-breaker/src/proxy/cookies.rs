use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The value of the cookie `name`, the first if there are several.
pub(super) fn find(headers: &HeaderMap, find: impl Fn(&str) -> Option<&str>) -> Option<String> {
    let mut values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.find_map(|value| find(value).map(str::to_owned))
}

/// Removes the cookie `name`; the others stay as they are.
pub(super) fn remove(headers: &mut HeaderMap, name: &str) {
    let is_named = |pair: &[u8]| {
        let trimmed = pair.trim_ascii();
        trimmed.split(|byte| *byte == b'=').next() == Some(name.as_bytes())
    };
    let values: Vec<HeaderValue> = headers.get_all(COOKIE).iter().cloned().collect();
    if !values.iter().any(|value| value.as_bytes().split(|byte| *byte == b';').any(is_named)) {
        return;
    }
    headers.remove(COOKIE);
    for value in values {
        let pairs = value.as_bytes().split(|byte| *byte == b';');
        let kept: Vec<&[u8]> =
            pairs.filter(|pair| !is_named(pair)).map(<[u8]>::trim_ascii).collect();
        let kept = kept.join(b"; ".as_slice());
        if let Ok(kept) = HeaderValue::from_bytes(&kept)
            && !kept.is_empty()
        {
            headers.append(COOKIE, kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_goes_and_the_others_stay() {
        for (before, after) in [
            (vec!["a=1; session=x; b=2"], vec!["a=1; b=2"]),
            (vec!["session=x", "a=1;session=y"], vec!["a=1"]),
            (vec!["session=x"], vec![]),
            (vec!["a=session; sessions=1;b"], vec!["a=session; sessions=1;b"]),
        ] {
            let values = before.iter().map(|value| (COOKIE, HeaderValue::from_static(value)));
            let mut headers = HeaderMap::new();
            for (name, value) in values {
                headers.append(name, value);
            }
            remove(&mut headers, "session");
            let left: Vec<_> = headers.get_all(COOKIE).iter().collect();
            assert_eq!(left, after, "{before:?}");
        }
    }
}
