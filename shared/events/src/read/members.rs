use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::alias;
use crate::error::{EventError, EventErrorKind};

/// The members of a JSON object whose values are not looked at yet.
pub(crate) struct Members<'a> {
    members: BTreeMap<String, &'a RawValue>,
    /// A name that is there twice.
    twice: Option<String>,
}

impl<'a> Members<'a> {
    /// Reads an object.
    pub(super) fn read(text: &'a RawValue) -> Result<Self, EventErrorKind> {
        if !text.get().starts_with('{') {
            return Err(EventErrorKind::NotObject);
        }
        let members: Self = serde_json::from_str(text.get()).map_err(|error| not_json(&error))?;
        members.checked()
    }

    /// Refuses an object with a member twice: which of them counts is anybody's guess.
    pub(super) fn checked(mut self) -> Result<Self, EventErrorKind> {
        match self.twice.take() {
            Some(name) => Err(EventErrorKind::MemberTwice { name: name.as_str().into() }),
            None => Ok(self),
        }
    }

    /// Gives members that the documentation misspells their name, where nothing has it.
    pub(super) fn respell(&mut self) {
        for (alias, name) in alias::ATTRIBUTES {
            if !self.members.contains_key(name)
                && let Some(value) = self.members.remove(alias)
            {
                self.members.insert(name.to_owned(), value);
            }
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Takes a member out, also one that is null.
    pub(super) fn take_raw(&mut self, name: &str) -> Option<&'a RawValue> {
        self.members.remove(name)
    }

    /// Takes a member out; null is as good as absent (JSON format §2.2).
    pub(super) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.take_raw(name).filter(|value| value.get() != "null")
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, EventErrorKind> {
        self.take(name).map(|value| string(name, value)).transpose()
    }

    pub(super) fn required_text(&mut self, name: &'static str) -> Result<String, EventErrorKind> {
        self.text(name)?.ok_or(EventErrorKind::Missing { name: name.into() })
    }

    /// The members that nobody has taken, except those that are null.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.members.into_iter().filter(|(_, value)| value.get() != "null")
    }
}

pub(super) fn string(name: &'static str, value: &RawValue) -> Result<String, EventErrorKind> {
    serde_json::from_str(value.get()).map_err(|_| EventErrorKind::NotString { name: name.into() })
}

/// Reads the elements of a JSON array.
pub(super) fn elements(body: &[u8]) -> Result<Vec<&RawValue>, EventError> {
    serde_json::from_slice(body).map_err(|error| {
        match error.classify() {
            Category::Data => EventErrorKind::NotArray,
            Category::Syntax | Category::Eof | Category::Io => not_json(&error),
        }
        .alone()
    })
}

pub(super) fn not_json(error: &serde_json::Error) -> EventErrorKind {
    EventErrorKind::NotJson { line: error.line(), column: error.column() }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut found = Members { members: BTreeMap::new(), twice: None };
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value()?;
            match found.members.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(place) => found.twice = Some(place.key().clone()),
            }
        }
        Ok(found)
    }
}
