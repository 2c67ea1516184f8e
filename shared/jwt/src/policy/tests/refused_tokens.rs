//! Token statements and keys that cannot be honoured: what their author reads.

use super::support::{
    assert_refused, azure, base64, base64url, jwt, modulus, pem, pkcs1, pkcs8, refusal,
};

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
