use std::fs;

use headgate_core::redis_layout::{COMPARE_AND_SWAP_SHA1, StorePrefix};
use headgate_core::{KeyValue, KeyValueError, Swap};
use headgate_native::NativeStore;
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::RedisServer;

use crate::contract;
use crate::setting::{error_of, in_a_process_with, nobody, silent_server, variable};

fn store(place: &str) -> NativeStore {
    let own: StorePrefix = "function".parse().unwrap();
    NativeStore::shared(&place.parse().unwrap(), &own).unwrap()
}

fn refusal(place: &str) -> String {
    match RUNTIME.block_on(error_of(store(place).set("k", b"hunter3"))) {
        KeyValueError::NoAccess(reason) => reason,
        other => panic!("{other}"),
    }
}

fn outage(error: &KeyValueError) -> &str {
    match error {
        KeyValueError::Unavailable(reason) => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn redis_keeps_the_contract() {
    let server = RedisServer::start().unwrap();
    let store = store(&server.url());
    RUNTIME.block_on(async {
        contract::holds(&store).await;
        contract::beyond_the_limits_is_refused(&store, 1024 * 1024).await;
        store.set(&"k".repeat(255), &vec![0; 1024 * 1024]).await.unwrap();
        assert_eq!(store.get(&"k".repeat(255)).await.unwrap().unwrap().len(), 1024 * 1024);
        contract::racing_increments_are_all_counted(&store, 1_000).await;
    });
}

#[test]
fn stores_with_prefixes_of_their_own_do_not_see_each_other() {
    let server = RedisServer::start().unwrap();
    let url = server.url();
    let stores = ["", "?prefix=function/b", "?prefix=", "/1"];
    let stores = stores.map(|place| store(&format!("{url}{place}")));
    RUNTIME.block_on(async {
        for (number, store) in stores.iter().enumerate() {
            assert_eq!(store.get("k").await.unwrap(), None, "{number}");
            store.set("k", &[u8::try_from(number).unwrap()]).await.unwrap();
        }
        for (number, store) in stores.iter().enumerate() {
            assert_eq!(store.get("k").await.unwrap().unwrap(), [u8::try_from(number).unwrap()]);
        }
        assert_eq!(stores[0].list("").await.unwrap(), ["k"]);
        assert_eq!(stores[3].list("").await.unwrap(), ["k"]);
        // A store without a prefix has the keys as they lie in the server.
        let mut all = stores[2].list("").await.unwrap();
        all.sort();
        assert_eq!(all, ["function/b:k", "function:k", "k"]);
    });
}

#[test]
fn the_server_knows_the_script_by_its_name_after_the_first_swap() {
    let server = RedisServer::start().unwrap();
    let store = store(&server.url());
    assert_eq!(server.ask(&["SCRIPT", "EXISTS", COMPARE_AND_SWAP_SHA1]).unwrap().trim(), "0");
    RUNTIME.block_on(store.compare_and_swap("k", None, b"1")).unwrap();
    assert_eq!(server.ask(&["SCRIPT", "EXISTS", COMPARE_AND_SWAP_SHA1]).unwrap().trim(), "1");
}

#[test]
fn a_list_of_many_keys_is_whole() {
    let server = RedisServer::start().unwrap();
    let store = store(&server.url());
    RUNTIME.block_on(async {
        for number in 0..3_500 {
            store.set(&format!("{}/{number}", number % 2), b"").await.unwrap();
        }
        assert_eq!(store.list("1/").await.unwrap().len(), 1_750);
        assert_eq!(store.list("").await.unwrap().len(), 3_500);
    });
}

#[test]
fn a_killed_server_is_an_error_and_the_store_works_after_its_restart() {
    let mut server = RedisServer::start().unwrap();
    let store = store(&server.url());
    RUNTIME.block_on(store.compare_and_swap("k", None, b"1")).unwrap();
    server.kill();
    for _ in 0..2 {
        let error = RUNTIME.block_on(error_of(store.compare_and_swap("k", Some(b"1"), b"2")));
        let reason = outage(&error);
        assert!(reason.contains(&server.address().to_string()), "{reason}");
        assert!(reason.contains("see whether it runs"), "{reason}");
    }
    server.restart().unwrap();
    RUNTIME.block_on(async {
        // The new server knows neither the key nor the script.
        assert_eq!(store.compare_and_swap("k", None, b"3").await.unwrap(), Swap::Stored);
        assert_eq!(store.get("k").await.unwrap().unwrap(), b"3");
    });
}

#[test]
fn a_restart_between_two_calls_is_not_noticed_by_what_may_be_done_twice() {
    let mut server = RedisServer::start().unwrap();
    let store = store(&server.url());
    for call in 0..3 {
        RUNTIME.block_on(async {
            match call {
                0 => assert_eq!(store.get("k").await.unwrap(), None),
                1 => store.set("k", b"1").await.unwrap(),
                _ => store.delete("k").await.unwrap(),
            }
        });
        server.restart().unwrap();
    }
    RUNTIME.block_on(async { assert_eq!(store.list("").await.unwrap(), [""; 0]) });
}

#[test]
fn a_silent_server_is_an_error_within_the_deadline() {
    let (_listener, address) = silent_server();
    let store = store(&format!("redis://:hunter2@{address}"));
    RUNTIME.block_on(async {
        let calls = [error_of(store.set("k", b"")), error_of(store.set("l", b""))];
        for error in futures_util::future::join_all(calls).await {
            let reason = outage(&error);
            assert!(reason.contains("did not answer within 2 s"), "{reason}");
            assert!(!reason.contains("hunter2"), "{reason}");
        }
        let error = error_of(store.list("")).await;
        assert!(outage(&error).contains("did not answer"), "{error}");
    });
}

#[test]
fn a_server_that_freezes_between_two_calls_is_an_error_until_it_goes_on() {
    let server = RedisServer::start().unwrap();
    let store = store(&server.url());
    RUNTIME.block_on(store.set("k", b"1")).unwrap();
    server.freeze().unwrap();
    let error = RUNTIME.block_on(error_of(store.get("k")));
    assert!(outage(&error).contains("did not answer"), "{error}");
    server.thaw().unwrap();
    assert_eq!(RUNTIME.block_on(store.get("k")).unwrap().unwrap(), b"1");
}

#[test]
fn nobody_at_the_address_is_an_error_at_once() {
    let store = store(&format!("redis://:hunter2@{}", nobody()));
    let error = RUNTIME.block_on(error_of(store.get("k")));
    let reason = outage(&error);
    assert!(reason.contains("Connection refused"), "{reason}");
    assert!(!reason.contains("hunter2"), "{reason}");
}

#[test]
fn a_wrong_password_is_refused_with_what_to_correct() {
    let server = RedisServer::start_with(&["--requirepass", "hunter2"]).unwrap();
    let address = server.address();
    for place in [
        format!("redis://{address}"),
        format!("redis://:hunter1@{address}"),
        format!("redis://user:hunter2@{address}"),
    ] {
        let reason = refusal(&place);
        assert!(reason.contains("refuses the user or the password"), "{reason}");
        assert!(!reason.contains("hunter"), "{reason}");
    }
    let store = store(&format!("redis://:hunter2@{address}/2"));
    RUNTIME.block_on(store.set("k", b"1")).unwrap();
}

#[test]
fn a_user_who_may_too_little_is_told_what_it_needs() {
    let user = ["--user", "limited", "on", ">hunter2", "~function:*", "+get", "+set"];
    let server = RedisServer::start_with(&user).unwrap();
    let place = format!("redis://limited:hunter2@{}", server.address());
    let store = store(&place);
    RUNTIME.block_on(store.set("k", b"1")).unwrap();
    let KeyValueError::NoAccess(reason) = RUNTIME.block_on(error_of(store.delete("k"))) else {
        panic!("it is no refusal");
    };
    assert!(reason.contains("+evalsha on ~function:*"), "{reason}");
    let reason = refusal(&format!("{place}?prefix=other"));
    assert!(reason.contains("~other:*") && !reason.contains("hunter"), "{reason}");
}

#[test]
fn what_stands_at_a_key_and_is_no_value_is_an_error() {
    let server = RedisServer::start().unwrap();
    let store = store(&server.url());
    server.ask(&["LPUSH", "function:k", "hunter3"]).unwrap();
    let error = RUNTIME.block_on(error_of(store.get("k")));
    let reason = outage(&error);
    assert!(reason.contains("WRONGTYPE") && !reason.contains("hunter"), "{reason}");
}

#[test]
fn redis_over_tls_is_reached_by_the_systems_certificates() {
    in_a_process_with(
        "redis::redis_over_tls_is_reached_by_the_systems_certificates",
        || {
            let folder = tempfile::tempdir().unwrap();
            let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
            let certificate = folder.path().join("certificate.pem");
            let key = folder.path().join("key.pem");
            fs::write(&certificate, made.cert.pem()).unwrap();
            fs::write(&key, made.signing_key.serialize_pem()).unwrap();
            let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
            let server = RedisServer::start_with(&[
                "--port",
                "0",
                "--tls-port",
                "{port}",
                "--tls-cert-file",
                certificate,
                "--tls-key-file",
                key,
                "--tls-auth-clients",
                "no",
            ])
            .unwrap();
            let variables = vec![
                ("SSL_CERT_FILE", certificate.to_owned()),
                ("REDIS", server.address().to_string()),
            ];
            (variables, (server, folder))
        },
        || {
            let address = variable("REDIS").unwrap();
            RUNTIME.block_on(async {
                let secure = store(&format!("rediss://{address}"));
                secure.set("k", b"1").await.unwrap();
                assert_eq!(secure.get("k").await.unwrap().unwrap(), b"1");
                // The certificate is not for this name.
                let port = address.rsplit_once(':').unwrap().1;
                let other = store(&format!("rediss://localhost:{port}"));
                error_of(other.get("k")).await;
                error_of(store(&format!("redis://{address}")).get("k")).await;
            });
        },
    );
}
