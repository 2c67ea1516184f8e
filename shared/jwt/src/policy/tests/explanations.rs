//! What `just policy check` says.

use super::support::{base64, base64url, modulus, read};
use crate::policy::explain;

fn explained(document: &str) -> String {
    explain(&read(document).unwrap())
}

#[test]
fn a_token_policy_is_explained_in_plain_words() {
    let document = format!(
        r#"
        [orders.validate-jwt]
        header-name = "Authorization"
        require-scheme = "Bearer"
        failed-validation-httpcode = 403
        failed-validation-error-message = "No entry."
        clock-skew = 30
        openid-config = ["https://issuer.example/openid"]
        audiences = ["api://orders", "orders"]
        issuers = ["https://old.example/"]
        issuer-signing-keys = [{{ id = "k1", n = "{}", e = "AQAB" }}]

        [[orders.validate-jwt.required-claims]]
        name = "scp"
        match = "any"
        separator = " "
        values = ["read", "write"]
        [[orders.validate-jwt.required-claims]]
        name = "roles"
        values = ["admin", "buyer"]
        [[orders.validate-jwt.required-claims]]
        name = "tid"
        "#,
        base64url(&modulus(2048))
    );
    assert_eq!(
        explained(&document),
        r#"Policy orders: a request passes when each of these is satisfied, in this order.
1. The token
   It is read from the header authorization, whose scheme must be Bearer.
   It may be signed by a key of https://issuer.example/openid.
   It may be signed by the RSA key given here ("k1").
   Its issuer is "https://old.example/", or one that the key's address names.
   Its audience is any of "api://orders", "orders".
   Its claim "scp", split at " ", has any of "read", "write".
   Its claim "roles" has all of "admin", "buyer".
   It has the claim "tid".
   It says when it expires, and that is not past by more than 30 seconds.
   Otherwise the caller gets 403 with the policy's message.
"#
    );
}

#[test]
fn the_other_statements_are_explained_in_plain_words() {
    assert_eq!(
        explained(
            "<ip-filter action='forbid'><address>10.0.0.1</address><address-range from='::1' to='::9'/></ip-filter>
             <check-header name='X-Key' failed-check-httpcode='401' failed-check-error-message='no' ignore-case='false'>
               <value>hunter2</value></check-header>
             <validate-client-certificate validate-revocation='false'><identities>
               <identity common-name='c' issuer-subject='CN=i'/></identities></validate-client-certificate>"
        ),
        r#"Policy default: a request passes when each of these is satisfied, in this order.
1. The caller's address
   The address is none of these: 10.0.0.1, ::1 to ::9.
   Otherwise, and when the address is not known, the caller gets 403.
2. A header
   The header x-key has the listed value.
   Otherwise the caller gets 401 with the policy's message.
3. The client's certificate
   It is issued by an authority that is trusted.
   Its validity has begun.
   Its validity has not ended.
   It matches this identity:
   - common name "c", issuer's subject "CN=i"
   Otherwise the caller is refused.
"#
    );
}

#[test]
fn what_a_policy_leaves_open_is_warned_about() {
    let key = base64(&[0x61; 32]);
    for (document, warning) in [
        (
            "[a.validate-jwt]\nheader-name='a'\nopenid-config='https://a.example'".to_owned(),
            "a token that was issued for any other API passes: audiences is not given.",
        ),
        (
            "[a.validate-jwt]\nheader-name='a'\nrequire-expiration-time=false\nopenid-config='https://a.example'".to_owned(),
            "a token that never expires passes: require-expiration-time is false.",
        ),
        (
            "[a.validate-azure-ad-token]\ntenant-id='common'\naudiences=['a']".to_owned(),
            "a token of any tenant passes, unless required-claims names the tenants (claim tid).",
        ),
        (
            format!("[a.validate-jwt]\nheader-name='a'\nissuer-signing-keys=['{key}']"),
            "a token of any issuer passes that one of the keys has signed: issuers is not given.",
        ),
        (
            format!("[a.validate-jwt]\nheader-name='a'\nissuer-signing-keys=['{key}']"),
            "whoever knows the symmetric key can issue tokens, not its issuer alone.",
        ),
        (
            format!("[a.validate-jwt]\nheader-name='a'\nrequire-signed-tokens=false\ndecryption-keys=['{key}']"),
            "anybody who can encrypt for the decryption keys can make a token: require-signed-tokens is false.",
        ),
        (
            "[a.validate-jwt]\nheader-name='a'\nclock-skew='00:10:01'\nopenid-config='https://a.example'".to_owned(),
            "a token passes for more than ten minutes after it expired: clock-skew.",
        ),
        (
            "[a.validate-jwt]\nquery-parameter-name='a'\nopenid-config='https://a.example'".to_owned(),
            "a token in a query stands in the logs of every proxy on its way.",
        ),
        (
            "[a.validate-jwt]\ntoken-value='a'\nopenid-config='https://a.example'".to_owned(),
            "every caller is judged by the same token, whatever the caller sends.",
        ),
        (
            "[a.check-header]\nname='a'\nfailed-check-httpcode=401\nfailed-check-error-message=''\nignore-case=true".to_owned(),
            "any value of the header passes.",
        ),
        (
            "[a.validate-client-certificate]\nignore-error=true".to_owned(),
            "ignore-error is true, so a certificate that fails passes all the same.",
        ),
        (
            "[a.validate-client-certificate]\nvalidate-trust=false".to_owned(),
            "validate-trust is false, so anybody can issue a certificate that passes.",
        ),
        (
            "[a.validate-client-certificate]".to_owned(),
            "there are no identities, so any certificate that is valid passes.",
        ),
    ] {
        let text = explained(&document);
        assert!(text.contains(&format!("   Warning: {warning}\n")), "{text}");
    }
}

#[test]
fn an_explanation_shows_no_key_no_token_and_no_header_value() {
    let key = base64(&[0x61; 32]);
    let text = explained(&format!(
        "[a.validate-jwt]\ntoken-value='abc.def.ghi'\nissuer-signing-keys=['{key}']\ndecryption-keys=['{key}']
         [a.check-header]\nname='a'\nfailed-check-httpcode=401\nfailed-check-error-message='x'\nignore-case=true\nvalues=['hunter2','hunter3']"
    ));
    for secret in [key.as_str(), "abc.def", "hunter"] {
        assert!(!text.contains(secret), "{text}");
    }
}
