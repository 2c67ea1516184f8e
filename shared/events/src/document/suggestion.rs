/// The most letters that a slip is off.
const LIMIT: usize = 3;

/// Finds the name that `written` is a slip of: at most three letters off, and fewer than half of them, whatever their
/// case.
pub fn nearest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let length = written.chars().count();
    names
        .into_iter()
        .filter(|name| length.abs_diff(name.chars().count()) <= LIMIT)
        .map(|name| (distance(written, name), name))
        .filter(|(distance, name)| *distance <= LIMIT && distance * 2 < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The number of letters to insert, remove or replace (Levenshtein), whatever their case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    // One row of the table at a time: what it costs to make each beginning of `right` from what was read of `left`.
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (read, letter) in left.to_lowercase().chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(read + 1);
        for (pair, other) in row.windows(2).zip(&right) {
            let [diagonal, above] = pair else { continue };
            let replaced = diagonal + usize::from(letter != *other);
            let beside = next.last().copied().unwrap_or_default();
            next.push(replaced.min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["max-attempts", "ttl-minutes", "url"];

    #[test]
    fn a_slip_finds_the_name_that_was_meant_and_nothing_else_does() {
        assert_eq!(nearest("Max_attempts", NAMES), Some("max-attempts"));
        assert_eq!(nearest("ttl-minute", NAMES), Some("ttl-minutes"));
        assert_eq!(nearest("uri", NAMES), Some("url"));
        assert_eq!(nearest("colour", NAMES), None);
        assert_eq!(nearest("", NAMES), None);
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("flaw", "lawn"), 2);
        assert_eq!(distance("same", "same"), 0);
    }
}
