use bytes::Bytes;
use futures_util::future::try_join_all;
use headgate_core::{KeyValue, LONGEST_VALUE};
use headgate_local::{LocalHost, Running};
use headgate_native::RedisStore;
use headgate_tests::host::{Build, RUNTIME, component_file};
use headgate_tests::peer::RedisServer;
use headgate_tests::wire;
use http::{Method, Request};
use tempfile::TempDir;

const MANIFEST: &str = r#"
    spin_manifest_version = 2
    [application]
    name = "stores"
    [[trigger.http]]
    route = "/..."
    component = "stored"
    [component.stored]
    source = "replaced"
    key_value_stores = ["default"]
"#;

/// The component `stored`, whose store is `wasi:keyvalue`, in a host that keeps that at a place.
struct Host {
    running: Running,
    _state: TempDir,
}

impl Host {
    async fn start(place: &str) -> Self {
        let component = component_file(Build::Portable, "headgate_stored.wasm").unwrap();
        let state = tempfile::tempdir().unwrap();
        let running = LocalHost::from_text(MANIFEST, state.path())
            .cache_folder(component.parent().unwrap().join("compiled"))
            .component_source("stored", component)
            .state_folder(state.path().join("state"))
            .key_value_store("default", place)
            .start()
            .await
            .unwrap();
        Self { running, _state: state }
    }

    async fn ask(&self, method: Method, path: &str, key: &str, body: &str) -> (u16, String) {
        ask(self.running.address(), method, path, key, body).await
    }
}

async fn ask(
    address: std::net::SocketAddr,
    method: Method,
    path: &str,
    key: &str,
    body: &str,
) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).header("key", key);
    let request = request.body(Bytes::from(body.to_owned())).unwrap();
    let answer = wire::send(address, request).await.unwrap();
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}

#[test]
fn components_of_two_hosts_share_what_a_native_process_sees() {
    let server = RedisServer::start().unwrap();
    RUNTIME.block_on(async {
        let hosts = [Host::start(&server.url()).await, Host::start(&server.url()).await];
        let native = RedisStore::at(&server.url(), "default".parse().unwrap()).unwrap();
        assert_eq!(hosts[0].ask(Method::PUT, "/value", "color", "blue").await.0, 200);
        let found = hosts[1].ask(Method::GET, "/value", "color", "").await;
        assert_eq!(found, (200, "blue".to_owned()));
        assert_eq!(native.get("color").await.unwrap().unwrap(), b"blue");
        assert_eq!(hosts[1].ask(Method::GET, "/keys", "col", "").await, (200, "color".to_owned()));

        let adders = (0..8).map(|number| {
            let address = hosts[number % 2].running.address();
            tokio::spawn(async move {
                for _ in 0..25 {
                    let (status, sum) = ask(address, Method::POST, "/add", "sum", "").await;
                    assert_eq!(status, 200, "{sum}");
                }
            })
        });
        for adder in adders.collect::<Vec<_>>() {
            adder.await.unwrap();
        }
        assert_eq!(native.get("sum").await.unwrap().unwrap(), b"200");
        for host in hosts {
            host.running.shut_down().await;
        }
    });
}

#[test]
fn a_component_that_lists_many_keys_has_the_server_scanned_once() {
    let server = RedisServer::start().unwrap();
    RUNTIME.block_on(async {
        let host = Host::start(&server.url()).await;
        let native = RedisStore::at(&server.url(), "default".parse().unwrap()).unwrap();
        let keys: Vec<_> = (0..3_500).map(|number| format!("{number:04}")).collect();
        try_join_all(keys.iter().map(|key| native.set(key, b""))).await.unwrap();
        assert_eq!(host.ask(Method::GET, "/keys", "", "").await, (200, keys.join("\n")));
        let statistics = server.ask(&["INFO", "commandstats"]).unwrap();
        let scans = statistics.split("cmdstat_scan:calls=").nth(1).unwrap();
        let scans: u32 = scans.split(',').next().unwrap().parse().unwrap();
        // One for each thousand keys, and some for where the server's table has gaps; four pages would be four times that.
        assert!((4..8).contains(&scans), "{scans}");
        host.running.shut_down().await;
    });
}

#[test]
fn a_component_learns_that_the_store_never_takes_a_value() {
    let server = RedisServer::start().unwrap();
    RUNTIME.block_on(async {
        let host = Host::start(&server.url()).await;
        let (status, told) =
            host.ask(Method::PUT, "/value", "k", &"x".repeat(LONGEST_VALUE + 1)).await;
        assert_eq!((status, told.contains("at most 1048576 bytes")), (413, true), "{told}");
        host.running.shut_down().await;
    });
}

#[test]
fn a_component_learns_that_the_server_is_away_and_works_when_it_is_back() {
    let mut server = RedisServer::start().unwrap();
    RUNTIME.block_on(async {
        let host = Host::start(&server.url()).await;
        assert_eq!(host.ask(Method::PUT, "/value", "k", "1").await.0, 200);
        server.kill();
        let (status, told) = host.ask(Method::GET, "/value", "k", "").await;
        assert_eq!(status, 503, "{told}");
        assert!(told.contains("see whether it runs"), "{told}");
        server.restart().unwrap();
        assert_eq!(host.ask(Method::GET, "/value", "k", "").await.0, 404);
        host.running.shut_down().await;
    });
}
