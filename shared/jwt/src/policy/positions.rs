use super::node::Position;

/// How many bytes lie between two remembered places at least: the most that one look-up walks.
const STRIDE: usize = 256;

/// Turns byte offsets in a text into lines and columns, in time that does not grow with the text.
pub(super) struct Positions<'a> {
    text: &'a str,
    /// Some places in rising order, the first of them the text's beginning.
    remembered: Vec<(usize, Position)>,
}

impl<'a> Positions<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut remembered = vec![(0, Position::START)];
        let (mut position, mut last) = (Position::START, 0);
        for (offset, character) in text.char_indices() {
            if offset >= last + STRIDE {
                remembered.push((offset, position));
                last = offset;
            }
            step(&mut position, character);
        }
        Self { text, remembered }
    }

    /// The place of the byte `offset`, or the text's end when it lies beyond.
    pub(super) fn at(&self, offset: usize) -> Position {
        let index = self.remembered.partition_point(|(known, _)| *known <= offset);
        let (known, mut position) =
            *self.remembered.get(index.saturating_sub(1)).unwrap_or(&(0, Position::START));
        for (distance, character) in self.text.get(known..).unwrap_or_default().char_indices() {
            if known + distance >= offset {
                break;
            }
            step(&mut position, character);
        }
        position
    }
}

fn step(position: &mut Position, character: char) {
    if character == '\n' {
        *position = Position { line: position.line + 1, column: 1 };
    } else {
        position.column += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let positions = Positions::of("aé\nxy");
        assert_eq!(positions.at(0), Position { line: 1, column: 1 });
        assert_eq!(positions.at(3), Position { line: 1, column: 3 });
        assert_eq!(positions.at(5), Position { line: 2, column: 2 });
    }

    #[test]
    fn an_offset_beyond_the_text_is_its_end() {
        assert_eq!(Positions::of("ab").at(9), Position { line: 1, column: 3 });
        assert_eq!(Positions::of("").at(9), Position::START);
    }

    #[test]
    fn long_texts_are_counted_like_short_ones() {
        let text = "é\nlonger line here\n".repeat(500);
        let positions = Positions::of(&text);
        let mut expected = Position::START;
        for (offset, character) in text.char_indices() {
            assert_eq!(positions.at(offset), expected);
            step(&mut expected, character);
        }
    }
}
