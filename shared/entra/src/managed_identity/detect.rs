use headgate_core::Secret;

use super::Which;
use super::app_service::{AppService, Generation};
use super::workload_identity::WorkloadIdentity;
use crate::Environment;
use crate::address::Address;

/// Where a managed identity is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// Wherever the environment says.
    #[default]
    Auto,
    WorkloadIdentity,
    AppService,
    Arc,
    Imds,
}

impl Source {
    pub(crate) const CHOICES: [(&'static str, Self); 5] = [
        ("auto", Self::Auto),
        ("workload-identity", Self::WorkloadIdentity),
        ("app-service", Self::AppService),
        ("arc", Self::Arc),
        ("imds", Self::Imds),
    ];
}

/// What there is here.
#[derive(Debug)]
pub(super) enum Platform {
    WorkloadIdentity(WorkloadIdentity),
    AppService(AppService),
    Arc(Address),
    Imds,
}

const NO_WORKLOAD: &str = "AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE and a client id (AZURE_CLIENT_ID or client-id) are needed";
const NO_APP_SERVICE: &str =
    "IDENTITY_ENDPOINT and IDENTITY_HEADER are not set: switch the app's identity on";
const NO_ARC: &str = "IDENTITY_ENDPOINT and IMDS_ENDPOINT are not set: install the azure arc agent";
const SERVICE_FABRIC: &str =
    "Service Fabric's identity endpoint is not supported: use another kind of credential";
const CLOUD_SHELL: &str =
    "Cloud Shell's identity endpoint is not supported: use another kind of credential";
const ENDPOINT: &str = "IDENTITY_ENDPOINT is no address on this machine";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST is no https address";

/// Finds where to ask, in the order of Azure's own libraries (contracts §6.5): workload identity, Service Fabric, App Service
/// with its old form, Azure Arc, Cloud Shell, and the instance metadata service as the last.
///
/// # Errors
///
/// What is missing or not supported.
pub(super) fn detect(
    environment: &impl Environment,
    source: Source,
    which: &Which,
) -> Result<Platform, &'static str> {
    let get = |name: &str| environment.get(name);
    let address = |text: String| Address::of_platform(&text).map_err(|_| ENDPOINT);
    match source {
        Source::Imds => return Ok(Platform::Imds),
        Source::WorkloadIdentity => return workload(environment, which)?.ok_or(NO_WORKLOAD),
        Source::Auto => {
            if let Some(platform) = workload(environment, which)? {
                return Ok(platform);
            }
        }
        Source::AppService | Source::Arc => {}
    }
    let endpoint = get("IDENTITY_ENDPOINT");
    if matches!(source, Source::Auto | Source::AppService) {
        match (endpoint.clone(), get("IDENTITY_HEADER")) {
            (Some(_), Some(_)) if get("IDENTITY_SERVER_THUMBPRINT").is_some() => {
                return Err(SERVICE_FABRIC);
            }
            (Some(endpoint), Some(header)) => {
                let (endpoint, header) = (address(endpoint)?, Secret::new(header));
                let generation = Generation::Current;
                return Ok(Platform::AppService(AppService { endpoint, header, generation }));
            }
            _ => {}
        }
    }
    if matches!(source, Source::Auto | Source::Arc)
        && let (Some(endpoint), Some(_)) = (endpoint, get("IMDS_ENDPOINT"))
    {
        return address(endpoint).map(Platform::Arc);
    }
    if matches!(source, Source::Auto | Source::AppService) {
        match (get("MSI_ENDPOINT"), get("MSI_SECRET")) {
            (Some(endpoint), Some(secret)) => {
                let (endpoint, header) = (address(endpoint)?, Secret::new(secret));
                let generation = Generation::Old;
                return Ok(Platform::AppService(AppService { endpoint, header, generation }));
            }
            (Some(_), None) => return Err(CLOUD_SHELL),
            (None, _) => {}
        }
    }
    match source {
        Source::AppService => Err(NO_APP_SERVICE),
        Source::Arc => Err(NO_ARC),
        Source::Auto | Source::Imds | Source::WorkloadIdentity => Ok(Platform::Imds),
    }
}

/// Workload identity on Kubernetes knows identities by client id alone.
fn workload(
    environment: &impl Environment,
    which: &Which,
) -> Result<Option<Platform>, &'static str> {
    let client_id = match which {
        Which::ClientId(id) => Some(id.clone()),
        Which::SystemAssigned => environment.get("AZURE_CLIENT_ID"),
        Which::ObjectId(_) | Which::ResourceId(_) => None,
    };
    let tenant = environment.get("AZURE_TENANT_ID");
    let file = environment.get("AZURE_FEDERATED_TOKEN_FILE");
    let (Some(client_id), Some(tenant), Some(file)) = (client_id, tenant, file) else {
        return Ok(None);
    };
    let authority = environment.get("AZURE_AUTHORITY_HOST");
    let authority = authority.as_deref().unwrap_or(crate::Cloud::Public.authority());
    let authority = Address::parse(authority).map_err(|_| AUTHORITY)?;
    Ok(Some(Platform::WorkloadIdentity(WorkloadIdentity { authority, tenant, client_id, file })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FixedEnvironment;

    const WORKLOAD: [(&str, &str); 3] = [
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"),
    ];
    const APP_SERVICE: [(&str, &str); 2] =
        [("IDENTITY_ENDPOINT", "http://localhost:4141/MSI/token"), ("IDENTITY_HEADER", "h")];
    const ARC: [(&str, &str); 2] = [
        ("IDENTITY_ENDPOINT", "http://localhost:40342/metadata/identity/oauth2/token"),
        ("IMDS_ENDPOINT", "http://localhost:40342"),
    ];
    const OLD: [(&str, &str); 2] =
        [("MSI_ENDPOINT", "http://127.0.0.1:41741/MSI/token"), ("MSI_SECRET", "s")];

    fn found(variables: &[&[(&str, &str)]], source: Source, which: &Which) -> String {
        let environment = FixedEnvironment::new(variables.concat());
        match detect(&environment, source, which) {
            Ok(Platform::WorkloadIdentity(workload)) => format!("workload {}", workload.client_id),
            Ok(Platform::AppService(service)) => format!("app service {:?}", service.generation),
            Ok(Platform::Arc(_)) => "arc".to_owned(),
            Ok(Platform::Imds) => "imds".to_owned(),
            Err(reason) => reason.to_owned(),
        }
    }

    #[test]
    fn the_first_that_there_is_is_taken() {
        let system = &Which::SystemAssigned;
        let auto = |variables: &[&[(&str, &str)]]| found(variables, Source::Auto, system);
        assert_eq!(auto(&[]), "imds");
        assert_eq!(auto(&[&WORKLOAD, &APP_SERVICE]), "workload c");
        assert_eq!(auto(&[&APP_SERVICE, &OLD, &ARC[1..]]), "app service Current");
        assert_eq!(auto(&[&ARC, &OLD]), "arc");
        assert_eq!(auto(&[&OLD]), "app service Old");
        assert_eq!(auto(&[&OLD[..1]]), CLOUD_SHELL);
        assert_eq!(auto(&[&APP_SERVICE, &[("IDENTITY_SERVER_THUMBPRINT", "t")]]), SERVICE_FABRIC);
        assert_eq!(auto(&[&WORKLOAD[..2]]), "imds");
        assert_eq!(auto(&[&APP_SERVICE[..1]]), "imds");
    }

    #[test]
    fn a_source_that_was_chosen_is_the_only_one() {
        let system = &Which::SystemAssigned;
        assert_eq!(found(&[&APP_SERVICE], Source::Imds, system), "imds");
        assert_eq!(found(&[&APP_SERVICE], Source::Arc, system), NO_ARC);
        assert_eq!(found(&[&ARC], Source::AppService, system), NO_APP_SERVICE);
        assert_eq!(found(&[&APP_SERVICE], Source::WorkloadIdentity, system), NO_WORKLOAD);
        assert_eq!(found(&[&WORKLOAD], Source::Arc, system), NO_ARC);
    }

    #[test]
    fn a_client_id_of_the_document_comes_before_that_of_the_environment() {
        let other = Which::ClientId("other".into());
        assert_eq!(found(&[&WORKLOAD], Source::Auto, &other), "workload other");
        let object = Which::ObjectId("o".into());
        assert_eq!(found(&[&WORKLOAD], Source::Auto, &object), "imds");
    }

    #[test]
    fn an_endpoint_elsewhere_gets_no_header() {
        let elsewhere = [("IDENTITY_ENDPOINT", "http://evil.example/"), ("IDENTITY_HEADER", "h")];
        assert_eq!(found(&[&elsewhere], Source::Auto, &Which::SystemAssigned), ENDPOINT);
    }
}
