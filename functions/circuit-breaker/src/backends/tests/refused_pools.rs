//! Pools that cannot be honoured: what their author reads.

use super::support::{assert_refused, with_pool};

#[test]
fn a_service_that_is_no_backend_of_the_document_is_refused() {
    let service = |id: &str| with_pool(&format!("services = [{{ id = '{id}' }}]"));
    let not_id = "line 4, column 15: backends.p.pool.services[0].id must be an ARM id that ends in /backends/NAME, or NAME itself";
    assert_refused(&[
        (
            service("c"),
            "line 4, column 15: backends.p.pool.services[0].id names no backend of the document",
        ),
        (
            format!("backends.orders.url = 'https://a.example'\n{}", service("order")),
            "line 5, column 15: backends.p.pool.services[0].id names no backend of the document; did you mean orders?",
        ),
        (
            service("P"),
            "line 4, column 15: backends.p.pool.services[0].id names a pool; a pool cannot contain a pool",
        ),
        (service("/apis/a"), not_id),
        (service("/backends/"), not_id),
        (service("/backends/a/x"), not_id),
        (service(""), "line 4, column 15: backends.p.pool.services[0].id may not be empty"),
        (
            with_pool("services = [{ id = 'a' }, { id = '/backends/A' }]"),
            "line 4, column 29: backends.p.pool.services[1].id names a backend that the pool has already",
        ),
        (
            with_pool("services = [{ weight = 1 }]"),
            "line 4, column 13: backends.p.pool.services[0] needs id",
        ),
    ]);
}

#[test]
fn a_pool_out_of_its_limits_is_refused() {
    let services = vec!["{ id = 'a' }"; 31].join(", ");
    assert_refused(&[
        ("[backends.p]\ntype = 'Pool'".to_owned(), "line 1, column 11: backends.p needs pool"),
        (with_pool(""), "line 3, column 13: backends.p.pool needs services"),
        (
            with_pool("services = []\nfailureResponse.statusCode = 500"),
            "line 4, column 1: backends.p.pool.services needs at least one entry",
        ),
        (
            with_pool(&format!("services = [{services}]")),
            "line 4, column 1: backends.p.pool.services may have at most 30 entries",
        ),
        (
            with_pool("services = [{ weight = 101, id = 'a' }]"),
            "line 4, column 15: backends.p.pool.services[0].weight must be a whole number from 0 to 100",
        ),
        (
            with_pool("services = [{ priority = -1, id = 'a' }]"),
            "line 4, column 15: backends.p.pool.services[0].priority must be a whole number from 0 to 100",
        ),
        (
            with_pool("services = [{ preferredCarbonEmission = 'None', id = 'a' }]"),
            "line 4, column 15: backends.p.pool.services[0].preferredCarbonEmission must be VeryLow, Low, Medium, High or VeryHigh",
        ),
        (
            with_pool("failureResponse.statusCode = 100\nservices = [{ id = 'a' }]"),
            "line 4, column 17: backends.p.pool.failureResponse.statusCode must be a whole number from 200 to 599",
        ),
    ]);
}

#[test]
fn an_affinity_that_no_cookie_can_give_is_refused() {
    let session = |keys: &str| {
        with_pool(&format!("sessionAffinity.sessionId = {{ {keys} }}\nservices = [{{ id = 'a' }}]"))
    };
    assert_refused(&[
        (
            session("source = 'header', name = 'x'"),
            "line 4, column 31: backends.p.pool.sessionAffinity.sessionId.source must be cookie",
        ),
        (
            session("source = 'cookie'"),
            "line 4, column 17: backends.p.pool.sessionAffinity.sessionId needs name",
        ),
        (
            session("name = 'a b'"),
            "line 4, column 31: backends.p.pool.sessionAffinity.sessionId.name must be a cookie's name",
        ),
    ]);
}

#[test]
fn what_belongs_to_the_members_is_refused_in_a_pool() {
    let pool = |keys: &str| {
        format!(
            "backends.a.url = 'https://a.example'\n[backends.p]\n{keys}\npool.services = [{{ id = 'a' }}]"
        )
    };
    let why = "cannot be honoured: it belongs to the members of a pool";
    for key in ["circuitBreaker.rules = [{ name = 'r' }]", "credentials.header.x = ['y']"] {
        let name = key.split('.').next().unwrap();
        let expected = format!("line 3, column 1: backends.p.{name} {why}");
        assert_refused(&[(pool(key), expected.as_str())]);
    }
}
