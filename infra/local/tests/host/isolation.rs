use std::time::Duration;

use headgate_local::Limits;
use http::StatusCode;

use crate::backend::Backend;
use crate::client::{get, post, text};
use crate::harness::{host, lines, small};

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_answered_500_and_the_host_goes_on() {
    let (_folder, host) = host();
    let (output, lines) = lines();
    let running = host.guest_output(output).start().await.unwrap();
    for _ in 0..3 {
        let (status, body) = get(running.address(), "/do/trap").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.contains("as asked"), "what broke inside is not told: {body}");
        assert_eq!(post(running.address(), "/do/trap").await.0, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(get(running.address(), "/do/time").await.0, StatusCode::OK);
    }
    running.shut_down().await;
    let lines = lines.lock().unwrap();
    assert!(lines.iter().any(|line| line.contains("instance stopped")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_does_not_take_a_request_in_the_same_instance_with_it() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let address = running.address();
    let mut backend = Backend::start().await;
    let path = format!("/do/wait/http/{}", backend.address);
    let innocent = tokio::spawn(async move { get(address, &path).await });
    let lost = backend.call().await;
    assert_eq!(get(address, "/do/trap").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    // The innocent one is repeated in an instance for itself.
    let again = backend.call().await;
    drop(lost);
    again.answer(StatusCode::OK);
    assert_eq!(innocent.await.unwrap(), (StatusCode::OK, "1".to_owned()));
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_repeated_is_never_done_twice() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let address = running.address();
    let mut backend = Backend::start().await;
    let path = format!("/do/wait/http/{}", backend.address);
    let once = tokio::spawn(async move { post(address, &path).await });
    let call = backend.call().await;
    assert_eq!(get(address, "/do/trap").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(post(address, "/do/trap").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    call.answer(StatusCode::OK);
    assert_eq!(once.await.unwrap(), (StatusCode::OK, "1".to_owned()));
    assert!(backend.has_no_further_call());
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_guest_that_computes_without_end_is_stopped_and_starves_nobody_meanwhile() {
    let (_folder, host) = host();
    let limits = Limits { guest_timeout: Duration::from_millis(500), ..small() };
    let running = host.limits(limits).start().await.unwrap();
    let address = running.address();
    text(address, "/empty").await;
    let mut endless = tokio::spawn(async move { get(address, "/do/spin").await });
    // Many turns of the one thread pass in which both want to run.
    for _ in 0..10 {
        tokio::select! {
            biased;
            text = text(address, "/empty") => assert_eq!(text, ""),
            stopped = &mut endless => panic!("stopped before the others were served: {stopped:?}"),
        }
    }
    let (status, body) = endless.await.unwrap();
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body.contains("computed for too long"), "{body}");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_computes_without_end_does_not_take_a_request_in_the_same_instance_with_it() {
    let (_folder, host) = host();
    let limits = Limits { guest_timeout: Duration::from_millis(100), ..small() };
    let running = host.limits(limits).start().await.unwrap();
    let address = running.address();
    let mut backend = Backend::start().await;
    let path = format!("/do/wait/http/{}", backend.address);
    let innocent = tokio::spawn(async move { get(address, &path).await });
    let lost = backend.call().await;
    assert_eq!(get(address, "/do/spin").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let again = backend.call().await;
    drop(lost);
    again.answer(StatusCode::OK);
    assert_eq!(innocent.await.unwrap(), (StatusCode::OK, "1".to_owned()));
    running.shut_down().await;
}
