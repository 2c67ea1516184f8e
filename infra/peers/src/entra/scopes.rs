use super::config::{Api, EntraConfig};
use super::refused::{Judged, refuse, refused};
use crate::issuer::TokenVersion;
use crate::issuer::form::Form;

/// What a token is asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) api: Api,
    /// The API as the request names it.
    pub(super) identifier: String,
    /// The permissions by name; empty for `.default`.
    pub(super) permissions: Vec<String>,
    /// Whether a refresh token is wanted.
    pub(super) offline: bool,
}

const DEFAULT: &str = "/.default";
const PROTOCOL: [&str; 4] = ["openid", "profile", "email", "offline_access"];

impl Wanted {
    /// What `aud` says: the client id for v2, what was asked for for v1 (contracts §5.3).
    pub(super) fn audience(&self) -> String {
        match self.api.version {
            TokenVersion::V1 => self.identifier.clone(),
            TokenVersion::V2 => self.api.id.to_string(),
        }
    }

    pub(super) fn of_user(&self) -> Vec<String> {
        if self.permissions.is_empty() { self.api.scopes.clone() } else { self.permissions.clone() }
    }
}

/// Reads `resource` at v1, and `scope` at v2 (contracts §5.4, 5.6). An application's scope is one `.default`.
pub(super) fn wanted(
    config: &EntraConfig,
    form: &Form,
    endpoint: TokenVersion,
    is_application: bool,
) -> Judged<Wanted> {
    if endpoint == TokenVersion::V1 {
        let resource = form.require("resource")?;
        return for_api(config, resource, Vec::new(), true);
    }
    if form.get("resource").is_some() {
        return refuse(901_002, "The 'resource' request parameter is not supported.");
    }
    read(config, form.require("scope")?, is_application)
}

/// Reads the scopes of a v2 request.
pub(super) fn read(config: &EntraConfig, scope: &str, is_application: bool) -> Judged<Wanted> {
    let (protocol, scopes): (Vec<&str>, Vec<&str>) =
        scope.split_ascii_whitespace().partition(|scope| PROTOCOL.contains(scope));
    let offline = protocol.contains(&"offline_access");
    let defaults: Vec<&str> =
        scopes.iter().filter_map(|scope| scope.strip_suffix(DEFAULT)).collect();
    if is_application && (scopes.len() != 1 || defaults.len() != 1 || !protocol.is_empty()) {
        if defaults.len() > 1 {
            return refuse(
                700_022,
                "The provided value for the input parameter scope is not valid because it contains more than one resource.",
            );
        }
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return refuse(1_002_012, text);
    }
    match (defaults.as_slice(), scopes.as_slice()) {
        ([identifier], [_]) => for_api(config, identifier, Vec::new(), offline),
        ([_, ..], _) => refuse(
            70_011,
            "The provided value for the input parameter 'scope' is not valid: .default cannot be combined with other scopes.",
        ),
        ([], []) => refuse(
            70_011,
            "The provided value for the input parameter 'scope' is not valid: it names no API.",
        ),
        ([], named) => {
            let parts: Option<Vec<(&str, &str)>> =
                named.iter().map(|scope| scope.rsplit_once('/')).collect();
            let parts = parts.unwrap_or_default();
            let Some((identifier, _)) = parts.first() else {
                return refuse(
                    70_011,
                    "The provided value for the input parameter 'scope' is not valid.",
                );
            };
            if parts.iter().any(|(other, _)| other != identifier) {
                return refuse(
                    700_022,
                    "The provided value for the input parameter scope is not valid because it contains more than one resource.",
                );
            }
            let permissions = parts.iter().map(|(_, name)| (*name).to_owned()).collect();
            for_api(config, identifier, permissions, offline)
        }
    }
}

fn for_api(
    config: &EntraConfig,
    identifier: &str,
    permissions: Vec<String>,
    offline: bool,
) -> Judged<Wanted> {
    let bare = |uri: &str| uri.strip_suffix('/').unwrap_or(uri).to_owned();
    let id = identifier.strip_prefix("api://").unwrap_or(identifier).parse().ok();
    let own = |api: &&Api| {
        api.uri == identifier
            || (!api.is_exact && bare(&api.uri) == bare(identifier))
            || Some(api.id) == id
    };
    let unknown = || {
        let text = format!(
            "The resource principal named {identifier} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
        );
        refused(500_011, text)
    };
    let api = config.apis.iter().find(own).cloned().ok_or_else(unknown)?;
    if permissions.iter().any(|name| !api.scopes.contains(name)) {
        return refuse(
            70_011,
            "The provided value for the input parameter 'scope' is not valid: the API has no such permission.",
        );
    }
    Ok(Wanted { api, identifier: identifier.to_owned(), permissions, offline })
}
