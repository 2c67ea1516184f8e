//! Elements, attributes and keys that have no place: what their author reads.

use super::support::{assert_refused, azure, jwt, refusal};

#[test]
fn elements_out_of_place_are_refused() {
    let filter = "<ip-filter action=\"allow\"><address>::1</address></ip-filter>";
    assert_refused(&[
        (
            "<inbound><rate-limit calls='1'/></inbound>",
            "line 1, column 10: rate-limit is not a statement that token-validation honours",
        ),
        (
            "<validate-jwts/>",
            "line 1, column 1: validate-jwts is not a statement that token-validation honours; did you mean validate-jwt?",
        ),
        (
            "[api.ip-filters]",
            "line 1, column 6: ip-filters is not a statement that token-validation honours; did you mean ip-filter?",
        ),
        ("<policies><base/></policies>", "line 1, column 11: base has no place in policies"),
        ("<inbound><outbound/></inbound>", "line 1, column 10: outbound has no place in inbound"),
        (
            "<policies/><base/>",
            "line 1, column 1: policies has no place in a document that has another element beside it",
        ),
        (
            "<policies><inbound/><inbound/></policies>",
            "line 1, column 21: inbound may stand once in policies",
        ),
        (
            "<policies><outbound>\n<set-header/></outbound></policies>",
            "line 2, column 1: set-header in outbound is not honoured; the section may hold base alone",
        ),
        (
            "<policies><outbound><forward-request/></outbound></policies>",
            "line 1, column 21: forward-request in outbound is not honoured; the section may hold base alone",
        ),
        (
            "<policies><backend><forward-request timeout='1'/></backend></policies>",
            "line 1, column 37: attribute timeout is unknown in forward-request",
        ),
        ("<inbound a='1'/>", "line 1, column 10: attribute a is unknown in inbound"),
        ("<inbound>text</inbound>", "line 1, column 1: inbound may hold no text"),
        ("text</a>", "line 1, column 9: the document is not TOML: key with no value, expected `=`"),
        (&format!("{filter}text"), "line 1, column 1: the document may hold no text"),
        ("<base><a/></base>", "line 1, column 7: element a is unknown in base"),
        (
            "<ip-filter action='allow'><adress>::1</adress></ip-filter>",
            "line 1, column 27: element adress is unknown in ip-filter; did you mean address?",
        ),
        (
            &jwt(
                "",
                "<audiences><audience>a</audience></audiences>\n<audiences><audience>b</audience></audiences>",
            ),
            "line 4, column 1: audiences may stand once in validate-jwt",
        ),
        (
            &jwt(
                "",
                "<issuers><issuer>a</issuer></issuers>\n<audiences><audience>b</audience></audiences>",
            ),
            "line 4, column 1: audiences must stand before issuers in validate-jwt",
        ),
        (&jwt("", "<audiences />"), "line 3, column 1: audiences needs at least one audience"),
        (
            "[a.validate-jwt]\nheader-name=\"a\"\naudiences = []",
            "line 3, column 1: audiences needs at least one audience",
        ),
        (
            &jwt("", "<audiences><audience> </audience></audiences>"),
            "line 3, column 12: audience needs a text",
        ),
        (&jwt("", "loose"), "line 1, column 1: validate-jwt may hold no text"),
    ]);
}

#[test]
fn names_and_types_that_toml_may_not_have_are_refused() {
    assert_refused(&[
        (
            "[a.validate-jwt]\nrequire-schema = \"Bearer\"",
            "line 2, column 1: attribute require-schema is unknown in validate-jwt; did you mean require-scheme?",
        ),
        (
            "[a.validate-jwt]\naudience = [\"x\"]",
            "line 2, column 1: attribute audience is unknown in validate-jwt; did you mean audiences?",
        ),
        (
            "<validate-jwt requirescheme='a' />",
            "line 1, column 15: attribute requirescheme is unknown in validate-jwt; did you mean require-scheme?",
        ),
        (
            "[a.validate-jwt]\nclock-skew = 1.5",
            "line 2, column 1: clock-skew must be a string, an integer or a boolean",
        ),
        (
            "[a.validate-jwt]\nheader-name = [\"x\"]",
            "line 2, column 1: header-name must be a string, an integer or a boolean",
        ),
        (
            "[a.validate-jwt]\naudiences = [\n{ }]",
            "line 3, column 1: audiences must be an array of strings",
        ),
        (
            "[a.validate-jwt]\nopenid-config = [1.5]",
            "line 2, column 18: openid-config must be an array of strings or tables",
        ),
        (
            "[a.validate-jwt]\nrequired-claims = [\"roles\"]",
            "line 2, column 20: required-claims must be an array of tables",
        ),
        ("a = 1", "line 1, column 1: a must be a table of statements"),
        ("[a]\nip-filter = 1", "line 2, column 1: ip-filter must be a table"),
        ("[a]\nip-filter = [1]", "line 2, column 14: ip-filter must be a table"),
        (
            "[\"a b\".validate-client-certificate]",
            "line 1, column 2: a policy's name is 1 to 64 letters, digits, - and _",
        ),
        (
            "[validate-client-certificate]\n[default.validate-client-certificate]",
            "line 2, column 2: the policy default is given twice",
        ),
    ]);
}

#[test]
fn no_refusal_shows_a_value_of_the_document() {
    let secret = "hunter2-hunter2";
    for document in [
        jwt(&format!("clock-skew='{secret}'"), ""),
        jwt(&format!("require-expiration-time='{secret}'"), ""),
        jwt("", &format!("<issuer-signing-keys><key>{secret}</key></issuer-signing-keys>")),
        jwt("", &format!("<issuer-signing-keys><key n='{secret}!' e='x'/></issuer-signing-keys>")),
        azure(&format!("tenant-id='{secret}'")),
        format!("<a b='{secret}' b='{secret}'/>"),
        format!("[a]\nx = {secret} {secret}"),
        format!("[a.ip-filter]\naction = \"{secret}\""),
        format!("[a.validate-jwt]\ntoken-value = \"Bearer {secret}\""),
    ] {
        assert!(!refusal(&document).contains("hunter2"), "{document}");
    }
}

#[test]
fn a_name_as_long_as_the_document_is_cut() {
    let text = refusal(&format!("[a.validate-jwt]\n{} = 1", "é".repeat(100_000)));
    assert!(text.starts_with("line 2, column 1: the document is not TOML"), "{text}");
    let text = refusal(&format!("[a.validate-jwt]\n{} = 1", "a".repeat(100_000)));
    assert!(text.starts_with("line 2, column 1: attribute aaa"), "{text}");
    assert!(text.ends_with('…') && text.chars().count() < 450, "{text}");
}
