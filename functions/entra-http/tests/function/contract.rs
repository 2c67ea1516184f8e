use headgate_entra_http::openapi::DOCUMENT;
use headgate_fakes::Contract;

use crate::town::{ORDERS, Town, request, send};

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let function = Town::new(ORDERS).function();
    for operation in Contract::read(DOCUMENT).operations() {
        let asked = operation.path.replace("{upstream}", "orders").replace("{path}", "orders");
        operation.assert_describes(&send(&function, request(&operation.method, &asked, "")));
    }
    assert_eq!(send(&function, request("GET", "/openapi.json", "")).body, DOCUMENT);
}

#[test]
fn methods_that_a_route_has_not_are_refused() {
    let function = Town::new(ORDERS).function();
    for (method, path, allow) in [
        ("POST", "/healthz", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("POST", "/consent/callback", "GET"),
        ("PUT", "/consent/orders", "DELETE, GET, POST"),
    ] {
        let answered = send(&function, request(method, path, ""));
        assert_eq!((answered.status.as_u16(), answered.header("allow")), (405, Some(allow)));
    }
    assert_eq!(send(&function, request("GET", "/", "")).result(), "RouteNotFound");
    assert_eq!(send(&function, request("GET", "/nobody/orders", "")).result(), "UpstreamNotFound");
}
