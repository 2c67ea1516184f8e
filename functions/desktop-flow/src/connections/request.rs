use headgate_core::{Secret, Variables, expand_secrets};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::ConnectionError;
use crate::guid::Guid;

/// A connection as a caller describes it. It holds references to secrets, and none itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectionRequest {
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    pub(crate) parameter_set: ParameterSet,
    /// A flowmachinegroup's id, also for a single machine (contracts §2.2).
    pub(crate) machine_group: Guid,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<Reference>,
    #[serde(default)]
    username_variable: Option<String>,
    #[serde(default)]
    password_variable: Option<String>,
    #[serde(default)]
    pub(crate) credential: Option<Credential>,
    #[serde(default)]
    pub(crate) run_owner: Option<RunOwner>,
}

/// The sets of parameters that a connection of desktop flows has (contracts §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ParameterSet {
    /// User and password.
    AzureRelay,
    /// The same, and an application that owns the runs.
    AzureRelayRunOwner,
    /// "Connect with sign in – Attended".
    PasswordlessAttended,
}

/// A credential that the environment keeps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    pub(crate) kind: CredentialKind,
    id: Guid,
}

/// Where a credential's secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CredentialKind {
    KeyVaultPassword,
    KeyVaultCertificate,
    CyberArk,
}

/// The application that owns the runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RunOwner {
    pub(crate) client_id: Guid,
    /// Its certificate with the key: base64 of a PFX file.
    pfx: Reference,
    #[serde(default)]
    pfx_password: Option<Reference>,
}

/// A text that should refer to a secret. Until that is judged it may be one, so `Debug` shows nothing.
#[derive(Deserialize)]
struct Reference(String);

impl std::fmt::Debug for Reference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Reference(…)")
    }
}

impl Reference {
    /// Puts the secret in. A caller reaches no other variable than those whose names begin with `robot_`.
    async fn expand(
        &self,
        member: &'static str,
        variables: &impl Variables,
    ) -> Result<Secret, ConnectionError> {
        let name = self.0.strip_prefix("${secret:").and_then(|rest| rest.strip_suffix('}'));
        let is_allowed = name.is_some_and(|name| {
            let normal = name.to_ascii_lowercase().replace(['-', '.'], "_");
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            normal.strip_prefix("robot_").is_some_and(|rest| !rest.is_empty())
                && normal.bytes().all(allowed)
        });
        if !is_allowed {
            return Err(ConnectionError::NotReference(member));
        }
        Ok(Secret::new(expand_secrets(&self.0, variables).await?))
    }
}

impl ConnectionRequest {
    /// Reads a body. What is wrong is told by its place alone: it may hold a secret that should not be there.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ConnectionError> {
        let request: Self = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            ConnectionError::Malformed(format!(
                "see line {line}, column {column}, and the function's openapi.json"
            ))
        })?;
        request.judge()?;
        Ok(request)
    }

    fn judge(&self) -> Result<(), ConnectionError> {
        let rule = |reason| Err(ConnectionError::Rule(reason));
        let has_owner = self.run_owner.is_some();
        match self.parameter_set {
            ParameterSet::AzureRelay if has_owner => {
                return rule("a run owner needs the parameterSet azureRelayRunOwner");
            }
            ParameterSet::AzureRelayRunOwner if !has_owner => {
                return rule("azureRelayRunOwner needs runOwner");
            }
            ParameterSet::PasswordlessAttended => {
                let is_bare = self.username.is_none()
                    && self.password.is_none()
                    && self.username_variable.is_none()
                    && self.password_variable.is_none()
                    && self.credential.is_none()
                    && !has_owner;
                if !is_bare {
                    return rule(
                        "passwordlessAttended has a machineGroup alone: who signs in says the rest",
                    );
                }
                return Ok(());
            }
            ParameterSet::AzureRelay | ParameterSet::AzureRelayRunOwner => {}
        }
        let literal = (self.username.is_some(), self.password.is_some());
        let variable = (self.username_variable.is_some(), self.password_variable.is_some());
        let is_right = match self.credential.as_ref().map(|credential| credential.kind) {
            None => literal == (true, true) && variable == (false, false),
            Some(CredentialKind::KeyVaultPassword) => {
                literal == (false, false) && variable == (true, true)
            }
            Some(CredentialKind::KeyVaultCertificate | CredentialKind::CyberArk) => {
                literal == (false, false) && variable == (true, false)
            }
        };
        if !is_right {
            return rule(
                "give username and password; with a credential usernameVariable, and for keyVaultPassword passwordVariable too",
            );
        }
        let is_name = |name: &String| {
            (1..=100).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let names = [&self.username_variable, &self.password_variable];
        if !names.into_iter().flatten().all(is_name) {
            return rule("an environment variable's name has letters, digits and _");
        }
        Ok(())
    }

    /// Makes the body for the connections API (contracts §2.2). It holds the secrets.
    pub(crate) async fn body(
        &self,
        environment: &str,
        variables: &impl Variables,
    ) -> Result<Secret, ConnectionError> {
        let mut values = Map::new();
        let mut put = |name: &str, value: &str| {
            values.insert(name.to_owned(), json!({ "value": value }));
        };
        let of_variable = |name: &str| format!("@environmentVariables(\"{name}\")");
        match (&self.username, &self.username_variable) {
            (Some(name), _) => put("username", name),
            (None, Some(variable)) => put("username", &of_variable(variable)),
            (None, None) => {}
        }
        match (&self.password, &self.password_variable, &self.credential) {
            (Some(password), _, _) => {
                put("password", password.expand("password", variables).await?.expose());
            }
            (None, Some(variable), _) => put("password", &of_variable(variable)),
            (None, None, Some(_)) => put("password", "none"),
            (None, None, None) => {}
        }
        put("targetId", self.machine_group.as_str());
        if let Some(owner) = &self.run_owner {
            put("tokenRunOwnerCert:clientId", owner.client_id.as_str());
            let pfx = owner.pfx.expand("runOwner.pfx", variables).await?;
            let password = match &owner.pfx_password {
                Some(password) => password.expand("runOwner.pfxPassword", variables).await?,
                None => Secret::new(""),
            };
            let certificate = json!({ "pfx": pfx.expose(), "password": password.expose() });
            values.insert(
                "tokenRunOwnerCert:clientCertificateSecret".to_owned(),
                json!({ "value": certificate }),
            );
        }
        let mut properties = Map::new();
        let id = format!("/providers/Microsoft.PowerApps/environments/{environment}");
        properties.insert("environment".to_owned(), json!({ "id": id, "name": environment }));
        if let Some(name) = &self.display_name {
            properties.insert("displayName".to_owned(), json!(name));
        }
        if let Some(credential) = &self.credential {
            properties.insert("credentialId".to_owned(), json!(credential.id));
        }
        let set = json!({ "name": self.parameter_set, "values": Value::Object(values) });
        properties.insert("connectionParametersSet".to_owned(), set);
        Ok(Secret::new(json!({ "properties": properties }).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use headgate_fakes::{FixedVariables, now};

    use super::*;

    const GROUP: &str = "11111111-2222-3333-4444-555555555555";

    fn body(text: &str) -> Result<Value, String> {
        let variables = FixedVariables::new([
            ("robot_password".to_owned(), "hunter2".to_owned()),
            ("robot_pfx".to_owned(), "UEZY".to_owned()),
            ("credentials".to_owned(), "not for callers".to_owned()),
        ]);
        let request = ConnectionRequest::parse(text.replace("GROUP", GROUP).as_bytes());
        let request = request.map_err(|error| error.to_string())?;
        let body = now(request.body("Default-1", &variables)).map_err(|error| error.to_string())?;
        Ok(serde_json::from_str(body.expose()).unwrap())
    }

    #[test]
    fn a_user_and_a_password_by_reference_are_a_connection() {
        let made = body(
            r#"{"parameterSet":"azureRelay","displayName":"Robots","machineGroup":"GROUP","username":"contoso\\robot","password":"${secret:robot-password}"}"#,
        );
        let expected = json!({ "properties": {
            "environment": { "id": "/providers/Microsoft.PowerApps/environments/Default-1", "name": "Default-1" },
            "displayName": "Robots",
            "connectionParametersSet": { "name": "azureRelay", "values": {
                "username": { "value": "contoso\\robot" }, "password": { "value": "hunter2" },
                "targetId": { "value": GROUP } } } } });
        assert_eq!(made.unwrap(), expected);
    }

    #[test]
    fn each_credential_of_the_environment_has_its_payload() {
        let of = |kind: &str, more: &str| {
            body(&format!(
                r#"{{"parameterSet":"azureRelay","machineGroup":"GROUP","usernameVariable":"cr_user"{more},"credential":{{"kind":"{kind}","id":"GROUP"}}}}"#
            ))
            .map(|body| body["properties"].clone())
        };
        let password = of("keyVaultPassword", r#","passwordVariable":"cr_password""#).unwrap();
        let values = &password["connectionParametersSet"]["values"];
        assert_eq!(values["username"]["value"], "@environmentVariables(\"cr_user\")");
        assert_eq!(values["password"]["value"], "@environmentVariables(\"cr_password\")");
        assert_eq!(password["credentialId"], GROUP);
        for kind in ["keyVaultCertificate", "cyberArk"] {
            let values = &of(kind, "").unwrap()["connectionParametersSet"]["values"];
            assert_eq!(values["password"]["value"], "none");
            assert!(of(kind, r#","passwordVariable":"x""#).is_err());
        }
        assert!(of("keyVaultPassword", "").is_err());
    }

    #[test]
    fn a_run_owner_comes_with_its_certificate() {
        let made = body(
            r#"{"parameterSet":"azureRelayRunOwner","machineGroup":"GROUP","username":"a","password":"${secret:robot-password}","runOwner":{"clientId":"GROUP","pfx":"${secret:Robot.Pfx}"}}"#,
        );
        let made = made.unwrap();
        let values = &made["properties"]["connectionParametersSet"]["values"];
        assert_eq!(values["tokenRunOwnerCert:clientId"]["value"], GROUP);
        let certificate = &values["tokenRunOwnerCert:clientCertificateSecret"]["value"];
        assert_eq!(*certificate, json!({ "pfx": "UEZY", "password": "" }));
    }

    #[test]
    fn a_sign_in_has_a_machine_group_alone() {
        let made =
            body(r#"{"parameterSet":"passwordlessAttended","machineGroup":"GROUP"}"#).unwrap();
        let set = &made["properties"]["connectionParametersSet"];
        assert_eq!(
            *set,
            json!({ "name": "passwordlessAttended", "values": { "targetId": { "value": GROUP } } })
        );
        let owned = r#"{"parameterSet":"passwordlessAttended","machineGroup":"GROUP","runOwner":{"clientId":"GROUP","pfx":"x"}}"#;
        assert!(body(owned).unwrap_err().contains("passwordlessAttended"));
    }

    #[test]
    fn a_secret_is_a_reference_to_one_of_the_robots_and_is_never_told() {
        for written in [
            "hunter2",
            "${secret:credentials}",
            "${secret:robot_}",
            "x${secret:robot-password}",
            "${secret:robot-a}${secret:credentials}",
        ] {
            let text = format!(
                r#"{{"parameterSet":"azureRelay","machineGroup":"GROUP","username":"a","password":"{written}"}}"#
            );
            let error = body(&text).unwrap_err();
            assert!(error.starts_with("password must be a reference"), "{error}");
        }
        let wrong = r#"{"parameterSet":"azureRelay","machineGroup":"GROUP","username":"a","password":7,"hunter2":"hunter2"}"#;
        let error = ConnectionRequest::parse(wrong.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        let unset = r#"{"parameterSet":"azureRelay","machineGroup":"GROUP","username":"a","password":"${secret:robot-other}"}"#;
        assert_eq!(
            body(unset).unwrap_err(),
            "secret robot-other is not set: set the variable robot_other of the function"
        );
    }
}
