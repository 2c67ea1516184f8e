use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::file_path::FilePath;
use crate::place::Conflict;

/// A file, or a folder, of a named place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The place's name.
    pub place: String,
    /// The path below its root.
    pub path: FilePath,
}

/// What is to be carried where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Where it is; `None`: the caller sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Spot>,
    /// Where it goes.
    pub destination: Spot,
    /// What happens when a file of the name is there.
    #[serde(default)]
    pub conflict: OnConflict,
    /// The media type in place of the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How long it has to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Its digest, if the caller says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// What is to be carried, when it is many files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManyOrder {
    /// Which they are.
    pub files: Files,
    /// The folder that they go to.
    pub folder: Spot,
    /// What happens when a file of a name is there.
    #[serde(default)]
    pub conflict: OnConflict,
    /// How many are carried at a time.
    pub parallel: usize,
}

/// Which files are carried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Files {
    /// All below a folder.
    Below(Spot),
    /// Those that the request listed, which are kept in pages.
    These {
        /// How many they are.
        count: u32,
        /// A hash of them.
        list: String,
    },
}

/// What happens when a file of the name is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// The relay fails, and the file stays.
    #[default]
    Fail,
    /// The file is replaced.
    Replace,
    /// The new one gets another name: ` (1)` before the extension, and so on.
    Rename,
    /// Nothing happens when it has the same content; otherwise it is replaced.
    SkipIfIdentical,
}

impl OnConflict {
    /// The choices as a caller says them.
    pub const LISTED: &str = "fail, replace, rename or skip-if-identical";

    /// Reads a choice.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "fail" => Self::Fail,
            "replace" => Self::Replace,
            "rename" => Self::Rename,
            "skip-if-identical" => Self::SkipIfIdentical,
            _ => return None,
        })
    }

    /// What a place is told.
    #[must_use]
    pub const fn at_place(self) -> Conflict {
        match self {
            Self::Fail | Self::Rename => Conflict::Fail,
            Self::Replace | Self::SkipIfIdentical => Conflict::Replace,
        }
    }
}
