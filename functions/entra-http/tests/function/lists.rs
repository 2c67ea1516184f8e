use std::sync::atomic::{AtomicUsize, Ordering};

use headgate_fakes::Answered;
use serde_json::json;

use crate::net::{Sent, answer, with_headers};
use crate::town::{Function, ORDERS, Town, get, request, send};

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

fn whole(function: &Function, path: &str) -> Answered {
    let mut asked = request("GET", path, "");
    asked
        .headers_mut()
        .insert("prefer", "odata.maxpagesize=2, headgate.all-pages".parse().unwrap());
    send(function, asked)
}

/// Three pages of two; the last of one.
fn page(sent: &Sent) -> http::Response<headgate_core::Body> {
    let at = match sent.uri.query() {
        Some("page=2") => 2,
        Some("page=3") => 3,
        _ => 1,
    };
    let next = format!("https://orders.example/v1/orders?page={}", at + 1);
    let body = match at {
        3 => json!({ "value": [{ "n": 5 }], "nextLink": "" }),
        _ => {
            json!({ "count": 5, "value": [{ "n": 2 * at - 1 }, { "n": 2 * at }], "nextLink": next })
        }
    };
    with_headers(200, &[JSON, ("etag", "\"1\"")], &body.to_string())
}

#[test]
fn a_page_leads_to_the_next_through_this_function() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves(|sent| Ok(page(sent)));
    let first = get(&function, "/orders/orders").json();
    assert_eq!(first["nextLink"], "../orders/orders?page=2");
    let town = town.with("public_url", "https://gateway.example/entra/");
    let first = get(&town.function(), "/orders/orders").json();
    assert_eq!(first["nextLink"], "https://gateway.example/entra/orders/orders?page=2");
    let last = get(&function, "/orders/orders?page=3");
    assert_eq!(last.body, r#"{"nextLink":"","value":[{"n":5}]}"#);
}

#[test]
fn a_list_is_answered_whole_to_who_prefers_that() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves(|sent| Ok(page(sent)));
    let answered = whole(&function, "/orders/orders");
    assert_eq!(answered.body, r#"{"count":5,"value":[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}]}"#);
    assert_eq!(answered.header("preference-applied"), Some("headgate.all-pages"));
    assert_eq!(answered.header("etag"), None);
    let sent = town.net.sent();
    assert_eq!(sent.len(), 3);
    for sent in sent {
        assert_eq!(sent.header("prefer"), Some("odata.maxpagesize=2"));
        assert_eq!(sent.header("authorization"), Some("Bearer token-1"));
    }
    assert_eq!(town.net.tokens(), 1);
}

#[test]
fn a_list_of_one_page_is_that_page() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves(|_| Ok(with_headers(200, &[JSON], r#"{"value":[]}"#)));
    assert_eq!(whole(&function, "/orders/orders").body, r#"{"value":[]}"#);
}

#[test]
fn pages_that_lead_in_a_circle_come_to_an_end() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves(|_| {
        Ok(with_headers(
            200,
            &[JSON],
            r#"{"value":[1],"nextLink":"https://orders.example/v1/orders"}"#,
        ))
    });
    assert_eq!(whole(&function, "/orders/orders").result(), "PagesLoop");
    assert_eq!(town.net.sent().len(), 1);
}

#[test]
fn a_list_has_no_more_pages_than_are_allowed() {
    let town = Town::new(&ORDERS.replace("credential", "pages = 3\ncredential"));
    let function = town.function();
    let count = AtomicUsize::new(0);
    town.net.serves(move |_| {
        let next = count.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "value": [1], "@odata.nextLink": format!("https://orders.example/v1/orders?p={next}") });
        Ok(with_headers(200, &[JSON], &body.to_string()))
    });
    assert_eq!(whole(&function, "/orders/orders").result(), "TooManyPages");
    assert_eq!(town.net.sent().len(), 3);
}

#[test]
fn an_answer_that_is_no_page_takes_the_place_of_the_list() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves(|sent| match sent.uri.query() {
        None => Ok(page(sent)),
        Some(_) => Ok(with_headers(429, &[("retry-after", "9")], "slow down")),
    });
    let answered = whole(&function, "/orders/orders");
    assert_eq!((answered.status.as_u16(), answered.header("retry-after")), (429, Some("9")));
    for body in ["[1]", "{}", r#"{"value":{}}"#, "{"] {
        town.net.serves(move |_| Ok(with_headers(200, &[JSON], body)));
        assert_eq!(whole(&function, "/orders/orders").result(), "PageUnreadable", "{body}");
        assert_eq!(get(&function, "/orders/orders").body, body);
    }
}

#[test]
fn what_is_not_json_is_never_read_as_a_page() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let body = r#"{"nextLink":"https://evil.example/"}"#;
    town.net.serves(move |_| Ok(with_headers(200, &[("content-type", "text/plain")], body)));
    assert_eq!(get(&function, "/orders/orders").body, body);
    town.net.serves(move |_| Ok(answer(404, body)));
    assert_eq!(get(&function, "/orders/orders").body, body);
}

#[test]
fn a_page_that_is_too_long_for_one_goes_through() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let text = format!(
        "{{\"value\":[\"{}\"],\"nextLink\":\"https://evil.example\"}}",
        "x".repeat(9_000_000)
    );
    let body = text.clone();
    town.net.serves(move |_| Ok(with_headers(200, &[JSON], &body)));
    assert_eq!(get(&function, "/orders/orders").body, text);
}
