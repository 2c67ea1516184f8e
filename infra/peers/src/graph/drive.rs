use std::collections::BTreeMap;

use headgate_core::Timestamp;

use super::address::Address;
use super::item::{File, Item};
use super::refused::{Judged, not_found, refuse};

/// The items of a drive by their paths, whose names are the same in small and in capital letters.
#[derive(Debug, Default)]
pub(super) struct Drive {
    items: BTreeMap<Vec<String>, Item>,
}

/// What happens when a name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Fail,
    Replace,
    Rename,
}

impl Behaviour {
    pub(super) fn read(text: &str) -> Judged<Self> {
        match text {
            "fail" => Ok(Self::Fail),
            "replace" => Ok(Self::Replace),
            "rename" => Ok(Self::Rename),
            _ => super::refused::invalid("conflictBehavior is fail, replace or rename."),
        }
    }
}

pub(super) const TAKEN: (&str, &str) =
    ("nameAlreadyExists", "An item with the same name already exists under the parent.");

fn key(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

impl Drive {
    /// The names that an address leads to, whether they are there or not.
    pub(super) fn names(&self, address: &Address) -> Judged<Vec<String>> {
        let Some(id) = &address.id else { return Ok(address.names.clone()) };
        match self.items.iter().find(|(_, item)| item.id == *id) {
            None => not_found(),
            Some((key, _)) => Ok(key.iter().chain(&address.names).cloned().collect()),
        }
    }

    pub(super) fn get(&self, names: &[String]) -> Option<&Item> {
        self.items.get(&key(names))
    }

    pub(super) fn get_mut(&mut self, names: &[String]) -> Option<&mut Item> {
        self.items.get_mut(&key(names))
    }

    /// The item of this id.
    pub(super) fn by_id(&self, id: &str) -> Option<&Item> {
        self.items.values().find(|item| item.id == id)
    }

    /// The children of a folder in the order of their names.
    pub(super) fn children(&self, names: &[String]) -> Judged<Vec<&Item>> {
        if !names.is_empty() && self.get(names).is_none_or(|item| item.file.is_some()) {
            return not_found();
        }
        let parent = key(names);
        let is_child =
            |path: &[String]| path.len() == parent.len() + 1 && path.starts_with(&parent);
        Ok(self.items.iter().filter(|(path, _)| is_child(path)).map(|(_, item)| item).collect())
    }

    /// Every file, by its path.
    pub(super) fn files(&self) -> impl Iterator<Item = (String, &File)> {
        self.items.iter().filter_map(|(path, item)| Some((path.join("/"), item.file.as_ref()?)))
    }

    /// How many bytes are taken.
    pub(super) fn used(&self) -> u64 {
        self.files().map(|(_, file)| file.length).sum()
    }

    /// Makes sure that what is to have this path has a folder to be in.
    pub(super) fn reach(
        &mut self,
        names: &[String],
        makes_folders: bool,
        now: Timestamp,
    ) -> Judged<()> {
        for end in 1..names.len() {
            let (Some(above), Some(name)) = (names.get(..end), names.get(end - 1)) else { break };
            match self.get(above).map(|item| item.file.is_some()) {
                Some(false) => {}
                Some(true) => return refuse(409, TAKEN.0, "A file is in the place of a folder."),
                None if makes_folders => {
                    self.items.insert(key(above), Item::new(name, None, now));
                }
                None => return not_found(),
            }
        }
        Ok(())
    }

    /// Puts a file or a folder at a path, and gives it back with whether it is new.
    pub(super) fn put(
        &mut self,
        names: &[String],
        file: Option<File>,
        behaviour: Behaviour,
        now: Timestamp,
    ) -> Judged<(&Item, bool)> {
        let mut path = names.to_vec();
        if let (Some(_), Behaviour::Rename, Some(last)) = (self.get(names), behaviour, names.last())
        {
            let (stem, end) = match last.rfind('.').filter(|at| *at > 0) {
                Some(at) => last.split_at(at),
                None => (last.as_str(), ""),
            };
            let free = (1..).map(|count| format!("{stem} {count}{end}")).find(|name| {
                let mut other = names.to_vec();
                other.pop();
                other.push(name.clone());
                self.get(&other).is_none()
            });
            path.pop();
            path.extend(free);
        }
        let Some(name) = path.last() else { return refuse(409, TAKEN.0, TAKEN.1) };
        let is_new = self.get(&path).is_none();
        match (self.items.get_mut(&key(&path)), file) {
            (None, file) => {
                self.items.insert(key(&path), Item::new(name, file, now));
            }
            (Some(item), Some(file)) if behaviour == Behaviour::Replace && item.file.is_some() => {
                item.replace(file, now);
            }
            _ => return refuse(409, TAKEN.0, TAKEN.1),
        }
        match self.get(&path) {
            Some(item) => Ok((item, is_new)),
            None => not_found(),
        }
    }

    /// Takes an item away, and all below it.
    pub(super) fn remove(&mut self, names: &[String]) {
        let gone = key(names);
        self.items.retain(|path, _| !path.starts_with(&gone));
    }
}
