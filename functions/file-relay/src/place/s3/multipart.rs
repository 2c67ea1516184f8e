//! What is said of a multipart upload, as XML.

use crate::place::{PlaceError, xml};

/// A part that the service holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeldPart {
    /// Counted from 1.
    pub(super) number: u32,
    pub(super) etag: String,
    pub(super) size: u64,
}

/// One page of the parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) parts: Vec<HeldPart>,
    /// The marker of the next page.
    pub(super) next: Option<String>,
}

/// The id of an upload that began.
pub(super) fn upload_id(answer: &[u8]) -> Result<String, PlaceError> {
    let document = xml::document(answer)?;
    let wrong = || PlaceError::Temporary { detail: "its answer has no upload's id".to_owned() };
    xml::text(document.root_element(), "UploadId").map(str::to_owned).ok_or_else(wrong)
}

/// Reads a page of `ListParts`.
pub(super) fn page(answer: &[u8]) -> Result<Page, PlaceError> {
    let document = xml::document(answer)?;
    let root = document.root_element();
    let part = |part| {
        Some(HeldPart {
            number: xml::text(part, "PartNumber")?.parse().ok()?,
            etag: xml::text(part, "ETag")?.to_owned(),
            size: xml::text(part, "Size")?.parse().ok()?,
        })
    };
    let parts = xml::children(root, "Part").filter_map(part).collect();
    let is_truncated = xml::text(root, "IsTruncated") == Some("true");
    let next = xml::text(root, "NextPartNumberMarker").filter(|_| is_truncated);
    Ok(Page { parts, next: next.map(str::to_owned) })
}

/// How many bytes parts are, from the first without a gap.
pub(super) fn without_gap(parts: &[HeldPart]) -> u64 {
    let in_order = parts.iter().zip(1..).take_while(|(part, number)| part.number == *number);
    in_order.map(|(part, _)| part.size).sum()
}

/// The request that makes an object of parts.
pub(super) fn complete(parts: &[HeldPart]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
    );
    for part in parts {
        let (number, etag) = (part.number, xml::escaped(&part.etag));
        text.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        ));
    }
    text.push_str("</CompleteMultipartUpload>");
    text
}

/// What a request to make an object was answered with, once its status was 200: that may be an error all the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Completed {
    Object { etag: Option<String>, crc64: Option<String> },
    Error { code: String },
}

pub(super) fn completed(answer: &[u8]) -> Result<Completed, PlaceError> {
    let document = xml::document(answer)?;
    let root = document.root_element();
    let text = |name| xml::text(root, name).map(str::to_owned);
    match root.tag_name().name() {
        "CompleteMultipartUploadResult" => {
            Ok(Completed::Object { etag: text("ETag"), crc64: text("ChecksumCRC64NVME") })
        }
        "Error" => Ok(Completed::Error { code: text("Code").unwrap_or_default() }),
        _ => Err(PlaceError::Temporary { detail: "its answer is unknown".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u32, size: u64) -> HeldPart {
        HeldPart { number, etag: "\"a&b\"".to_owned(), size }
    }

    #[test]
    fn an_object_that_was_made_is_told_from_an_error_that_came_late() {
        let late = b"\n\n <?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>";
        let code = "InternalError".to_owned();
        assert_eq!(completed(late).unwrap(), Completed::Error { code });
        let made = b"<?xml version=\"1.0\"?><CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <ETag>&quot;x-2&quot;</ETag><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME></CompleteMultipartUploadResult>";
        let etag = Some("\"x-2\"".to_owned());
        let crc64 = Some("AAAAAAAAAAA=".to_owned());
        assert_eq!(completed(made).unwrap(), Completed::Object { etag, crc64 });
        assert!(completed(b"").is_err());
        assert!(completed(b"<html/>").is_err());
    }

    #[test]
    fn parts_are_read_page_by_page_and_counted_without_a_gap() {
        let answer = b"<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>\
            <Part><PartNumber>1</PartNumber><ETag>&quot;a&amp;b&quot;</ETag><Size>8</Size></Part>\
            <Part><PartNumber>2</PartNumber><ETag>&quot;a&amp;b&quot;</ETag><Size>9</Size></Part></ListPartsResult>";
        let page = page(answer).unwrap();
        assert_eq!(page, Page { parts: vec![part(1, 8), part(2, 9)], next: Some("2".to_owned()) });
        let last = super::page(b"<R><IsTruncated>false</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker></R>");
        assert_eq!(last.unwrap(), Page::default());
        assert_eq!(without_gap(&page.parts), 17);
        assert_eq!(without_gap(&[part(1, 8), part(3, 8)]), 8);
        assert_eq!(without_gap(&[part(2, 8)]), 0);
    }

    #[test]
    fn an_object_is_made_of_parts_by_their_etags() {
        let text = complete(&[part(1, 8), part(2, 8)]);
        assert!(text.contains("<Part><PartNumber>2</PartNumber><ETag>\"a&amp;b\"</ETag></Part>"));
        assert!(xml::document(text.as_bytes()).is_ok());
    }

    #[test]
    fn an_upload_has_an_id() {
        assert_eq!(upload_id(b"<R><UploadId>x</UploadId></R>").unwrap(), "x");
        assert!(upload_id(b"<R><UploadId/></R>").is_err());
    }
}
