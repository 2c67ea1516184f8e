use headgate_core::{Body, Clock, HttpClient, KeyValue, Secret, Timeout};
use headgate_entra::{Identities, TokenError};
use headgate_native::ReqwestClient;
use headgate_peers::entra::Wants;
use headgate_peers::issuer::TokenSpec;
use headgate_peers::peer::Trouble;
use http::{Request, header::LOCATION};

use crate::support::{
    APPLICATION, LIFETIME, NOW, PASSWORD, Setup, Test, USER, claims, orders, scope, sealing_keys,
};

const MAIL: &str = "mail";
const CONNECTION: &str = "connection-7";

fn code(error: &TokenError) -> Option<u32> {
    match error {
        TokenError::Refused(refusal) => refusal.code(),
        _ => None,
    }
}

fn password_document(setup: &Setup) -> String {
    let application = setup.application();
    format!(
        "[ada]\nkind = \"password\"\n{application}username = \"Ada@headgate.example\"\npassword = \"${{secret:password}}\"\n"
    )
}

#[tokio::test]
async fn a_users_password_gets_the_users_token() {
    let setup = Setup::with(|config| config.applications[0].is_public = true).await;
    let identities = setup.instance(&password_document(&setup)).await;
    for (text, expected) in [
        ("api://orders/.default", "Orders.Read Orders.Write"),
        ("api://orders/Orders.Read", "Orders.Read"),
    ] {
        let token = identities.token("ada", &scope(text)).await.unwrap();
        let claims = claims(token.expose());
        assert_eq!(claims["scp"], expected);
        assert_eq!(claims["oid"], USER.to_string());
        assert_eq!(claims["azpacr"], "0");
    }
    // A confidential client proves itself besides.
    let setup = Setup::new().await;
    let document = format!("{}client-secret = \"${{secret:orders}}\"\n", password_document(&setup));
    setup.instance(&document).await.token("ada", &orders()).await.unwrap();
    let error =
        setup.instance(&password_document(&setup)).await.token("ada", &orders()).await.unwrap_err();
    assert_eq!(code(&error), Some(7_000_218));
    assert!(error.to_string().contains("allow public client flows"), "{error}");
}

#[tokio::test]
async fn what_stands_in_a_passwords_way_is_said_in_words() {
    for (wants, expected, words) in [
        (Wants::MultiFactor, 50_076, "use authorization-code in place of a password"),
        (Wants::Enrolment, 50_079, "which no program can do"),
        (Wants::ConditionalAccess, 53_003, "which policy does"),
        (Wants::NewPassword, 50_055, "set a new one"),
        (Wants::Enabled, 50_057, "enable it"),
        (Wants::Unlocked, 50_053, "locked"),
        (Wants::Consent, 65_001, "nobody has consented"),
    ] {
        let setup = Setup::with(|config| {
            config.applications[0].is_public = true;
            config.users[0].wants = Some(wants);
        })
        .await;
        let identities = setup.instance(&password_document(&setup)).await;
        let error = identities.token("ada", &orders()).await.unwrap_err();
        assert_eq!(code(&error), Some(expected), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!format!("{error:?}").contains(PASSWORD));
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_told_apart() {
    let setup = Setup::with(|config| config.applications[0].is_public = true).await;
    let document = password_document(&setup);
    for (document, expected) in [
        (document.replace("${secret:password}", "hunter2"), 50_126),
        (document.replace("Ada@", "bob@"), 50_034),
    ] {
        let error = setup.instance(&document).await.token("ada", &orders()).await.unwrap_err();
        assert_eq!(code(&error), Some(expected));
        assert!(!error.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_sent_again_for_five_minutes_lest_the_account_be_locked() {
    let setup = Setup::with(|config| config.applications[0].is_public = true).await;
    let document = password_document(&setup).replace("${secret:password}", "hunter2");
    let identities = setup.instance(&document).await;
    for (seconds, requests) in [(0, 1), (299, 1), (1, 2)] {
        setup.advance(seconds);
        identities.token("ada", &orders()).await.unwrap_err();
        assert_eq!(setup.requests(), requests);
    }
}

async fn with_mail() -> (Setup, String) {
    let mut setup = Setup::new().await;
    setup.sealing = Some(sealing_keys(1));
    let application = setup.application();
    let document = format!(
        "[mail]\nkind = \"authorization-code\"\n{application}redirect-uri = \"http://127.0.0.1/callback\"\nclient-secret = \"${{secret:orders}}\"\n"
    );
    (setup, document)
}

/// Does what the browser does: opens the page, consents, and gives what the address behind `Location` would get.
async fn consented(url: &str) -> (String, Result<Secret, String>) {
    let request = Request::get(url).body(Body::empty()).unwrap();
    let timeout = Timeout::each(std::time::Duration::from_secs(5));
    let response = ReqwestClient::new().send(request, timeout).await.unwrap();
    assert_eq!(response.status(), 302);
    let back = response.headers()[LOCATION].to_str().unwrap().to_owned();
    let (address, query) = back.split_once('?').unwrap();
    assert_eq!(address, "http://127.0.0.1/callback");
    let get = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.map(|value| value.replace("%2D", "-").replace("%5F", "_").replace("%2E", "."))
    };
    (get("state").unwrap(), get("code").map(Secret::new).ok_or_else(|| get("error").unwrap()))
}

async fn signed_in(identities: &Identities<Test>) {
    let sign_in = identities.begin_sign_in(MAIL, CONNECTION, &orders()).await.unwrap();
    let (state, code) = consented(&sign_in.url).await;
    assert_eq!(state, sign_in.state.expose());
    let done = identities.complete_sign_in(&state, &code.unwrap()).await.unwrap();
    assert_eq!((done.credential.as_str(), done.connection.as_str()), (MAIL, CONNECTION));
}

#[tokio::test]
async fn who_signs_in_once_is_acted_for_by_every_instance_until_signed_out() {
    let (setup, document) = with_mail().await;
    let (one, two) = (setup.instance(&document).await, setup.instance(&document).await);
    let missing = one.connection_token(MAIL, CONNECTION, &orders()).await.unwrap_err();
    assert_eq!(missing.name(), "SignInRequired");
    setup.advance(10);
    signed_in(&one).await;
    assert_eq!(setup.requests(), 1);
    let token = one.connection_token(MAIL, CONNECTION, &orders()).await.unwrap();
    assert_eq!(claims(token.expose())["oid"], USER.to_string());
    assert_eq!(setup.requests(), 1);
    // The other instance has the sealed refresh token, and another scope needs a token of its own.
    let read = scope("api://orders/Orders.Read");
    let other = two.connection_token(MAIL, CONNECTION, &read).await.unwrap();
    assert_eq!(claims(other.expose())["scp"], "Orders.Read");
    assert_eq!(setup.requests(), 2);
    for key in setup.key_value.list("").await.unwrap() {
        let kept = setup.key_value.get(&key).await.unwrap().unwrap();
        assert!(!kept.windows(3).any(|window| window == b"0.A"), "{key} shows a refresh token");
    }
    // Another connection is somebody else.
    let error = one.connection_token(MAIL, "connection-8", &orders()).await.unwrap_err();
    assert_eq!(error.name(), "SignInRequired");
    one.sign_out(MAIL, CONNECTION).await.unwrap();
    let error = one.connection_token(MAIL, CONNECTION, &orders()).await.unwrap_err();
    assert_eq!(error.name(), "SignInRequired");
    assert!(setup.key_value.list("entra-connection/").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sign_in_that_was_withdrawn_is_over_in_every_instance_at_once() {
    let (setup, document) = with_mail().await;
    let (one, two) = (setup.instance(&document).await, setup.instance(&document).await);
    signed_in(&one).await;
    for instance in [&one, &two] {
        instance.connection_token(MAIL, CONNECTION, &orders()).await.unwrap();
    }
    one.sign_out(MAIL, CONNECTION).await.unwrap();
    for instance in [&one, &two] {
        let error = instance.connection_token(MAIL, CONNECTION, &orders()).await.unwrap_err();
        assert_eq!(error.name(), "SignInRequired");
    }
    assert!(setup.key_value.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_of_the_sign_in_before_is_used_by_no_instance() {
    let (setup, document) = with_mail().await;
    let (one, two) = (setup.instance(&document).await, setup.instance(&document).await);
    signed_in(&one).await;
    let read = scope("api://orders/Orders.Read");
    let mut before = Vec::new();
    for scope in [&orders(), &read] {
        before.push(one.connection_token(MAIL, CONNECTION, scope).await.unwrap());
    }
    signed_in(&two).await;
    for (scope, before) in [&orders(), &read].into_iter().zip(&before) {
        let after = one.connection_token(MAIL, CONNECTION, scope).await.unwrap();
        assert_ne!(after.expose(), before.expose());
    }
}

#[tokio::test]
async fn a_sign_in_that_was_withdrawn_does_not_come_back_with_a_refresh_under_way() {
    // The token is over, or is renewed while it still serves.
    for age in [4_000, 3_400] {
        let (setup, document) = with_mail().await;
        let (one, two) = (setup.instance(&document).await, setup.instance(&document).await);
        signed_in(&one).await;
        setup.advance(age);
        setup.entra.troubles().next([Trouble::Hang]);
        let scope = orders();
        let asking = one.connection_token(MAIL, CONNECTION, &scope);
        let withdrawing = async {
            setup.entra.troubles().requests_reach(2).await;
            two.sign_out(MAIL, CONNECTION).await.unwrap();
            setup.entra.troubles().release();
        };
        let (asked, ()) = tokio::join!(asking, withdrawing);
        assert_eq!(asked.unwrap_err().name(), "SignInRequired", "{age}");
        assert!(setup.key_value.list("").await.unwrap().is_empty(), "{age}");
    }
}

#[tokio::test]
async fn a_sign_in_that_was_replaced_does_not_come_back_with_a_refresh_under_way() {
    for age in [4_000, 3_400] {
        let (setup, document) = with_mail().await;
        let (one, two) = (setup.instance(&document).await, setup.instance(&document).await);
        signed_in(&one).await;
        let old = one.connection_token(MAIL, CONNECTION, &orders()).await.unwrap();
        setup.advance(age);
        setup.entra.troubles().next([Trouble::Hang]);
        let scope = orders();
        let asking = one.connection_token(MAIL, CONNECTION, &scope);
        let replacing = async {
            setup.entra.troubles().requests_reach(2).await;
            signed_in(&two).await;
            let places = setup.key_value.list("entra-connection/").await.unwrap();
            let kept = setup.key_value.get(&places[0]).await.unwrap().unwrap();
            setup.entra.troubles().release();
            (places, kept)
        };
        let (asked, (places, kept)) = tokio::join!(asking, replacing);
        assert_ne!(asked.unwrap().expose(), old.expose(), "{age}");
        // The refresh token of the sign-in before would have been written; that of the new one was used, and so renewed.
        assert_ne!(setup.key_value.get(&places[0]).await.unwrap().unwrap(), kept);
        assert_eq!(setup.key_value.list("entra-connection/").await.unwrap(), places);
        assert_eq!(setup.key_value.list("entra-token/").await.unwrap().len(), 1);
        assert_eq!(setup.requests(), 4, "{age}: two codes, the old refresh token and the new one");
    }
}

#[tokio::test]
async fn a_connections_token_is_refreshed_without_the_person() {
    let (setup, document) = with_mail().await;
    let identities = setup.instance(&document).await;
    signed_in(&identities).await;
    for _ in 0..3 {
        setup.advance(4_000);
        let token = identities.connection_token(MAIL, CONNECTION, &orders()).await.unwrap();
        assert!(token.expires_at() > setup.clock.now());
    }
    assert_eq!(setup.requests(), 4);
    setup.entra.revoke_refresh_tokens();
    setup.advance(4_000);
    let error = identities.connection_token(MAIL, CONNECTION, &orders()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "nobody has signed in for connection connection-7 of credential mail: open its consent page"
    );
}

#[tokio::test]
async fn a_connections_token_that_an_api_refused_is_replaced() {
    let (setup, document) = with_mail().await;
    let identities = setup.instance(&document).await;
    signed_in(&identities).await;
    let first = identities.connection_token(MAIL, CONNECTION, &orders()).await.unwrap();
    setup.advance(31);
    let scope = orders();
    let replaced = identities.connection_token_instead_of(MAIL, CONNECTION, &scope, &first, None);
    assert_ne!(replaced.await.unwrap().unwrap().expose(), first.expose());
}

#[tokio::test]
async fn a_sign_in_is_completed_once_in_time_and_by_its_own_state() {
    let (setup, document) = with_mail().await;
    let identities = setup.instance(&document).await;
    let other = setup.instance(&document).await;
    let sign_in = identities.begin_sign_in(MAIL, CONNECTION, &orders()).await.unwrap();
    let (state, code) = consented(&sign_in.url).await;
    let code = code.unwrap();
    let unknown = identities.complete_sign_in("another", &code).await.unwrap_err();
    assert_eq!(unknown, TokenError::SignInUnknown);
    // Another instance may complete it.
    other.complete_sign_in(&state, &code).await.unwrap();
    let again = identities.complete_sign_in(&state, &code).await.unwrap_err();
    assert_eq!(again, TokenError::SignInUnknown);

    let late = identities.begin_sign_in(MAIL, CONNECTION, &orders()).await.unwrap();
    setup.advance(600);
    let error = identities.complete_sign_in(late.state.expose(), &code).await.unwrap_err();
    assert_eq!(error, TokenError::SignInUnknown);
    // What was begun and never completed is cleared away.
    identities.begin_sign_in(MAIL, CONNECTION, &orders()).await.unwrap();
    setup.advance(600);
    identities.begin_sign_in(MAIL, CONNECTION, &orders()).await.unwrap();
    assert_eq!(setup.key_value.list("entra-sign-in/").await.unwrap().len(), 1);
    assert_eq!(format!("{sign_in:?}"), "SignIn(…)");
}

#[tokio::test]
async fn a_code_without_its_proof_key_is_worth_nothing() {
    let (setup, document) = with_mail().await;
    let identities = setup.instance(&document).await;
    let (mine, theirs) = (
        identities.begin_sign_in(MAIL, CONNECTION, &orders()).await.unwrap(),
        identities.begin_sign_in(MAIL, "connection-8", &orders()).await.unwrap(),
    );
    let (_, code_of_theirs) = consented(&theirs.url).await;
    let error = identities
        .complete_sign_in(mine.state.expose(), &code_of_theirs.unwrap())
        .await
        .unwrap_err();
    assert_eq!(code(&error), Some(501_481), "{error}");
}

#[tokio::test]
async fn sign_in_needs_keys_to_seal_with_and_a_name() {
    let (mut setup, document) = with_mail().await;
    let identities = setup.instance(&document).await;
    for name in ["", "a/b", "a b", &"a".repeat(65)] {
        let error = identities.begin_sign_in(MAIL, name, &orders()).await.unwrap_err();
        assert_eq!(error, TokenError::ConnectionMalformed, "{name}");
    }
    setup.sealing = None;
    let identities = setup.instance(&document).await;
    assert!(identities.credentials().need_sealing_keys());
    let error = identities.begin_sign_in(MAIL, CONNECTION, &orders()).await.unwrap_err();
    assert_eq!(error, TokenError::SealingKeyMissing);
}

fn caller(setup: &Setup, change: impl FnOnce(&mut TokenSpec)) -> Secret {
    let mut spec = TokenSpec {
        audience: APPLICATION.to_string(),
        scopes: vec!["access_as_user".to_owned()],
        subject: Some(USER.to_string()),
        expires_in: Some(LIFETIME),
        ..TokenSpec::default()
    };
    change(&mut spec);
    Secret::new(setup.entra.issuer().mint(&spec).unwrap())
}

fn behalf(setup: &Setup) -> String {
    format!(
        "[behalf]\nkind = \"on-behalf-of\"\n{}client-secret = \"${{secret:orders}}\"\n",
        setup.application()
    )
}

#[tokio::test]
async fn a_callers_token_is_exchanged_once_for_each_caller() {
    let setup = Setup::new().await;
    let identities = setup.instance(&behalf(&setup)).await;
    let (one, two) = (caller(&setup, |_| {}), caller(&setup, |_| {}));
    let token = identities.on_behalf_of("behalf", &orders(), &one).await.unwrap();
    assert_eq!(claims(token.expose())["oid"], USER.to_string());
    assert_eq!(claims(token.expose())["scp"], "Orders.Read Orders.Write");
    identities.on_behalf_of("behalf", &orders(), &one).await.unwrap();
    assert_eq!(setup.requests(), 1);
    identities.on_behalf_of("behalf", &orders(), &two).await.unwrap();
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn a_token_that_is_not_a_users_for_this_application_is_not_exchanged() {
    let setup = Setup::new().await;
    let identities = setup.instance(&behalf(&setup)).await;
    let now = NOW.as_secs();
    for (token, expected) in [
        (caller(&setup, |spec| spec.scopes.clear()), 7_000_114),
        (caller(&setup, |spec| spec.audience = "another".to_owned()), 50_013),
        (caller(&setup, |spec| spec.expires_in = Some(-1)), 500_133),
        (Secret::new("no.to.ken"), 50_013),
    ] {
        let error = identities.on_behalf_of("behalf", &orders(), &token).await.unwrap_err();
        assert_eq!(code(&error), Some(expected), "{error}");
    }
    assert_eq!(setup.clock.now().as_secs(), now);
}

#[tokio::test]
async fn what_conditional_access_wants_of_a_caller_is_given_to_the_caller() {
    let setup = Setup::with(|config| config.users[0].wants = Some(Wants::MultiFactor)).await;
    let identities = setup.instance(&behalf(&setup)).await;
    let token = caller(&setup, |_| {});
    let error = identities.on_behalf_of("behalf", &orders(), &token).await.unwrap_err();
    assert!(error.claims_challenge().unwrap().contains("polids"));
    assert!(!error.to_string().contains("polids"));
    let TokenError::Refused(refusal) = error else { panic!("not refused") };
    assert_eq!(refusal.error(), "interaction_required");
    assert!(refusal.needs_a_person());
}
