//! Connections.

use serde_json::json;

use crate::net::Trouble;
use crate::town::{GROUP, Town, get, request, send};

const ID: &str = "0d3c5a1e-7b6f-4e2a-9c8d-1f2e3d4c5b6a";

fn put(town: &Town, body: &str) -> headgate_fakes::Answered {
    let body = body.replace("GROUP", &GROUP.to_string());
    send(&town.function(), request("PUT", &format!("/connections/{ID}"), &body))
}

const WITH_PASSWORD: &str = r#"{"parameterSet":"azureRelay","displayName":"Robots","machineGroup":"GROUP","username":"contoso\\robot","password":"${secret:robot-password}"}"#;

#[test]
fn a_connection_is_put_shown_listed_and_deleted_and_its_secret_is_nowhere() {
    let town = Town::new();
    let answer = put(&town, WITH_PASSWORD);
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()["status"], "Connected");
    assert_eq!(put(&town, WITH_PASSWORD).status, 200, "the same request updates it");
    let sent = town.connections.connections();
    assert_eq!(sent[ID]["connectionParametersSet"]["values"]["password"]["value"], "right");
    let one = get(&town.function(), &format!("/connections/{ID}")).json();
    assert_eq!((&one["status"], &one["displayName"]), (&json!("Connected"), &json!("Robots")));
    let all = get(&town.function(), "/connections").json();
    assert_eq!(all["connections"][0]["id"], ID);
    for key in town.keys("") {
        let value =
            headgate_fakes::now(headgate_core::KeyValue::get(&town.store, &key)).unwrap().unwrap();
        let value = String::from_utf8(value).unwrap();
        assert!(!value.contains("right") && !value.contains("${secret"), "{key}: {value}");
    }
    let deleted = send(&town.function(), request("DELETE", &format!("/connections/{ID}"), ""));
    assert_eq!(deleted.status, 204);
    assert_eq!(get(&town.function(), &format!("/connections/{ID}")).result(), "ConnectionUnknown");
    assert_eq!(get(&town.function(), "/connections").json()["connections"], json!([]));
    let path = "/connectivity/connectors/shared_uiflow/connections/";
    assert_eq!(town.net.count(&format!("PUT {path}{ID}?api-version=1")), 2);
}

#[test]
fn a_connection_that_was_made_and_does_not_work_is_no_success() {
    let town = Town::new();
    let answer = put(&town, &WITH_PASSWORD.replace("robot-password", "robot-wrong"));
    assert_eq!((answer.status.as_u16(), answer.result()), (502, "ConnectionBroken"));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("Error (SessionCreationInvalidCredentials"), "{detail}");
    assert!(!answer.body.contains("wrong\""));
    let one = get(&town.function(), &format!("/connections/{ID}")).json();
    assert_eq!(
        (&one["status"], &one["error"]["code"]),
        (&json!("Error"), &json!("SessionCreationInvalidCredentials"))
    );
}

#[test]
fn what_is_wrong_two_levels_deep_is_what_the_caller_is_told() {
    let town = Town::new();
    let body = WITH_PASSWORD.replace("GROUP", "00000000-0000-0000-0000-000000000099");
    let answer = put(&town, &body);
    assert_eq!(answer.status, 502);
    assert_eq!(
        answer.json()["detail"],
        "the service refused with 400 XrmMachineGroupNotFound: The machine group was not found."
    );
}

#[test]
fn a_secret_that_is_written_out_is_refused_and_not_told() {
    let town = Town::new();
    for password in
        ["hunter2", "${secret:credentials}", "${secret:robot-password}${secret:credentials}"]
    {
        let answer = put(&town, &WITH_PASSWORD.replace("${secret:robot-password}", password));
        assert_eq!((answer.status.as_u16(), answer.result()), (400, "SecretNotReference"));
        assert!(!answer.body.contains("hunter2"));
    }
    let answer = put(&town, &WITH_PASSWORD.replace("robot-password", "robot-unset"));
    assert_eq!((answer.status.as_u16(), answer.result()), (422, "SecretUnset"));
    assert!(town.connections.connections().is_empty());
}

#[test]
fn verbs_that_nothing_documents_are_used_only_if_they_may_be() {
    let town = Town::new().with("connections_verbs", "none");
    assert_eq!(put(&town, WITH_PASSWORD).status, 201);
    let path = format!("/connections/{ID}");
    assert_eq!(get(&town.function(), &path).json()["status"], "Connected");
    assert_eq!(send(&town.function(), request("DELETE", &path, "")).status, 501);
    assert_eq!((town.net.count("GET /conn"), town.net.count("DELETE")), (0, 0));
}

#[test]
fn without_an_environment_there_are_no_connections() {
    let town = Town::new().without("environment_id");
    assert_eq!(put(&town, WITH_PASSWORD).result(), "ConnectionsNotConfigured");
    let town = Town::new();
    let wrong = send(&town.function(), request("PUT", "/connections/x", WITH_PASSWORD));
    assert_eq!(wrong.result(), "ConnectionIdInvalid");
    town.net.others([Trouble::Answer(500, "", None)]);
    assert_eq!(put(&town, WITH_PASSWORD).result(), "ServiceFailed");
}
