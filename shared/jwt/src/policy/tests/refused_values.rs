//! Values that an attribute or an element cannot have: what their author reads.

use super::support::{assert_refused, certificate, jwt, pem, read_with, refusal};

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
            "line 3, column 1: attribute url must be an absolute https address in ASCII, with a host as xn--… where needed",
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
    let pem = pem("CERTIFICATE", &certificate());
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
