use std::collections::BTreeMap;

use serde::Deserialize;

/// An application manifest, `spin_manifest_version = 2`, as it is written.
///
/// What this host does not serve is an error, never ignored: a key it does not know would otherwise be a promise that
/// it breaks. Only what speaks to people or to other tools is read over: descriptions, authors, `build`, foreign `tool`
/// tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    spin_manifest_version: u32,
    pub(crate) application: ApplicationSection,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, VariableSection>,
    pub(crate) trigger: TriggerSection,
    #[serde(default)]
    pub(crate) component: BTreeMap<String, ComponentSection>,
}

/// `[application]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationSection {
    pub(crate) name: String,
    #[serde(default, rename = "version")]
    _version: Option<String>,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default, rename = "authors")]
    _authors: Vec<String>,
    #[serde(default, rename = "tool")]
    _tool: BTreeMap<String, toml::Table>,
}

/// One entry of `[variables]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariableSection {
    #[serde(default)]
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: Option<String>,
}

/// `[[trigger.http]]`; any other trigger is unknown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriggerSection {
    pub(crate) http: Vec<HttpTrigger>,
}

/// One `[[trigger.http]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpTrigger {
    #[serde(default, rename = "id")]
    _id: Option<String>,
    pub(crate) route: String,
    pub(crate) component: String,
}

/// One `[component.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentSection {
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) files: Vec<FilesEntry>,
    #[serde(default)]
    pub(crate) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(crate) key_value_stores: Vec<String>,
    #[serde(default)]
    pub(crate) tool: ToolSection,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default, rename = "build")]
    _build: Option<toml::Table>,
}

/// One entry of `files`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a path, or { source = \"…\", destination = \"/…\" }")]
pub(crate) enum FilesEntry {
    /// A file that the guest finds at the same relative path.
    Path(String),
    /// A folder that the guest finds at `destination`.
    Folder(FolderEntry),
}

/// A folder of the host and where the guest finds it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FolderEntry {
    pub(crate) source: String,
    pub(crate) destination: String,
}

/// `[component.NAME.tool]`, of which this host reads its own table.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ToolSection {
    #[serde(default)]
    pub(crate) headgate: HeadgateSection,
}

/// `[component.NAME.tool.headgate]`: what Spin has no words for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeadgateSection {
    /// How often `POST /tick` is sent to the component, as `60s`.
    #[serde(default)]
    pub(crate) tick: Option<String>,
    /// A component that is composed in front of this one.
    #[serde(default)]
    pub(crate) middleware: Option<String>,
}

/// Why a manifest could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file is not TOML, or has a key this host does not know; the message has line and column.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// The manifest has another version.
    #[error("spin_manifest_version is {0}: this host reads version 2")]
    Version(u32),
    /// There is no `[[trigger.http]]`.
    #[error("there is no [[trigger.http]]: nothing would be served")]
    NoTrigger,
    /// A trigger names a component that is not there.
    #[error("route {route} names the component {component}, which is not declared")]
    UnknownComponent {
        /// The trigger's route.
        route: String,
        /// The name it gives.
        component: String,
    },
    /// Two triggers have the same route.
    #[error("route {0} is declared twice")]
    DuplicateRoute(String),
}

impl Manifest {
    /// Reads a manifest's text.
    pub(crate) fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text)?;
        if manifest.spin_manifest_version != 2 {
            return Err(ManifestError::Version(manifest.spin_manifest_version));
        }
        if manifest.trigger.http.is_empty() {
            return Err(ManifestError::NoTrigger);
        }
        for trigger in &manifest.trigger.http {
            if !manifest.component.contains_key(&trigger.component) {
                return Err(ManifestError::UnknownComponent {
                    route: trigger.route.clone(),
                    component: trigger.component.clone(),
                });
            }
            let same = |other: &&HttpTrigger| other.route == trigger.route;
            if manifest.trigger.http.iter().filter(same).count() > 1 {
                return Err(ManifestError::DuplicateRoute(trigger.route.clone()));
            }
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "headgate"
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "one.wasm"
    "#;

    fn refusal(more: &str) -> String {
        Manifest::parse(&format!("{SMALLEST}{more}")).unwrap_err().to_string()
    }

    #[test]
    fn everything_this_host_serves_is_read() {
        let manifest = Manifest::parse(
            r#"
            spin_manifest_version = 2
            [application]
            name = "headgate"
            version = "0.1.0"
            description = "…"
            authors = ["a"]
            [variables]
            policy = { default = "" }
            key = { required = true, secret = true, description = "…" }
            [[trigger.http]]
            id = "first"
            route = "/one/..."
            component = "one"
            [component.one]
            description = "…"
            source = "one.wasm"
            environment = { A = "b" }
            files = ["a.txt", { source = "policies", destination = "/" }]
            key_value_stores = ["default"]
            allowed_outbound_hosts = ["https://example.com"]
            [component.one.variables]
            policy = "{{ policy }}"
            [component.one.build]
            command = "cargo build"
            watch = ["src"]
            [component.one.tool.headgate]
            tick = "60s"
            middleware = "m.wasm"
            [component.one.tool.another]
            anything = 1
            "#,
        )
        .unwrap();
        let one = &manifest.component["one"];
        assert_eq!(one.tool.headgate.tick.as_deref(), Some("60s"));
        assert_eq!(one.tool.headgate.middleware.as_deref(), Some("m.wasm"));
        assert_eq!(one.files.len(), 2);
        assert!(manifest.variables["key"].required);
    }

    #[test]
    fn what_this_host_does_not_serve_is_named() {
        for (more, name) in [
            ("sqlite_databases = ['default']", "sqlite_databases"),
            ("exclude_files = ['a']", "exclude_files"),
            ("ai_models = ['a']", "ai_models"),
            ("[component.one.dependencies]\n'a:b' = '1'", "dependencies"),
            ("[component.one.tool.headgate]\ntock = '1s'", "tock"),
            ("[[trigger.redis]]\nchannel = 'c'\ncomponent = 'one'", "redis"),
            ("[application.trigger.http]\nbase = '/x'", "trigger"),
            ("[variables]\nv = { defualt = '' }", "defualt"),
            ("[something]", "something"),
        ] {
            let refusal = refusal(more);
            assert!(refusal.contains(name), "{more}: {refusal}");
        }
    }

    #[test]
    fn a_component_from_elsewhere_is_refused() {
        let text = SMALLEST.replace("\"one.wasm\"", "{ url = 'https://example.com', digest = '' }");
        assert!(Manifest::parse(&text).unwrap_err().to_string().contains("string"));
    }

    #[test]
    fn a_manifest_that_contradicts_itself_is_refused() {
        let again = "[[trigger.http]]\nroute = '/...'\ncomponent = 'one'";
        assert_eq!(refusal(again), "route /... is declared twice");
        let nobody = "[[trigger.http]]\nroute = '/b'\ncomponent = 'two'";
        assert_eq!(refusal(nobody), "route /b names the component two, which is not declared");
        let first = SMALLEST.replace("version = 2", "version = 1");
        assert!(matches!(Manifest::parse(&first), Err(ManifestError::Version(1))));
    }
}
