use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use headgate_core::{Clock, Secret};
use headgate_entra::{FixedEnvironment, TokenError};
use headgate_peers::entra::{FederatedCredential, OutsideIssuer};
use headgate_peers::identity::{AppService, Arc as ArcAgent, Assigned, Imds, Machine, Sts};
use headgate_peers::issuer::Guid;
use headgate_peers::peer::{Serving, Trouble};
use http::StatusCode;

use crate::support::{APPLICATION, NOW, Setup, claims, orders, scope};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const RESOURCE: &str = "/subscriptions/1/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/robots";

fn assigned(number: u128, is_system: bool) -> Assigned {
    Assigned {
        client_id: Guid::from_u128(number),
        object_id: Guid::from_u128(number + 1),
        resource_id: format!("{RESOURCE}{number:x}"),
        is_system,
    }
}

fn machine(setup: &Setup, identities: Vec<Assigned>) -> Machine {
    Machine {
        issuer: Arc::clone(setup.entra.issuer()),
        clock: Arc::new(setup.clock.clone()),
        identities,
        resources: vec![
            "https://management.azure.com/".to_owned(),
            "api://orders".to_owned(),
            "api://AzureADTokenExchange".to_owned(),
        ],
        lifetime: 86_400,
    }
}

async fn imds(setup: &Setup, identities: Vec<Assigned>) -> (Serving, String) {
    let imds = Imds::start(LISTEN, machine(setup, identities)).await.unwrap();
    let document =
        format!("[robots]\nkind = \"managed-identity\"\nimds-endpoint = \"{}\"\n", imds.base_url());
    (imds, document)
}

#[tokio::test]
async fn a_machines_identity_gets_a_token_for_a_day() {
    let setup = Setup::new().await;
    let (imds, document) = imds(&setup, vec![assigned(0x10, true)]).await;
    let identities = setup.instance(&document).await;
    let arm = scope("https://management.azure.com//.default");
    let token = identities.token("robots", &arm).await.unwrap();
    assert_eq!(claims(token.expose())["aud"], "https://management.azure.com/");
    assert_eq!(token.expires_at().since(NOW).as_secs(), 86_400);
    identities.token("robots", &arm).await.unwrap();
    assert_eq!(imds.troubles().requests(), 1);
    let error = identities.token("robots", &scope("User.Read")).await.unwrap_err();
    assert_eq!(error, TokenError::ScopeNotResource);
    let error = identities
        .token("robots", &scope("https://management.azure.com/.default"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("slashes"), "{error}");
}

#[tokio::test]
async fn one_of_several_identities_is_named_by_any_of_its_ids() {
    let setup = Setup::new().await;
    let (_imds, document) = imds(&setup, vec![assigned(0x10, false), assigned(0x20, false)]).await;
    for id in [
        format!("client-id = \"{}\"", Guid::from_u128(0x20)),
        format!("object-id = \"{}\"", Guid::from_u128(0x21)),
        format!("resource-id = \"{RESOURCE}20\""),
    ] {
        let identities = setup.instance(&format!("{document}{id}\n")).await;
        let token = identities.token("robots", &orders()).await.unwrap();
        assert_eq!(claims(token.expose())["appid"], Guid::from_u128(0x20).to_string(), "{id}");
    }
    let identities = setup.instance(&document).await;
    let error = identities.token("robots", &orders()).await.unwrap_err();
    assert_eq!(error.name(), "IdentityRefused");
    let unknown = format!("{document}client-id = \"{}\"\n", Guid::from_u128(0x99));
    let identities = setup.instance(&unknown).await;
    let error = identities.token("robots", &orders()).await.unwrap_err();
    assert!(error.is_absence() && error.to_string().contains("no such identity"), "{error}");
}

#[tokio::test]
async fn the_metadata_service_is_asked_again_by_its_own_schedule() {
    let setup = Setup::new().await;
    let (imds, document) = imds(&setup, vec![assigned(0x10, true)]).await;
    let fail = |status: u16| Trouble::Fail(StatusCode::from_u16(status).unwrap());
    let identities = setup.instance(&document).await;
    imds.troubles().next([fail(404), Trouble::Throttle(None), fail(500), Trouble::Drop]);
    identities.token("robots", &orders()).await.unwrap();
    assert_eq!(imds.troubles().requests(), 5);
    assert_eq!(setup.clock.now().since(NOW).as_secs(), 2 + 6 + 14);
    // An update takes up to 70 seconds.
    let identities = setup.instance(&document).await;
    imds.troubles().next([fail(410), fail(410), fail(410), fail(410), fail(410), fail(410)]);
    identities.token("robots", &orders()).await.unwrap();
    // What is no use is not repeated.
    let identities = setup.instance(&document).await;
    imds.troubles().next([Trouble::Answer(
        StatusCode::BAD_REQUEST,
        r#"{"error":"bad_request_102","error_description":"Required metadata header not specified"}"#.into(),
    )]);
    let error = identities.token("robots", &orders()).await.unwrap_err();
    assert!(error.to_string().contains("a proxy removed the header"), "{error}");
    assert_eq!(imds.troubles().requests(), 5 + 7 + 1);
}

#[tokio::test]
async fn a_machine_without_the_service_has_no_identity_and_says_so_at_once() {
    let setup = Setup::new().await;
    let (imds, document) = imds(&setup, Vec::new()).await;
    imds.stop().await;
    let identities = setup.instance(&document).await;
    let error = identities.token("robots", &orders()).await.unwrap_err();
    assert_eq!(error.name(), "IdentityAbsent");
    assert_eq!(setup.clock.now(), NOW);
}

#[tokio::test]
async fn an_identity_that_is_there_for_certain_and_silent_is_a_failure_of_the_moment() {
    let mut setup = Setup::new().await;
    let identity = vec![assigned(0x10, true)];
    let (service, found) = imds(&setup, identity.clone()).await;
    let app = AppService::start(LISTEN, machine(&setup, identity), Secret::new("h")).await.unwrap();
    // It gave a token before.
    let known = setup.instance(&found).await;
    known.token("robots", &orders()).await.unwrap();
    service.stop().await;
    let chosen = format!("{found}source = \"imds\"\n");
    let chain = format!(
        "{chosen}{}[anywhere]\nkind = \"chain\"\nof = [\"robots\", \"orders\"]\n",
        setup.secret_document()
    );
    let (chosen, chain) = (setup.instance(&chosen).await, setup.instance(&chain).await);
    setup.environment = FixedEnvironment::new([
        ("IDENTITY_ENDPOINT", format!("{}/MSI/token", app.base_url())),
        ("IDENTITY_HEADER", "h".to_owned()),
    ]);
    app.stop().await;
    let of_app = setup.instance("[robots]\nkind = \"managed-identity\"\n").await;
    let other = scope("https://management.azure.com//.default");
    for (identities, name) in
        [(known, "robots"), (chosen, "robots"), (chain, "anywhere"), (of_app, "robots")]
    {
        let error = identities.token(name, &other).await.unwrap_err();
        assert_eq!(error.name(), "IdentityUnavailable", "{error}");
        assert!(error.is_temporary() && !error.is_absence(), "{error}");
    }
    assert_eq!(setup.requests(), 0, "the chain's next member is somebody else");
}

#[tokio::test]
async fn an_endpoint_that_is_updated_throttles_or_fails_on_is_a_failure_of_the_moment() {
    let setup = Setup::new().await;
    let (service, document) = imds(&setup, vec![assigned(0x10, true)]).await;
    let fail = |status: u16| Trouble::Fail(StatusCode::from_u16(status).unwrap());
    for (trouble, name) in [
        (fail(404), "IdentityUnavailable"),
        (fail(410), "IdentityUnavailable"),
        (fail(503), "EntraFailed"),
        (Trouble::Throttle(None), "EntraThrottled"),
    ] {
        service.troubles().always(Some(trouble));
        let identities = setup.instance(&document).await;
        let error = identities.token("robots", &orders()).await.unwrap_err();
        assert_eq!(error.name(), name);
        assert!(error.is_temporary() && !error.is_absence(), "{error}");
    }
}

/// A service that takes a request and does not answer it, where nobody says that there is an identity.
#[tokio::test]
async fn silence_where_no_identity_is_certain_leads_a_chain_on_and_ends_none_for_good() {
    let setup = Setup::new().await;
    let (service, robots) = imds(&setup, vec![assigned(0x10, true)]).await;
    service.troubles().always(Some(Trouble::Drop));
    let chain = |of: &str| {
        format!("{robots}{}[anywhere]\nkind = \"chain\"\nof = [{of}]\n", setup.secret_document())
    };
    let identities = setup.instance(&chain("\"robots\", \"orders\"")).await;
    identities.token("anywhere", &orders()).await.unwrap();
    assert_eq!(service.troubles().requests(), 2);
    let identities = setup.instance(&chain("\"robots\"")).await;
    let error = identities.token("anywhere", &orders()).await.unwrap_err();
    assert_eq!(error.name(), "IdentityUnavailable");
    assert!(error.is_temporary() && error.is_absence());
}

#[tokio::test]
async fn an_assertion_is_fetched_from_an_address_that_may_be_silent_for_a_while() {
    let outside = OutsideIssuer::new("https://pipelines.example").unwrap();
    let trusted = outside.trusted_for("repo:a", "api://AzureADTokenExchange");
    let setup = Setup::with(|config| config.applications[0].federated = vec![trusted]).await;
    let (address, _) = imds(&setup, Vec::new()).await;
    let document = format!(
        "[orders]\nkind = \"federated\"\n{}assertion-url = \"{}/assertion\"\n",
        setup.application(),
        address.base_url()
    );
    let assertion = outside.assertion("repo:a", "api://AzureADTokenExchange", NOW);
    let answer = |status: StatusCode, body: String| Trouble::Answer(status, body.into());
    for body in [assertion.clone(), format!("{{\"value\":\"{assertion}\"}}")] {
        address.troubles().next([answer(StatusCode::OK, body)]);
        setup.instance(&document).await.token("orders", &orders()).await.unwrap();
    }
    for (trouble, name) in [
        (answer(StatusCode::SERVICE_UNAVAILABLE, String::new()), "AssertionUnavailable"),
        (Trouble::Drop, "AssertionUnavailable"),
        (answer(StatusCode::NOT_FOUND, String::new()), "AssertionAbsent"),
        (answer(StatusCode::OK, "{}".to_owned()), "AssertionAbsent"),
    ] {
        address.troubles().next([trouble]);
        let identities = setup.instance(&document).await;
        let error = identities.token("orders", &orders()).await.unwrap_err();
        assert_eq!(error.name(), name);
        assert_eq!(error.is_temporary(), name == "AssertionUnavailable");
        assert!(error.is_absence());
    }
}

#[tokio::test]
async fn an_apps_identity_is_asked_for_with_its_header() {
    let mut setup = Setup::new().await;
    let machine = machine(&setup, vec![assigned(0x10, true), assigned(0x20, false)]);
    let app = AppService::start(LISTEN, machine, Secret::new("hunter2")).await.unwrap();
    let endpoint = format!("{}/MSI/token", app.base_url());
    let document = "[robots]\nkind = \"managed-identity\"\n";
    setup.environment = FixedEnvironment::new([
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "hunter2"),
    ]);
    for (id, expected) in [
        (String::new(), 0x10),
        (format!("client-id = \"{}\"\n", Guid::from_u128(0x20)), 0x20),
        (format!("object-id = \"{}\"\n", Guid::from_u128(0x21)), 0x20),
        (format!("resource-id = \"{RESOURCE}20\"\n"), 0x20),
    ] {
        let identities = setup.instance(&format!("{document}{id}")).await;
        let token = identities.token("robots", &orders()).await.unwrap();
        assert_eq!(claims(token.expose())["appid"], Guid::from_u128(expected).to_string(), "{id}");
        assert_eq!(token.expires_at().since(NOW).as_secs(), 86_400);
    }
    setup.environment = FixedEnvironment::new([
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "wrong"),
    ]);
    let identities = setup.instance(document).await;
    let error = identities.token("robots", &orders()).await.unwrap_err();
    assert!(error.to_string().contains("its identity header has changed"), "{error}");
    // The old form.
    setup.environment =
        FixedEnvironment::new([("MSI_ENDPOINT", endpoint.as_str()), ("MSI_SECRET", "hunter2")]);
    let old = format!("{document}client-id = \"{}\"\n", Guid::from_u128(0x20));
    let identities = setup.instance(&old).await;
    let token = identities.token("robots", &orders()).await.unwrap();
    assert_eq!(token.expires_at().since(NOW).as_secs(), 86_400);
    let old = format!("{document}resource-id = \"{RESOURCE}20\"\n");
    let error = setup.instance(&old).await.token("robots", &orders()).await.unwrap_err();
    assert!(error.to_string().contains("by client-id alone"), "{error}");
}

#[tokio::test]
async fn the_agent_of_azure_arc_is_answered_with_what_is_in_its_file() {
    let mut setup = Setup::new().await;
    let files = setup.files.clone();
    let write = Box::new(move |path: &str, key: &str| files.put(path, key));
    let machine = machine(&setup, vec![assigned(0x10, true)]);
    let (serving, agent) = ArcAgent::start(LISTEN, machine, write).await.unwrap();
    let endpoint = format!("{}/metadata/identity/oauth2/token", serving.base_url());
    setup.environment = FixedEnvironment::new([
        ("IDENTITY_ENDPOINT", endpoint),
        ("IMDS_ENDPOINT", serving.base_url()),
    ]);
    let document = "[robots]\nkind = \"managed-identity\"\n";
    let identities = setup.instance(document).await;
    let token = identities.token("robots", &orders()).await.unwrap();
    assert_eq!(claims(token.expose())["oid"], Guid::from_u128(0x11).to_string());
    assert_eq!(serving.troubles().requests(), 2);

    for folder in ["/etc/", "/var/opt/azcmagent/tokens/../", "/var/opt/azcmagent/tokens/a/"] {
        agent.set_folder(folder);
        let identities = setup.instance(document).await;
        let error = identities.token("robots", &orders()).await.unwrap_err();
        let reason = "it names a file that is not the agent's";
        assert_eq!(error, TokenError::ChallengeRefused { reason }, "{folder}");
    }
    assert_eq!(serving.troubles().requests(), 5);
    let user = format!("{document}client-id = \"{}\"\n", Guid::from_u128(0x20));
    let error = setup.instance(&user).await.token("robots", &orders()).await.unwrap_err();
    assert!(error.to_string().contains("system-assigned identity alone"), "{error}");
}

#[tokio::test]
async fn a_key_of_azure_arc_that_is_too_long_or_missing_is_not_sent() {
    let mut setup = Setup::new().await;
    let files = setup.files.clone();
    let write = Box::new(move |path: &str, _: &str| files.put(path, &"a".repeat(4_097)));
    let machine = machine(&setup, vec![assigned(0x10, true)]);
    let (serving, _agent) = ArcAgent::start(LISTEN, machine, write).await.unwrap();
    let endpoint = format!("{}/metadata/identity/oauth2/token", serving.base_url());
    setup.environment = FixedEnvironment::new([
        ("IDENTITY_ENDPOINT", endpoint),
        ("IMDS_ENDPOINT", serving.base_url()),
    ]);
    let identities = setup.instance("[robots]\nkind = \"managed-identity\"\n").await;
    let error = identities.token("robots", &orders()).await.unwrap_err();
    let reason = "its file is longer than 4096 bytes";
    assert_eq!(error, TokenError::ChallengeRefused { reason });
    assert_eq!(serving.troubles().requests(), 1);
}

#[tokio::test]
async fn a_workload_of_kubernetes_exchanges_its_service_accounts_token() {
    let outside = OutsideIssuer::new("https://cluster.example").unwrap();
    let trusted = outside.trusted_for("system:serviceaccount:a:b", "api://AzureADTokenExchange");
    let mut setup = Setup::with(|config| config.applications[0].federated = vec![trusted]).await;
    let assertion =
        outside.assertion("system:serviceaccount:a:b", "api://AzureADTokenExchange", NOW);
    setup.files.put("/var/run/secrets/azure/tokens/azure-identity-token", &assertion);
    setup.environment = FixedEnvironment::new([
        ("AZURE_AUTHORITY_HOST", format!("{}/", setup.entra.base_url())),
        ("AZURE_TENANT_ID", setup.entra.tenant().to_owned()),
        ("AZURE_CLIENT_ID", APPLICATION.to_string()),
        (
            "AZURE_FEDERATED_TOKEN_FILE",
            "/var/run/secrets/azure/tokens/azure-identity-token".to_owned(),
        ),
    ]);
    let identities = setup.instance("[robots]\nkind = \"managed-identity\"\n").await;
    let token = identities.token("robots", &orders()).await.unwrap();
    assert_eq!(claims(token.expose())["azpacr"], "2");
}

#[tokio::test]
async fn a_managed_identity_stands_for_an_application() {
    let setup = Setup::with(|config| {
        // The machine's tokens are this tenant's own; their issuer is known once it runs.
        config.applications[0].federated = Vec::new();
    })
    .await;
    let trusted = FederatedCredential {
        issuer: format!("{}/{}/", setup.entra.issuer().base_url(), setup.entra.tenant()),
        subject: Guid::from_u128(0x11).to_string(),
        audience: "api://AzureADTokenExchange".to_owned(),
        keys: setup.entra.issuer().published_keys(),
    };
    // A second tenant that trusts the first one's managed identity.
    let other = Setup::with(|config| config.applications[0].federated = vec![trusted]).await;
    let (imds, robots) = imds(&setup, vec![assigned(0x10, true)]).await;
    let document = format!(
        "{robots}[orders]\nkind = \"federated\"\n{}assertion-identity = \"robots\"\n",
        other.application()
    );
    let identities = other.instance(&document).await;
    let token = identities.token("orders", &orders()).await.unwrap();
    assert_eq!(claims(token.expose())["azp"], APPLICATION.to_string());
    assert_eq!(imds.troubles().requests(), 1);
}

const ROLE: &str = "arn:aws:iam::123456789012:role/robots";
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// An Entra that trusts a role of AWS, the service that speaks for the role, and the credential's document.
async fn with_aws() -> (Setup, Serving, String) {
    let outside = Arc::new(OutsideIssuer::new("https://a1b2.tokens.sts.global.api.aws").unwrap());
    let trusted = outside.trusted_for(ROLE, AUDIENCE);
    let mut setup = Setup::with(|config| config.applications[0].federated = vec![trusted]).await;
    let sts = Sts {
        key_id: "ASIAROBOTS".to_owned(),
        secret: Secret::new("aws-secret"),
        session: Secret::new("aws/session+token=="),
        region: "eu-west-1".to_owned(),
        role: ROLE.to_owned(),
        issuer: outside,
        clock: Arc::new(setup.clock.clone()),
    };
    let sts = sts.start(LISTEN).await.unwrap();
    let document = format!(
        "[orders]\nkind = \"federated\"\n{}assertion-aws-region = \"eu-west-1\"\nassertion-aws-endpoint = \"{}\"\n",
        setup.application(),
        sts.base_url()
    );
    setup.environment = FixedEnvironment::new([
        ("AWS_ACCESS_KEY_ID", "ASIAROBOTS"),
        ("AWS_SECRET_ACCESS_KEY", "aws-secret"),
        ("AWS_SESSION_TOKEN", "aws/session+token=="),
    ]);
    (setup, sts, document)
}

#[tokio::test]
async fn a_role_of_aws_stands_for_an_application() {
    let (mut setup, sts, document) = with_aws().await;
    let token = setup.instance(&document).await.token("orders", &orders()).await.unwrap();
    assert_eq!(claims(token.expose())["azpacr"], "2");
    assert_eq!(sts.troubles().requests(), 1);

    // In a container the platform has the credentials.
    let (platform, _) = imds(&setup, Vec::new()).await;
    setup.files.put("/var/run/token", "container-token\n");
    setup.environment = FixedEnvironment::new([
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v1/credentials", platform.base_url())),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/token".to_owned()),
    ]);
    let credentials = r#"{"AccessKeyId":"ASIAROBOTS","SecretAccessKey":"aws-secret","Token":"aws/session+token==","Expiration":"2030-01-01T00:00:00Z"}"#;
    platform.troubles().next([Trouble::Answer(StatusCode::OK, credentials.into())]);
    setup.instance(&document).await.token("orders", &orders()).await.unwrap();
}

#[tokio::test]
async fn what_aws_does_not_sign_for_is_said_in_words() {
    let (mut setup, sts, document) = with_aws().await;
    let elsewhere = document.replace("eu-west-1", "eu-west-2");
    let error = setup.instance(&elsewhere).await.token("orders", &orders()).await.unwrap_err();
    assert!(error.to_string().contains("check the aws credentials, the region"), "{error}");
    let refused = |status: u16, code: &str| {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        Trouble::Answer(StatusCode::from_u16(status).unwrap(), body.into())
    };
    for (trouble, words, is_temporary) in [
        (refused(403, "OutboundWebIdentityFederationDisabledException"), "enable it", false),
        (refused(403, "AccessDenied"), "sts:GetWebIdentityToken", false),
        (refused(400, "ExpiredTokenException"), "have expired", true),
        (refused(400, "Throttling"), "throttles", true),
        (refused(503, "ServiceUnavailable"), "fails", true),
        (refused(200, "None"), "answers no JWT", false),
        (Trouble::Drop, "does not answer", true),
    ] {
        sts.troubles().next([trouble]);
        let error = setup.instance(&document).await.token("orders", &orders()).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.is_temporary(), is_temporary, "{error}");
        assert!(!format!("{error:?}").contains("aws-secret"));
    }
    let asked = sts.troubles().requests();
    for (variables, words) in [
        (vec![], "there are no aws credentials here"),
        (
            vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/")],
            "no address of the platform",
        ),
    ] {
        setup.environment = FixedEnvironment::new(variables);
        let error = setup.instance(&document).await.token("orders", &orders()).await.unwrap_err();
        assert_eq!(error.name(), "AssertionAbsent");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(sts.troubles().requests(), asked);
}

#[tokio::test]
async fn the_stand_in_of_aws_refuses_what_is_not_signed_by_the_role() {
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "ASIAOTHER"),
        ("AWS_SECRET_ACCESS_KEY", "other"),
        ("AWS_SESSION_TOKEN", "other"),
    ] {
        let (mut setup, _sts, document) = with_aws().await;
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID", "ASIAROBOTS"),
            ("AWS_SECRET_ACCESS_KEY", "aws-secret"),
            ("AWS_SESSION_TOKEN", "aws/session+token=="),
        ];
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
        setup.environment = FixedEnvironment::new(variables);
        let error = setup.instance(&document).await.token("orders", &orders()).await.unwrap_err();
        assert!(error.to_string().contains("does not take the signature"), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_chain_takes_the_first_that_is_available_and_stays_with_it() {
    let setup = Setup::new().await;
    let (imds, robots) = imds(&setup, vec![assigned(0x10, true)]).await;
    imds.stop().await;
    let document = format!(
        "{robots}{}[anywhere]\nkind = \"chain\"\nof = [\"robots\", \"orders\"]\n",
        setup.secret_document()
    );
    let identities = setup.instance(&document).await;
    let token = identities.token("anywhere", &orders()).await.unwrap();
    assert_eq!(claims(token.expose())["azp"], APPLICATION.to_string());
    identities.token("anywhere", &orders()).await.unwrap();
    assert_eq!(setup.requests(), 1);

    // A refusal is an answer: it does not make somebody else of the function.
    let wrong = document
        .replace("${secret:orders}", "wrong")
        .replace("\"robots\", \"orders\"", "\"orders\", \"robots\"");
    let error = setup.instance(&wrong).await.token("anywhere", &orders()).await.unwrap_err();
    assert_eq!(error.name(), "EntraRefused");

    let alone = document.replace("[\"robots\", \"orders\"]", "[\"robots\"]");
    let error = setup.instance(&alone).await.token("anywhere", &orders()).await.unwrap_err();
    assert_eq!(error, TokenError::ChainExhausted { name: "anywhere".to_owned() });
}
