use crate::net::with_headers;
use crate::town::{ORDERS, Town, get};

#[test]
fn a_redirect_within_the_upstream_comes_back_as_this_functions() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for (location, expected) in [
        ("https://orders.example/v1/orders/2?a=b", "../../orders/orders/2?a=b"),
        ("/v1/orders/2", "../../orders/orders/2"),
        ("2", "../../orders/orders/2"),
    ] {
        town.net.serves(move |_| Ok(with_headers(302, &[("location", location)], "")));
        let answered = get(&function, "/orders/orders/");
        let seen = (answered.status.as_u16(), answered.header("location"));
        assert_eq!(seen, (302, Some(expected)), "{location}");
    }
}

#[test]
fn a_redirect_elsewhere_is_refused_and_followed_by_nobody() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for status in [301, 302, 303, 307, 308] {
        for location in [
            "https://evil.example/",
            "http://orders.example/v1/orders/2",
            "//evil.example",
            "/admin",
            "/v1/orders/..%2f..%2fadmin",
            "http://169.254.169.254/",
            "\\\\evil.example",
        ] {
            town.net.serves(move |_| Ok(with_headers(status, &[("location", location)], "gone")));
            let answered = get(&function, "/orders/orders");
            assert_eq!(
                (answered.status.as_u16(), answered.result()),
                (502, "RedirectRefused"),
                "{location}"
            );
            assert!(answered.header("location").is_none() && !answered.body.contains("evil"));
        }
    }
    assert_eq!(town.net.sent().len(), 35);
}

#[test]
fn a_redirect_elsewhere_is_passed_on_where_that_is_said() {
    let town = Town::new(&ORDERS.replace("credential", "redirects = \"pass\"\ncredential"));
    let function = town.function();
    town.net
        .serves(|_| Ok(with_headers(302, &[("location", "https://download.example/x?sig=1")], "")));
    let answered = get(&function, "/orders/orders");
    assert_eq!(
        (answered.status.as_u16(), answered.header("location")),
        (302, Some("https://download.example/x?sig=1"))
    );
    assert_eq!(town.net.sent().len(), 1);
}

#[test]
fn addresses_of_the_upstream_lead_through_this_function_and_others_stay() {
    let town = Town::new(ORDERS).with("public_url", "https://gateway.example");
    let function = town.function();
    town.net.serves(|_| {
        let headers = [
            ("location", "https://orders.example/v1/orders/operations/7"),
            ("azure-asyncoperation", "/v1/orders/operations/7?a=b"),
            ("operation-location", "https://elsewhere.example/7"),
        ];
        Ok(with_headers(202, &headers, ""))
    });
    let answered = get(&function, "/orders/orders");
    assert_eq!(
        answered.header("location"),
        Some("https://gateway.example/orders/orders/operations/7")
    );
    assert_eq!(
        answered.header("azure-asyncoperation"),
        Some("https://gateway.example/orders/orders/operations/7?a=b")
    );
    assert_eq!(answered.header("operation-location"), Some("https://elsewhere.example/7"));
}

#[test]
fn what_has_not_changed_is_no_redirect() {
    let town = Town::new(ORDERS);
    town.net.serves(|_| Ok(with_headers(304, &[("etag", "\"1\"")], "")));
    assert_eq!(get(&town.function(), "/orders/orders").status, 304);
}
