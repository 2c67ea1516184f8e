use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::allowed_hosts::{AllowedHostError, AllowedHosts};
use crate::manifest::{ComponentSection, Manifest, ManifestError, VariableSection};
use crate::mounts::{Mounts, mounts};
use crate::period::parse_period;
use crate::route::{Route, RouteError};
use crate::template::{Template, TemplateError, is_variable_name};

/// A manifest with its variables put in: what is to be served.
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) routes: Vec<(Route, String)>,
    pub(crate) components: BTreeMap<String, ComponentPlan>,
}

/// One component with all it may reach. It holds secrets, so it has no `Debug`.
pub(crate) struct ComponentPlan {
    pub(crate) source: PathBuf,
    pub(crate) middleware: Option<PathBuf>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) mounts: Mounts,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) key_value_stores: BTreeSet<String>,
    pub(crate) tick: Option<Duration>,
}

/// Why an application cannot be served as its manifest says.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// The manifest could not be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A route could not be read.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// A variable has a name that Spin refuses.
    #[error("{0:?} is not a variable's name: use lower-case letters, digits and underscores")]
    VariableName(String),
    /// A variable has neither a default nor `required = true`.
    #[error("variable {0} needs either a default or required = true")]
    VariableWithoutDefault(String),
    /// A required variable has no value.
    #[error("variable {0} is required: set it with --set {0}=… or SPIN_VARIABLE_{upper}", upper = .0.to_ascii_uppercase())]
    VariableUnset(String),
    /// A value was given for a variable that the application does not declare.
    #[error("variable {0} is set but not declared in [variables]")]
    VariableUndeclared(String),
    /// A template in a component could not be read or filled in.
    #[error("component {component}, {place}: {source}")]
    Template {
        /// The component.
        component: String,
        /// The key of the component's table.
        place: String,
        /// What is wrong.
        source: TemplateError,
    },
    /// An entry of `allowed_outbound_hosts` could not be read.
    #[error("component {component}, allowed_outbound_hosts: {source}")]
    AllowedHost {
        /// The component.
        component: String,
        /// What is wrong.
        source: AllowedHostError,
    },
    /// An entry of `files` cannot be served.
    #[error("component {component}, files: {path:?} {reason}")]
    Files {
        /// The component.
        component: String,
        /// The entry's path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The period of a timer could not be read.
    #[error("component {component}, tick: {text:?} is not a period as 500ms, 60s, 5m or 1h")]
    Tick {
        /// The component.
        component: String,
        /// What stands there.
        text: String,
    },
    /// A component has a timer, and no route that its `POST /tick` could go to.
    #[error("component {0} has a tick and no [[trigger.http]]: give it a route")]
    TickWithoutRoute(String),
}

impl Application {
    /// Puts `given` values (and, where none is given, the defaults) into `manifest`, whose paths are relative to `folder`.
    pub(crate) fn resolve(
        manifest: &Manifest,
        folder: &Path,
        given: &BTreeMap<String, String>,
    ) -> Result<Self, ApplicationError> {
        let values = values(&manifest.variables, given)?;
        let routes = manifest
            .trigger
            .http
            .iter()
            .map(|trigger| Ok((Route::parse(&trigger.route)?, trigger.component.clone())))
            .collect::<Result<_, ApplicationError>>()?;
        let components = manifest
            .component
            .iter()
            .map(|(name, section)| Ok((name.clone(), plan(name, section, folder, &values)?)))
            .collect::<Result<BTreeMap<_, ComponentPlan>, ApplicationError>>()?;
        let routed = |name: &str| manifest.trigger.http.iter().any(|http| http.component == name);
        if let Some((name, _)) =
            components.iter().find(|(name, plan)| plan.tick.is_some() && !routed(name))
        {
            return Err(ApplicationError::TickWithoutRoute(name.clone()));
        }
        Ok(Self { name: manifest.application.name.clone(), routes, components })
    }
}

fn values(
    declared: &BTreeMap<String, VariableSection>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApplicationError> {
    if let Some(name) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(ApplicationError::VariableUndeclared(name.clone()));
    }
    declared
        .iter()
        .map(|(name, section)| {
            if !is_variable_name(name) {
                return Err(ApplicationError::VariableName(name.clone()));
            }
            let value = match (given.get(name), &section.default) {
                (Some(value), _) | (None, Some(value)) => value.clone(),
                (None, None) if section.required => {
                    return Err(ApplicationError::VariableUnset(name.clone()));
                }
                (None, None) => {
                    return Err(ApplicationError::VariableWithoutDefault(name.clone()));
                }
            };
            Ok((name.clone(), value))
        })
        .collect()
}

fn plan(
    component: &str,
    section: &ComponentSection,
    folder: &Path,
    values: &BTreeMap<String, String>,
) -> Result<ComponentPlan, ApplicationError> {
    let fill = |place: &str, text: &str| {
        Template::parse(text).and_then(|template| template.fill(values)).map_err(|source| {
            let (component, place) = (component.to_owned(), place.to_owned());
            ApplicationError::Template { component, place, source }
        })
    };
    let mut variables = BTreeMap::new();
    for (name, text) in &section.variables {
        if !is_variable_name(name) {
            return Err(ApplicationError::VariableName(name.clone()));
        }
        variables.insert(name.clone(), fill(&format!("variables.{name}"), text)?);
    }
    let hosts = section
        .allowed_outbound_hosts
        .iter()
        .map(|entry| fill("allowed_outbound_hosts", entry))
        .collect::<Result<Vec<_>, _>>()?;
    let allowed_hosts = AllowedHosts::parse(&hosts).map_err(|source| {
        ApplicationError::AllowedHost { component: component.to_owned(), source }
    })?;
    let headgate = &section.tool.headgate;
    let tick = match &headgate.tick {
        None => None,
        Some(text) => Some(parse_period(text).ok_or_else(|| ApplicationError::Tick {
            component: component.to_owned(),
            text: text.clone(),
        })?),
    };
    Ok(ComponentPlan {
        source: folder.join(&section.source),
        middleware: headgate.middleware.as_ref().map(|path| folder.join(path)),
        variables,
        environment: section.environment.clone().into_iter().collect(),
        mounts: mounts(component, &section.files, folder)?,
        allowed_hosts,
        key_value_stores: section.key_value_stores.iter().cloned().collect(),
        tick,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "headgate"
        [variables]
        policy = { default = "none" }
        key = { required = true, secret = true }
        [[trigger.http]]
        route = "/one/..."
        component = "one"
        [component.one]
        source = "../one.wasm"
        allowed_outbound_hosts = ["https://{{ policy }}.example.com"]
        [component.one.variables]
        policy = "<{{ policy }}>"
        key = "{{ key }}"
    "#;

    fn resolve(more: &str, given: &[(&str, &str)]) -> Result<Application, ApplicationError> {
        let given = given.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let manifest = Manifest::parse(&format!("{MANIFEST}{more}")).unwrap();
        Application::resolve(&manifest, Path::new("/app"), &given)
    }

    fn refusal(more: &str, given: &[(&str, &str)]) -> String {
        resolve(more, given).err().expect("the application is refused").to_string()
    }

    #[test]
    fn given_values_go_before_defaults_and_into_every_template() {
        let application = resolve("", &[("key", "k"), ("policy", "strict")]).unwrap();
        let one = &application.components["one"];
        assert_eq!(one.variables["policy"], "<strict>");
        assert_eq!(one.variables["key"], "k");
        assert!(one.allowed_hosts.allow(&"https://strict.example.com/".parse().unwrap()));
        assert_eq!(one.source, Path::new("/app/../one.wasm"));
        let application = resolve("", &[("key", "k")]).unwrap();
        assert_eq!(application.components["one"].variables["policy"], "<none>");
    }

    #[test]
    fn a_required_variable_without_a_value_is_named_with_how_to_set_it() {
        assert_eq!(
            refusal("", &[]),
            "variable key is required: set it with --set key=… or SPIN_VARIABLE_KEY"
        );
    }

    #[test]
    fn a_value_for_an_undeclared_variable_is_refused_without_showing_it() {
        let refusal = refusal("", &[("key", "k"), ("polcy", "hunter2")]);
        assert_eq!(refusal, "variable polcy is set but not declared in [variables]");
    }

    #[test]
    fn a_template_that_names_an_undeclared_variable_is_refused_with_its_place() {
        assert_eq!(
            refusal("other = '{{ nobody }}'", &[("key", "k")]),
            "component one, variables.other: variable nobody is not declared: add it to [variables]"
        );
    }

    #[test]
    fn files_are_single_files_or_folders_inside_the_application() {
        let files =
            |entry: &str| format!("[component.two]\nsource = 'two.wasm'\nfiles = [{entry}]");
        let good = files("'a/b.txt', { source = 'p', destination = '/q' }");
        let application = resolve(&good, &[("key", "k")]).unwrap();
        let mounts = &application.components["two"].mounts;
        assert_eq!(mounts.files, [("/app/a/b.txt".into(), "a/b.txt".to_owned())]);
        assert_eq!(mounts.folders, [("/app/p".into(), "/q".to_owned())]);
        for bad in ["'*.txt'", "'../a'", "'/etc/passwd'", "{ source = 'p', destination = 'q' }"] {
            assert!(refusal(&files(bad), &[("key", "k")]).contains("files"), "{bad}");
        }
    }

    #[test]
    fn a_timer_needs_a_route() {
        let two =
            "[component.two]\nsource = 'two.wasm'\n[component.two.tool.headgate]\ntick = '1s'";
        assert_eq!(
            refusal(two, &[("key", "k")]),
            "component two has a tick and no [[trigger.http]]: give it a route"
        );
    }
}
