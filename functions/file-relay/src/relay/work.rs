use serde::{Deserialize, Serialize};

use super::order::{Files, ManyOrder, Order};
use crate::digest::{Digest, HasherState};
use crate::file_path::FilePath;
use crate::place::{Stat, Upload};

/// How many paths are kept together: with a thousand bytes each they fit into a value of any store.
pub(crate) const PAGE: u32 = 200;

/// What a relay does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Work {
    /// It carries one file.
    One(Box<One>),
    /// It carries many, each by a relay of its own.
    Many(Box<Many>),
}

/// How far one file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct One {
    /// What is to be done.
    pub order: Order,
    /// Who brings the content.
    #[serde(default, skip_serializing_if = "Bringer::is_place")]
    pub bringer: Bringer,
    /// What the source said when reading began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stat: Option<Stat>,
    /// How many uploads were begun before this one: each has a name of its own at the place.
    #[serde(default)]
    pub begun: u32,
    /// The most bytes that were ever sent, in whichever upload.
    #[serde(default)]
    pub furthest: u64,
    /// How many names were taken already.
    #[serde(default)]
    pub renames: u32,
    /// What was sent; none before anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// Whether the file may be in its place: everything is sent, and the commit was begun.
    #[serde(default, skip_serializing_if = "is_false")]
    pub committing: bool,
    /// The digests of the content, once all of it was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<Digest>,
    /// The length of the content, once all of it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How many parts it had.
    #[serde(default)]
    pub parts: u32,
    /// The path where the file is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<FilePath>,
    /// Its entity tag there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// What the place made of the file as it took it, where that is no failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewritten: Option<Rewritten>,
}

/// A file as a place has it that changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rewritten {
    /// In bytes, if the place says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its digests, as the place says them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<Digest>,
}

/// Who brings the content of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Bringer {
    /// A place, which is asked for it.
    #[default]
    Place,
    /// A request, once.
    Request,
    /// Several requests, one chunk each (contracts, Power Platform §4.3).
    Chunks,
}

impl Bringer {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    const fn is_place(&self) -> bool {
        matches!(self, Self::Place)
    }
}

/// What was sent of a file, after a whole part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// As the place calls it.
    pub upload: Upload,
    /// The length of parts; none: there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether a part's length has to be known before it is sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub needs_length: bool,
    /// How many parts were sent.
    pub parts: u32,
    /// How many bytes.
    pub offset: u64,
    /// The digests of these.
    pub hasher: HasherState,
}

/// How far many files are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Many {
    /// What is to be done.
    pub order: ManyOrder,
    /// How many pages of ids were written.
    #[serde(default)]
    pub pages: u32,
    /// Where the place's list goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether all are listed.
    #[serde(default)]
    pub is_listed: bool,
    /// Whether those that did not arrive are to be tried again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_again: bool,
    /// How they ended.
    #[serde(default)]
    pub counts: Counts,
}

/// How many of many files came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// All that are known.
    pub total: u32,
    /// Arrived.
    pub succeeded: u32,
    /// Were there.
    pub skipped: u32,
    /// Did not arrive.
    pub failed: u32,
    /// Were stopped.
    pub cancelled: u32,
    /// The bytes of those that arrived.
    pub bytes: u64,
}

impl One {
    /// Whether its content comes in chunks.
    #[must_use]
    pub const fn takes_chunks(&self) -> bool {
        matches!(self.bringer, Bringer::Chunks)
    }

    /// Makes the work of an order.
    #[must_use]
    pub const fn new(order: Order, bringer: Bringer) -> Self {
        Self {
            order,
            bringer,
            stat: None,
            begun: 0,
            furthest: 0,
            renames: 0,
            sent: None,
            committing: false,
            digests: Vec::new(),
            bytes: None,
            parts: 0,
            path: None,
            etag: None,
            rewritten: None,
        }
    }
}

impl One {
    /// How many bytes were sent.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.sent.as_ref().map_or(0, |sent| sent.offset)
    }

    /// Whether it came further than ever before, since that was asked last.
    pub fn comes_further(&mut self) -> bool {
        let is_further = self.offset() > self.furthest;
        self.furthest = self.furthest.max(self.offset());
        is_further
    }

    /// Gives the upload up: the next one has another name.
    pub fn give_up(&mut self) -> Option<Sent> {
        self.comes_further();
        let sent = self.sent.take();
        if sent.is_some() {
            self.begun = self.begun.saturating_add(1);
        }
        self.committing = false;
        sent
    }
}

impl Many {
    /// Makes the work of an order.
    #[must_use]
    pub fn new(order: ManyOrder) -> Self {
        let counts =
            Counts { total: 0, succeeded: 0, skipped: 0, failed: 0, cancelled: 0, bytes: 0 };
        let mut many =
            Self { order, pages: 0, after: None, is_listed: false, is_again: false, counts };
        if let Files::These { count, .. } = many.order.files {
            many.counts.total = count;
            many.pages = count.div_ceil(PAGE);
            many.is_listed = true;
        }
        many
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
