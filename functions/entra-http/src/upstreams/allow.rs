use http::Method;

/// One entry of an upstream's allow-list: these methods, at these paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    pub(super) methods: Vec<Method>,
    pub(super) paths: Vec<PathPattern>,
}

/// A pattern of paths: segments, each with at most one `*` for any text that is not empty, and `**` at the end for any number of
/// segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    segments: Vec<SegmentPattern>,
    is_open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum SegmentPattern {
    Literal(String),
    Between(String, String),
}

impl Allow {
    /// Whether a request is among these.
    #[must_use]
    pub fn admits(&self, method: &Method, segments: &[String], ignore_case: bool) -> bool {
        self.methods.contains(method)
            && self.paths.iter().any(|path| path.fits(segments, ignore_case))
    }
}

impl PathPattern {
    /// Reads a pattern; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let (rest, is_open) = match rest.strip_suffix("**") {
            None => (Some(rest), false),
            Some("") => (None, true),
            Some(before) => (Some(before.strip_suffix('/')?), true),
        };
        let segments = rest.map(|rest| rest.split('/')).into_iter().flatten();
        let segments: Option<Vec<_>> = segments.map(SegmentPattern::parse).collect();
        let segments = segments?;
        let names = segments.len().saturating_sub(1);
        // An empty segment is for a slash at the end alone.
        let is_empty =
            |segment: &SegmentPattern| *segment == SegmentPattern::Literal(String::new());
        let inner = if is_open { segments.len() } else { names };
        (!segments.iter().take(inner).any(is_empty)).then_some(Self { segments, is_open })
    }

    fn fits(&self, segments: &[String], ignore_case: bool) -> bool {
        let count = self.segments.len();
        (segments.len() == count || (self.is_open && segments.len() > count))
            && self.segments.iter().zip(segments).all(|(pattern, it)| pattern.fits(it, ignore_case))
    }
}

impl SegmentPattern {
    fn parse(text: &str) -> Option<Self> {
        let is_plain = |text: &str| {
            !text.contains(['*', '%', '\\', '?', '#']) && !text.chars().any(char::is_control)
        };
        match text.split_once('*') {
            None if matches!(text, "." | "..") => None,
            None => is_plain(text).then(|| Self::Literal(text.to_owned())),
            Some((before, after)) => (is_plain(before) && is_plain(after))
                .then(|| Self::Between(before.to_owned(), after.to_owned())),
        }
    }

    fn fits(&self, segment: &str, ignore_case: bool) -> bool {
        let same = |one: &str, other: &str| {
            if ignore_case { one.eq_ignore_ascii_case(other) } else { one == other }
        };
        match self {
            Self::Literal(text) => same(text, segment),
            Self::Between(before, after) => {
                // `$batch` holds requests of any method and path, and no name begins so: a pattern has to say it.
                if segment.starts_with('$') && !before.starts_with('$') {
                    return false;
                }
                let Some(end) = segment.len().checked_sub(after.len()) else { return false };
                segment.get(..before.len()).is_some_and(|start| same(before, start))
                    && segment.get(end..).is_some_and(|rest| same(after, rest))
                    && before.len() < end
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::judge_path;

    fn fits(pattern: &str, path: &str) -> bool {
        PathPattern::parse(pattern).unwrap().fits(&judge_path(path).unwrap(), false)
    }

    #[test]
    fn a_pattern_fits_whole_segments() {
        for (pattern, fitting, other) in [
            (
                "/subscriptions",
                vec!["/subscriptions"],
                vec![
                    "",
                    "/",
                    "/subscriptions/",
                    "/Subscriptions",
                    "/subscriptionsx",
                    "/a/subscriptions",
                ],
            ),
            (
                "/subscriptions/*",
                vec!["/subscriptions/1"],
                vec!["/subscriptions", "/subscriptions/", "/subscriptions/1/2"],
            ),
            ("/a/**", vec!["/a", "/a/", "/a/b", "/a/b/c/"], vec!["", "/ab", "/b/a"]),
            ("/**", vec!["", "/", "/a/b"], vec![]),
            (
                "/accounts(*)",
                vec!["/accounts(1)"],
                vec!["/accounts()", "/accounts", "/accounts(1)x"],
            ),
            ("/a*b", vec!["/axb", "/aab"], vec!["/ab", "/a"]),
            ("/*/*", vec!["/a/b", "/a/b$c"], vec!["/a/$batch", "/$batch/a", "/a/%24batch"]),
            ("/a/$*", vec!["/a/$batch", "/a/$value"], vec!["/a/batch"]),
            ("/", vec!["/"], vec!["", "/a"]),
            ("/a b", vec!["/a%20b"], vec!["/a+b"]),
            ("/a/*/c/**", vec!["/a/x/c", "/a/x/c/d"], vec!["/a/c", "/a/x/d"]),
        ] {
            for path in fitting {
                assert!(fits(pattern, path), "{pattern} {path}");
            }
            for path in other {
                assert!(!fits(pattern, path), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn case_is_passed_over_only_where_that_is_said() {
        let pattern = PathPattern::parse("/resourceGroups/x*").unwrap();
        let segments = judge_path("/RESOURCEgroups/Xy").unwrap();
        assert!(pattern.fits(&segments, true) && !pattern.fits(&segments, false));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in
            ["", "a", "/a//b", "/a/**/b", "/a**", "/a/../b", "/%41", "/a*b*c", "/a?b", "//**"]
        {
            assert_eq!(PathPattern::parse(text), None, "{text}");
        }
    }
}
