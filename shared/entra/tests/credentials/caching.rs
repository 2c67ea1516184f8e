use std::sync::Arc;

use headgate_core::Clock;
use headgate_peers::peer::Trouble;
use http::StatusCode;

use crate::support::{NOW, Setup, orders, scope};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_ask_at_once_cost_one_request() {
    let setup = Setup::new().await;
    let identities = Arc::new(setup.instance(&setup.secret_document()).await);
    let asking = (0..1_000).map(|_| {
        let identities = Arc::clone(&identities);
        tokio::spawn(async move { identities.token("orders", &orders()).await.unwrap() })
    });
    let mut tokens = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        tokens.push(asked.await.unwrap());
    }
    assert!(tokens.iter().all(|token| token.expose() == tokens[0].expose()));
    assert_eq!(setup.requests(), 1);
}

#[tokio::test]
async fn each_scope_has_its_token_and_it_is_remembered() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    let flow = scope("https://service.flow.microsoft.com//.default");
    for _ in 0..3 {
        identities.token("orders", &orders()).await.unwrap();
        identities.token("orders", &flow).await.unwrap();
    }
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end_and_serves_on_when_that_fails() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    let first = identities.token("orders", &orders()).await.unwrap();
    setup.advance(3_200);
    assert_eq!(identities.token("orders", &orders()).await.unwrap().expose(), first.expose());
    assert_eq!(setup.requests(), 1);
    setup.advance(100);
    setup.entra.troubles().next([Trouble::Answer(StatusCode::BAD_REQUEST, "no".into())]);
    assert_eq!(identities.token("orders", &orders()).await.unwrap().expose(), first.expose());
    assert_eq!(setup.requests(), 2);
    // It is not tried at every request.
    identities.token("orders", &orders()).await.unwrap();
    assert_eq!(setup.requests(), 2);
    setup.advance(30);
    let second = identities.token("orders", &orders()).await.unwrap();
    assert_ne!(second.expose(), first.expose());
    assert_eq!(setup.requests(), 3);
}

#[tokio::test]
async fn a_renewal_that_hangs_takes_three_seconds_of_one_request_alone() {
    let setup = Setup::new().await;
    let identities = Arc::new(setup.instance(&setup.secret_document()).await);
    let first = identities.token("orders", &orders()).await.unwrap();
    setup.advance(3_300);
    setup.entra.troubles().always(Some(Trouble::Hang));
    let renewing = tokio::spawn({
        let identities = Arc::clone(&identities);
        async move { identities.token("orders", &orders()).await.unwrap() }
    });
    setup.entra.troubles().requests_reach(2).await;
    let other = identities.token("orders", &orders()).await.unwrap();
    assert_eq!(other.expose(), first.expose());
    setup.advance(3);
    assert_eq!(renewing.await.unwrap().expose(), first.expose());
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn an_expired_token_is_replaced_and_not_failed() {
    let setup = Setup::new().await;
    let identities = setup.instance(&setup.secret_document()).await;
    let first = identities.token("orders", &orders()).await.unwrap();
    setup.advance(4_000);
    let second = identities.token("orders", &orders()).await.unwrap();
    assert_ne!(first.expose(), second.expose());
    assert!(second.expires_at() > setup.clock.now());
}

#[tokio::test]
async fn a_token_that_an_api_refused_is_replaced_once_for_all() {
    let setup = Setup::new().await;
    let identities = Arc::new(setup.instance(&setup.secret_document()).await);
    let first = identities.token("orders", &orders()).await.unwrap();
    // A new token is not replaced: another would fare no better.
    let none = identities.token_instead_of("orders", &orders(), &first, None).await.unwrap();
    assert!(none.is_none());
    assert_eq!(setup.requests(), 1);
    setup.advance(30);
    let asking = (0..50).map(|_| {
        let (identities, first) = (Arc::clone(&identities), first.clone());
        tokio::spawn(async move {
            let claims = Some("{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1\"}}}");
            identities.token_instead_of("orders", &orders(), &first, claims).await.unwrap().unwrap()
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        assert_ne!(asked.await.unwrap().expose(), first.expose());
    }
    assert_eq!(setup.requests(), 2);
    let second = identities.token("orders", &orders()).await.unwrap();
    assert_ne!(second.expose(), first.expose());
    assert_eq!(setup.clock.now().since(NOW).as_secs(), 30);
}

#[tokio::test]
async fn a_flight_goes_on_when_the_one_who_flies_hangs_up() {
    let setup = Setup::new().await;
    let identities = Arc::new(setup.instance(&setup.secret_document()).await);
    setup.entra.troubles().next([Trouble::Hang]);
    let ask = || {
        let identities = Arc::clone(&identities);
        tokio::spawn(async move { identities.token("orders", &orders()).await })
    };
    let first = ask();
    setup.entra.troubles().requests_reach(1).await;
    let (second, third) = (ask(), ask());
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let (second, third) = (second.await.unwrap().unwrap(), third.await.unwrap().unwrap());
    assert_eq!(second.expose(), third.expose());
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn a_waiter_who_hangs_up_breaks_nothing() {
    let setup = Setup::new().await;
    let identities = Arc::new(setup.instance(&setup.secret_document()).await);
    setup.entra.troubles().next([Trouble::Hang]);
    let ask = || {
        let identities = Arc::clone(&identities);
        tokio::spawn(async move { identities.token("orders", &orders()).await })
    };
    let first = ask();
    setup.entra.troubles().requests_reach(1).await;
    let waiter = ask();
    tokio::task::yield_now().await;
    waiter.abort();
    assert!(waiter.await.is_err());
    setup.entra.troubles().release();
    first.await.unwrap().unwrap();
    assert_eq!(setup.requests(), 1);
}
