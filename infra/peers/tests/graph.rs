//! A drive of Microsoft Graph refuses what the real service refuses (contracts, Power Platform §5.1).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::{Clock, Timestamp};
use headgate_peers::Bearers;
use headgate_peers::graph::{Graph, GraphConfig, QuickXor};
use headgate_peers::issuer::{Issuer, IssuerConfig, TokenSpec};
use headgate_peers::peer::{Asked, Peer, Reply};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

const STEP: usize = 327_680;

/// A clock that the test moves.
#[derive(Clone)]
struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    fn advance(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(duration);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Drive {
    graph: Graph,
    clock: TestClock,
}

fn drive(config: impl FnOnce(&mut GraphConfig)) -> Drive {
    let clock = TestClock(Arc::new(Mutex::new(Timestamp::from_secs(1_743_554_868))));
    let mut made = GraphConfig {
        bearers: Bearers::Exactly("good".to_owned()),
        clock: Arc::new(clock.clone()),
        ..GraphConfig::default()
    };
    config(&mut made);
    Drive { graph: Graph::new(made, "http://graph"), clock }
}

impl Drive {
    fn send(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let uri = uri.strip_prefix("http://graph").unwrap_or(uri);
        let header = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
        };
        self.graph.answer(&Asked {
            method: Method::try_from(method).unwrap(),
            uri: uri.parse().unwrap(),
            headers: headers.iter().map(header).collect::<HeaderMap>(),
            body: body.to_vec().into(),
        })
    }

    /// Asks for something of the drive, with a token.
    fn ask(&self, method: &str, item: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let headers = [headers, &[("authorization", "Bearer good")]].concat();
        self.send(method, &format!("/v1.0/drives/b!development{item}"), &headers, body)
    }

    fn begin(&self, item: &str, body: &Value) -> Reply {
        let json = [("content-type", "application/json")];
        let path = format!("/root:/{item}:/createUploadSession");
        self.ask("POST", &path, &json, body.to_string().as_bytes())
    }

    fn session(&self, item: &str, body: &Value) -> String {
        text(&self.begin(item, body), "uploadUrl")
    }

    fn fragment(&self, url: &str, range: &str, length: usize) -> Reply {
        self.send("PUT", url, &[("content-range", range)], &vec![7; length])
    }
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
}

fn text(reply: &Reply, name: &str) -> String {
    body(reply)[name].as_str().unwrap_or_default().to_owned()
}

/// The status and the code, behind a look at the rest of the envelope.
fn refusal(reply: &Reply) -> (u16, String) {
    let error = &body(reply)["error"];
    for name in ["date", "request-id", "client-request-id"] {
        assert!(error["innerError"][name].is_string(), "{error}");
    }
    assert!(error["message"].is_string());
    (reply.status.as_u16(), error["code"].as_str().unwrap().to_owned())
}

fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!(refusal(reply), (status, code.to_owned()));
}

#[test]
fn a_token_is_needed_for_the_drive_and_refused_at_its_own_addresses() {
    let drive = drive(|_| {});
    drive.graph.put("a", "abc", "text/plain");
    let item = "/v1.0/drives/b!development/root:/a";
    refused(&drive.send("GET", item, &[], b""), 401, "InvalidAuthenticationToken");
    let bad = [("authorization", "Bearer bad")];
    refused(&drive.send("GET", item, &bad, b""), 401, "InvalidAuthenticationToken");
    let good = [("authorization", "Bearer good")];
    let address = text(&drive.send("GET", item, &good, b""), "@microsoft.graph.downloadUrl");
    let session = drive.session("b", &json!({}));
    for (method, address) in [("GET", &address), ("GET", &session), ("PUT", &session)] {
        refused(&drive.send(method, address, &good, b""), 401, "unauthenticated");
    }
    assert_eq!(drive.send("GET", &address, &[], b"").body, "abc");
}

#[tokio::test]
async fn an_application_has_no_drive_of_its_own() {
    let issuer = Arc::new(Issuer::start(IssuerConfig::default()).await.unwrap());
    let token = |scopes: &[&str], audience: &str| {
        let spec = TokenSpec {
            audience: audience.to_owned(),
            scopes: scopes.iter().map(|text| (*text).to_owned()).collect(),
            expires_in: Some(600),
            ..TokenSpec::default()
        };
        format!("Bearer {}", issuer.mint(&spec).unwrap())
    };
    let graph = Graph::new(
        GraphConfig {
            bearers: Bearers::Issuer(Arc::clone(&issuer)),
            drive: "/me/drive".to_owned(),
            ..GraphConfig::default()
        },
        "http://graph",
    );
    graph.put("a", "abc", "text/plain");
    let look = |token: &str| {
        let headers = [(http::header::AUTHORIZATION, HeaderValue::try_from(token).unwrap())];
        graph.answer(&Asked {
            method: Method::GET,
            uri: "/v1.0/me/drive/root:/a".parse().unwrap(),
            headers: headers.into_iter().collect(),
            body: bytes::Bytes::new(),
        })
    };
    let audience = "https://graph.microsoft.com";
    refused(&look(&token(&[], audience)), 400, "BadRequest");
    for other in ["https://graph.microsoft.com/", "api://headgate"] {
        refused(&look(&token(&["Files.Read"], other)), 401, "InvalidAuthenticationToken");
    }
    assert_eq!(look(&token(&["Files.Read"], audience)).status, 200);
}

#[test]
fn a_content_is_at_another_address_for_a_while_and_ranges_are_for_that() {
    let drive = drive(|_| {});
    drive.graph.put("a", "0123456789", "text/plain");
    let ranged = [("range", "bytes=2-4")];
    let found = drive.ask("GET", "/root:/a:/content", &ranged, b"");
    assert_eq!((found.status.as_u16(), found.body.len()), (302, 0));
    let address = found.headers["location"].to_str().unwrap().to_owned();
    let part = drive.send("GET", &address, &ranged, b"");
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"234"[..]));
    assert_eq!(part.headers["content-range"], "bytes 2-4/10");
    let behind = drive.send("GET", &address, &[("range", "bytes=10-")], b"");
    assert_eq!(
        (behind.status.as_u16(), &behind.headers["content-range"]),
        (416, &"bytes */10".parse().unwrap())
    );
    drive.graph.ignore_ranges(true);
    let whole = drive.send("GET", &address, &ranged, b"");
    assert_eq!((whole.status.as_u16(), &whole.body[..]), (200, &b"0123456789"[..]));
    drive.clock.advance(Duration::from_secs(300));
    refused(&drive.send("GET", &address, &[], b""), 401, "unauthenticated");
    let item = drive.ask("GET", "/root:/a", &[], b"");
    let same = [("if-none-match", &*text(&item, "eTag"))];
    assert_eq!(drive.ask("GET", "/root:/a:/content", &same, b"").status, 304);
    refused(&drive.ask("GET", "/root:/b:/content", &[], b""), 404, "itemNotFound");
}

#[test]
fn a_small_file_is_uploaded_in_one_request() {
    let drive = drive(|drive| (drive.small, drive.quota) = (10, 15));
    let put = |query: &str, headers: &[(&str, &str)], body: &[u8]| {
        drive.ask("PUT", &format!("/root:/a.txt:/content{query}"), headers, body)
    };
    let first = put("", &[("content-type", "text/plain")], b"J");
    assert_eq!(first.status, 201);
    let item = body(&first);
    assert_eq!((&item["size"], &item["name"]), (&json!(1), &json!("a.txt")));
    assert_eq!(item["file"]["mimeType"], "text/plain");
    assert_eq!(item["file"]["hashes"]["quickXorHash"], "SgAAAAAAAAAAAAAAAQAAAAAAAAA=");
    let second = put("", &[], b"two");
    assert_eq!((second.status.as_u16(), &body(&second)["id"]), (200, &item["id"]));
    assert_ne!((&body(&second)["eTag"], &body(&second)["cTag"]), (&item["eTag"], &item["cTag"]));
    let rule = "?@microsoft.graph.conflictBehavior=";
    refused(&put(&format!("{rule}fail"), &[], b"x"), 409, "nameAlreadyExists");
    refused(&put(&format!("{rule}never"), &[], b"x"), 400, "invalidRequest");
    assert_eq!(text(&put(&format!("{rule}rename"), &[], b"x"), "name"), "a 1.txt");
    refused(&put("", &[("if-match", &text(&first, "eTag"))], b"x"), 412, "resourceModified");
    assert_eq!(put("", &[("if-match", &text(&second, "eTag"))], b"x").status, 200);
    refused(&put("", &[], &[0; 11]), 413, "invalidRequest");
    assert_eq!(put("", &[], &[0; 10]).status, 200);
    let full = drive.ask("PUT", "/root:/b:/content", &[], &[0; 10]);
    refused(&full, 507, "quotaLimitReached");
    // In capital letters it is the same name.
    let upper = drive.ask("PUT", &format!("/root:/A.TXT:/content{rule}fail"), &[], b"");
    refused(&upper, 409, "nameAlreadyExists");
    refused(&drive.ask("PUT", "/root:/x/y:/content", &[], b""), 404, "itemNotFound");
    refused(&drive.ask("PUT", "/root:/a%3Ab:/content", &[], b""), 400, "invalidRequest");
}

#[test]
fn a_session_takes_fragments_in_turn_and_nothing_else() {
    takes_fragments_in_turn(&drive(|_| {}));
}

#[test]
fn a_session_on_the_disk_is_as_one_in_memory() {
    takes_fragments_in_turn(&drive(|drive| drive.spills_to = Some(std::env::temp_dir())));
}

fn takes_fragments_in_turn(drive: &Drive) {
    let total = STEP + 5;
    let url = drive.session("a.bin", &json!({ "item": { "fileSize": total } }));
    let send = |range: &str, length| drive.fragment(&url, range, length);
    for range in ["", "bytes=0-4/5", "bytes 0-4", "bytes 4-0/5", "bytes 0-5/5", "bytes 0-+4/5"] {
        refused(&send(range, 5), 400, "invalidRequest");
    }
    refused(&send(&format!("bytes 0-4/{total}"), 5), 400, "invalidRequest");
    refused(&send(&format!("bytes 0-{}/{total}", STEP - 1), STEP - 1), 400, "invalidRequest");
    refused(&send(&format!("bytes 0-{}/{}", STEP - 1, total + 1), STEP), 400, "invalidRequest");
    refused(&send(&format!("bytes {STEP}-{}/{total}", total - 1), 5), 400, "invalidRequest");
    let first = send(&format!("bytes 0-{}/{total}", STEP - 1), STEP);
    assert_eq!(first.status, 202);
    assert_eq!(body(&first)["nextExpectedRanges"], json!([format!("{STEP}-")]));
    assert!(body(&first)["expirationDateTime"].is_string());
    refused(&send(&format!("bytes 0-{}/{total}", STEP - 1), STEP), 416, "invalidRange");
    let status = drive.send("GET", &url, &[], b"");
    assert_eq!(
        (status.status.as_u16(), body(&status)["nextExpectedRanges"].clone()),
        (200, json!([format!("{STEP}-")]))
    );
    let last = send(&format!("bytes {STEP}-{}/{total}", total - 1), 5);
    assert_eq!(last.status, 201);
    let hash = STANDARD.encode(QuickXor::of(&vec![7; total]));
    assert_eq!(body(&last)["file"]["hashes"]["quickXorHash"], json!(hash));
    assert_eq!(drive.graph.content("a.bin").unwrap(), vec![7; total]);
    refused(&drive.send("GET", &url, &[], b""), 404, "itemNotFound");
}

#[test]
fn a_fragment_of_sixty_mebibytes_is_too_long() {
    let drive = drive(|drive| drive.keeps_content = false);
    let (step, most) = (STEP as u64, 60 * 1024 * 1024);
    let url = drive.session("a.bin", &json!({}));
    let send = |length: u64| {
        let range = format!("bytes 0-{}/{}", length - 1, 1_u64 << 30);
        drive.fragment(&url, &range, usize::try_from(length).unwrap())
    };
    refused(&send(most), 413, "invalidRequest");
    assert_eq!(send(most - step).status, 202);
}

#[test]
fn a_session_begins_where_it_can_end() {
    let drive = drive(|drive| drive.quota = 100);
    drive.graph.put("a", "before", "text/plain");
    for (wrong, status, code) in [
        (json!({ "item": { "fileSize": 101 } }), 507, "quotaLimitReached"),
        (json!({ "item": { "fileSize": 0 } }), 400, "invalidRequest"),
        (json!({ "item": { "name": "c" } }), 400, "invalidRequest"),
        (json!({ "item": [] }), 400, "invalidRequest"),
        (json!({ "deferCommit": "yes" }), 400, "invalidRequest"),
        (json!({ "item": { "@microsoft.graph.conflictBehavior": "x" } }), 400, "invalidRequest"),
        (json!({ "items": {} }), 400, "invalidRequest"),
    ] {
        refused(&drive.begin("b", &wrong), status, code);
    }
    refused(&drive.begin("x/b", &json!({})), 404, "itemNotFound");
    refused(&drive.begin("a/b", &json!({})), 409, "nameAlreadyExists");
    refused(&drive.ask("POST", "/root:/b:/createUploadSession", &[], b"{}"), 415, "invalidRequest");
    // A name is taken at the end, and the upload can end otherwise.
    let url = drive.session("a", &json!({}));
    refused(&drive.fragment(&url, "bytes 0-2/3", 3), 409, "nameAlreadyExists");
    drive.graph.remove("a");
    assert_eq!(drive.fragment(&url, "bytes 0-2/3", 3).status, 201);
    for (rule, status, name) in [("replace", 200, "a"), ("rename", 201, "a 1")] {
        let item = json!({ "item": { "@microsoft.graph.conflictBehavior": rule } });
        let last = drive.fragment(&drive.session("a", &item), "bytes 0-0/1", 1);
        assert_eq!((last.status.as_u16(), text(&last, "name")), (status, name.to_owned()));
    }
}

#[test]
fn a_session_ends_by_itself_or_is_given_up() {
    let drive = drive(|_| {});
    let url = drive.session("a", &json!({}));
    for status in [204, 404] {
        assert_eq!(drive.send("DELETE", &url, &[], b"").status, status);
    }
    let url = drive.session("a", &json!({}));
    drive.clock.advance(Duration::from_secs(24 * 60 * 60));
    refused(&drive.fragment(&url, "bytes 0-2/3", 3), 404, "itemNotFound");
    assert_eq!((drive.graph.sessions(), drive.graph.files()), (0, vec![]));
}

#[test]
fn a_deferred_upload_waits_for_its_commit() {
    let drive = drive(|_| {});
    let url = drive.session("a", &json!({ "deferCommit": true }));
    refused(&drive.send("POST", &url, &[], b""), 400, "invalidRequest");
    let last = drive.fragment(&url, "bytes 0-2/3", 3);
    assert_eq!((last.status.as_u16(), body(&last)["nextExpectedRanges"].clone()), (202, json!([])));
    assert_eq!(drive.graph.content("a"), None);
    refused(&drive.send("POST", &url, &[], b"x"), 400, "invalidRequest");
    assert_eq!(drive.send("POST", &url, &[], b"").status, 201);
    assert_eq!(drive.graph.content("a").unwrap(), vec![7; 3]);
}

#[test]
fn children_come_in_pages_and_are_made_and_taken_away() {
    let drive = drive(|drive| drive.page = 2);
    for name in ["f/a", "f/b", "f/c", "f/g/d"] {
        drive.graph.put(name, "x", "text/plain");
    }
    let first = drive.ask("GET", "/root:/f:/children?$select=id,name", &[], b"");
    let names = |reply: &Reply| {
        let value = body(reply)["value"].as_array().unwrap().clone();
        value.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&first), ["a", "b"]);
    assert!(body(&first)["value"][0].get("file").is_none());
    let link = text(&first, "@odata.nextLink");
    let second = drive.send("GET", &link, &[("authorization", "Bearer good")], b"");
    assert_eq!(
        (names(&second), text(&second, "@odata.nextLink")),
        (vec!["c".into(), "g".into()], String::new())
    );
    refused(&drive.ask("GET", "/root/children?$skiptoken=s!9", &[], b""), 400, "invalidRequest");
    refused(&drive.ask("GET", "/root:/none:/children", &[], b""), 404, "itemNotFound");
    let json = [("content-type", "application/json")];
    let make =
        |body: &Value| drive.ask("POST", "/root/children", &json, body.to_string().as_bytes());
    let folder = json!({ "name": "new", "folder": {} });
    assert_eq!(make(&folder).status, 201);
    refused(&make(&folder), 409, "nameAlreadyExists");
    refused(&make(&json!({ "name": "new" })), 400, "invalidRequest");
    let item = drive.ask("GET", "/root:/f/a", &[], b"");
    let id = format!("/items/{}", text(&item, "id"));
    refused(&drive.ask("DELETE", &id, &[("if-match", "\"x\"")], b""), 412, "resourceModified");
    let same = [("if-match", &*text(&item, "eTag"))];
    assert_eq!(drive.ask("DELETE", &id, &same, b"").status, 204);
    refused(&drive.ask("DELETE", &id, &same, b""), 404, "itemNotFound");
    refused(&drive.ask("PATCH", "/root:/f/b", &[], b""), 405, "invalidRequest");
    refused(
        &drive.send("GET", "/beta/x", &[("authorization", "Bearer good")], b""),
        400,
        "invalidRequest",
    );
}
