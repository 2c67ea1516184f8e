use headgate_core::{Clock, Secret};
use headgate_entra::TokenError;
use headgate_peers::entra::{ClientSecret, OutsideIssuer};
use http::StatusCode;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};

use crate::support::{API, APPLICATION, NOW, SECRET, Setup, claims, orders, scope};
use headgate_peers::peer::Trouble;

fn code(error: &TokenError) -> Option<u32> {
    match error {
        TokenError::Refused(refusal) => refusal.code(),
        _ => None,
    }
}

#[tokio::test]
async fn a_client_secret_gets_a_token_at_either_endpoint() {
    let setup = Setup::new().await;
    for (version, scope) in [("v2", orders()), ("v1", orders())] {
        let document = format!("{}endpoint = \"{version}\"\n", setup.secret_document());
        let identities = setup.instance(&document).await;
        let token = identities.token("orders", &scope).await.unwrap();
        let claims = claims(token.expose());
        assert_eq!(claims["aud"], API.to_string(), "{version}");
        assert_eq!(claims["azp"], APPLICATION.to_string());
        assert_eq!(claims["roles"][0], "Orders.All");
        assert_eq!(claims["azpacr"], "1");
        assert_eq!(token.expires_at().since(NOW).as_secs(), 3_599);
    }
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn the_slash_of_a_resource_is_kept_and_one_too_few_is_refused() {
    let setup = Setup::new().await;
    for version in ["v2", "v1"] {
        let document = format!("{}endpoint = \"{version}\"\n", setup.secret_document());
        let identities = setup.instance(&document).await;
        let flow = scope("https://service.flow.microsoft.com//.default");
        let token = identities.token("orders", &flow).await.unwrap();
        assert_eq!(claims(token.expose())["aud"], "https://service.flow.microsoft.com/");
        let single = scope("https://service.flow.microsoft.com/.default");
        let error = identities.token("orders", &single).await.unwrap_err();
        assert_eq!(code(&error), Some(500_011), "{error}");
        assert!(error.to_string().contains("slashes"), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_or_expired_secret_is_said_in_words_and_not_shown() {
    let expired = |setup: &mut headgate_peers::entra::EntraConfig| {
        let end = Some(headgate_core::Timestamp::from_secs(NOW.as_secs() - 1));
        let secret = ClientSecret { value: Secret::new(SECRET), expires_at: end };
        setup.applications[0].secrets = vec![secret];
    };
    let setup = Setup::with(expired).await;
    let identities = setup.instance(&setup.secret_document()).await;
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(code(&error), Some(7_000_222));
    assert!(error.to_string().contains("has expired: create another"), "{error}");

    let document = setup.secret_document().replace("${secret:orders}", "hunter2");
    let identities = setup.instance(&document).await;
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(code(&error), Some(7_000_215));
    assert!(!error.is_temporary());
    let shown = format!("{error} {error:?} {identities:?} {:?}", identities.credentials());
    assert!(!shown.contains("hunter2") && !shown.contains(SECRET), "{shown}");
    assert!(!format!("{:?}", setup.diagnostics).contains("hunter2"));
}

#[tokio::test]
async fn scopes_that_no_application_can_have_are_refused() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    for (text, expected) in [
        ("api://orders/Orders.Read", 1_002_012),
        ("api://unknown/.default", 500_011),
        ("Orders.Read", 1_002_012),
    ] {
        let error = identities.token("orders", &scope(text)).await.unwrap_err();
        assert_eq!(code(&error), Some(expected), "{text}: {error}");
    }
    let v1 = setup.instance(&format!("{}endpoint = \"v1\"\n", setup.secret_document())).await;
    let error = v1.token("orders", &scope("api://orders/Orders.Read")).await.unwrap_err();
    assert_eq!(error, TokenError::ScopeNotResource);
}

fn pem() -> (String, Vec<u8>) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    (format!("{}{}", certificate.pem(), key.serialize_pem()), certificate.der().to_vec())
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_that_entra_takes() {
    let (text, der) = pem();
    let setup = Setup::with(|config| config.applications[0].certificates = vec![der]).await;
    let application = setup.application();
    let inline =
        format!("[orders]\nkind = \"certificate\"\n{application}certificate = '''{text}'''\n");
    let file = format!(
        "[orders]\nkind = \"certificate\"\n{application}certificate-file = \"orders.pem\"\nendpoint = \"v1\"\n"
    );
    setup.files.put("orders.pem", &text);
    for document in [&inline, &file] {
        let identities = setup.instance(document).await;
        let token = identities.token("orders", &orders()).await.unwrap();
        assert_eq!(claims(token.expose())["azpacr"], "2");
        assert!(!format!("{:?}", identities.credentials()).contains("PRIVATE"));
    }
    // It is read at each use: another one is another.
    let (other, _) = pem();
    setup.files.put("orders.pem", &other);
    let identities = setup.instance(&file).await;
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(code(&error), Some(700_027), "{error}");
    setup.files.put("orders.pem", "nothing");
    let identities = setup.instance(&file).await;
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(error.to_string(), "certificate of credential orders has no section CERTIFICATE");
}

#[tokio::test]
async fn an_assertion_comes_from_a_file_and_is_read_at_each_exchange() {
    let outside = OutsideIssuer::new("https://cluster.example").unwrap();
    let trusted = outside.trusted_for("system:serviceaccount:a:b", "api://AzureADTokenExchange");
    let setup = Setup::with(|config| config.applications[0].federated = vec![trusted]).await;
    let document = format!(
        "[orders]\nkind = \"federated\"\n{}assertion-file = \"token\"\n",
        setup.application()
    );
    let assertion = |subject, audience| outside.assertion(subject, audience, setup.clock.now());
    for (subject, audience, expected) in [
        ("system:serviceaccount:a:b", "api://AzureADTokenExchange", None),
        ("system:serviceaccount:a:B", "api://AzureADTokenExchange", Some(700_213)),
        ("system:serviceaccount:a:b", "api://azureadtokenexchange", Some(700_212)),
    ] {
        setup.files.put("token", &format!("{}\n", assertion(subject, audience)));
        let identities = setup.instance(&document).await;
        let given = identities.token("orders", &orders()).await;
        assert_eq!(given.as_ref().err().and_then(code), expected, "{given:?}");
    }
    let other = OutsideIssuer::new("https://other.example").unwrap();
    let other = other.assertion("system:serviceaccount:a:b", "api://AzureADTokenExchange", NOW);
    setup.files.put("token", &other);
    let identities = setup.instance(&document).await;
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(code(&error), Some(700_211));
    setup.files.put("token", "no token");
    let identities = setup.instance(&document).await;
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert!(error.is_absence(), "{error}");
}

#[tokio::test]
async fn throttling_and_failures_are_waited_out() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    setup.entra.troubles().next([
        Trouble::Throttle(Some(2)),
        Trouble::Fail(StatusCode::SERVICE_UNAVAILABLE),
        Trouble::Drop,
    ]);
    identities.token("orders", &orders()).await.unwrap();
    assert_eq!(setup.requests(), 4);
    assert!(setup.clock.now().since(NOW).as_secs() >= 2);
}

#[tokio::test]
async fn a_throttle_that_is_too_long_is_told_and_kept_to() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    setup.entra.troubles().next([Trouble::Throttle(Some(120))]);
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(error.retry_after().map(|after| after.as_secs()), Some(120));
    assert_eq!(identities.token("orders", &orders()).await.unwrap_err(), error);
    setup.advance(119);
    assert!(identities.token("orders", &orders()).await.is_err());
    assert_eq!(setup.requests(), 1);
    setup.advance(1);
    identities.token("orders", &orders()).await.unwrap();
}

#[tokio::test]
async fn a_service_that_fails_on_is_left_alone_for_a_while() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    setup.entra.troubles().always(Some(Trouble::Fail(StatusCode::BAD_GATEWAY)));
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(error, TokenError::ServiceFailed { status: 502 });
    assert_eq!(setup.requests(), 4);
    assert_eq!(identities.token("orders", &orders()).await.unwrap_err(), error);
    assert_eq!(setup.requests(), 4);
    setup.entra.troubles().always(None);
    setup.advance(10);
    identities.token("orders", &orders()).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_not_taken_for_one() {
    let setup = Setup::new().await;
    for (status, body) in [(200, "{}"), (200, "<html>"), (403, "no"), (302, "")] {
        let identities = setup.instance(&setup.secret_document()).await;
        let status = StatusCode::from_u16(status).unwrap();
        setup.entra.troubles().next([Trouble::Answer(status, body.into())]);
        let error = identities.token("orders", &orders()).await.unwrap_err();
        assert_eq!(error, TokenError::AnswerUnusable, "{status} {body}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_there_is_named() {
    let setup = Setup::new().await;
    let document = setup.secret_document();
    let identities = setup.instance(&document).await;
    setup.entra.stop().await;
    let error = identities.token("orders", &orders()).await.unwrap_err();
    assert_eq!(error, TokenError::Unreachable { host: "127.0.0.1".to_owned() });
}

#[tokio::test]
async fn a_credential_that_there_is_not_or_that_acts_for_others_is_refused() {
    let setup = Setup::new().await;
    let document = format!(
        "{}[behalf]\nkind = \"on-behalf-of\"\n{}client-secret = \"a\"\n",
        setup.secret_document(),
        setup.application()
    );
    let identities = setup.instance(&document).await;
    let error = identities.token("order", &orders()).await.unwrap_err();
    assert_eq!(error, TokenError::CredentialUnknown { name: "order".to_owned() });
    let error = identities.token("behalf", &orders()).await.unwrap_err();
    assert_eq!(error.name(), "CredentialUnsuited");
    let error = identities.on_behalf_of("orders", &orders(), &Secret::new("a")).await.unwrap_err();
    assert_eq!(error.name(), "CredentialUnsuited");
}
