//! What the stand-ins for Dataverse and the connections API refuse, as functions of a request: no socket, no clock.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use headgate_peers::Bearers;
use headgate_peers::connections::{ConnectionsApi, ConnectionsConfig};
use headgate_peers::dataverse::{Dataverse, DataverseConfig, DesktopFlow, Ends};
use headgate_peers::issuer::{Guid, SystemClock};
use headgate_peers::peer::{Asked, Peer};
use serde_json::{Value, json};

const ORIGIN: &str = "https://contoso.crm4.dynamics.com";
const ENVIRONMENT: &str = "37520647-dbdf-49fa-ba01-6134c14680c4";
const GROUP: Guid = Guid::from_u128(0xe1);

fn bearers() -> Bearers {
    Bearers::Exactly("t0ken".to_owned())
}

fn asked(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Asked {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let body = body.to_owned().into();
    Asked { method: head.method, uri: head.uri, headers: head.headers, body }
}

fn answer(peer: &impl Peer, asked: &Asked) -> (u16, Value) {
    let reply = peer.answer(asked);
    (reply.status.as_u16(), serde_json::from_slice(&reply.body).unwrap_or_default())
}

fn dataverse(flows: u128) -> Dataverse {
    let flow = |number| DesktopFlow {
        id: Guid::from_u128(number),
        name: format!("Flow {number}"),
        inputs: json!({}),
        outputs: json!({}),
        ends: Ends::WhenTold,
    };
    let flows = (1..=flows).map(flow).collect();
    let config = DataverseConfig { bearers: bearers(), flows, ..DataverseConfig::default() };
    Dataverse::new(config, ORIGIN)
}

const ODATA: [(&str, &str); 5] = [
    ("authorization", "Bearer t0ken"),
    ("accept", "application/json"),
    ("odata-version", "4.0"),
    ("odata-maxversion", "4.0"),
    ("content-type", "application/json"),
];

const LIST: &str = "/api/data/v9.2/workflows?$filter=category+eq+6&$select=name,workflowid";

#[test]
fn dataverse_gives_flows_by_pages_of_the_size_that_is_preferred() {
    let (dataverse, paged) =
        (dataverse(5), [ODATA.as_slice(), &[("prefer", "odata.maxpagesize=2")]].concat());
    let (mut path, mut sizes) = (LIST.to_owned(), Vec::new());
    loop {
        let (status, page) = answer(&dataverse, &asked("GET", &path, &paged, ""));
        assert_eq!(status, 200, "{page}");
        sizes.push(page["value"].as_array().unwrap().len());
        match page["@odata.nextLink"].as_str() {
            Some(next) => path = next.strip_prefix(ORIGIN).unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    let (_, whole) = answer(&dataverse, &asked("GET", LIST, &ODATA, ""));
    assert_eq!(
        (whole["value"].as_array().unwrap().len(), &whole["@odata.nextLink"]),
        (5, &Value::Null)
    );
}

#[test]
fn dataverse_refuses_what_the_real_one_refuses() {
    let dataverse = dataverse(1);
    let flow = Guid::from_u128(1);
    let run = format!("/api/data/v9.2/workflows({flow})/Microsoft.Dynamics.CRM.RunDesktopFlow");
    let ordered = r#"{"runMode":"attended","connectionName":"robots"}"#;
    let (status, started) = answer(&dataverse, &asked("POST", &run, &ODATA, ordered));
    assert_eq!(status, 200, "{started}");
    let session = started["flowsessionId"].as_str().unwrap();
    let session = format!("/api/data/v9.2/flowsessions({session})");
    let cancel = format!("{session}/Microsoft.Dynamics.CRM.CancelDesktopFlowRun");
    let made_up = format!("{LIST}&$skiptoken=made-up");
    for (method, path, body, expected) in [
        ("GET", made_up.as_str(), "", 400),
        ("GET", "/api/data/v9.2/workflows?$filter=category+eq+6&$select=clientdata", "", 400),
        ("GET", "/api/data/v9.2/workflows?$filter=category+eq+5", "", 400),
        ("GET", "/api/data/v9.1/workflows?$filter=category+eq+6", "", 404),
        ("POST", cancel.as_str(), "{}", 400),
        ("POST", run.as_str(), r#"{"runMode":"Attended","connectionName":"robots"}"#, 400),
        ("POST", run.as_str(), r#"{"runMode":"attended","connectionName":"nobody"}"#, 404),
        (
            "POST",
            run.as_str(),
            r#"{"runMode":"attended","connectionName":"robots","inputs":{}}"#,
            400,
        ),
        ("POST", run.as_str(), r#"{"runMode":"attended","connectionName":"robots","x":1}"#, 400),
        ("POST", cancel.as_str(), "", 204),
    ] {
        let (status, told) = answer(&dataverse, &asked(method, path, &ODATA, body));
        assert_eq!(status, expected, "{method} {path} {body}: {told}");
    }
    let as_somebody = [ODATA.as_slice(), &[("callerobjectid", ENVIRONMENT)]].concat();
    assert_eq!(answer(&dataverse, &asked("GET", LIST, &as_somebody, "")).0, 403);
    for (missing, expected) in [(0, 401), (1, 400), (2, 400), (3, 400)] {
        let mut headers = ODATA.to_vec();
        let (name, _) = headers.remove(missing);
        assert_eq!(answer(&dataverse, &asked("GET", LIST, &headers, "")).0, expected, "{name}");
    }
}

fn connections() -> ConnectionsApi {
    ConnectionsApi::new(ConnectionsConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        bearers: bearers(),
        audience: "https://api.powerplatform.com".to_owned(),
        environment: ENVIRONMENT.to_owned(),
        machine_groups: vec![GROUP],
        password: "right".to_owned(),
        clock: Arc::new(SystemClock),
    })
}

const CONNECTION: &str = "/connectivity/connectors/shared_uiflow/connections/0d3c5a1e-7b6f-4e2a-9c8d-1f2e3d4c5b6a?api-version=1";

fn put(api: &ConnectionsApi, body: &Value) -> (u16, Value) {
    let headers = [("authorization", "Bearer t0ken"), ("content-type", "application/json")];
    answer(api, &asked("PUT", CONNECTION, &headers, &body.to_string()))
}

fn relay() -> Value {
    json!({ "properties": {
        "environment": { "id": format!("/providers/Microsoft.PowerApps/environments/{ENVIRONMENT}"), "name": ENVIRONMENT },
        "connectionParametersSet": { "name": "azureRelay", "values": {
            "username": { "value": "contoso\\robot" }, "password": { "value": "right" },
            "targetId": { "value": GROUP.to_string() } } } } })
}

fn owned() -> Value {
    let mut body = relay();
    let set = &mut body["properties"]["connectionParametersSet"];
    set["name"] = json!("azureRelayRunOwner");
    set["values"]["tokenRunOwnerCert:clientId"] = json!({ "value": ENVIRONMENT });
    set["values"]["tokenRunOwnerCert:clientCertificateSecret"] =
        json!({ "value": { "pfx": "UEZY", "password": "" } });
    body
}

#[test]
fn a_run_owner_can_be_changed_and_not_removed() {
    let api = connections();
    assert_eq!(put(&api, &owned()).0, 201);
    assert_eq!(put(&api, &owned()).0, 200);
    let (status, told) = put(&api, &relay());
    assert_eq!((status, &told["error"]["code"]), (400, &json!("ApiHubsRequestFailed")));
}

#[test]
fn a_connection_is_made_of_nothing_but_what_the_contract_has() {
    let change = |pointer: &str, value: Value| {
        let mut body = owned();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        body
    };
    let set = "/properties/connectionParametersSet";
    for body in [
        change("/x", json!(1)),
        change("/properties/connectionParameterSets", json!({})),
        change("/properties/environment", json!({ "name": ENVIRONMENT })),
        change("/properties/displayName", json!(1)),
        change("/properties/credentialId", json!("none")),
        // Literals do not go with a credential.
        change("/properties/credentialId", json!(ENVIRONMENT)),
        change(&format!("{set}/name"), json!("azureRelay")),
        change(&format!("{set}/name"), json!("azurerelayrunowner")),
        change(&format!("{set}/values/x"), json!({ "value": "x" })),
        change(&format!("{set}/values/username"), json!("contoso\\robot")),
        change(&format!("{set}/values/username"), json!({ "value": "" })),
        change(
            &format!("{set}/values/password"),
            json!({ "value": "@environmentVariables(\"x\")" }),
        ),
        change(&format!("{set}/values/targetId"), json!({ "value": ENVIRONMENT })),
        change(&format!("{set}/values/tokenRunOwnerCert:clientId"), json!({ "value": "robots" })),
        change(
            &format!("{set}/values/tokenRunOwnerCert:clientCertificateSecret"),
            json!({ "value": { "pfx": "not base64", "password": "" } }),
        ),
        change(
            &format!("{set}/values/tokenRunOwnerCert:clientCertificateSecret"),
            json!({ "value": { "pfx": "UEZY" } }),
        ),
    ] {
        let api = connections();
        let (status, told) = put(&api, &body);
        assert_eq!(status, 400, "{body}: {told}");
        assert!(api.connections().is_empty());
    }
    let api = connections();
    let headers = [("authorization", "Bearer t0ken")];
    let (status, _) = answer(&api, &asked("PUT", CONNECTION, &headers, &relay().to_string()));
    assert_eq!(status, 415);
    assert_eq!(answer(&api, &asked("PUT", CONNECTION, &[], "")).0, 401);
    let another = CONNECTION.replace("connectors", "apis");
    assert_eq!(answer(&api, &asked("GET", &another, &headers, "")).0, 404);
    let newer = CONNECTION.replace("api-version=1", "api-version=2");
    assert_eq!(answer(&api, &asked("GET", &newer, &headers, "")).0, 400);
}

#[test]
fn each_credential_of_the_environment_is_taken() {
    for (password, expected) in
        [("@environmentVariables(\"cr_password\")", 201), ("none", 201), ("hunter2", 400)]
    {
        let mut body = relay();
        body["properties"]["credentialId"] = json!(ENVIRONMENT);
        let values = &mut body["properties"]["connectionParametersSet"]["values"];
        values["username"] = json!({ "value": "@environmentVariables(\"cr_user\")" });
        values["password"] = json!({ "value": password });
        let (status, told) = put(&connections(), &body);
        assert_eq!(status, expected, "{told}");
    }
}
