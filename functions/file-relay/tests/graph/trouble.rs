use std::time::Duration;

use futures_util::stream;
use headgate_core::Body;
use headgate_file_relay::digest::differing;
use headgate_file_relay::place::{Conflict, Part, PlaceError, Storage};
use headgate_peers::peer::Trouble;
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::town::{PART, Town, bytes, digests, path, target, whole};

fn broke(done: &Result<(), PlaceError>) -> bool {
    matches!(done, Err(PlaceError::Http(_) | PlaceError::Content(_)))
}

#[tokio::test]
async fn a_fragment_that_breaks_off_is_lost_and_written_again() {
    let town = Town::new().await;
    let content = bytes(2 * PART + 7);
    let mut upload =
        town.place.begin(&target("a.bin", content.len(), Conflict::Fail)).await.unwrap();
    town.part(&mut upload, &content, 0).await.unwrap();
    for bytes in [1, 70_000, PART - 1] {
        town.troubles().break_within(bytes);
        let done = town.part(&mut upload, &content, 1).await;
        assert!(broke(&done), "{done:?}");
        assert_eq!(town.place.held(&upload).await.unwrap(), PART as u64);
    }
    for index in 1..3 {
        town.part(&mut upload, &content, index).await.unwrap();
    }
    town.place.commit(&upload, &whole(&content)).await.unwrap();
    assert_eq!(town.drive().content("a.bin").unwrap(), content);
}

#[tokio::test]
async fn a_content_that_is_not_as_long_as_was_said_is_no_fragment() {
    let town = Town::new().await;
    let mut upload = town.place.begin(&target("a.bin", 1_000, Conflict::Fail)).await.unwrap();
    let part = Part { index: 0, offset: 0, length: Some(1_000), last: true };
    for length in [0, 999, 1_001] {
        let frame = Ok::<_, std::io::Error>(Frame::data(bytes(length).into()));
        let content = Body::stream(StreamBody::new(stream::iter([frame])));
        let done = town.place.write(&mut upload, part, content).await;
        assert!(broke(&done.map(|_| ())), "{length}");
        assert_eq!((town.place.held(&upload).await.unwrap(), town.drive().files().len()), (0, 0));
    }
    let frames = [Ok(Frame::data(bytes(500).into())), Err("gone")];
    let content = Body::stream(StreamBody::new(stream::iter(frames)));
    let done = town.place.write(&mut upload, part, content).await;
    assert!(matches!(done, Err(PlaceError::Content(_))), "{done:?}");
    assert_eq!(town.place.held(&upload).await.unwrap(), 0);
}

#[tokio::test]
async fn a_fragment_whose_answer_was_lost_is_not_written_twice() {
    let town = Town::new().await;
    let content = bytes(PART + 7);
    let mut upload =
        town.place.begin(&target("a.bin", content.len(), Conflict::Fail)).await.unwrap();
    for index in 0..2 {
        town.troubles().next([Trouble::DropAfter]);
        let done = town.part(&mut upload, &content, index).await;
        assert!(broke(&done), "{done:?}");
        let held = content.len().min((index + 1) * PART) as u64;
        assert_eq!(town.place.held(&upload).await.unwrap(), held);
        town.part(&mut upload, &content, index).await.unwrap();
    }
    for _ in 0..2 {
        let written = town.place.commit(&upload, &whole(&content)).await.unwrap();
        assert_eq!(differing(&digests(&content), &written.digests), None);
    }
    assert_eq!(town.drive().content("a.bin").unwrap(), content);
}

#[tokio::test]
async fn a_file_whose_last_answer_was_lost_is_not_said_to_be_taken_away() {
    let town = Town::new().await;
    let content = bytes(10);
    for is_written_again in [false, true] {
        let mut upload = town.place.begin(&target("a.bin", 10, Conflict::Fail)).await.unwrap();
        town.troubles().next([Trouble::DropAfter]);
        let done = town.part(&mut upload, &content, 0).await;
        assert!(broke(&done), "{done:?}");
        if is_written_again {
            town.part(&mut upload, &content, 0).await.unwrap();
        }
        // It may be somebody else's: nobody takes it away, and nobody says so.
        let given_up = town.place.abort(&upload).await;
        assert!(matches!(given_up, Err(PlaceError::Unsupported(_))), "{given_up:?}");
        assert_eq!(town.drive().content("a.bin").unwrap(), content);
        town.drive().remove("a.bin");
        town.place.abort(&upload).await.unwrap();
    }
}

#[tokio::test]
async fn somebody_elses_file_is_not_taken_for_the_one_whose_answer_was_lost() {
    let town = Town::new().await;
    let content = bytes(10);
    for (conflict, expected) in [(Conflict::Fail, "Exists"), (Conflict::Replace, "UploadLost")] {
        town.drive().put("a.bin", "0123456789", "text/plain");
        if conflict == Conflict::Fail {
            town.drive().remove("a.bin");
        }
        let mut upload = town.place.begin(&target("a.bin", 10, conflict)).await.unwrap();
        // What was there before is not it either.
        let lost = town.drive();
        lost.forget_sessions();
        let done = town.part(&mut upload, &content, 0).await;
        assert!(matches!(done, Err(PlaceError::UploadLost)), "{done:?}");
        town.drive().put("a.bin", "9876543210", "text/plain");
        let done = town.place.commit(&upload, &whole(&content)).await.unwrap_err();
        assert!(format!("{done:?}").starts_with(expected), "{done:?}");
        assert_eq!(town.drive().content("a.bin").unwrap(), "9876543210");
        town.drive().remove("a.bin");
    }
}

#[tokio::test]
async fn a_session_that_expired_is_lost() {
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let town = Town::with(|peer| peer.session_lifetime = minutes(15), |_| {}).await;
    let content = bytes(PART + 7);
    let mut upload =
        town.place.begin(&target("a.bin", content.len(), Conflict::Fail)).await.unwrap();
    town.part(&mut upload, &content, 0).await.unwrap();
    town.clock.advance(minutes(16));
    assert!(matches!(town.place.held(&upload).await, Err(PlaceError::UploadLost)));
    let done = town.part(&mut upload, &content, 1).await;
    assert!(matches!(done, Err(PlaceError::UploadLost)), "{done:?}");
    town.place.abort(&upload).await.unwrap();
    assert_eq!(town.drive().files().len(), 0);
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing() {
    let town = Town::new().await;
    let content = bytes(PART + 7);
    let mut upload =
        town.place.begin(&target("a.bin", content.len(), Conflict::Fail)).await.unwrap();
    town.part(&mut upload, &content, 0).await.unwrap();
    for _ in 0..2 {
        town.place.abort(&upload).await.unwrap();
        assert_eq!((town.drive().sessions(), town.drive().files().len()), (0, 0));
    }
}

#[tokio::test]
async fn a_pause_is_asked_for_by_every_call() {
    let town = Town::new().await;
    town.drive().put("a.txt", "abc", "text/plain");
    let content = bytes(10);
    let mut upload = town.place.begin(&target("b.txt", 10, Conflict::Fail)).await.unwrap();
    town.troubles().always(Some(Trouble::Throttle(Some(7))));
    let pause = Some(Duration::from_secs(7));
    let pauses = [
        town.place.stat(&path("a.txt")).await.map(|_| ()),
        town.place.begin(&target("c.txt", 10, Conflict::Fail)).await.map(|_| ()),
        town.part(&mut upload, &content, 0).await,
        town.place.held(&upload).await.map(|_| ()),
        town.place.abort(&upload).await,
        town.place.list(&path(""), None).await.map(|_| ()),
        town.place.delete(&path("a.txt"), None).await,
    ];
    for done in pauses {
        let Err(PlaceError::Throttled { retry_after }) = done else { panic!("{done:?}") };
        assert_eq!(retry_after, pause);
    }
    town.troubles().always(Some(Trouble::Fail(StatusCode::SERVICE_UNAVAILABLE)));
    let done = town.part(&mut upload, &content, 0).await;
    assert!(matches!(done, Err(PlaceError::Throttled { retry_after: None })), "{done:?}");
    town.troubles().always(Some(Trouble::Fail(StatusCode::BAD_GATEWAY)));
    let done = town.part(&mut upload, &content, 0).await;
    assert!(matches!(done, Err(PlaceError::Temporary { .. })), "{done:?}");
    town.troubles().always(None);
    town.part(&mut upload, &content, 0).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced_once() {
    let town = Town::with(
        |peer| peer.bearers = headgate_peers::Bearers::Exactly("token-1".into()),
        |_| {},
    )
    .await;
    town.drive().put("a.txt", "abc", "text/plain");
    let first = town.place.stat(&path("a.txt")).await;
    // A token that has just come is not replaced: no other would be another.
    assert!(matches!(first, Err(PlaceError::Denied { .. })), "{first:?}");
    town.clock.advance(Duration::from_secs(60));
    town.place.stat(&path("a.txt")).await.unwrap();
    assert_eq!(town.net.tokens(), 2);
    let error = first.unwrap_err().to_string();
    assert_eq!(error, "the place refuses access: 401 InvalidAuthenticationToken");
}
