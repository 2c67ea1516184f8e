use super::{Endpoint, TokenVersion};

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// The discovery document.
    Metadata { tenant: &'a str, version: TokenVersion },
    /// The keys.
    Keys { tenant: &'a str, version: TokenVersion },
    /// The token endpoint.
    Token { tenant: &'a str, version: TokenVersion },
    /// `POST /dev/rotate`: not Entra's.
    Rotate,
    /// `GET /healthz`: not Entra's.
    Health,
}

impl<'a> Route<'a> {
    /// Reads a path: exactly, so that a stray slash finds nothing.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        use TokenVersion::{V1, V2};
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        match segments.as_slice() {
            ["healthz"] => Some(Self::Health),
            ["dev", "rotate"] => Some(Self::Rotate),
            [tenant, ".well-known", "openid-configuration"] => {
                Some(Self::Metadata { tenant, version: V1 })
            }
            [tenant, "v2.0", ".well-known", "openid-configuration"] => {
                Some(Self::Metadata { tenant, version: V2 })
            }
            [tenant, "discovery", "keys"] => Some(Self::Keys { tenant, version: V1 }),
            [tenant, "discovery", "v2.0", "keys"] => Some(Self::Keys { tenant, version: V2 }),
            [tenant, "oauth2", "token"] => Some(Self::Token { tenant, version: V1 }),
            [tenant, "oauth2", "v2.0", "token"] => Some(Self::Token { tenant, version: V2 }),
            _ => None,
        }
    }

    /// The name in the log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Metadata { .. } => "metadata",
            Self::Keys { .. } => "keys",
            Self::Token { .. } => "token",
            Self::Rotate => "rotate",
            Self::Health => "healthz",
        }
    }

    /// The endpoint by which it is counted and broken; the developer's own routes are neither.
    pub(super) const fn endpoint(self) -> Option<Endpoint> {
        match self {
            Self::Metadata { .. } => Some(Endpoint::Metadata),
            Self::Keys { .. } => Some(Endpoint::Keys),
            Self::Token { .. } => Some(Endpoint::Token),
            Self::Rotate | Self::Health => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_entra_leads_to_its_document() {
        for (path, name, version) in [
            ("/t/v2.0/.well-known/openid-configuration", "metadata", TokenVersion::V2),
            ("/t/.well-known/openid-configuration", "metadata", TokenVersion::V1),
            ("/t/discovery/v2.0/keys", "keys", TokenVersion::V2),
            ("/t/discovery/keys", "keys", TokenVersion::V1),
            ("/t/oauth2/v2.0/token", "token", TokenVersion::V2),
            ("/t/oauth2/token", "token", TokenVersion::V1),
        ] {
            let route = Route::of(path).expect(path);
            assert_eq!(route.name(), name);
            let (Route::Metadata { version: found, tenant }
            | Route::Keys { version: found, tenant }
            | Route::Token { version: found, tenant }) = route
            else {
                panic!("{path} is a developer's route");
            };
            assert_eq!((found, tenant), (version, "t"));
        }
    }

    #[test]
    fn a_path_with_a_slash_too_many_leads_nowhere() {
        for path in ["", "/", "/t", "/t/discovery/keys/", "//t/discovery/keys", "/dev/rotate/"] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }
}
