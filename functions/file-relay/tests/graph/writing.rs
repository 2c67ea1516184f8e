use headgate_file_relay::digest::differing;
use headgate_file_relay::place::{Conflict, Cut, PlaceError, Storage};

use crate::town::{PART, Town, bytes, digests, path, target};

#[tokio::test]
async fn a_file_of_any_length_arrives_as_it_left() {
    let town = Town::new().await;
    for length in [0, 1, 255, PART - 1, PART, PART + 1, 2 * PART + 1] {
        let (content, name) = (bytes(length), format!("{length}.bin"));
        let target = target(&name, length, Conflict::Fail);
        let (upload, written) = town.write(&target, &content).await.unwrap();
        assert_eq!(town.drive().content(&name).unwrap(), content, "{length}");
        assert_eq!(written.length, Some(length as u64));
        assert_eq!(differing(&digests(&content), &written.digests), None);
        assert_eq!(written.digests.len(), 1);
        // Twice is once.
        let again = town.place.commit(&upload, &crate::town::whole(&content)).await.unwrap();
        assert_eq!((again, town.drive().sessions()), (written, 0));
    }
    assert_eq!(town.drive().files().len(), 7);
}

#[tokio::test]
async fn a_name_that_is_taken_is_noticed_at_the_beginning_or_at_the_end() {
    let town = Town::new().await;
    for length in [0, 10] {
        town.drive().put("a.txt", "before", "text/plain");
        let target = target("A.txt", length, Conflict::Fail);
        assert!(matches!(town.place.begin(&target).await, Err(PlaceError::Exists)));
        town.drive().remove("a.txt");
        let mut upload = town.place.begin(&target).await.unwrap();
        town.drive().put("a.txt", "between", "text/plain");
        let content = bytes(length);
        let done = match length {
            0 => town.place.commit(&upload, &crate::town::whole(&content)).await.map(|_| ()),
            _ => town.part(&mut upload, &content, 0).await,
        };
        assert!(matches!(done, Err(PlaceError::Exists)), "{done:?}");
        assert_eq!(town.drive().content("a.txt").unwrap(), "between");
        town.place.abort(&upload).await.unwrap();
        assert_eq!(town.drive().sessions(), 0);
        assert_eq!(town.drive().content("a.txt").unwrap(), "between");
    }
}

#[tokio::test]
async fn a_file_is_replaced_where_that_is_said() {
    let town = Town::new().await;
    for length in [0, 10] {
        town.drive().put("a.txt", "before", "text/plain");
        let content = bytes(length);
        town.write(&target("a.txt", length, Conflict::Replace), &content).await.unwrap();
        assert_eq!(town.drive().content("a.txt").unwrap(), content);
    }
    town.drive().put("b/c.txt", "c", "text/plain");
    let folder = town.place.begin(&target("b", 10, Conflict::Replace)).await;
    assert!(matches!(folder, Err(PlaceError::Exists)), "{folder:?}");
}

#[tokio::test]
async fn the_folders_of_a_path_are_made() {
    for makes_folders in [false, true] {
        let town = Town::with(
            |peer| peer.makes_folders = makes_folders,
            |drive| drive.root = path("team"),
        )
        .await;
        for (name, length) in [("x/y/a.txt", 3), ("x/z/empty.txt", 0)] {
            let content = bytes(length);
            town.write(&target(name, length, Conflict::Fail), &content).await.unwrap();
            assert_eq!(town.drive().content(&format!("team/{name}")).unwrap(), content);
        }
    }
}

#[tokio::test]
async fn what_no_drive_takes_is_refused_before_a_byte_is_sent() {
    let town = Town::new().await;
    let most = 250 * 1024 * 1024 * 1024;
    let cut = Cut { size: Some(PART as u64), needs_length: true };
    assert_eq!(town.place.cut(Some(most)).unwrap(), cut);
    let error = town.place.cut(Some(most + 1)).unwrap_err();
    assert_eq!(error.to_string(), "the place refuses: the file is longer than 250 GiB");
    let error = town.place.cut(None).unwrap_err();
    let text = "the place refuses: a drive has to know how long a file is before its first byte";
    assert_eq!(error.to_string(), text);
    let mut unknown = target("a.txt", 1, Conflict::Fail);
    unknown.length = None;
    assert!(matches!(town.place.begin(&unknown).await, Err(PlaceError::Refused { .. })));
    let name = town.place.begin(&target("a:b", 1, Conflict::Fail)).await.unwrap_err();
    assert_eq!(name.to_string(), "the place refuses: 400 invalidRequest");
    assert_eq!(town.drive().sessions(), 0);
}

#[tokio::test]
async fn a_drive_without_room_says_so_at_the_beginning() {
    let town = Town::with(|peer| peer.quota = 100, |_| {}).await;
    let begun = town.place.begin(&target("a.txt", 101, Conflict::Fail)).await;
    assert!(matches!(begun, Err(PlaceError::Full)), "{begun:?}");
    town.write(&target("a.txt", 100, Conflict::Fail), &bytes(100)).await.unwrap();
}

#[tokio::test]
async fn a_file_appears_with_the_commit_where_that_is_deferred() {
    let town = Town::with(|_| {}, |drive| drive.defer_commit = true).await;
    let content = bytes(PART + 1);
    let target = target("a.bin", content.len(), Conflict::Fail);
    let mut upload = town.place.begin(&target).await.unwrap();
    for index in 0..2 {
        town.part(&mut upload, &content, index).await.unwrap();
    }
    assert_eq!(town.drive().content("a.bin"), None);
    assert_eq!(town.place.held(&upload).await.unwrap(), content.len() as u64);
    for _ in 0..2 {
        let whole = crate::town::whole(&content);
        let written = town.place.commit(&upload, &whole).await.unwrap();
        assert_eq!(differing(&digests(&content), &written.digests), None);
        assert_eq!(town.drive().content("a.bin").unwrap(), content);
    }
    assert_eq!(town.drive().sessions(), 0);
}

#[tokio::test]
async fn what_was_written_is_taken_back_if_it_is_still_the_same() {
    let town = Town::new().await;
    let content = bytes(10);
    let target = target("a.txt", 10, Conflict::Fail);
    let (upload, written) = town.write(&target, &content).await.unwrap();
    town.drive().put("a.txt", "another", "text/plain");
    let deleted = town.place.delete(&path("a.txt"), written.etag.as_deref()).await;
    assert!(matches!(deleted, Err(PlaceError::Changed)), "{deleted:?}");
    // What somebody else has put there since is not the upload's to take away.
    town.place.abort(&upload).await.unwrap();
    assert_eq!(town.drive().content("a.txt").unwrap(), "another");
    town.drive().remove("a.txt");
    let (upload, written) = town.write(&target, &content).await.unwrap();
    town.place.abort(&upload).await.unwrap();
    assert_eq!(town.drive().content("a.txt"), None);
    // And where there is nothing, nothing is wrong.
    town.place.abort(&upload).await.unwrap();
    town.place.delete(&path("a.txt"), written.etag.as_deref()).await.unwrap();
}

#[tokio::test]
async fn an_upload_shows_no_address() {
    let town = Town::new().await;
    let upload = town.place.begin(&target("a.txt", 10, Conflict::Fail)).await.unwrap();
    assert!(upload.id.contains("/personal/up/") && !format!("{upload:?}").contains("/personal"));
    assert!(!format!("{:?}", town.place).contains("token"));
}

#[tokio::test]
async fn a_document_that_the_library_changes_is_told_as_what_it_became() {
    let town = Town::with(|peer| peer.rewrites_documents = true, |_| {}).await;
    for (name, is_changed) in [("a.XLSX", true), ("a.txt", false)] {
        let content = bytes(PART + 1);
        let target = target(name, content.len(), Conflict::Fail);
        let (_, written) = town.write(&target, &content).await.unwrap();
        assert_eq!(written.length != Some(content.len() as u64), is_changed, "{name}");
        assert_eq!(differing(&digests(&content), &written.digests).is_some(), is_changed);
        assert_eq!(town.drive().content(name).unwrap() != content, is_changed);
    }
    assert!(!town.place.may_rewrite());
    assert!(Town::with(|_| {}, |drive| drive.may_rewrite = true).await.place.may_rewrite());
}

#[tokio::test]
async fn a_fragment_is_as_long_as_the_drive_wants_it_and_no_longer_than_may_be() {
    let town = Town::new().await;
    let size = |most| town.place.cut_within(1 << 30, most).unwrap().size.unwrap();
    assert_eq!(size(4_500_000), 13 * 327_680);
    assert_eq!(size(327_680), 327_680);
    assert_eq!(size(1), 327_680);
    assert_eq!(size(u64::MAX), PART as u64);
    assert!(town.place.cut_within(1 << 40, 4_500_000).is_err());
}
