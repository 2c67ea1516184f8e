use serde_json::{Value, json};

/// The metadata of a path: what Microsoft's libraries read before they ask for a token (contracts §5.1). The keys are those
/// of the issuer that signs.
pub(super) fn metadata(base_url: &str, issuer_url: &str, segment: &str, is_v2: bool) -> Value {
    let version = if is_v2 { "/v2.0" } else { "" };
    let authority = format!("{base_url}/{segment}");
    json!({
        "token_endpoint": format!("{authority}/oauth2{version}/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{issuer_url}/{segment}/discovery{version}/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{authority}{}", if is_v2 { "/v2.0" } else { "/" }),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{authority}/oauth2{version}/authorize"),
        "device_authorization_endpoint": format!("{authority}/oauth2{version}/devicecode"),
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
    })
}

/// What instance discovery says of this authority: there is no other.
pub(super) fn instance(base_url: &str, tenant: &str) -> Value {
    let host = base_url.split_once("://").map_or(base_url, |(_, host)| host);
    json!({
        "tenant_discovery_endpoint": format!("{base_url}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    })
}

/// What is known of a user's home before the user signs in: the directory itself keeps the password.
pub(super) fn realm(user: &str) -> Value {
    let domain = user.rsplit_once('@').map_or("", |(_, domain)| domain);
    json!({
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": domain,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    })
}
