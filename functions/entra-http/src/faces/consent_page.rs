use std::fmt::Write as _;

/// Writes the page on which a person says that somebody is to act for them.
///
/// Its form goes to the page's own address. It runs no script, so nothing but a press of its button sends it.
pub(crate) fn consent_page(upstream: &str, connection: &str) -> String {
    let (upstream, connection) = (escaped(upstream), escaped(connection));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Sign in</title>\n\
         <h1>Sign in for the connection {connection}</h1>\n\
         <p>Whoever may use this connection then acts as you at {upstream}, until the consent is withdrawn. Go on only if \
         you came here to set it up.</p>\n\
         <form method=\"post\"><button>Choose an account and sign in</button></form>\n</html>\n"
    )
}

/// A text as HTML shows it, in an element or in a quoted attribute.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, character| {
        match character {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a text does not fail.
                let _ = write!(html, "&#{};", u32::from(character));
            }
            plain => html.push(plain),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_becomes_markup() {
        let page = consent_page("<a href=\"x\">", "'&<script>");
        for markup in ["<a", "<script", "'", "\"x\""] {
            assert!(!page.contains(markup), "{markup} in {page}");
        }
        assert!(page.contains("&#60;a href=&#34;x&#34;&#62;"), "{page}");
        assert!(page.contains("&#39;&#38;&#60;script&#62;"), "{page}");
    }
}
