//! Azurite.

use headgate_core::Secret;
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::azure_blob::{
    AzureBlob, AzureBlobAccess, AzureBlobSettings, ContainerName,
};
use headgate_file_relay::place::{Conflict, PlaceError, Storage};
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::Azurite;
use url::Url;

use crate::content::content;
use crate::scenes::{self, carry, fetch, path, target, write};
use crate::shared::Shared;
use crate::world::{Native, reach};

static AZURITE: Shared<Azurite> = Shared::new(|| {
    let azurite = Azurite::start().unwrap();
    azurite.create_container("files").unwrap();
    azurite
});

fn shared_key(key: &str) -> AzureBlobAccess {
    AzureBlobAccess::SharedKey { account: Azurite::ACCOUNT.to_owned(), key: Secret::new(key) }
}

async fn place_in(container: &str, root: &str, access: AzureBlobAccess) -> AzureBlob<Native> {
    let settings = AzureBlobSettings {
        account: Url::parse(&AZURITE.get().account_url()).unwrap(),
        container: ContainerName::parse(container).unwrap(),
        root: FilePath::new(root).unwrap(),
        private_network: true,
        access,
        checksums: true,
    };
    AzureBlob::new(settings, reach().await)
}

/// A place whose files are another test's neither.
async fn place(root: &str) -> AzureBlob<Native> {
    // The server is waited for outside of the runtime.
    place_in("files", root, shared_key(AZURITE.get().key())).await
}

/// Does a scene with the server running.
fn with_azurite(scene: impl Future<Output = ()>) {
    let azurite = AZURITE.get();
    RUNTIME.block_on(scene);
    drop(azurite);
}

#[test]
fn every_length_arrives_identical() {
    with_azurite(async { scenes::every_length_arrives_identical(&place("a/lengths").await).await });
}

#[test]
fn a_file_that_is_there_stays_or_is_replaced() {
    with_azurite(async {
        scenes::a_file_that_is_there_stays_or_is_replaced(&place("a").await).await;
    });
}

#[test]
fn who_comes_first_while_another_uploads_wins() {
    with_azurite(async {
        scenes::who_comes_first_while_another_uploads_wins(&place("a").await).await;
    });
}

#[test]
fn an_upload_is_gone_on_with_by_another_process() {
    with_azurite(async {
        let (place, again) = (place("a").await, place("a").await);
        scenes::an_upload_is_gone_on_with_by_another_process(&place, &again).await;
    });
}

#[test]
fn committing_twice_does_it_once() {
    with_azurite(async { scenes::committing_twice_does_it_once(&place("a").await).await });
}

#[test]
fn an_upload_that_is_given_up_leaves_no_file() {
    with_azurite(async {
        scenes::an_upload_that_is_given_up_leaves_no_file(&place("a").await, true).await;
    });
}

#[test]
fn two_relays_to_one_name_do_not_mix() {
    with_azurite(async { scenes::two_relays_to_one_name_do_not_mix(&place("a").await).await });
}

#[test]
fn a_list_of_more_than_one_page_is_complete() {
    with_azurite(async {
        scenes::a_list_of_more_than_one_page_is_complete(&place("a").await).await;
    });
}

#[test]
fn a_name_of_any_characters_arrives() {
    with_azurite(async { scenes::a_name_of_any_characters_arrives(&place("a/b c").await).await });
}

#[test]
fn a_range_is_read() {
    with_azurite(async {
        let (place, content) = (place("a").await, content(100_000));
        carry(&place, "range", "range.bin", &content, Conflict::Fail).await.unwrap();
        scenes::a_range_is_read(&place, "range.bin", &content).await;
    });
}

#[test]
fn a_file_that_changed_is_not_gone_on_with() {
    with_azurite(async {
        let (place, content) = (place("a").await, content(100));
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
    with_azurite(async {
        scenes::only_the_file_that_was_written_is_deleted(&place("a").await).await;
    });
}

#[test]
fn a_wrong_key_is_refused() {
    with_azurite(async {
        // As long as a key, and base64.
        let place = place_in("files", "a", shared_key(&"A".repeat(88))).await;
        let content = content(10);
        let refused = place.stat(&path("a.txt")).await;
        assert!(matches!(refused, Err(PlaceError::Denied { .. })), "{refused:?}");
        let refused = carry(&place, "k", "a.txt", &content, Conflict::Fail).await;
        assert!(matches!(refused, Err(PlaceError::Denied { .. })), "{refused:?}");
        let refused = place.list(&FilePath::default(), None).await.unwrap_err();
        assert_eq!(refused.to_string(), "the place refuses access: 403 AuthorizationFailure");
        let no_key = place_in("files", "a", shared_key("not base64")).await;
        let refused = no_key.stat(&path("a.txt")).await.unwrap_err();
        assert!(matches!(refused, PlaceError::Refused { .. }), "{refused:?}");
    });
}

#[test]
fn a_container_that_is_not_there_is_named_as_the_reason() {
    with_azurite(async {
        let place = place_in("nowhere", "", shared_key(AZURITE.get().key())).await;
        let missing = "the place refuses: 404 ContainerNotFound: there is no such container";
        let found = place.stat(&path("a.txt")).await.unwrap_err();
        assert_eq!(found.to_string(), missing);
        let content = content(10);
        for conflict in [Conflict::Fail, Conflict::Replace] {
            let carried = carry(&place, "n", "a.txt", &content, conflict).await.unwrap_err();
            assert_eq!(carried.to_string(), missing);
        }
    });
}

#[test]
fn a_shared_access_signature_opens_what_it_is_for() {
    with_azurite(async {
        let sas = |permissions| {
            AzureBlobAccess::Sas(Secret::new(AZURITE.get().sas("files", permissions)))
        };
        let place = place_in("files", "sas", sas("racwdl")).await;
        let content = content(1_000);
        carry(&place, "s1", "a b.txt", &content, Conflict::Fail).await.unwrap();
        assert_eq!(fetch(&place, "a b.txt").await, content);
        assert_eq!(place.list(&FilePath::default(), None).await.unwrap().files.len(), 1);
        let reader = place_in("files", "sas", sas("r")).await;
        assert_eq!(fetch(&reader, "a b.txt").await, content);
        let refused = carry(&reader, "s2", "b.txt", &content, Conflict::Replace).await.unwrap_err();
        let said = "the place refuses access: 403 AuthorizationPermissionMismatch";
        assert_eq!(refused.to_string(), said);
    });
}

#[test]
fn blocks_that_another_wrote_over_are_gone() {
    with_azurite(async {
        let place = place("a").await;
        let content = content(10);
        let mut upload =
            place.begin(&target("g1", "gone.txt", &content, Conflict::Replace)).await.unwrap();
        write(&place, &mut upload, &content, 0..1).await.unwrap();
        // Azure takes blocks away when somebody else makes the blob.
        carry(&place, "g2", "gone.txt", &content.slice(1..), Conflict::Replace).await.unwrap();
        assert_eq!(place.held(&upload).await.unwrap(), 0);
        let late = place.commit(&upload, &scenes::whole(&place, &content, scenes::PART)).await;
        assert!(matches!(late, Err(PlaceError::UploadLost)), "{late:?}");
        assert_eq!(fetch(&place, "gone.txt").await, content.slice(1..));
    });
}
