use std::sync::Arc;

use headgate_core::{KeyValue, KeyValueError};
use headgate_peers::peer::Trouble;

use crate::support::{Setup, orders, sealing_keys};

async fn sealed() -> Setup {
    let mut setup = Setup::new().await;
    setup.sealing = Some(sealing_keys(1));
    setup
}

#[tokio::test]
async fn instances_share_a_token_that_the_store_does_not_show() {
    let setup = sealed().await;
    let document = setup.secret_document();
    let token = setup.instance(&document).await.token("orders", &orders()).await.unwrap();
    let other = setup.instance(&document).await.token("orders", &orders()).await.unwrap();
    assert_eq!(token.expose(), other.expose());
    assert_eq!(token.expires_at(), other.expires_at());
    assert_eq!(setup.requests(), 1);
    let keys = setup.key_value.list("").await.unwrap();
    assert_eq!(keys.len(), 1);
    let kept = setup.key_value.get(&keys[0]).await.unwrap().unwrap();
    let signature = token.expose().rsplit('.').next().unwrap().as_bytes();
    assert!(!kept.windows(16).any(|window| window == &signature[..16]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_of_four_instances_cost_one_token_request() {
    let setup = sealed().await;
    let document = setup.secret_document();
    let mut asking = Vec::new();
    for _ in 0..4 {
        let instance = Arc::new(setup.instance(&document).await);
        for _ in 0..100 {
            let instance = Arc::clone(&instance);
            asking.push(tokio::spawn(
                async move { instance.token("orders", &orders()).await.unwrap() },
            ));
        }
    }
    for asked in asking {
        asked.await.unwrap();
    }
    assert_eq!(setup.requests(), 1);
}

#[tokio::test]
async fn an_instance_that_died_while_asking_is_waited_for_no_longer_than_its_lease() {
    let setup = sealed().await;
    let document = setup.secret_document();
    let dead = setup.instance(&document).await;
    setup.entra.troubles().next([Trouble::Hang]);
    let asking = tokio::spawn(async move { dead.token("orders", &orders()).await });
    setup.entra.troubles().requests_reach(1).await;
    asking.abort();
    assert!(asking.await.is_err());
    let alive = setup.instance(&document).await;
    let looked = setup.key_value.calls();
    let waiting = tokio::spawn(async move { alive.token("orders", &orders()).await });
    while setup.key_value.calls() < looked + 5 {
        tokio::task::yield_now().await;
    }
    assert_eq!(setup.requests(), 1, "the lease is kept to");
    setup.advance(40);
    waiting.await.unwrap().unwrap();
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn an_instance_with_another_key_cannot_open_and_asks_for_itself() {
    let mut setup = sealed().await;
    let document = setup.secret_document();
    setup.instance(&document).await.token("orders", &orders()).await.unwrap();
    setup.sealing = Some(sealing_keys(2));
    setup.instance(&document).await.token("orders", &orders()).await.unwrap();
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn a_throttle_holds_for_every_instance() {
    let setup = sealed().await;
    let document = setup.secret_document();
    setup.entra.troubles().next([Trouble::Throttle(Some(100))]);
    setup.instance(&document).await.token("orders", &orders()).await.unwrap_err();
    let error = setup.instance(&document).await.token("orders", &orders()).await.unwrap_err();
    assert_eq!(error.retry_after().map(|after| after.as_secs()), Some(100));
    assert_eq!(setup.requests(), 1);
}

#[tokio::test]
async fn a_store_that_is_down_keeps_no_token_away() {
    let setup = sealed().await;
    setup.key_value.fail_with(KeyValueError::Unavailable("down".to_owned()));
    let identities = setup.instance(&setup.secret_document()).await;
    identities.token("orders", &orders()).await.unwrap();
    identities.token("orders", &orders()).await.unwrap();
    assert_eq!(setup.requests(), 1);
    assert!(format!("{:?}", setup.diagnostics).contains("not shared with other instances"));
}

#[tokio::test]
async fn a_renewed_token_is_taken_over_from_the_instance_that_renewed_it() {
    let setup = sealed().await;
    let document = setup.secret_document();
    let (one, two) = (setup.instance(&document).await, setup.instance(&document).await);
    let first = one.token("orders", &orders()).await.unwrap();
    two.token("orders", &orders()).await.unwrap();
    setup.advance(3_300);
    let renewed = one.token("orders", &orders()).await.unwrap();
    assert_ne!(renewed.expose(), first.expose());
    assert_eq!(two.token("orders", &orders()).await.unwrap().expose(), renewed.expose());
    assert_eq!(setup.requests(), 2);
    // So is one that an API refused elsewhere.
    let other = two.token_instead_of("orders", &orders(), &first, None).await.unwrap().unwrap();
    assert_eq!(other.expose(), renewed.expose());
    assert_eq!(setup.requests(), 2);
}

#[tokio::test]
async fn a_refused_token_is_not_taken_from_the_store_again() {
    let setup = sealed().await;
    let document = setup.secret_document();
    let (one, two) = (setup.instance(&document).await, setup.instance(&document).await);
    let first = one.token("orders", &orders()).await.unwrap();
    two.token("orders", &orders()).await.unwrap();
    setup.advance(30);
    let second = one.token_instead_of("orders", &orders(), &first, None).await.unwrap().unwrap();
    assert_ne!(second.expose(), first.expose());
    let other = two.token_instead_of("orders", &orders(), &first, None).await.unwrap().unwrap();
    assert_eq!(other.expose(), second.expose());
    assert_eq!(setup.requests(), 2);
}
