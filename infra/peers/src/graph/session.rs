use bytes::Bytes;
use headgate_core::Timestamp;
use http::StatusCode;
use serde_json::json;

use super::drive::Behaviour;
use super::item::File;
use super::quick_xor::QuickXor;
use super::refused::{Judged, invalid, refuse};
use crate::peer::{Asked, Reply, Spilled};

/// What every fragment but the last is a multiple of, in bytes.
const STEP: u64 = 327_680;
/// What every fragment is shorter than, in bytes.
const MOST: u64 = 60 * 1024 * 1024;

/// What a library puts into a document of Office.
pub(super) const PROPERTY: &[u8] = b"a property of the library";

/// An upload that has begun.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) names: Vec<String>,
    pub(super) behaviour: Behaviour,
    pub(super) expires: Timestamp,
    /// Whether the file appears only once that is said.
    pub(super) is_deferred: bool,
    /// The ETag that the file must have.
    pub(super) if_match: Option<String>,
    pub(super) total: Option<u64>,
    pub(super) received: u64,
    pub(super) content: Vec<Bytes>,
    /// Where the content is, if it is on the disk.
    pub(super) spilled: Option<Spilled>,
    pub(super) hash: QuickXor,
}

/// A fragment's place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fragment {
    first: u64,
    last: u64,
    total: u64,
}

fn fragment(text: &str) -> Option<Fragment> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let fragment = Fragment { first: number(first)?, last: number(last)?, total: number(total)? };
    (fragment.first <= fragment.last && fragment.last < fragment.total).then_some(fragment)
}

impl Session {
    /// Takes a fragment in, or says why not.
    pub(super) fn take(&mut self, asked: &Asked, keeps_content: bool) -> Judged<()> {
        let Some(fragment) = asked.header("content-range").and_then(fragment) else {
            return invalid("The Content-Range header is missing or malformed.");
        };
        let length = fragment.last - fragment.first + 1;
        if length != asked.body.len() as u64 {
            return invalid("The Content-Range header does not match the length of the content.");
        }
        if length >= MOST {
            return refuse(413, "invalidRequest", "The fragment is 60 MiB or longer.");
        }
        if self.total.is_some_and(|total| total != fragment.total) {
            return invalid("The total size is not that of the fragments before.");
        }
        let is_last = fragment.last + 1 == fragment.total;
        if !is_last && !length.is_multiple_of(STEP) {
            return invalid("The length of the fragment is no multiple of 327680.");
        }
        if fragment.first < self.received {
            return refuse(416, "invalidRange", "The fragment has been received already.");
        }
        if fragment.first > self.received {
            return invalid("Fragments come in their order.");
        }
        match &self.spilled {
            Some(spilled) if spilled.write(self.received, &asked.body).is_err() => {
                return refuse(507, "quotaLimitReached", "The disk has no room for the file.");
            }
            None if keeps_content => self.content.push(asked.body.clone()),
            _ => {}
        }
        self.total = Some(fragment.total);
        self.received += length;
        self.hash.update(&asked.body);
        Ok(())
    }

    /// Whether every byte is there.
    pub(super) fn is_full(&self) -> bool {
        self.total == Some(self.received)
    }

    /// The file that was received, and what the library makes of it if that is said.
    pub(super) fn file(&self, is_rewritten: bool) -> File {
        let (mut content, mut length, mut hash) =
            (self.content.clone(), self.received, self.hash.clone());
        if is_rewritten {
            content.extend((!content.is_empty()).then_some(Bytes::from_static(PROPERTY)));
            if let Some(spilled) = &self.spilled {
                // Where that fails, the file is shorter than it says.
                let _ = spilled.write(length, PROPERTY);
            }
            length += PROPERTY.len() as u64;
            hash.update(PROPERTY);
        }
        let mut file = File::hashed(Bytes::from(content.concat()), length, hash);
        file.spilled.clone_from(&self.spilled);
        file
    }

    /// What it says of itself.
    pub(super) fn status(&self, status: StatusCode) -> Reply {
        let next: Vec<String> =
            (!self.is_full()).then(|| format!("{}-", self.received)).into_iter().collect();
        let body = json!({
            "expirationDateTime": self.expires.to_string(),
            "nextExpectedRanges": next,
        });
        Reply::json(status, &body)
    }
}
