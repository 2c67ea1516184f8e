//! moto.

use headgate_core::Secret;
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::s3::{BucketName, S3, S3Access, S3Keys, S3Settings};
use headgate_file_relay::place::{Conflict, PlaceError, Storage};
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::MotoServer;
use url::Url;

use crate::content::content;
use crate::scenes::{self, carry, path};
use crate::shared::Shared;
use crate::world::{Native, reach};

static MOTO: Shared<MotoServer> = Shared::new(|| {
    let moto = MotoServer::start().unwrap();
    moto.create_bucket("files").unwrap();
    moto
});

async fn place_in(bucket: &str, root: &str, checksums: bool) -> S3<Native> {
    let settings = S3Settings {
        endpoint: Url::parse(&format!("http://{}", MOTO.get().address())).unwrap(),
        region: "us-east-1".to_owned(),
        bucket: BucketName::parse(bucket).unwrap(),
        path_style: true,
        root: FilePath::new(root).unwrap(),
        private_network: true,
        access: S3Access::Keys(S3Keys {
            access_key_id: "of-the-test".to_owned(),
            secret_access_key: Secret::new("of-the-test"),
            session_token: None,
        }),
        checksums,
    };
    S3::new(settings, reach().await)
}

async fn place(root: &str) -> S3<Native> {
    place_in("files", root, true).await
}

/// Does a scene with the server running.
fn with_moto(scene: impl Future<Output = ()>) {
    let moto = MOTO.get();
    RUNTIME.block_on(scene);
    drop(moto);
}

#[test]
fn every_length_arrives_identical() {
    with_moto(async { scenes::every_length_arrives_identical(&place("s/lengths").await).await });
}

#[test]
fn every_length_arrives_identical_without_checksums() {
    with_moto(async {
        scenes::every_length_arrives_identical(&place_in("files", "s/plain", false).await).await;
    });
}

#[test]
fn a_file_that_is_there_stays_or_is_replaced() {
    with_moto(async {
        scenes::a_file_that_is_there_stays_or_is_replaced(&place("s").await).await;
    });
}

#[test]
fn who_comes_first_while_another_uploads_wins() {
    with_moto(async {
        scenes::who_comes_first_while_another_uploads_wins(&place("s").await).await;
    });
}

#[test]
fn an_upload_is_gone_on_with_by_another_process() {
    with_moto(async {
        let (place, again) = (place("s").await, place("s").await);
        scenes::an_upload_is_gone_on_with_by_another_process(&place, &again).await;
    });
}

#[test]
fn committing_twice_does_it_once() {
    with_moto(async { scenes::committing_twice_does_it_once(&place("s").await).await });
}

#[test]
fn an_upload_that_is_given_up_leaves_no_file() {
    with_moto(async {
        scenes::an_upload_that_is_given_up_leaves_no_file(&place("s").await, false).await;
    });
}

#[test]
fn two_relays_to_one_name_do_not_mix() {
    with_moto(async { scenes::two_relays_to_one_name_do_not_mix(&place("s").await).await });
}

#[test]
fn a_list_of_more_than_one_page_is_complete() {
    with_moto(async { scenes::a_list_of_more_than_one_page_is_complete(&place("s").await).await });
}

#[test]
fn a_name_of_any_characters_arrives() {
    with_moto(async { scenes::a_name_of_any_characters_arrives(&place("s/b c").await).await });
}

#[test]
fn a_range_is_read() {
    with_moto(async {
        let (place, content) = (place("s").await, content(100_000));
        carry(&place, "range", "range.bin", &content, Conflict::Fail).await.unwrap();
        scenes::a_range_is_read(&place, "range.bin", &content).await;
    });
}

#[test]
fn a_file_that_changed_is_not_gone_on_with() {
    with_moto(async {
        let (place, content) = (place("s").await, content(100));
        carry(&place, "x1", "changed.bin", &content.slice(..50), Conflict::Fail).await.unwrap();
        let change = async {
            let other = content.slice(50..);
            carry(&place, "x2", "changed.bin", &other, Conflict::Replace).await.unwrap();
        };
        scenes::a_file_that_changed_is_not_gone_on_with(&place, "changed.bin", change).await;
    });
}

#[test]
fn only_the_file_that_was_written_is_deleted() {
    with_moto(async {
        scenes::only_the_file_that_was_written_is_deleted(&place("s").await).await;
    });
}

#[test]
fn a_bucket_that_is_not_there_is_named_as_the_reason() {
    with_moto(async {
        let place = place_in("nowhere", "", true).await;
        let found = place.stat(&path("a.txt")).await.unwrap_err();
        assert_eq!(found.to_string(), "the place refuses: 404: there is no such bucket");
        let content = content(10);
        for conflict in [Conflict::Fail, Conflict::Replace] {
            let carried = carry(&place, "n", "a.txt", &content, conflict).await.unwrap_err();
            let missing = "the place refuses: 404 NoSuchBucket: there is no such bucket";
            assert_eq!(carried.to_string(), missing);
        }
    });
}

#[test]
fn a_file_is_cut_so_that_its_parts_are_few_enough() {
    with_moto(async {
        let place = place("s").await;
        let size = |length| place.cut(Some(length)).unwrap().size.unwrap();
        let mebibyte = 1024 * 1024;
        assert_eq!(size(0), 8 * mebibyte);
        assert_eq!(size(10_000 * 8 * mebibyte), 8 * mebibyte);
        assert_eq!(size(10_000 * 8 * mebibyte + 1), 9 * mebibyte);
        assert_eq!(size(5 << 40), 525 * mebibyte);
        assert!(matches!(place.cut(Some((5 << 40) + 1)), Err(PlaceError::Refused { .. })));
        assert!(place.cut(None).unwrap().needs_length);
    });
}
