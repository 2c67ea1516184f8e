//! The list of a bucket's objects.

use percent_encoding::percent_decode_str;

use crate::file_path::FilePath;
use crate::place::listed::listed;
use crate::place::{Listing, PlaceError, xml};

/// Reads one page: the objects below `root`, as paths below it. Folders are left out: empty objects whose key ends with a slash.
///
/// # Errors
///
/// [`PlaceError::Refused`] for a key that is no path of a file (with two slashes in a row, say): who lists files to carry them would lose one.
pub(super) fn read(answer: &[u8], root: &FilePath) -> Result<Listing, PlaceError> {
    let document = xml::document(answer)?;
    let results = document.root_element();
    let is_encoded = xml::text(results, "EncodingType") == Some("url");
    let below = if root.is_root() { String::new() } else { format!("{root}/") };
    let mut files = Vec::new();
    for object in xml::children(results, "Contents") {
        let key = xml::text(object, "Key").unwrap_or_default();
        // As forms are encoded: a plus is a blank.
        let key = match is_encoded {
            true => percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned(),
            false => key.to_owned(),
        };
        if let Some(name) = key.strip_prefix(&below) {
            files.extend(listed(name, xml::text(object, "Size"))?);
        }
    }
    let is_truncated = xml::text(results, "IsTruncated") == Some("true");
    let next = xml::text(results, "NextContinuationToken").filter(|_| is_truncated);
    Ok(Listing { files, next: next.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_no_path_of_a_file_is_not_lost_in_silence() {
        for key in ["in/c//d", "in/%01", "in/./e", "in/f</Key></Contents><Contents><Key>in/%5C"] {
            let answer = format!(
                "<R><EncodingType>url</EncodingType><Contents><Key>{key}</Key></Contents></R>"
            );
            let listing = read(answer.as_bytes(), &FilePath::new("in").unwrap());
            assert!(matches!(listing, Err(PlaceError::Refused { .. })), "{key}");
        }
        let folder = b"<R><Contents><Key>g/</Key><Size>1</Size></Contents></R>";
        assert!(matches!(read(folder, &FilePath::default()), Err(PlaceError::Refused { .. })));
    }

    #[test]
    fn a_page_is_read_as_paths_below_the_root() {
        let answer = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>a+b=</NextContinuationToken>\
            <Contents><Key>in/a+%26+b%2B.txt</Key></Contents><Contents><Key>in/</Key></Contents>\
            <Contents><Key>in/c/</Key><Size>0</Size></Contents><Contents><Key>inner</Key></Contents>\
            </ListBucketResult>";
        let listing = read(answer.as_bytes(), &FilePath::new("in").unwrap()).unwrap();
        let files: Vec<_> = listing.files.iter().map(FilePath::as_str).collect();
        assert_eq!(files, ["a & b+.txt"]);
        assert_eq!(listing.next.as_deref(), Some("a+b="));
        let plain =
            read(b"<R><Contents><Key>a+b</Key></Contents></R>", &FilePath::default()).unwrap();
        assert_eq!((plain.files[0].as_str(), plain.next), ("a+b", None));
    }
}
