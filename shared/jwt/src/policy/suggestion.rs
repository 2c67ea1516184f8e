/// Finds the name that `written` is a slip of: at most three letters off, and fewer than half of them.
pub(crate) fn nearest<'a>(
    written: &str,
    names: &mut dyn Iterator<Item = &'a str>,
) -> Option<&'a str> {
    names
        .filter(|name| written.len().abs_diff(name.len()) <= LIMIT)
        .map(|name| (distance(written, name), name))
        .filter(|(distance, name)| *distance <= LIMIT && distance * 2 < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

const LIMIT: usize = 3;

/// The letters of a name, in lower case if they are ASCII, as nearly all are: the tables for the others are large.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|letter| letter.to_ascii_lowercase())
}

/// The number of letters to insert, remove or replace (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = letters(right).collect();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, character) in letters(left).enumerate() {
        let mut diagonal = row;
        let mut beside = row + 1;
        for (cell, other) in above.iter_mut().skip(1).zip(&right) {
            let replaced = diagonal + usize::from(character != *other);
            diagonal = *cell;
            beside = replaced.min(diagonal + 1).min(beside + 1);
            *cell = beside;
        }
        if let Some(first) = above.first_mut() {
            *first = row + 1;
        }
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["header-name", "audiences", "url"];

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        assert_eq!(nearest("Header_name", &mut NAMES.into_iter()), Some("header-name"));
        assert_eq!(nearest("audience", &mut NAMES.into_iter()), Some("audiences"));
        assert_eq!(nearest("uri", &mut NAMES.into_iter()), Some("url"));
    }

    #[test]
    fn a_name_that_resembles_none_finds_none() {
        assert_eq!(nearest("cache", &mut NAMES.into_iter()), None);
        assert_eq!(nearest("", &mut NAMES.into_iter()), None);
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("flaw", "lawn"), 2);
    }
}
