use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Decodes the first section `label` of a PEM text (RFC 7468) to DER; `None` when there is none or it is malformed.
///
/// White space within a section is not looked at: an environment variable or an XML attribute may hold the text with
/// its line ends turned into blanks.
pub(super) fn section(text: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, from_content) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (content, _) = from_content.split_once(&format!("-----END {label}-----"))?;
    let packed: Zeroizing<String> =
        Zeroizing::new(content.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    let der = Zeroizing::new(STANDARD.decode(packed.as_bytes()).ok()?);
    (!der.is_empty()).then_some(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_found_among_others_and_without_its_line_ends() {
        let text =
            "-----BEGIN A-----\nAAAA\n-----END A-----\n-----BEGIN B----- AQ ID -----END B-----";
        assert_eq!(section(text, "B").as_deref(), Some(&vec![1, 2, 3]));
    }

    #[test]
    fn a_section_that_is_absent_open_empty_or_not_base64_is_refused() {
        for text in [
            "",
            "-----BEGIN A-----\nAQID",
            "-----BEGIN A-----\n-----END A-----",
            "-----BEGIN A-----\n!!\n-----END A-----",
        ] {
            assert_eq!(section(text, "A"), None, "{text}");
        }
    }
}
