use crate::error::EventErrorKind;

/// Takes an attribute's text, unless it is empty or holds what a CloudEvents string may not: control characters and
/// noncharacters (contracts §3.7).
pub(crate) fn attribute_text(
    name: &'static str,
    text: impl Into<String>,
) -> Result<String, EventErrorKind> {
    let text = text.into();
    if text.is_empty() {
        return Err(EventErrorKind::Empty { name: name.into() });
    }
    if !is_text(&text) {
        return Err(EventErrorKind::Characters { name: name.into() });
    }
    Ok(text)
}

/// Whether a CloudEvents string may be this.
pub(crate) fn is_text(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() || is_noncharacter(character))
}

fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_noncharacters_are_no_text() {
        for text in ["a\u{0}", "\n", "\u{7f}", "\u{9f}", "\u{fdd0}", "\u{ffff}", "\u{10fffe}"] {
            assert!(!is_text(text), "{text:?}");
        }
        for text in ["", "Euro € 😀", "\u{a0}", "\u{fffd}", "a b"] {
            assert!(is_text(text), "{text:?}");
        }
    }
}
