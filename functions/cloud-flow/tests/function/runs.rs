use headgate_core::KeyValue;
use headgate_peers::peer::Trouble;
use http::StatusCode;
use serde_json::json;

use crate::tenant::{APPROVE, NOW, Tenant, get, post, request, send, with};

const ID: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Waits until the record of a run that goes on is in the store.
async fn is_kept(tenant: &Tenant) {
    tenant.flows.troubles().requests_reach(1).await;
    while !tenant.records().await.iter().any(|record| record["phase"]["is"] == "running") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_flow_that_goes_on_is_waited_for_as_it_asks() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let answered = post(&function, "/flows/approve", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (200, "ok"));
    assert_eq!(answered.json(), json!({ "approved": true }));
    // Three looks, three seconds apart; the peer refuses a look with a token.
    assert_eq!(tenant.requests(), 4);
    use headgate_core::Clock;
    assert_eq!(tenant.clock.now().since(NOW).as_secs(), 9);
    assert_eq!(tenant.flows.runs(), 1);
    assert!(tenant.records().await.is_empty(), "nobody has the id of a run that was answered");
    let late = post(&function, "/flows/late", "{}").await;
    assert_eq!((late.status.as_u16(), late.json()["error"]["code"].as_str()), (409, Some("Late")));
}

#[tokio::test]
async fn a_caller_that_does_not_wait_finds_the_answer_later() {
    let tenant = Tenant::patient().await;
    let function = tenant.function().await;
    let asked = with(request("POST", "/flows/approve", "{}"), "prefer", "respond-async");
    let started = send(&function, asked).await;
    assert_eq!((started.status.as_u16(), started.result()), (202, "running"));
    assert_eq!(started.header("retry-after"), Some("3"));
    let id = started.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(started.header("location"), Some(format!("approve/runs/{id}").as_str()));
    let run = started.header("x-ms-workflow-run-id").unwrap().to_owned();

    // Whoever reads the store finds neither the id nor the address.
    for key in tenant.store.list("").await.unwrap() {
        let kept = tenant.store.get(&key).await.unwrap().unwrap();
        let kept = String::from_utf8_lossy(&kept).into_owned();
        assert!(!kept.contains("sig") && !kept.contains("http"), "{kept}");
        assert!(!key.contains(&id) && !kept.contains(&id));
    }

    let path = format!("/flows/approve/runs/{id}");
    let other = tenant.function().await;
    assert_eq!(get(&other, &path).await.status, 202);
    assert_eq!(tenant.requests(), 1, "the flow has asked for patience");
    for looks in [2, 3] {
        tenant.advance(3);
        let running = get(&other, &path).await;
        assert_eq!((running.status.as_u16(), running.result()), (202, "running"));
        assert_eq!(running.json()["status"], "running");
        assert_eq!(running.header("x-ms-workflow-run-id"), Some(run.as_str()));
        assert_eq!(tenant.requests(), looks);
    }
    tenant.advance(3);
    for _ in 0..2 {
        let done = get(&function, &path).await;
        assert_eq!((done.status.as_u16(), done.json()), (200, json!({ "approved": true })));
    }
    assert_eq!(get(&function, &path.replace("approve", "late")).await.result(), "RunNotFound");
    tenant.flows.forget_runs();
    let gone = get(&function, &path).await;
    assert_eq!((gone.status.as_u16(), gone.result()), (410, "RunGone"));
}

#[tokio::test]
async fn a_call_waits_no_longer_than_it_says_or_is_configured() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    for (prefer, status, requests) in
        [("wait=2", 202, 1), ("wait=3", 202, 1), ("wait=9999", 200, 4)]
    {
        let before = tenant.requests();
        let asked = with(request("POST", "/flows/approve", "{}"), "prefer", prefer);
        assert_eq!(send(&function, asked).await.status, status, "{prefer}");
        assert_eq!(tenant.requests() - before, requests, "{prefer}");
    }
    let flows = tenant.table("approve", APPROVE, "wait-seconds = 4");
    let function = tenant.try_function(&flows, &tenant.credentials()).await.unwrap();
    let asked = with(request("POST", "/flows/approve", "{}"), "prefer", "wait=9999");
    assert_eq!(send(&function, asked).await.status, 202);
}

#[tokio::test]
async fn a_look_that_hangs_does_not_make_a_call_wait_longer() {
    let tenant = Tenant::patient().await;
    let function = tenant.function().await;
    let troubles = tenant.flows.troubles();
    let asked = with(request("POST", "/flows/approve", "{}"), "prefer", "wait=10");
    let hang = async {
        is_kept(&tenant).await;
        troubles.next([Trouble::Hang]);
        tenant.advance(3);
        troubles.requests_reach(2).await;
        tenant.advance(6);
        tokio::task::yield_now().await;
        assert_eq!(tenant.requests(), 2, "it is still looking");
        tenant.advance(1);
    };
    let (answered, ()) = futures_util::future::join(send(&function, asked), hang).await;
    assert_eq!((answered.status.as_u16(), answered.result()), (202, "running"));
    assert_eq!(answered.header("retry-after"), Some("5"));
    let path = format!("/flows/{}", answered.header("location").unwrap());
    assert_eq!(get(&function, &path).await.status, 202);
    assert_eq!(tenant.requests(), 2, "a flow that hangs is not asked at once again");
    for status in [202, 202, 200] {
        tenant.advance(5);
        assert_eq!(get(&function, &path).await.status, status);
    }
    assert_eq!(tenant.flows.runs(), 1);
}

#[tokio::test]
async fn what_fails_while_a_call_waits_is_tried_again() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let started = {
        let asked = with(request("POST", "/flows/approve", "{}"), "prefer", "respond-async");
        send(&function, asked).await
    };
    let path = format!("/flows/approve/runs/{}", started.json()["id"].as_str().unwrap());
    for (trouble, status, result) in [
        (Trouble::Drop, 502, "FlowConnectionLost"),
        (Trouble::Fail(StatusCode::BAD_GATEWAY), 502, "FlowFailed"),
        (Trouble::Throttle(Some(7)), 202, "running"),
    ] {
        tenant.advance(10);
        tenant.flows.troubles().next([trouble]);
        let answered = get(&function, &path).await;
        assert_eq!((answered.status.as_u16(), answered.result()), (status, result));
    }
    tenant.advance(10);
    assert_eq!(get(&function, &path).await.status, 202);

    let troubles = tenant.flows.troubles();
    let waiting = post(&function, "/flows/approve", "{}");
    let disturb = async {
        troubles.requests_reach(troubles.requests() + 1).await;
        troubles.next([
            Trouble::Drop,
            Trouble::Throttle(Some(1)),
            Trouble::Fail(StatusCode::BAD_GATEWAY),
        ]);
    };
    let (answered, ()) = futures_util::future::join(waiting, disturb).await;
    assert_eq!(answered.status, 200, "{answered:?}");
}

#[tokio::test]
async fn a_run_whose_answer_is_on_another_host_is_not_followed() {
    let tenant = Tenant::new().await;
    let elsewhere = Tenant::new().await;
    let function = tenant.function().await;
    tenant.flows.say_elsewhere(&elsewhere.flows.base_url());
    let answered = post(&function, "/flows/approve", "{}").await;
    assert_eq!((answered.status.as_u16(), answered.result()), (502, "FlowLocationRefused"));
    let detail = answered.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.starts_with("the flow goes on") && detail.contains("location-hosts"),
        "{detail}"
    );
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn a_call_that_is_cut_off_while_it_waits_does_not_lose_its_run() {
    let tenant = Tenant::patient().await;
    let function = tenant.function().await;
    let asked = with(request("POST", "/flows/approve", "{}"), "x-headgate-run", ID);
    let waiting = Box::pin(send(&function, asked));
    let kept = Box::pin(is_kept(&tenant));
    let futures_util::future::Either::Right(((), cut_off)) =
        futures_util::future::select(waiting, kept).await
    else {
        panic!("it waits")
    };
    drop(cut_off);
    tenant.advance(30);
    let path = format!("/flows/approve/runs/{ID}");
    for status in [202, 202, 200] {
        assert_eq!(get(&tenant.function().await, &path).await.status, status);
        tenant.advance(3);
    }
    let asked = with(request("POST", "/flows/approve", "{}"), "x-headgate-run", ID);
    let again = send(&function, asked).await;
    assert_eq!((again.status.as_u16(), again.result()), (409, "RunSentBefore"));
    assert_eq!(tenant.flows.runs(), 1);
}

#[tokio::test]
async fn a_run_that_its_caller_named_is_sent_once_also_by_two_at_a_time() {
    let tenant = Tenant::new().await;
    let (one, two) = (tenant.function().await, tenant.function().await);
    let asked = || with(request("POST", "/flows/echo", "{}"), "x-headgate-run", ID);
    let (first, second) =
        futures_util::future::join(send(&one, asked()), send(&two, asked())).await;
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(tenant.flows.runs(), 1);
    let answered = get(&one, &format!("/flows/echo/runs/{ID}")).await;
    assert_eq!((answered.status.as_u16(), answered.result()), (410, "RunAnswered"));
}

#[tokio::test]
async fn a_run_that_was_refused_may_be_sent_again_and_one_that_was_lost_may_not() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    let asked = || with(request("POST", "/flows/echo", "{}"), "x-headgate-run", ID);
    tenant.flows.troubles().next([Trouble::Throttle(None)]);
    assert_eq!(send(&function, asked()).await.status, 429);
    tenant.flows.troubles().next([Trouble::DropAfter]);
    assert_eq!(send(&function, asked()).await.status, 502);
    assert_eq!(send(&function, asked()).await.status, 409);
    let path = format!("/flows/echo/runs/{ID}");
    assert_eq!(get(&function, &path).await.status, 202);
    tenant.advance(161);
    let uncertain = get(&function, &path).await;
    assert_eq!((uncertain.status.as_u16(), uncertain.result()), (410, "RunUncertain"));
    assert_eq!(tenant.flows.runs(), 1);
}

#[tokio::test]
async fn old_runs_are_dropped_by_the_tick_and_unknown_before() {
    let tenant = Tenant::patient().await;
    let function = tenant.function().await;
    let asked = with(request("POST", "/flows/approve", "{}"), "prefer", "respond-async");
    let id = send(&function, asked).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/flows/approve/runs/{id}");
    tenant.advance(7 * 86_400 - 1);
    post(&function, "/tick", "").await;
    assert_eq!(tenant.store.list("").await.unwrap().len(), 1);
    assert_eq!(get(&function, &path).await.status, 202);
    tenant.advance(1);
    assert_eq!(get(&function, &path).await.result(), "RunNotFound");
    assert_eq!(post(&function, "/tick", "").await.status, 200);
    assert!(tenant.store.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn without_the_store_a_flow_still_answers_and_what_cannot_be_kept_is_said() {
    let tenant = Tenant::new().await;
    let function = tenant.function().await;
    tenant.store.fail();
    assert_eq!(post(&function, "/flows/echo", "{}").await.status, 200);
    assert_eq!(post(&function, "/flows/approve", "{}").await.status, 200);
    let asked = with(request("POST", "/flows/approve", "{}"), "prefer", "respond-async");
    let answered = send(&function, asked).await;
    assert_eq!((answered.status.as_u16(), answered.result()), (503, "RunNotKept"));
    let runs = tenant.flows.runs();
    let asked = with(request("POST", "/flows/echo", "{}"), "x-headgate-run", ID);
    assert_eq!(send(&function, asked).await.result(), "StoreUnavailable");
    assert_eq!(tenant.flows.runs(), runs, "nothing is sent whose id is not kept");
    let path = format!("/flows/echo/runs/{ID}");
    assert_eq!(get(&function, &path).await.result(), "StoreUnavailable");
    assert_eq!(post(&function, "/tick", "").await.status, 503);
    assert!(!tenant.diagnostics.take().is_empty());
}
