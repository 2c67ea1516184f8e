//! Addresses that an upstream answers: what of them is the upstream's own, and how a caller reaches it through this function.

use http::{Method, Uri};
use url::Url;

use crate::target::{judge_path, judge_query};
use crate::upstreams::Upstream;

/// The longest address that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// A place of an upstream that a `GET` may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Below the upstream's address; empty, or begins with a slash.
    pub(crate) path: String,
    pub(crate) query: String,
}

impl Link {
    /// Reads an address that stands in the upstream's answer to `asked`; `None` when it leads to another origin, off the
    /// allow-list, or could be read in more than one way.
    pub(crate) fn of(upstream: &Upstream, asked: &Uri, text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if text.is_empty() || text.len() > LONGEST || !is_plain {
            return None;
        }
        let url = Url::parse(&asked.to_string()).ok()?.join(text).ok()?;
        Self::within(upstream, &url, &Method::GET)
    }

    /// What an absolute address is below the upstream's.
    pub(crate) fn within(upstream: &Upstream, url: &Url, method: &Method) -> Option<Self> {
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if url.origin() != upstream.url.origin() || has_credentials {
            return None;
        }
        let path = url.path().strip_prefix(upstream.destination.base())?;
        // Without a base, what is left of `/` is `/` as well.
        if !path.is_empty() && !path.starts_with('/') {
            return None;
        }
        let query = url.query().unwrap_or_default();
        let segments = judge_path(path).ok()?;
        judge_query(query).ok()?;
        let link = || Self { path: path.to_owned(), query: query.to_owned() };
        upstream.admits(method, &segments).then(link)
    }

    /// The address by which a caller reaches it: absolute when the function knows where it is, else relative to the caller's
    /// own request, whose path was `asked`.
    pub(crate) fn through(&self, upstream: &str, public_url: Option<&str>, asked: &str) -> String {
        let Self { path, query } = self;
        let mark = if query.is_empty() { "" } else { "?" };
        let below = format!("{upstream}{path}{mark}{query}");
        match public_url {
            Some(base) => format!("{base}/{below}"),
            None => {
                let depth = asked.trim_start_matches('/').matches('/').count();
                format!("{}{below}", "../".repeat(depth))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_absolute_where_the_function_is_known_and_else_relative() {
        let link = Link { path: "/a/b".to_owned(), query: "c=d".to_owned() };
        assert_eq!(
            link.through("arm", Some("https://g.example/x"), "/arm/a"),
            "https://g.example/x/arm/a/b?c=d"
        );
        for (asked, resolved) in [
            ("/arm/subscriptions", "http://g.example/x/arm/a/b?c=d"),
            ("/arm", "http://g.example/x/arm/a/b?c=d"),
            ("/arm/", "http://g.example/x/arm/a/b?c=d"),
            ("/arm/a/b/c", "http://g.example/x/arm/a/b?c=d"),
        ] {
            let at = Url::parse(&format!("http://g.example/x{asked}?q=/")).unwrap();
            let relative = link.through("arm", None, asked);
            assert_eq!(at.join(&relative).unwrap().as_str(), resolved, "{relative}");
        }
    }
}
