use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Decodes the first section `label` of a PEM text (RFC 7468) to DER; `None` when there is none or it is malformed.
///
/// White space within a section is not looked at: an environment variable may hold the text with its line ends turned
/// into blanks, or written `\n`.
pub(crate) fn section(text: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, from_content) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (content, _) = from_content.split_once(&format!("-----END {label}-----"))?;
    let plain = Zeroizing::new(content.replace("\\n", "\n"));
    let mut packed = Zeroizing::new(String::with_capacity(plain.len()));
    packed.extend(plain.chars().filter(|character| !character.is_ascii_whitespace()));
    let der = Zeroizing::new(STANDARD.decode(packed.as_bytes()).ok()?);
    (!der.is_empty()).then_some(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_found_whatever_became_of_its_line_ends() {
        for text in [
            "-----BEGIN A-----\nAAAA\n-----END A-----\n-----BEGIN B-----\nAQ\nID\n-----END B-----",
            "-----BEGIN B----- AQ ID -----END B-----",
            "-----BEGIN B-----\\nAQ\\nID\\n-----END B-----",
        ] {
            assert_eq!(section(text, "B").as_deref(), Some(&vec![1, 2, 3]), "{text}");
        }
    }

    #[test]
    fn a_section_that_is_absent_open_empty_or_not_base64_is_none() {
        for text in [
            "",
            "-----BEGIN A-----\nAQID",
            "-----BEGIN A----------END A-----",
            "-----BEGIN A-----!!-----END A-----",
        ] {
            assert_eq!(section(text, "A"), None, "{text}");
        }
    }
}
