//! What a place is told of a relay.

use super::{PlaceError, Target};
use crate::digest::{Algorithm, Hasher};
use crate::file_path::FilePath;

/// A relay's mark, 32 hexadecimal digits: it tells what one relay wrote from what others did, and leads nobody to the relay.
pub(crate) fn mark(relay: &str) -> String {
    let mut hasher = Hasher::new(&[Algorithm::Sha256]);
    hasher.update(relay.as_bytes());
    let mut mark =
        hasher.finish_one(Algorithm::Sha256).map(|digest| digest.hex()).unwrap_or_default();
    mark.truncate(32);
    mark
}

/// The name of the file that an upload is written to before it is one, in the target's own folder.
pub(crate) fn temporary(relay: &str) -> String {
    format!("{BEGIN}{}{END}", mark(relay))
}

const BEGIN: &str = ".headgate-";
const END: &str = ".part";

/// The path of that file.
pub(crate) fn beside(target: &Target) -> Result<FilePath, PlaceError> {
    let name = FilePath::new(&temporary(&target.relay));
    let path = name.and_then(|name| target.path.parent().join(&name));
    path.map_err(|error| PlaceError::Refused { detail: error.to_string() })
}

/// Whether a name is one of [`temporary`]'s: such a file is in nobody's list.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(BEGIN) && name.ends_with(END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_as_long_as_any_other_and_another_for_each_relay() {
        // SHA-256 of "abc" (FIPS 180-4).
        assert_eq!(mark("abc"), "ba7816bf8f01cfea414140de5dae2223");
        assert_ne!(mark("abc"), mark("abd"));
    }
}
