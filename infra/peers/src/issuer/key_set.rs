use serde_json::{Value, json};

use super::TokenVersion;
use super::key_ring::KeyRing;
use super::registry::TenantPath;

/// The document of keys (RFC 7517 §5) as a path shows it.
///
/// Each v2 key names the issuer whose tokens it may sign: a template for the tenant-independent paths, except for a key
/// that is one tenant's alone (contracts §5.1). v1 keys name none.
pub(super) fn key_set(
    ring: &KeyRing,
    base_url: &str,
    path: TenantPath,
    version: TokenVersion,
) -> Value {
    let keys: Vec<Value> = ring
        .published_for(path.tenant())
        .map(|key| {
            let mut jwk = key.jwk();
            if version == TokenVersion::V2 {
                let issuer = match key.tenant() {
                    Some(own) => version.issuer(base_url, &own),
                    None => version.issuer(base_url, &path),
                };
                jwk.insert("issuer".to_owned(), json!(issuer));
            }
            Value::Object(jwk)
        })
        .collect();
    json!({ "keys": keys })
}
