//! The blocks of an upload.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::place::mark::mark;
use crate::place::{PlaceError, xml};

/// The most blocks that a blob has.
pub(super) const MOST: u64 = 50_000;

/// The name of a block, in base64: 39 bytes, as all names of a blob's blocks have to be of one length. It holds the mark of the
/// relay, so that two relays to one blob do not mix.
pub(super) fn name(relay: &str, index: u32) -> String {
    STANDARD.encode(format!("{}-{index:06}", mark(relay)))
}

/// The list that makes a blob of an upload's blocks.
pub(super) fn list(relay: &str, parts: u32) -> String {
    let mark = mark(relay);
    let mut list = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for index in 0..parts {
        list.push_str("<Latest>");
        STANDARD.encode_string(format!("{mark}-{index:06}"), &mut list);
        list.push_str("</Latest>");
    }
    list.push_str("</BlockList>");
    list
}

/// How many bytes of an upload the uncommitted blocks of a blob are, from the first block without a gap.
pub(super) fn held(relay: &str, answer: &[u8]) -> Result<u64, PlaceError> {
    let document = xml::document(answer)?;
    let mut sizes = std::collections::BTreeMap::new();
    let prefix = format!("{}-", mark(relay));
    let blocks = xml::child(document.root_element(), "UncommittedBlocks");
    for block in blocks.iter().flat_map(|blocks| xml::children(*blocks, "Block")) {
        let name = xml::text(block, "Name").and_then(|name| STANDARD.decode(name).ok());
        let name = name.and_then(|name| String::from_utf8(name).ok());
        let index =
            name.as_deref().and_then(|name| name.strip_prefix(&prefix)?.parse::<u32>().ok());
        let size = xml::text(block, "Size").and_then(|size| size.parse::<u64>().ok());
        if let (Some(index), Some(size)) = (index, size) {
            sizes.insert(index, size);
        }
    }
    let without_gap = sizes.iter().zip(0..).take_while(|((index, _), expected)| *index == expected);
    Ok(without_gap.map(|((_, size), _)| *size).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_are_of_one_length_and_another_for_each_relay() {
        assert_eq!(name("a", 0).len(), 52);
        assert_eq!(name("a", 49_999).len(), 52);
        assert!(!name("a", 0).contains('='));
        assert_ne!(name("a", 0), name("b", 0));
        let list = list("a", 2);
        assert!(list.contains(&format!("<Latest>{}</Latest>", name("a", 1))));
        assert_eq!(list.matches("<Latest>").count(), 2);
    }

    #[test]
    fn what_is_held_ends_at_the_first_gap() {
        let block = |relay, index, size: u64| {
            format!("<Block><Name>{}</Name><Size>{size}</Size></Block>", name(relay, index))
        };
        let answer = |blocks: &[String]| {
            format!(
                "<BlockList><UncommittedBlocks>{}</UncommittedBlocks></BlockList>",
                blocks.concat()
            )
        };
        let held = |blocks: &[String]| held("a", answer(blocks).as_bytes()).unwrap();
        assert_eq!(held(&[]), 0);
        // In any order, and beside another's.
        let all = [block("a", 1, 8), block("b", 2, 64), block("a", 0, 8), block("a", 3, 8)];
        assert_eq!(held(&all), 16);
        assert_eq!(held(&[block("a", 1, 8)]), 0);
        assert_eq!(super::held("a", b"<BlockList/>").unwrap(), 0);
        assert!(super::held("a", b"<html>").is_err());
    }
}
