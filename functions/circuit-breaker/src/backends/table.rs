//! Takes values out of a tree, each kind in one place.

use std::ops::RangeInclusive;
use std::time::Duration;

use headgate_events::document::nearest;
use http::StatusCode;

use super::duration;
use super::error::{BackendsErrorKind, Fault, Suggestion};
use super::tree::{Node, Text, Value};

/// A table whose keys are all known.
pub(super) struct Table<'n>(&'n Node);

impl<'n> Table<'n> {
    /// The keys that lead to the table's values; a key with the value null counts as absent.
    pub(super) fn of(node: &'n Node, known: &[&'static str]) -> Result<Self, Fault> {
        for (key, member) in node.members()? {
            if !known.contains(&key.as_str()) {
                let meant = nearest(key, known.iter().copied());
                let suggestion = Suggestion(meant.map(str::to_owned));
                return Err(member.fault(BackendsErrorKind::UnknownKey { suggestion }));
            }
        }
        Ok(Self(node))
    }

    pub(super) fn get(&self, key: &'static str) -> Option<&'n Node> {
        self.0.get(key)
    }

    pub(super) fn need(&self, key: &'static str) -> Result<&'n Node, Fault> {
        self.get(key).ok_or_else(|| self.0.fault(BackendsErrorKind::Missing { key }))
    }

    /// The key's value as `read` takes it, if it is given.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&'n Node) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.get(key).map(read).transpose()
    }
}

impl Node {
    fn wrong(&self, expected: &'static str) -> Fault {
        self.fault(BackendsErrorKind::WrongType { expected })
    }

    /// The members of a table.
    pub(super) fn members(&self) -> Result<&[(String, Self)], Fault> {
        match &self.value {
            Value::Table(members) => Ok(members),
            _ => Err(self.wrong("a table")),
        }
    }

    /// The entries of a list of at most `most`.
    pub(super) fn list(&self, most: usize) -> Result<&[Self], Fault> {
        match &self.value {
            Value::List(items) if items.len() > most => {
                Err(self.fault(BackendsErrorKind::TooMany { most }))
            }
            Value::List(items) => Ok(items),
            _ => Err(self.wrong("an array")),
        }
    }

    /// Whether nothing is in it, as in the empty lists and objects of an export.
    pub(super) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Text(text) => text.value.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Table(members) => members.iter().all(|(_, member)| member.is_empty()),
            Value::Boolean(_) | Value::Whole(_) | Value::Other => false,
        }
    }

    /// A text of at most `most` characters, which may be empty.
    pub(super) fn any_text(&self, most: usize) -> Result<&str, Fault> {
        match &self.value {
            Value::Text(Text { written, .. }) if *written > most => {
                Err(self.fault(BackendsErrorKind::TooManyCharacters { most }))
            }
            Value::Text(text) => Ok(&text.value),
            _ => Err(self.wrong("a string")),
        }
    }

    /// A text of 1 to `most` characters.
    pub(super) fn text(&self, most: usize) -> Result<&str, Fault> {
        match self.any_text(most)? {
            "" => Err(self.fault(BackendsErrorKind::Empty)),
            text => Ok(text),
        }
    }

    /// A whole number; templates write it as a string too (contracts §2).
    pub(super) fn whole(&self, range: RangeInclusive<u64>) -> Result<u64, Fault> {
        let number = match &self.value {
            Value::Whole(number) => u64::try_from(*number).ok(),
            Value::Text(text) if text.value.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.value.parse().ok()
            }
            _ => None,
        };
        let (least, most) = (*range.start(), *range.end());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.fault(BackendsErrorKind::NotWhole { least, most }))
    }

    pub(super) fn boolean(&self) -> Result<bool, Fault> {
        match &self.value {
            Value::Boolean(boolean) => Ok(*boolean),
            Value::Text(text) if text.value.eq_ignore_ascii_case("true") => Ok(true),
            Value::Text(text) if text.value.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.fault(BackendsErrorKind::NotBoolean)),
        }
    }

    pub(super) fn duration(&self) -> Result<Duration, Fault> {
        let text = self.as_text().ok_or_else(|| self.fault(BackendsErrorKind::NotDuration))?;
        duration::parse(text).map_err(|kind| self.fault(kind))
    }

    /// `failureResponse`, a table with `statusCode`. ARM takes 100 to 599, but a status below 200 ends no response.
    pub(super) fn failure_response(&self) -> Result<StatusCode, Fault> {
        let status =
            Table::of(self, &["statusCode"])?.read("statusCode", |node| node.whole(200..=599))?;
        let status = status.and_then(|status| u16::try_from(status).ok());
        Ok(status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(UNAVAILABLE))
    }
}

/// What a caller gets when nothing else is configured (contracts §2).
pub(super) const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
