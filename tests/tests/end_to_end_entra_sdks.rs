//! The official packages msal and azure-identity (PyPI) get the same tokens of the same clouds as `shared/entra` does, and ask
//! for them in the same way: one test for each credential that they share.
//!
//! Entra is served over TLS, with a certificate that the test makes, since the packages want `https`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod entra_sdks;

use entra_sdks::{
    API, APPLICATION, Cloud, PASSWORD, PUBLIC, REDIRECT, SECRET, SUBJECT, SYSTEM, USER_ASSIGNED,
};
use headgate_tests::host::RUNTIME;
use serde_json::json;

#[test]
fn a_client_secret_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let document =
            cloud.table("client-secret", APPLICATION, "client-secret = \"${secret:one}\"");
        let own = cloud.own(&document).await;
        let job = json!({ "do": "application", "proof": { "secret": SECRET } });
        let job = cloud.job(APPLICATION, job);
        cloud.agree(&own, &job, &["msal", "azure-identity"]).await;
        assert_eq!(own.claims()["aud"], API.to_string());
        assert_eq!(own.claims()["roles"], json!(["Orders.All"]));
    });
}

#[test]
fn a_certificate_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let (certificate, key) = (&cloud.client_certificate, &cloud.client_key);
        let more = format!("certificate = '''{certificate}{key}'''");
        let document = cloud.table("certificate", APPLICATION, &more);
        let own = cloud.own(&document).await;
        let proof = json!({ "certificate": certificate, "key": key });
        let job = cloud.job(APPLICATION, json!({ "do": "application", "proof": proof }));
        cloud.agree(&own, &job, &["msal", "azure-identity"]).await;
        assert_eq!(own.claims()["azpacr"], "2");
    });
}

#[test]
fn a_federated_assertion_from_a_file_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let path = cloud.assertion_file();
        let more = format!("assertion-file = \"{path}\"");
        let document = cloud.table("federated", APPLICATION, &more);
        let own = cloud.own(&document).await;
        let proof = json!({ "assertion-file": path });
        let job = cloud.job(APPLICATION, json!({ "do": "application", "proof": proof }));
        cloud.agree(&own, &job, &["msal", "azure-identity"]).await;
        assert_eq!(own.claims()["azpacr"], "2");
    });
}

#[test]
fn a_users_password_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let user = "username = \"ada@headgate.example\"\npassword = \"${secret:password}\"";
        let own = cloud.own(&cloud.table("password", PUBLIC, user)).await;
        let job = json!({
            "do": "password", "username": "ada@headgate.example", "password": PASSWORD,
        });
        let job = cloud.job(PUBLIC, job);
        // The other package wants an ID token besides, which the stand-in does not give.
        cloud.agree(&own, &job, &["msal"]).await;
        assert_eq!(own.claims()["scp"], "Orders.Read");
    });
}

#[test]
fn an_authorization_code_with_its_proof_key_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let (own, _) = cloud.signed_in().await;
        let job = json!({ "do": "code", "redirect-uri": REDIRECT, "proof": { "secret": SECRET } });
        let job = cloud.job(APPLICATION, job);
        cloud.agree(&own, &job, &["msal"]).await;
        // This package redeems codes, and knows no proof key.
        let own = own.without("code_verifier");
        cloud.agree(&own, &job, &["azure-identity"]).await;
    });
}

#[test]
fn a_refresh_token_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let (_, own) = cloud.signed_in().await;
        let job =
            json!({ "do": "refresh", "redirect-uri": REDIRECT, "proof": { "secret": SECRET } });
        cloud.agree(&own, &cloud.job(APPLICATION, job), &["msal"]).await;
    });
}

#[test]
fn a_callers_token_is_exchanged_for_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let caller = cloud.callers_token();
        let own = cloud.on_behalf_of(&caller).await;
        let job = json!({ "do": "on-behalf-of", "caller": caller, "proof": { "secret": SECRET } });
        let job = cloud.job(APPLICATION, job);
        cloud.agree(&own, &job, &["msal", "azure-identity"]).await;
        assert_eq!(own.claims()["scp"], "Orders.Read");
    });
}

#[test]
fn the_identity_of_a_virtual_machine_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let imds = cloud.imds().await;
        let address = imds.base_url();
        let environment = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", address.as_str())];
        for (named, client) in [(None, SYSTEM), (Some(USER_ASSIGNED), USER_ASSIGNED)] {
            let more = format!("source = \"imds\"\nimds-endpoint = \"{address}\"");
            let own = cloud.own_managed(&more, named, &[]).await;
            let job = cloud.managed_job(named, &environment);
            cloud.agree(&own, &job, &["msal", "azure-identity"]).await;
            assert_eq!(own.claims()["appid"], client.to_string());
        }
    });
}

#[test]
fn the_identity_of_an_app_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let app_service = cloud.app_service().await;
        let endpoint = format!("{}/MSI/token", app_service.base_url());
        let environment = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", SECRET)];
        for named in [None, Some(USER_ASSIGNED)] {
            let own = cloud.own_managed("", named, &environment).await;
            let job = cloud.managed_job(named, &environment);
            cloud.agree(&own, &job, &["msal", "azure-identity"]).await;
        }
    });
}

#[test]
fn the_identity_of_a_server_of_azure_arc_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let arc = cloud.arc().await;
        let endpoint = format!("{}/metadata/identity/oauth2/token", arc.base_url());
        let address = arc.base_url();
        let environment =
            [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IMDS_ENDPOINT", address.as_str())];
        let own = cloud.own_managed("", None, &environment).await;
        let mut job = cloud.managed_job(None, &environment);
        // The packages look for the agent's keys in its folder alone, which is this machine's.
        job["arc-folder"] = json!(cloud.folder());
        cloud.agree(&own, &job, &["msal", "azure-identity"]).await;
    });
}

#[test]
fn the_identity_of_a_workload_of_kubernetes_gets_the_same_token() {
    RUNTIME.block_on(async {
        let cloud = Cloud::start().await;
        let path = cloud.assertion_file();
        let (authority, client) = (format!("{}/", cloud.authority()), APPLICATION.to_string());
        let environment = [
            ("AZURE_AUTHORITY_HOST", authority.as_str()),
            ("AZURE_TENANT_ID", cloud.tenant()),
            ("AZURE_CLIENT_ID", client.as_str()),
            ("AZURE_FEDERATED_TOKEN_FILE", path.as_str()),
        ];
        let own = cloud.own_managed("", None, &environment).await;
        let job = cloud.managed_job(None, &environment);
        cloud.agree(&own, &job, &["azure-identity"]).await;
        assert_eq!(own.claims()["azp"], client.as_str());
        assert!(SUBJECT.starts_with("system:serviceaccount:"));
    });
}
