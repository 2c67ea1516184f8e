//! Sources that come in every cut, and parts of every length.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use headgate_core::Body;
use headgate_fakes::now;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use proptest::prelude::*;

use super::{Broke, Flow};
use crate::digest::{Algorithm, Digest, Hasher};

fn body(frames: Vec<Vec<u8>>) -> Body {
    let frames = frames.into_iter().map(|frame| Ok::<_, Broke>(Frame::data(frame.into())));
    Body::stream(StreamBody::new(stream::iter(frames)))
}

fn flow(source: Body) -> Flow {
    Flow::new(source, Hasher::new(&[]), 0, Arc::default(), None)
}

fn sha256(bytes: &[u8]) -> Vec<Digest> {
    let mut hasher = Hasher::new(&[]);
    hasher.update(bytes);
    hasher.finish()
}

proptest! {
    #[test]
    fn however_the_source_is_cut_the_parts_are_the_same(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
        size in 1_usize..60,
    ) {
        let whole = frames.concat();
        let flow = flow(body(frames));
        for part in whole.chunks(size) {
            let content = now(flow.part(Some(part.len() as u64), &[Algorithm::Sha256])).unwrap();
            prop_assert_eq!(&now(content.read(1_000)).unwrap()[..], part);
            prop_assert_eq!(now(flow.part_digests()), Ok(sha256(part)));
        }
        prop_assert!(now(flow.is_at_end()).unwrap());
        prop_assert_eq!(flow.position(), whole.len() as u64);
        prop_assert_eq!(now(flow.hasher()).unwrap().finish(), sha256(&whole));
    }

    #[test]
    fn parts_up_to_a_length_have_it_until_the_source_ends(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
        size in 1_usize..60,
    ) {
        let whole = frames.concat();
        let flow = flow(body(frames));
        for part in whole.chunks(size) {
            prop_assert!(!now(flow.is_at_end()).unwrap());
            let content = now(flow.part_up_to(size as u64, &[])).unwrap();
            prop_assert_eq!(http_body::Body::size_hint(&content).exact(), None);
            prop_assert_eq!(&now(content.read(1_000)).unwrap()[..], part);
        }
        prop_assert!(now(flow.is_at_end()).unwrap());
        prop_assert_eq!(flow.broke(), None);
    }

    #[test]
    fn gathering_and_passing_over_cut_the_same(
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
        over in 0_usize..100,
        size in 1_usize..60,
    ) {
        let whole = frames.concat();
        let flow = flow(body(frames));
        let passed = now(flow.pass_over(over as u64, true));
        prop_assert_eq!(passed.is_ok(), over <= whole.len());
        if passed.is_ok() {
            prop_assert_eq!(now(flow.hasher()).unwrap().finish(), sha256(&whole[..over]));
            let gathered = now(flow.gather(size as u64)).unwrap();
            let end = (over + size).min(whole.len());
            prop_assert_eq!(now(flow.is_at_end()).unwrap(), end == whole.len());
            let content = now(now(flow.part(Some(gathered), &[])).unwrap().read(1_000)).unwrap();
            prop_assert_eq!(&content[..], &whole[over..end]);
            prop_assert_eq!(flow.position(), end as u64);
            let rest = now(now(flow.part(None, &[])).unwrap().read(1_000)).unwrap();
            prop_assert_eq!(&rest[..], &whole[end..]);
            prop_assert!(flow.has_ended());
        }
    }
}

#[test]
fn a_part_that_the_source_cannot_fill_fails_and_says_which_side_it_was() {
    let flow = flow(body(vec![vec![1; 10]]));
    let content = now(flow.part(Some(11), &[])).unwrap();
    assert!(now(content.read(100)).is_err());
    assert_eq!(flow.broke(), Some(Broke::EndedEarly));
    assert!(!flow.has_ended() || flow.position() == 10);
}

#[test]
fn a_part_that_a_connection_still_holds_gives_nothing_once_the_rest_is_passed_over() {
    let flow = flow(body(vec![vec![1; 10]; 3]));
    let mut held = now(flow.part(Some(30), &[])).unwrap();
    assert!(now(held.frame()).unwrap().is_ok());
    now(flow.pass_to_end()).unwrap();
    assert!(now(held.frame()).unwrap().is_err());
    assert_eq!((flow.position(), flow.broke()), (30, None));
    assert_eq!(now(flow.hasher()).unwrap().finish(), sha256(&[1; 30]));
}

#[tokio::test]
async fn whoever_waits_for_a_part_is_woken_when_it_is_taken_away() {
    let silent = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Broke>>());
    let flow = flow(Body::stream(silent));
    let content = flow.part(Some(1), &[]).await.unwrap();
    let waiting = tokio::spawn(content.read(100));
    tokio::task::yield_now().await;
    drop(flow);
    assert!(waiting.await.unwrap().is_err());
}

#[test]
fn what_a_connection_still_holds_gives_nothing_once_the_flow_is_dropped() {
    let flow = flow(body(vec![vec![1; 10]]));
    let content = now(flow.part(Some(10), &[])).unwrap();
    drop(flow);
    assert!(now(content.read(100)).is_err());
}
