use std::fmt;
use std::sync::Arc;

/// What a token is for: an API's `/.default`, or permissions of one API by name (contracts §5.4, 5.6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Arc<str>);

/// Why a text is no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// There is nothing in it.
    #[error("scope is empty: give RESOURCE/.default")]
    Empty,
    /// It has a character that no scope has (RFC 6749 §3.3), or is longer than 2,048 bytes.
    #[error(
        "scope holds what is not printable ASCII, a quote or a backslash, or is longer than 2048 bytes"
    )]
    Malformed,
    /// `.default` stands beside another scope (contracts §5.6).
    #[error("scope mixes .default with other scopes: ask for each by itself")]
    Mixed,
    /// A resource has white space in it.
    #[error("resource must be one URI without white space")]
    Resource,
}

const SUFFIX: &str = "/.default";
const LONGEST: usize = 2_048;

impl Scope {
    /// Takes one scope or several, parted by white space.
    ///
    /// # Errors
    ///
    /// [`ScopeError`]: nothing is put right, since `https://a//.default` and `https://a/.default` are two APIs.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let scopes: Vec<&str> = text.split_ascii_whitespace().collect();
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if scopes.is_empty() {
            return Err(ScopeError::Empty);
        }
        if text.len() > LONGEST || !scopes.iter().all(|scope| scope.bytes().all(allowed)) {
            return Err(ScopeError::Malformed);
        }
        if scopes.len() > 1 && scopes.iter().any(|scope| scope.ends_with(SUFFIX)) {
            return Err(ScopeError::Mixed);
        }
        Ok(Self(scopes.join(" ").into()))
    }

    /// Makes the scope of everything that is granted for a resource: the URI as it is, and `/.default`.
    ///
    /// A slash at the URI's end stays, and makes the two that the API wants: `https://management.azure.com//.default`.
    ///
    /// # Errors
    ///
    /// [`ScopeError`] when the URI is empty or holds white space.
    ///
    /// ```
    /// use headgate_entra::Scope;
    ///
    /// let scope = Scope::of_resource("https://service.flow.microsoft.com/")?;
    /// assert_eq!(scope.as_str(), "https://service.flow.microsoft.com//.default");
    /// assert_eq!(scope.resource(), Some("https://service.flow.microsoft.com/"));
    /// # Ok::<(), headgate_entra::ScopeError>(())
    /// ```
    pub fn of_resource(resource: &str) -> Result<Self, ScopeError> {
        if resource.is_empty() {
            return Err(ScopeError::Empty);
        }
        if resource.contains(|character: char| character.is_whitespace()) {
            return Err(ScopeError::Resource);
        }
        Self::parse(&format!("{resource}{SUFFIX}"))
    }

    /// The scope as a v2 endpoint takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The resource as a v1 endpoint and a managed identity take it: without the suffix `/.default`, and exactly that.
    /// `None` when the scope names permissions.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.0.strip_suffix(SUFFIX).filter(|resource| !resource.is_empty())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_resource_becomes_a_scope_and_itself_again(resource in "[!#-\\[\\]-~]{1,100}") {
            let scope = Scope::of_resource(&resource).unwrap();
            prop_assert_eq!(scope.resource(), Some(resource.as_str()));
            prop_assert_eq!(Scope::parse(scope.as_str()), Ok(scope));
        }
    }

    #[test]
    fn a_resource_keeps_its_slashes_both_ways() {
        for (resource, scope) in [
            ("https://management.azure.com", "https://management.azure.com/.default"),
            ("https://management.azure.com/", "https://management.azure.com//.default"),
            ("api://orders", "api://orders/.default"),
            (
                "4a7c9e13-8b26-4f0d-a5e1-7d3b6c9f2e58",
                "4a7c9e13-8b26-4f0d-a5e1-7d3b6c9f2e58/.default",
            ),
        ] {
            let made = Scope::of_resource(resource).unwrap();
            assert_eq!(made.as_str(), scope);
            assert_eq!(made.resource(), Some(resource));
            assert_eq!(Scope::parse(scope).unwrap(), made);
        }
    }

    #[test]
    fn scopes_by_name_are_no_resource() {
        let scope = Scope::parse("  User.Read\tMail.Send ").unwrap();
        assert_eq!(scope.as_str(), "User.Read Mail.Send");
        assert_eq!(scope.resource(), None);
        assert_eq!(Scope::parse("/.default").unwrap().resource(), None);
    }

    #[test]
    fn what_no_endpoint_would_take_is_refused() {
        assert_eq!(Scope::parse(" "), Err(ScopeError::Empty));
        assert_eq!(Scope::parse("a\"b"), Err(ScopeError::Malformed));
        assert_eq!(Scope::parse("é"), Err(ScopeError::Malformed));
        assert_eq!(Scope::parse(&"a".repeat(2_049)), Err(ScopeError::Malformed));
        assert_eq!(Scope::parse("api://a/.default User.Read"), Err(ScopeError::Mixed));
        assert_eq!(Scope::of_resource("api://a b"), Err(ScopeError::Resource));
        assert_eq!(Scope::of_resource(""), Err(ScopeError::Empty));
    }
}
