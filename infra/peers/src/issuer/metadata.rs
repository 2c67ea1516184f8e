use serde_json::{Value, json};

use super::TokenVersion;
use super::registry::TenantPath;

/// The discovery document of a path (OpenID Connect Discovery 1.0 §3; contracts §5.1).
///
/// `authorization_endpoint` and `response_types_supported` stand there because the specification requires them; nobody
/// signs in here, and the address answers 404.
pub(super) fn metadata(base_url: &str, path: TenantPath, version: TokenVersion) -> Value {
    let authority = format!("{base_url}/{}", path.segment());
    let in_version = match version {
        TokenVersion::V1 => "",
        TokenVersion::V2 => "/v2.0",
    };
    json!({
        "token_endpoint": format!("{authority}/oauth2{in_version}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "jwks_uri": format!("{authority}/discovery{in_version}/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["client_credentials"],
        "issuer": version.issuer(base_url, &path),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{authority}/oauth2{in_version}/authorize"),
        "claims_supported": [
            "aud", "azp", "azpacr", "appid", "appidacr", "exp", "iat", "iss", "nbf", "oid", "roles",
            "scp", "sub", "tid", "uti", "ver"
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::super::Guid;
    use super::*;

    const BASE: &str = "http://127.0.0.1:3001";

    #[test]
    fn a_v2_issuer_has_no_slash_at_its_end_and_a_v1_issuer_has() {
        let path = TenantPath::Tenant(Guid::from_u128(1));
        let tenant = format!("{BASE}/00000000-0000-0000-0000-000000000001");
        let v2 = metadata(BASE, path, TokenVersion::V2);
        assert_eq!(v2["issuer"], format!("{tenant}/v2.0"));
        assert_eq!(v2["jwks_uri"], format!("{tenant}/discovery/v2.0/keys"));
        assert_eq!(v2["token_endpoint"], format!("{tenant}/oauth2/v2.0/token"));
        let v1 = metadata(BASE, path, TokenVersion::V1);
        assert_eq!(v1["issuer"], format!("{tenant}/"));
        assert_eq!(v1["jwks_uri"], format!("{tenant}/discovery/keys"));
    }

    #[test]
    fn the_tenant_independent_issuer_is_a_template() {
        for (path, segment) in
            [(TenantPath::Common, "common"), (TenantPath::Organizations, "organizations")]
        {
            let document = metadata(BASE, path, TokenVersion::V2);
            assert_eq!(document["issuer"], format!("{BASE}/{{tenantid}}/v2.0"));
            assert_eq!(document["jwks_uri"], format!("{BASE}/{segment}/discovery/v2.0/keys"));
        }
    }
}
