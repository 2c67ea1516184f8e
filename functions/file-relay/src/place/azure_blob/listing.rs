//! The list of a container's blobs.

use percent_encoding::percent_decode_str;

use crate::file_path::FilePath;
use crate::place::listed::listed;
use crate::place::{Listing, PlaceError, xml};

/// Reads one page: the blobs below `root`, as paths below it. Folders are left out: those of a hierarchical namespace, and empty blobs whose name
/// ends with a slash.
///
/// # Errors
///
/// [`PlaceError::Refused`] for a name that is no path of a file (with two slashes in a row, say): who lists files to carry them would lose one.
pub(super) fn read(answer: &[u8], root: &FilePath) -> Result<Listing, PlaceError> {
    let document = xml::document(answer)?;
    let results = document.root_element();
    let below = if root.is_root() { String::new() } else { format!("{root}/") };
    let mut files = Vec::new();
    let blobs = xml::child(results, "Blobs");
    for blob in blobs.iter().flat_map(|blobs| xml::children(*blobs, "Blob")) {
        let properties = xml::child(blob, "Properties");
        let kind = properties.and_then(|properties| xml::text(properties, "ResourceType"));
        let metadata = xml::child(blob, "Metadata");
        let is_folder = metadata.and_then(|metadata| xml::text(metadata, "hdi_isfolder"));
        let Some(name) = xml::child(blob, "Name") else { continue };
        if kind == Some("directory")
            || is_folder.is_some_and(|text| text.eq_ignore_ascii_case("true"))
        {
            continue;
        }
        let text = name.text().unwrap_or_default();
        // A name that XML cannot hold comes encoded.
        let decoded = match name.attribute("Encoded") {
            Some("true") => percent_decode_str(text).decode_utf8_lossy(),
            _ => text.into(),
        };
        let length = properties.and_then(|properties| xml::text(properties, "Content-Length"));
        if let Some(name) = decoded.strip_prefix(&below) {
            files.extend(listed(name, length)?);
        }
    }
    Ok(Listing { files, next: xml::text(results, "NextMarker").map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_path_of_a_file_is_not_lost_in_silence() {
        for blob in [
            "<Name>in/e//f</Name>",
            "<Name>in/../g</Name>",
            "<Name>in/h</Name></Blob><Blob><Name>in/a\\b</Name>",
            "<Name>in/i/</Name><Properties><Content-Length>1</Content-Length></Properties>",
        ] {
            let answer = format!(
                "<EnumerationResults><Blobs><Blob>{blob}</Blob></Blobs></EnumerationResults>"
            );
            let listing = read(answer.as_bytes(), &FilePath::new("in").unwrap());
            assert!(matches!(listing, Err(PlaceError::Refused { .. })), "{blob}");
        }
    }

    #[test]
    fn a_page_is_read_as_paths_below_the_root() {
        let answer = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>\
            <Blob><Name>in/a &amp; b.txt</Name></Blob>\
            <Blob><Name Encoded=\"true\">in/c%EF%BF%BEd</Name></Blob>\
            <Blob><Name>in/e/</Name><Properties><Content-Length>0</Content-Length></Properties></Blob>\
            <Blob><Name>in/</Name></Blob><Blob><Name>inner</Name></Blob>\
            <Blob><Name>in/g</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>\
            <Blob><Name>in/h</Name><Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>\
            </Blobs><NextMarker>2!x</NextMarker></EnumerationResults>";
        let listing = read(answer.as_bytes(), &FilePath::new("in").unwrap()).unwrap();
        let files: Vec<_> = listing.files.iter().map(FilePath::as_str).collect();
        assert_eq!(files, ["a & b.txt", "c\u{fffe}d"]);
        assert_eq!(listing.next.as_deref(), Some("2!x"));
        let last = read(
            b"<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>",
            &FilePath::default(),
        );
        assert_eq!(last.unwrap(), Listing::default());
    }
}
