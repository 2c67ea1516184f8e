/// Finds the name that `written` is a slip of: at most three characters off, and fewer than half of them.
pub(super) fn nearest<'n>(
    written: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let written: Vec<char> = written.to_lowercase().chars().take(LONGEST + LIMIT + 1).collect();
    names
        .into_iter()
        .map(|name| (edits(&written, name), name))
        .filter(|(edits, name)| *edits <= LIMIT && edits * 2 < name.len())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

const LIMIT: usize = 3;

/// No name that can be suggested is longer, in characters.
const LONGEST: usize = 80;

/// How many characters are inserted, removed or replaced between the two (Levenshtein).
fn edits(written: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=written.len()).collect();
    for (index, expected) in name.to_lowercase().chars().enumerate() {
        let mut left = index + 1;
        let mut next = vec![left];
        for (pair, found) in row.windows(2).zip(written) {
            if let [diagonal, above] = pair {
                let replaced = diagonal + usize::from(*found != expected);
                left = replaced.min(above + 1).min(left + 1);
            }
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["tripDuration", "url", "statusCodeRanges"];

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        assert_eq!(nearest("tripduration", NAMES), Some("tripDuration"));
        assert_eq!(nearest("uri", NAMES), Some("url"));
        assert_eq!(nearest("statusCodeRange", NAMES), Some("statusCodeRanges"));
    }

    #[test]
    fn a_name_that_resembles_none_finds_none() {
        assert_eq!(nearest("timeout", NAMES), None);
        assert_eq!(nearest("", NAMES), None);
    }

    #[test]
    fn edits_are_counted_as_levenshtein_does() {
        let edits = |left: &str, right: &str| edits(&left.chars().collect::<Vec<_>>(), right);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("flaw", "lawn"), 2);
    }
}
