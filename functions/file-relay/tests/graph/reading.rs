use std::time::Duration;

use headgate_file_relay::digest::differing;
use headgate_file_relay::place::{PlaceError, Range, Storage};
use headgate_peers::peer::Trouble;
use http::StatusCode;

use crate::town::{Town, bytes, digests, path};

#[tokio::test]
async fn a_file_is_read_from_any_byte_and_no_token_goes_to_its_address() {
    for says_addresses in [true, false] {
        let town = Town::with(|peer| peer.says_addresses = says_addresses, |_| {}).await;
        let content = bytes(1_000);
        town.drive().put("a b/ü#%.bin", content.clone(), "image/png");
        for from in [0, 1, 999, 1_000] {
            let (at, read) = town.read("a b/ü#%.bin", from, None).await.unwrap();
            assert_eq!((at, &read[..]), (from, &content[usize::try_from(from).unwrap()..]));
        }
        let range = Range { from: 10, until: Some(20) };
        let opened = town.place.open(&path("a b/ü#%.bin"), range, None).await.unwrap();
        assert_eq!(opened.body.read(100).await.unwrap(), content[10..20]);
        // The stand-in refuses a token at such an address; and this says that it was not sent and taken back.
        let down = |path: &String| path.starts_with("/personal/");
        assert!(!town.net.authorized().iter().any(down) && town.net.tokens() == 1);
    }
}

#[tokio::test]
async fn what_the_drive_knows_of_a_file_is_said() {
    let town = Town::new().await;
    let content = bytes(70_000);
    town.drive().put("a.png", content.clone(), "image/png");
    let stat = town.place.stat(&path("a.png")).await.unwrap();
    assert_eq!(stat.length, Some(70_000));
    assert_eq!(stat.content_type.as_deref(), Some("image/png"));
    assert!(stat.validator.as_ref().is_some_and(|tag| tag.starts_with("\"c:")));
    assert_ne!(stat.etag, stat.validator);
    // Two implementations of the hash, which know nothing of each other.
    assert_eq!((stat.digests.len(), differing(&digests(&content), &stat.digests)), (1, None));
}

#[tokio::test]
async fn a_root_is_a_folder_that_paths_are_below() {
    let town = Town::with(|_| {}, |drive| drive.root = path("team/inbox")).await;
    town.drive().put("team/inbox/a.txt", "in", "text/plain");
    town.drive().put("a.txt", "out", "text/plain");
    assert_eq!(town.read("a.txt", 0, None).await.unwrap().1, "in");
}

#[tokio::test]
async fn a_store_that_ignores_ranges_answers_from_the_beginning() {
    let town = Town::new().await;
    town.drive().put("a.txt", "abcdef", "text/plain");
    town.drive().ignore_ranges(true);
    assert_eq!(town.read("a.txt", 3, None).await.unwrap(), (0, "abcdef".into()));
}

#[tokio::test]
async fn another_content_is_noticed_before_reading_goes_on() {
    let town = Town::new().await;
    town.drive().put("a.txt", "abcdef", "text/plain");
    let stat = town.place.stat(&path("a.txt")).await.unwrap();
    let validator = stat.validator.as_deref();
    assert_eq!(town.read("a.txt", 3, validator).await.unwrap().1, "def");
    // Somebody renames a column or shares the file: the content is the same.
    town.drive().touch("a.txt");
    assert_eq!(town.read("a.txt", 3, validator).await.unwrap().1, "def");
    town.drive().put("a.txt", "ABCDEF", "text/plain");
    assert!(matches!(town.read("a.txt", 3, validator).await, Err(PlaceError::Changed)));
    assert!(matches!(town.read("a.txt", 9, None).await, Err(PlaceError::Changed)));
}

#[tokio::test]
async fn what_is_no_file_is_not_read() {
    let town = Town::new().await;
    town.drive().put("a/b.txt", "b", "text/plain");
    assert!(matches!(town.read("c.txt", 0, None).await, Err(PlaceError::NotFound)));
    let folder = town.read("a", 0, None).await;
    assert!(matches!(folder, Err(PlaceError::Refused { .. })), "{folder:?}");
}

#[tokio::test]
async fn an_address_that_expired_on_the_way_is_asked_for_again_later() {
    let town = Town::new().await;
    town.drive().put("a.txt", "abc", "text/plain");
    let nothing = Trouble::Delay(Duration::ZERO);
    for status in [401, 403, 404, 410] {
        let status = StatusCode::from_u16(status).unwrap();
        town.troubles().next([nothing.clone(), Trouble::Fail(status)]);
        let read = town.read("a.txt", 0, None).await;
        assert!(matches!(read, Err(PlaceError::Temporary { .. })), "{read:?}");
    }
    assert_eq!(town.read("a.txt", 0, None).await.unwrap().1, "abc");
}

#[tokio::test]
async fn a_content_that_breaks_off_is_no_end() {
    let town = Town::new().await;
    town.drive().put("a.bin", bytes(100_000), "text/plain");
    town.troubles().next([Trouble::Delay(Duration::ZERO), Trouble::CutAnswer(50_000)]);
    let read = town.read("a.bin", 0, None).await;
    assert!(matches!(read, Err(PlaceError::Content(_))), "{read:?}");
}
