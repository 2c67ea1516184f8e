/// An accepted `iss`: exact, or a template with `{tenantid}` (contracts §5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    placeholder: Option<usize>,
}

const PLACEHOLDER: &str = "{tenantid}";

impl Issuer {
    /// Takes an issuer as discovery, a key or a policy names it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let placeholder = text.to_ascii_lowercase().find(PLACEHOLDER);
        Self { text: text.to_owned(), placeholder }
    }

    /// Whether a token with this `iss` and `tid` is of this issuer.
    ///
    /// A template matches when `tid` is a GUID and `iss` is exactly the template with that GUID in the placeholder's
    /// stead, so that the tenant in `iss` and in `tid` are the same.
    #[must_use]
    pub fn matches(&self, iss: &str, tid: Option<&str>) -> bool {
        let Some(at) = self.placeholder else {
            return self.text == iss;
        };
        let Some(tid) = tid.filter(|tid| is_guid(tid)) else {
            return false;
        };
        let (before, after) = self.text.split_at(at);
        let after = after.get(PLACEHOLDER.len()..).unwrap_or_default();
        iss.strip_prefix(before)
            .and_then(|rest| rest.strip_prefix(tid))
            .is_some_and(|rest| rest == after)
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

    #[test]
    fn an_exact_issuer_matches_itself_alone() {
        let issuer = Issuer::new("https://issuer.example/");
        assert!(issuer.matches("https://issuer.example/", None));
        assert!(!issuer.matches("https://issuer.example", None));
        assert!(!issuer.matches("https://ISSUER.example/", None));
    }

    #[test]
    fn a_template_matches_only_with_the_tenant_of_tid_in_its_place() {
        let issuer = Issuer::new("https://login.microsoftonline.com/{TenantId}/v2.0");
        let of = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
        assert!(issuer.matches(&of(TENANT), Some(TENANT)));
        assert!(!issuer.matches(&of(TENANT), None));
        assert!(!issuer.matches(&of(TENANT), Some("9188040d-6c67-4c5b-b112-36a304b66dad")));
        assert!(!issuer.matches(&of("common"), Some("common")));
        assert!(!issuer.matches(&of("{tenantid}"), Some(TENANT)));
        assert!(!issuer.matches(&format!("{}/more", of(TENANT)), Some(TENANT)));
    }
}
