use std::fs;
use std::path::Path;

/// The names of all files and folders below a folder, in order.
///
/// # Panics
///
/// When one cannot be read, or its name is not UTF-8.
#[must_use]
pub fn names_below(folder: &Path) -> Vec<String> {
    let (mut names, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            names.push(entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    names.sort_unstable();
    names
}
