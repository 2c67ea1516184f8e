use serde_json::json;

use crate::town::{ORDERS, Town, get, post, request, send};

fn with_pool() -> String {
    format!(
        r#"{ORDERS}
[backends.spare]
url = "https://spare.example"

[backends.all]
type = "Pool"
[backends.all.pool]
failureResponse = {{ statusCode = 429 }}
sessionAffinity = {{ sessionId = {{ source = "cookie", name = "Session" }} }}
services = [{{ id = "/backends/orders", priority = 1 }}, {{ id = "/backends/spare", priority = 2 }}]
"#
    )
}

#[test]
fn the_spare_is_called_only_while_the_first_is_open() {
    let town = Town::new(&with_pool());
    let function = town.function();
    town.net.answers("spare.example", 201);
    assert_eq!(get(&function, "/proxy/all/a").status, 200);
    town.net.answers("orders.example", 500);
    for _ in 0..3 {
        assert_eq!(get(&function, "/proxy/ALL/a").status, 500);
    }
    assert_eq!(get(&function, "/proxy/all/a?x").status, 201);
    assert_eq!(town.net.sent().last().unwrap().uri, "https://spare.example/a?x");
    post(&function, "/backends/spare:trip", r#"{"duration":"PT1S"}"#);
    let refused = get(&function, "/proxy/all/a");
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("1")));
}

#[test]
fn the_affinity_cookie_is_set_once_keeps_the_caller_and_does_not_reach_the_backend() {
    let town = Town::new(&with_pool());
    let function = town.function();
    let first = get(&function, "/proxy/all/a");
    let cookie = first.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once(';').unwrap();
    assert!(pair.starts_with("Session="), "{cookie}");
    assert_eq!(attributes, " Path=/; HttpOnly");
    let mut again = request("GET", "/proxy/all/a", "");
    let value = format!("theme=dark; {pair}; lang=de");
    again.headers_mut().insert("cookie", value.parse().unwrap());
    assert_eq!(send(&function, again).header("set-cookie"), None);
    assert_eq!(town.net.sent().last().unwrap().headers["cookie"], "theme=dark; lang=de");
    // With the first open the caller moves to the spare, and stays there when the first is well again.
    town.net.answers("spare.example", 201);
    post(&function, "/backends/orders:trip", r#"{"duration":"PT1S"}"#);
    let mut moved = request("GET", "/proxy/all/a", "");
    moved.headers_mut().insert("cookie", pair.parse().unwrap());
    let moved = send(&function, moved);
    assert_eq!(moved.status, 201);
    let pair = moved.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    town.advance(2);
    let mut stays = request("GET", "/proxy/all/a", "");
    stays.headers_mut().insert("cookie", pair.parse().unwrap());
    assert_eq!(send(&function, stays).status, 201);
}

#[test]
fn a_pool_is_shown_with_its_members() {
    let town = Town::new(&with_pool());
    let function = town.function();
    post(&function, "/backends/spare:trip", "");
    let shown = get(&function, "/backends/all").json();
    assert_eq!(shown["members"][0], json!({ "name": "Orders", "weight": 1, "priority": 1 }));
    assert_eq!(shown["backends"][0]["state"], "closed");
    assert_eq!(shown["backends"][1]["state"], "open");
    assert_eq!(get(&function, "/backends").json()["pools"][0]["name"], "all");
    let report = post(&function, "/outcomes", r#"{"backend":"all","id":"1","status":500}"#);
    assert_eq!(report.status, 404);
    assert_eq!(post(&function, "/backends/all:trip", "").status, 404);
}
