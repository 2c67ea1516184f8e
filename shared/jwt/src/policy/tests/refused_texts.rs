//! Texts that are no document: what their author reads.

use super::support::{assert_refused, jwt, refusal};

#[test]
fn a_text_that_is_no_document_is_refused() {
    let long = format!("#{}", " ".repeat(256 * 1024));
    let deep = format!("{}{}", "<base>".repeat(20), "</base>".repeat(20));
    assert_refused(&[
        (&long, "line 1, column 1: the document is longer than 262144 bytes"),
        (&deep, "line 1, column 97: elements are nested deeper than 16 levels"),
        (
            "",
            "line 1, column 1: the document has no policy; without a statement every caller would pass",
        ),
        (
            "[api]",
            "line 1, column 2: the policy api has no statement; without one every caller would pass",
        ),
        (
            "<inbound><base /></inbound>",
            "line 1, column 1: the policy default has no statement; without one every caller would pass",
        ),
        (
            "[api]\n\n  x = = 1",
            "line 3, column 7: the document is not TOML: extra `=`, expected nothing",
        ),
        ("a = 1\na = 2", "line 2, column 1: the document is not TOML: duplicate key"),
    ]);
}

#[test]
fn xml_that_is_not_well_formed_is_refused_where_it_breaks() {
    let prefix = "the document is not well-formed XML: ";
    for (document, place, reason) in [
        ("<inbound>", "line 1, column 10", "element inbound is not closed"),
        ("<a>\n<b></a>", "line 2, column 4", "element b is closed as a"),
        ("<a/></b>", "line 1, column 5", "element b is closed but was never opened"),
        ("<a b='1' b='2'/>", "line 1, column 10", "attribute b is given twice"),
        ("<a b='<'/>", "line 1, column 7", "< in an attribute's value must be written as &lt;"),
        ("<a>\n&x;</a>", "line 2, column 1", "the entity x is unknown; write & as &amp;"),
        ("<a>a & b</a>", "line 1, column 6", "& must be written as &amp;"),
        ("<a>\u{1}</a>", "line 1, column 4", "it has a character that XML does not allow"),
        ("<a x:b=''/>", "line 1, column 4", "the prefix x is not declared"),
        (
            "<a/><?xml version='1.0'?>",
            "line 1, column 5",
            "an XML declaration may stand at the beginning alone",
        ),
        ("<a><!-- never", "line 1, column 14", "--> is expected"),
        ("<a><!-- a--b --></a>", "line 1, column 4", "a comment may not hold --"),
        ("<1/>", "line 1, column 2", "a name is expected"),
        ("<a b/>", "line 1, column 5", "= is expected"),
    ] {
        assert_eq!(refusal(document), format!("{place}: {prefix}{reason}"), "{document}");
    }
}

#[test]
fn markup_that_no_policy_has_is_refused() {
    assert_refused(&[
        ("<!DOCTYPE a>\n<a/>", "line 1, column 1: a document type declaration is not accepted"),
        (
            "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
            "line 2, column 1: a document type declaration is not accepted",
        ),
        (
            "<inbound><?php x?></inbound>",
            "line 1, column 10: a processing instruction is not accepted",
        ),
        ("<a xmlns=\"urn:b\"/>", "line 1, column 1: a is in an XML namespace; policies have none"),
        (
            "<a xmlns:b='urn:b' b:c=''/>",
            "line 1, column 20: c is in an XML namespace; policies have none",
        ),
        (
            "</headgate-document><headgate-document>",
            "line 1, column 21: the document is not well-formed XML: the markup is broken",
        ),
    ]);
}

#[test]
fn an_expression_is_found_whether_it_is_escaped_or_breaks_the_xml() {
    let refused = "policy expressions cannot be honoured; write the value itself or a named value";
    for (document, place) in [
        (
            jwt("failed-validation-error-message=\"@(context.Variables[\"why\"])\"", ""),
            "line 1, column 64",
        ),
        (jwt("", "<audiences><audience>@(\"a\" < b)</audience></audiences>"), "line 3, column 22"),
        (
            jwt("", "<audiences>\n<audience>@{ return &quot;a&quot;; }</audience></audiences>"),
            "line 4, column 1",
        ),
        (jwt("clock-skew=\"@(5)\"", ""), "line 1, column 31"),
        (
            jwt("", "<!-- @( --><audiences><audience>@(a && b)</audience></audiences>"),
            "line 3, column 33",
        ),
        ("[a.ip-filter]\naction = \"@(x)\"\naddress = [\"::1\"]".to_owned(), "line 2, column 1"),
        (
            "[a.ip-filter]\naction = \"allow\"\naddress = [\"::1\",\n \"@(x)\"]".to_owned(),
            "line 4, column 2",
        ),
    ] {
        assert_eq!(refusal(&document), format!("{place}: {refused}"), "{document}");
    }
}

#[test]
fn what_looks_like_an_expression_in_a_comment_is_none() {
    assert_eq!(
        refusal("<!-- @(a) --><b c='@d' <!-- @{ -->"),
        "line 1, column 24: the document is not well-formed XML: a name is expected"
    );
}

#[test]
fn an_expression_behind_the_broken_place_is_not_blamed_for_it() {
    assert_eq!(
        refusal("<a b='1' b='2'/><c d='@(e)'/>"),
        "line 1, column 10: the document is not well-formed XML: attribute b is given twice"
    );
}
