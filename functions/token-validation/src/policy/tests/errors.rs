//! Every way in which a document is refused, with the text that its author reads.

use super::support::{base64, base64url, modulus, pem, pkcs1, pkcs8, read, read_with};

fn refusal(document: &str) -> String {
    match read(document) {
        Ok(_) => panic!("the document is read: {document}"),
        Err(error) => error.to_string(),
    }
}

fn assert_refused(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(document, expected)| refusal(document) != *expected)
        .map(|(document, expected)| {
            format!("{document}\n  expected {expected}\n  read     {}", refusal(document))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A `validate-jwt` that is well but for `attributes` and `elements`.
fn jwt(attributes: &str, elements: &str) -> String {
    format!(
        "<validate-jwt header-name=\"a\" {attributes}>\n<openid-config url=\"https://a.example\" />\n{elements}</validate-jwt>"
    )
}

fn azure(attributes: &str) -> String {
    format!(
        "<validate-azure-ad-token {attributes}><audiences><audience>a</audience></audiences></validate-azure-ad-token>"
    )
}

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
fn an_expression_behind_the_broken_place_is_not_blamed_for_it() {
    assert_eq!(
        refusal("<a b='1' b='2'/><c d='@(e)'/>"),
        "line 1, column 10: the document is not well-formed XML: attribute b is given twice"
    );
}

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
fn attributes_with_a_value_that_they_cannot_have_are_refused() {
    let check = |attributes: &str| format!("<check-header {attributes} />");
    let rest = "failed-check-error-message='' ignore-case='true'";
    assert_refused(&[
        (
            "<ip-filter><address>::1</address></ip-filter>",
            "line 1, column 1: ip-filter needs the attribute action",
        ),
        (&jwt("clock-skew=''", ""), "line 1, column 31: attribute clock-skew may not be empty"),
        (
            &jwt("require-expiration-time='yes'", ""),
            "line 1, column 31: attribute require-expiration-time must be true or false",
        ),
        (
            &jwt("failed-validation-httpcode='200'", ""),
            "line 1, column 31: attribute failed-validation-httpcode must be a status from 400 to 599",
        ),
        (
            &jwt("failed-validation-httpcode='none'", ""),
            "line 1, column 31: attribute failed-validation-httpcode must be a status from 400 to 599",
        ),
        (
            &jwt("clock-skew='5 minutes'", ""),
            "line 1, column 31: attribute clock-skew must be whole seconds or [d.]hh:mm:ss",
        ),
        (
            "[a.validate-jwt]\nheader-name = \"a b\"",
            "line 2, column 1: attribute header-name must be a header's name",
        ),
        (
            &jwt("require-scheme='a b'", ""),
            "line 1, column 31: attribute require-scheme must be a scheme's name, as Bearer",
        ),
        (
            &jwt("output-token-variable-name='a.b'", ""),
            "line 1, column 31: attribute output-token-variable-name must be letters, digits, - and _",
        ),
        (
            &jwt("", "<required-claims><claim name='a' match='some' /></required-claims>"),
            "line 3, column 34: attribute match must be all or any",
        ),
        (
            "<ip-filter action='Allow'><address>::1</address></ip-filter>",
            "line 1, column 12: attribute action must be allow or forbid",
        ),
        (
            "[a.validate-jwt]\nheader-name='a'\nopenid-config='a.example'",
            "line 3, column 1: attribute url must be an absolute https address",
        ),
        (
            "[a.validate-jwt]\nheader-name='a'\nopenid-config='http://a.example'",
            "line 3, column 1: attribute url must use https; http is for loopback addresses alone",
        ),
        (
            "[a.validate-jwt]\nheader-name='a'\nopenid-config='https://u:p@a.example'",
            "line 3, column 1: attribute url may not hold a user, a password or a fragment",
        ),
        (
            &check(&format!("name='a' failed-check-httpcode='99' {rest}")),
            "line 1, column 24: attribute failed-check-httpcode must be a status from 400 to 599",
        ),
        (
            &check(&format!("name='a' {rest}")),
            "line 1, column 1: check-header needs the attribute failed-check-httpcode",
        ),
        (
            &check("name='a' failed-check-httpcode='400' ignore-case='true'"),
            "line 1, column 1: check-header needs the attribute failed-check-error-message",
        ),
        (
            &check("name='a' failed-check-httpcode='400' failed-check-error-message=''"),
            "line 1, column 1: check-header needs the attribute ignore-case",
        ),
    ]);
}

#[test]
fn a_token_statement_that_could_not_work_is_refused() {
    let tenant =
        "attribute tenant-id must be a GUID, a domain, an https address, organizations or common";
    assert_refused(&[
        (
            "<validate-jwt><openid-config url='https://a.example'/></validate-jwt>",
            "line 1, column 1: validate-jwt needs one of header-name, query-parameter-name and token-value to find the token",
        ),
        (
            &jwt("token-value='a'", ""),
            "line 1, column 31: header-name, query-parameter-name and token-value exclude each other",
        ),
        (
            "[a.validate-jwt]\ntoken-value='Bearer a'",
            "line 2, column 1: attribute token-value must hold the token without a scheme",
        ),
        (
            "[a.validate-jwt]\nheader-name='a'",
            "line 1, column 4: validate-jwt needs openid-config or issuer-signing-keys to verify a signature",
        ),
        (
            &azure("header-name='a'"),
            "line 1, column 1: validate-azure-ad-token needs the attribute tenant-id",
        ),
        (&azure("tenant-id='contoso'"), &format!("line 1, column 26: {tenant}")),
        (&azure("tenant-id='a/../b.example'"), &format!("line 1, column 26: {tenant}")),
        (
            &azure("tenant-id='https://a.example/b' authentication-endpoint='c.example'"),
            "line 1, column 58: attribute tenant-id holds an address already; leave authentication-endpoint out",
        ),
        (
            &azure("tenant-id='https://a.example/.well-known/openid-configuration'"),
            "line 1, column 26: attribute tenant-id must be the authority's address, without a query or .well-known",
        ),
        (
            &azure("tenant-id='a.example' authentication-endpoint='http://b.example'"),
            "line 1, column 48: attribute authentication-endpoint must use https; http is for loopback addresses alone",
        ),
        (
            "<validate-azure-ad-token tenant-id='a.example'/>",
            "line 1, column 1: validate-azure-ad-token needs client-application-ids, or audiences or backend-application-ids",
        ),
        (
            &azure("tenant-id='a.example' clock-skew='5'"),
            "line 1, column 48: attribute clock-skew is unknown in validate-azure-ad-token",
        ),
    ]);
}

#[test]
fn keys_that_are_none_or_too_weak_are_refused() {
    let n = base64url(&modulus(2048));
    let mut even = modulus(2048);
    even[255] = 2;
    let key = |attributes: &str, text: &str| {
        jwt(
            "",
            &format!("<issuer-signing-keys><key {attributes}>{text}</key></issuer-signing-keys>"),
        )
    };
    let table = [
        (
            key("id='a'", ""),
            22,
            "key needs one of a base64 text, certificate-id, certificate, or n and e",
        ),
        (
            key("n='AQAB' e='AQAB'", "AAAA"),
            22,
            "key may hold one of a base64 text, certificate-id, certificate, or n and e",
        ),
        (key(&format!("n='{n}'"), ""), 22, "key needs both n and e"),
        (key("", "!!!!"), 22, "the text of key must be canonical base64"),
        // The last character has bits that no byte takes.
        (key("", "AAB="), 22, "the text of key must be canonical base64"),
        (
            key("", &base64(&[1; 31])),
            22,
            "a symmetric signing key must have at least 32 bytes (RFC 7518 section 3.2)",
        ),
        (
            key("n='A+B/' e='AQAB'", ""),
            27,
            "attribute n must be canonical base64url without padding",
        ),
        (
            key(&format!("e='AQ==' n='{n}'"), ""),
            27,
            "attribute e must be canonical base64url without padding",
        ),
        (
            key(&format!("n='{}' e='AQAB'", base64url(&modulus(2040))), ""),
            27,
            "an RSA key must have 2048 to 8192 bits",
        ),
        (
            key(&format!("n='{}' e='AQAB'", base64url(&modulus(8200))), ""),
            27,
            "an RSA key must have 2048 to 8192 bits",
        ),
        (key(&format!("n='{}' e='AQAB'", base64url(&even)), ""), 27, "an RSA modulus must be odd"),
        (
            key(&format!("e='AQ' n='{n}'"), ""),
            27,
            "an RSA exponent must be odd, at least 3 and less than 2^32",
        ),
        (
            key(&format!("e='AQAAAAE' n='{n}'"), ""),
            27,
            "an RSA exponent must be odd, at least 3 and less than 2^32",
        ),
        (key("certificate='a'", ""), 27, "certificate must hold a PEM section CERTIFICATE"),
    ];
    for (document, column, expected) in table {
        let text = refusal(&document);
        let (place, kind) = text.split_once(": ").unwrap();
        assert_eq!(kind, expected, "{document}");
        assert_eq!(place, format!("line 3, column {column}").as_str(), "{document}");
    }
}

#[test]
fn decryption_keys_that_cannot_decrypt_are_refused() {
    let key = |attributes: &str, text: &str| {
        jwt("", &format!("<decryption-keys><key {attributes}>{text}</key></decryption-keys>"))
    };
    let certificate = |pem: &str| key(&format!("certificate='{pem}'"), "");
    let not_private =
        "certificate must hold a PEM section PRIVATE KEY or RSA PRIVATE KEY with an RSA key";
    for (document, expected) in [
        (key("", &base64(&[1; 20])), "a symmetric decryption key must have 16, 32 or 64 bytes"),
        (
            key("n='AQAB' e='AQAB'", ""),
            "n and e make a public key; decryption needs a private key: give certificate-id",
        ),
        (certificate("none"), not_private),
        (certificate(&pem("PRIVATE KEY", b"not a key")), not_private),
        (certificate(&pem("EC PRIVATE KEY", &pkcs8(2048))), not_private),
        (certificate(&pem("PRIVATE KEY", &pkcs8(1024))), "an RSA key must have 2048 to 8192 bits"),
        (
            certificate(&pem("RSA PRIVATE KEY", &pkcs1(1024))),
            "an RSA key must have 2048 to 8192 bits",
        ),
    ] {
        let text = refusal(&document);
        assert_eq!(text.split_once(": ").unwrap().1, expected, "{document}");
    }
}

#[test]
fn filters_and_identities_that_match_anything_or_nothing_are_refused() {
    let filter = |content: &str| format!("<ip-filter action='allow'>{content}</ip-filter>");
    let identity = |attributes: &str| {
        format!(
            "<validate-client-certificate><identities><identity {attributes}/></identities></validate-client-certificate>"
        )
    };
    assert_refused(&[
        (&filter(""), "line 1, column 1: ip-filter needs at least one address or address-range"),
        (
            &filter("<address>10.0.0.0/8</address>"),
            "line 1, column 27: address must be an IPv4 or IPv6 address; a network is written as address-range",
        ),
        (
            &filter("<address-range from='10.0.0.1' to='a'/>"),
            "line 1, column 58: to must be an IPv4 or IPv6 address; a network is written as address-range",
        ),
        (
            &filter("<address-range from='10.0.0.1'/>"),
            "line 1, column 27: address-range needs the attribute to",
        ),
        (
            &filter("<address-range from='10.0.0.1' to='::2'/>"),
            "line 1, column 27: address-range must be of IPv4 or of IPv6 addresses alone",
        ),
        (
            &filter("<address-range from='10.0.0.2' to='10.0.0.1'/>"),
            "line 1, column 27: address-range must have from before to",
        ),
        (
            &identity(""),
            "line 1, column 42: identity needs at least one attribute; without one every certificate would match",
        ),
        (
            &identity("thumbprint='abc'"),
            "line 1, column 52: attribute thumbprint must be a SHA-1 thumbprint: 40 hexadecimal digits",
        ),
        (
            &identity("serial-number='x'"),
            "line 1, column 52: attribute serial-number must be a hexadecimal number",
        ),
        (
            &identity("issuer-certificate='none'"),
            "line 1, column 52: issuer-certificate must hold a PEM section CERTIFICATE",
        ),
    ]);
    let pem = pem("CERTIFICATE", &super::support::certificate());
    assert_eq!(
        refusal(&identity(&format!("issuer-certificate='{pem}' issuer-subject='CN=a'"))),
        "line 1, column 42: issuer-certificate-id excludes issuer-subject and issuer-thumbprint"
    );
    let both = identity("issuer-certificate-id='root' issuer-subject='CN=a'");
    assert_eq!(
        read_with(&both, vec![("root", pem)]).unwrap_err().to_string(),
        "line 1, column 42: issuer-certificate-id excludes issuer-subject and issuer-thumbprint"
    );
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
