use std::time::Duration;

use headgate_local::{Drained, Limits};
use http::StatusCode;

use crate::backend::Backend;
use crate::client::{get, request, send};
use crate::harness::{host, host_in, host_with, small, told};

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_what_is_under_way_finish_and_takes_nothing_new() {
    let (_folder, host) = host();
    let running = host.start().await.unwrap();
    let address = running.address();
    let mut backend = Backend::start().await;
    let path = format!("/do/outbound/http/{}", backend.address);
    let under_way = tokio::spawn(async move { get(address, &path).await });
    let call = backend.call().await;
    let mut stopping = tokio::spawn(running.shut_down());
    // The address is given free before what is under way has finished.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    tokio::select! {
        biased;
        drained = &mut stopping => panic!("stopped before the request was answered: {drained:?}"),
        () = std::future::ready(()) => call.answer(StatusCode::OK),
    }
    assert_eq!(under_way.await.unwrap(), (StatusCode::OK, "200 ".to_owned()));
    assert_eq!(stopping.await.unwrap(), Drained::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_breaks_off_what_does_not_finish_in_time() {
    let (_folder, host) = host();
    let limits = Limits { drain: Duration::from_millis(50), ..small() };
    let running = host.limits(limits).start().await.unwrap();
    let address = running.address();
    let mut backend = Backend::start().await;
    let path = format!("/do/outbound/http/{}", backend.address);
    let under_way =
        tokio::spawn(async move { send(address, request(http::Method::GET, &path)).await });
    let _call = backend.call().await;
    assert_eq!(running.shut_down().await, Drained::BrokenOff);
    assert!(under_way.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_host_on_the_same_state_is_refused_until_the_first_is_gone() {
    let (folder, host) = host();
    let running = host.start().await.unwrap();
    let refusal = host_in(&folder, "").start().await.unwrap_err().to_string();
    assert!(refusal.contains("in use by another process"), "{refusal}");
    running.shut_down().await;
    host_in(&folder, "").start().await.unwrap().shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_posts_to_its_component_again_and_again() {
    let (_folder, host) = host_with("[component.misbehaving.tool.headgate]\ntick = '10ms'");
    let (log, mut told) = told();
    let running = host.request_log(log).start().await.unwrap();
    for _ in 0..3 {
        let line = told.recv().await.unwrap();
        assert_eq!(line["method"], "POST");
        assert_eq!(line["route"], "/do/...");
        assert_eq!(line["status"], 200);
    }
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_logged_without_its_query_and_its_headers() {
    let (_folder, host) = host();
    let (log, mut told) = told();
    let running = host.request_log(log).start().await.unwrap();
    let mut request = request(http::Method::GET, "/do/count?key=hunter2");
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    request.headers_mut().insert("traceparent", trace.parse().unwrap());
    request.headers_mut().insert("authorization", "Bearer hunter2".parse().unwrap());
    send(running.address(), request).await.unwrap();
    let line = told.recv().await.unwrap();
    assert_eq!(line["component"], "misbehaving");
    assert_eq!(line["status"], 200);
    assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert!(line["duration_us"].is_u64());
    assert!(!line.to_string().contains("hunter2"), "{line}");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_served_is_named_at_the_start() {
    let refusal = async |more: &str| host_with(more).1.start().await.unwrap_err().to_string();
    let told = refusal("[component.other]\nsource = 'nowhere.wasm'").await;
    assert!(told.contains("nowhere.wasm") && told.contains("just build-components"), "{told}");
    let told = refusal("[component.other]\nsource = 'x'\nsqlite_databases = ['default']").await;
    assert!(told.contains("sqlite_databases"), "{told}");
    let (folder, host) = host_with("[component.other]\nsource = 'text.wasm'");
    std::fs::write(folder.path().join("text.wasm"), "no component").unwrap();
    let told = host.start().await.unwrap_err().to_string();
    assert!(told.starts_with("component other: "), "{told}");
    let (_folder, host) = crate::harness::host();
    let told = host.component_source("nobody", "x.wasm").start().await.unwrap_err().to_string();
    assert_eq!(told, "there is no component nobody in the manifest");
}
