use headgate_local::Limits;
use http::StatusCode;

use crate::backend::Backend;
use crate::client::{get, post, text};
use crate::harness::{component, host, host_with, small};

/// What `/do/count` answers to requests one after the other.
async fn counts(limits: Limits, requests: usize) -> Vec<u32> {
    let (_folder, host) = host();
    let running = host.limits(limits).start().await.unwrap();
    let mut counts = Vec::new();
    for _ in 0..requests {
        counts.push(text(running.address(), "/do/count").await.parse().unwrap());
    }
    running.shut_down().await;
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_and_an_unknown_path_are_served() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    assert_eq!(get(running.address(), "/empty").await, (StatusCode::OK, String::new()));
    assert_eq!(post(running.address(), "/empty").await, (StatusCode::OK, String::new()));
    assert_eq!(get(running.address(), "/nobody").await.0, StatusCode::NOT_FOUND);
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_wasi_0_2_is_served() {
    let more = r#"
        [[trigger.http]]
        route = "/incoming/..."
        component = "incoming"
        [component.incoming]
        source = "incoming.wasm"
    "#;
    let (_folder, host) = host_with(more);
    let running = host.component_source("incoming", component("incoming")).start().await.unwrap();
    for path in ["/incoming", "/incoming/a?b=c", "/incoming/again"] {
        assert_eq!(text(running.address(), path).await, path);
    }
    let posted = post(running.address(), "/incoming/posted").await;
    assert_eq!(posted, (StatusCode::OK, "/incoming/posted".to_owned()));
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_serves_many_requests_up_to_its_limit() {
    let counts = counts(Limits { instance_reuse: 3, ..small() }, 20).await;
    assert!(counts.contains(&3), "{counts:?}");
    assert!(counts.iter().all(|count| *count <= 3), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_reuse_off_every_request_has_a_new_instance() {
    let counts = counts(Limits { instance_reuse: 1, ..small() }, 10).await;
    assert_eq!(counts, [1; 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_repeated_reuse_an_instance_one_after_the_other() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let mut most = 0;
    for _ in 0..20 {
        let (status, count) = post(running.address(), "/do/count").await;
        assert_eq!(status, StatusCode::OK);
        most = most.max(count.parse().unwrap());
    }
    assert!(most > 1);
    running.shut_down().await;
}

/// Two requests under way at the same time; what each counts in its instance.
async fn together(limits: Limits, method: http::Method) -> [String; 2] {
    let (_folder, host) = host();
    let running = host.limits(limits).start().await.unwrap();
    let address = running.address();
    let mut backend = Backend::start().await;
    let path = format!("/do/wait/http/{}", backend.address);
    let wait = || {
        let (path, method) = (path.clone(), method.clone());
        tokio::spawn(async move {
            if method == http::Method::GET {
                get(address, &path).await
            } else {
                post(address, &path).await
            }
        })
    };
    let first = wait();
    let first_call = backend.call().await;
    let second = wait();
    let second_call = backend.call().await;
    first_call.answer(StatusCode::OK);
    let first = first.await.unwrap().1;
    second_call.answer(StatusCode::OK);
    let second = second.await.unwrap().1;
    running.shut_down().await;
    [first, second]
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_share_an_instance_at_the_same_time() {
    assert_eq!(together(small(), http::Method::GET).await, ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_do_not_share_an_instance_when_concurrency_is_off_or_they_cannot_be_repeated() {
    let off = Limits { instance_concurrency: 1, ..small() };
    assert_eq!(together(off, http::Method::GET).await, ["1", "1"]);
    assert_eq!(together(small(), http::Method::POST).await, ["1", "1"]);
}
