use std::fmt;

/// Where a component stands: one path, or everything under a prefix, as the manifest's `route` says it.
///
/// `/token-validation` is that path alone; `/token-validation/...` is it and whatever follows a slash after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    prefix: String,
    wildcard: bool,
}

/// Why a route could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The route does not begin with a slash.
    #[error("route {0:?} must begin with a slash")]
    NotAbsolute(String),
    /// The route has a wildcard that this host does not know.
    #[error("route {0:?} has a wildcard this host does not serve: only a final /... is one")]
    UnknownWildcard(String),
    /// The route has a character that no request's path has.
    #[error("route {0:?} must be plain ASCII without blanks, with anything else percent-encoded")]
    NotAPath(String),
}

impl Route {
    /// Reads a route; a final slash of an exact route does not count, as in Spin.
    ///
    /// # Errors
    ///
    /// [`RouteError`], which quotes the route.
    pub(crate) fn parse(route: &str) -> Result<Self, RouteError> {
        if !route.starts_with('/') {
            return Err(RouteError::NotAbsolute(route.to_owned()));
        }
        if !route.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>".contains(&byte)) {
            return Err(RouteError::NotAPath(route.to_owned()));
        }
        let (prefix, wildcard) = match route.strip_suffix("/...") {
            Some(prefix) => (prefix, true),
            None => (route.strip_suffix('/').unwrap_or(route), false),
        };
        let unknown =
            |segment: &str| segment.starts_with(':') || segment == "*" || segment == "...";
        if prefix.split('/').any(unknown) {
            return Err(RouteError::UnknownWildcard(route.to_owned()));
        }
        Ok(Self { prefix: prefix.to_owned(), wildcard })
    }

    /// The route without its wildcard: what stands before the path that the function sees as its own.
    #[must_use]
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Gives what follows the prefix when `path` lies under this route: empty, or beginning with a slash.
    fn rest<'path>(&self, path: &'path str) -> Option<&'path str> {
        let rest = path.strip_prefix(self.prefix.as_str())?;
        match (self.wildcard, rest) {
            (_, "") => Some(""),
            (true, rest) if rest.starts_with('/') => Some(rest),
            (false, "/") => Some(""),
            _ => None,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.prefix.as_str(), self.wildcard) {
            (prefix, true) => write!(formatter, "{prefix}/..."),
            ("", false) => formatter.write_str("/"),
            (prefix, false) => formatter.write_str(prefix),
        }
    }
}

/// The routes of an application, each with what serves it, the most particular first.
#[derive(Debug)]
pub(crate) struct RouteTable<T>(Vec<(Route, T)>);

/// What a path was found under.
#[derive(Debug)]
pub(crate) struct RouteMatch<'table, 'path, T> {
    /// What serves it.
    pub(crate) target: &'table T,
    /// What follows the route's prefix: empty, or beginning with a slash.
    pub(crate) path_info: &'path str,
}

impl<T> RouteTable<T> {
    /// Orders the routes: an exact one before a wildcard, a longer one before a shorter.
    pub(crate) fn new(mut routes: Vec<(Route, T)>) -> Self {
        routes.sort_by_key(|(route, _)| (route.wildcard, usize::MAX - route.prefix.len()));
        Self(routes)
    }

    /// Finds the most particular route of `path`.
    pub(crate) fn find<'table, 'path>(
        &'table self,
        path: &'path str,
    ) -> Option<RouteMatch<'table, 'path, T>> {
        self.0.iter().find_map(|(route, target)| {
            route.rest(path).map(|path_info| RouteMatch { target, path_info })
        })
    }

    /// The routes in the order in which they are tried.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Route, T)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[&'static str]) -> RouteTable<&'static str> {
        RouteTable::new(routes.iter().map(|route| (Route::parse(route).unwrap(), *route)).collect())
    }

    fn found(table: &RouteTable<&'static str>, path: &str) -> Option<(&'static str, String)> {
        table.find(path).map(|found| (*found.target, found.path_info.to_owned()))
    }

    #[test]
    fn a_wildcard_route_serves_its_prefix_and_what_follows_a_slash() {
        let table = table(&["/jobs/..."]);
        for (path, rest) in
            [("/jobs", ""), ("/jobs/", "/"), ("/jobs/a/b", "/a/b"), ("/jobs/a/", "/a/")]
        {
            assert_eq!(found(&table, path), Some(("/jobs/...", rest.to_owned())), "{path}");
        }
        for path in ["/jobsite", "/", "/Jobs", "/x/jobs"] {
            assert_eq!(found(&table, path), None, "{path}");
        }
    }

    #[test]
    fn an_exact_route_serves_one_path() {
        let table = table(&["/jobs"]);
        assert_eq!(found(&table, "/jobs"), Some(("/jobs", String::new())));
        assert_eq!(found(&table, "/jobs/"), Some(("/jobs", String::new())));
        assert_eq!(found(&table, "/jobs/a"), None);
    }

    #[test]
    fn the_most_particular_route_wins_whatever_the_order() {
        let table = table(&["/...", "/a/...", "/a/b/...", "/a/b"]);
        for (path, route) in
            [("/a/b", "/a/b"), ("/a/b/c", "/a/b/..."), ("/a/c", "/a/..."), ("/c", "/...")]
        {
            assert_eq!(found(&table, path).map(|(route, _)| route), Some(route), "{path}");
        }
    }

    #[test]
    fn a_route_is_written_as_it_was_read() {
        for route in ["/", "/...", "/a", "/a/..."] {
            assert_eq!(Route::parse(route).unwrap().to_string(), route);
        }
    }

    #[test]
    fn a_route_that_this_host_cannot_serve_is_refused() {
        assert!(matches!(Route::parse("jobs"), Err(RouteError::NotAbsolute(_))));
        for route in ["/jöbs", "/a b", "/a?b"] {
            assert!(matches!(Route::parse(route), Err(RouteError::NotAPath(_))), "{route}");
        }
        for route in ["/users/:id", "/users/*", "/.../x"] {
            assert!(matches!(Route::parse(route), Err(RouteError::UnknownWildcard(_))), "{route}");
        }
    }
}
