//! What the function does not start with, and who may ask it.

use crate::town::{GREET, Town, get, post};

#[test]
fn what_cannot_be_put_into_force_is_named() {
    for (name, value, error) in [
        ("dataverse_url", "", "variable dataverse_url is not set"),
        ("callback_url", "", "variable callback_url is not set"),
        ("credentials", "", "variable credentials is not set"),
        (
            "dataverse_url",
            "http://contoso.crm4.dynamics.com",
            "variable dataverse_url must use https; http is for this machine alone",
        ),
        (
            "callback_url",
            "https://127.0.0.1/",
            "variable callback_url must have a DNS name: Dataverse calls neither an IP address nor this machine",
        ),
        ("credential", "nobody", "variable credential must name one of the credentials"),
        ("runs_per_minute", "71", "variable runs_per_minute must be a whole number from 1 to 70"),
        ("settle_seconds", "0", "variable settle_seconds must be a whole number from 1 to 86400"),
        (
            "cloud",
            "moon",
            "variable cloud must be public, first-release, gcc, gcc-high, dod, china, preprod, test, dev, exp or local",
        ),
        (
            "environment_id",
            "a.b",
            "variable environment_id must be an environment's id: letters, digits and dashes, as 37520647-dbdf-49fa-ba01-6134c14680c4",
        ),
        (
            "connections_verbs",
            "put",
            "variable connections_verbs must be get, delete, both separated by a comma, or none",
        ),
        ("source", "a b", "variable source must be a URI reference, as an event's source is"),
    ] {
        let refused = Town::new().with(name, value).try_function().err().unwrap();
        assert_eq!(refused.to_string(), error);
    }
    let behalf = "[b]\nkind = \"on-behalf-of\"\ntenant = \"contoso.onmicrosoft.com\"\nclient-id = \"b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b\"\nclient-secret = \"hunter2\"\n";
    let refused = Town::new().with("credentials", behalf).try_function().err().unwrap().to_string();
    assert!(
        refused.contains("does not act by itself") && !refused.contains("hunter2"),
        "{refused}"
    );
}

#[test]
fn without_access_nothing_is_answered_but_callbacks_health_and_ticks() {
    let town = Town::new().without("access");
    let function = town.function();
    for path in ["/runs", "/flows", "/connections", "/openapi.json", "/outbox", "/dead-letters"] {
        assert_eq!(get(&function, path).result(), "AccessNotConfigured", "{path}");
    }
    assert_eq!(post(&function, "/runs", GREET).result(), "AccessNotConfigured");
    assert_eq!(get(&function, "/healthz").status, 200);
    assert_eq!(post(&function, "/tick", "").status, 200);
    assert_eq!(post(&function, "/completions/x", "").result(), "CallbackUnknown");
    assert!(town.sessions().is_empty());
}
