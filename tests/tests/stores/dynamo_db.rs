use headgate_core::redis_layout::StorePrefix;
use headgate_core::{KeyValue, KeyValueError};
use headgate_native::NativeStore;
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::MotoServer;

use crate::contract;
use crate::setting::{error_of, in_a_process_with, nobody, silent_server};

fn store(place: &str) -> NativeStore {
    let own: StorePrefix = "function".parse().unwrap();
    NativeStore::shared(&place.parse().unwrap(), &own).unwrap()
}

fn moto() -> (Vec<(&'static str, String)>, MotoServer) {
    let server = MotoServer::start().unwrap();
    server.create_table("headgate").unwrap();
    (server.environment().to_vec(), server)
}

fn aws_at(address: std::net::SocketAddr) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{address}")),
        ("AWS_REGION", MotoServer::REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "hunter1".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "hunter2".to_owned()),
    ]
}

fn refusal(place: &str) -> String {
    match RUNTIME.block_on(error_of(store(place).set("k", b"hunter3"))) {
        KeyValueError::NoAccess(reason) => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn dynamo_db_keeps_the_contract() {
    in_a_process_with("dynamo_db::dynamo_db_keeps_the_contract", moto, || {
        let store = store("dynamodb:headgate");
        // 400 KB, without the attributes' names and the key: `function:` and 255 bytes.
        let longest = 400 * 1024 - "key".len() - "value".len() - "function:".len() - 255;
        RUNTIME.block_on(async {
            contract::holds(&store).await;
            contract::beyond_the_limits_is_refused(&store, longest).await;
            contract::racing_increments_are_all_counted(&store, 1_000).await;
        });
    });
}

#[test]
fn a_list_of_several_pages_is_whole_and_has_no_other_stores_keys() {
    in_a_process_with(
        "dynamo_db::a_list_of_several_pages_is_whole_and_has_no_other_stores_keys",
        moto,
        || {
            let store = store("dynamodb:headgate");
            let other = self::store("dynamodb:headgate?prefix=function/b");
            RUNTIME.block_on(async {
                // A page holds 1 MB.
                for number in 0..30 {
                    let key = format!("{}/{number}", number % 2);
                    store.set(&key, &[0; 100_000]).await.unwrap();
                }
                other.set("k", b"").await.unwrap();
                assert_eq!(store.list("").await.unwrap().len(), 30);
                assert_eq!(store.list("1/").await.unwrap().len(), 15);
                assert_eq!(other.list("").await.unwrap(), ["k"]);
            });
        },
    );
}

#[test]
fn a_table_that_is_not_there_is_named() {
    in_a_process_with("dynamo_db::a_table_that_is_not_there_is_named", moto, || {
        let reason = refusal("dynamodb:missing");
        assert!(reason.contains("the table missing does not exist"), "{reason}");
        assert!(!reason.contains("hunter"), "{reason}");
    });
}

fn every_call_fails() {
    RUNTIME.block_on(async {
        let store = store("dynamodb:headgate");
        for error in
            [error_of(store.get("k")).await, error_of(store.compare_and_swap("k", None, b"")).await]
        {
            let KeyValueError::Unavailable(reason) = error else { panic!("{error}") };
            assert!(reason.contains("DynamoDB") && !reason.contains("hunter"), "{reason}");
        }
    });
}

#[test]
fn nobody_at_the_address_is_an_error() {
    in_a_process_with(
        "dynamo_db::nobody_at_the_address_is_an_error",
        || (aws_at(nobody()), ()),
        every_call_fails,
    );
}

#[test]
fn a_silent_server_is_an_error_within_the_deadline() {
    in_a_process_with(
        "dynamo_db::a_silent_server_is_an_error_within_the_deadline",
        || {
            let (listener, address) = silent_server();
            (aws_at(address), listener)
        },
        every_call_fails,
    );
}

/// The environment without the variables whose names contain this.
fn aws_without(missing: &str) -> Vec<(&'static str, String)> {
    let metadata = ("AWS_EC2_METADATA_DISABLED", "true".to_owned());
    let left = aws_at(nobody()).into_iter().filter(|(name, _)| !name.contains(missing));
    left.chain([metadata]).collect()
}

#[test]
fn without_a_region_it_says_what_to_set() {
    in_a_process_with(
        "dynamo_db::without_a_region_it_says_what_to_set",
        || (aws_without("REGION"), ()),
        || {
            let reason = refusal("dynamodb:headgate");
            assert!(reason.contains("set AWS_REGION"), "{reason}");
        },
    );
}

#[test]
fn without_credentials_it_says_what_to_give() {
    in_a_process_with(
        "dynamo_db::without_credentials_it_says_what_to_give",
        || (aws_without("KEY"), ()),
        || {
            let reason = refusal("dynamodb:headgate");
            assert!(reason.contains("give this process credentials"), "{reason}");
        },
    );
}
