//! Whole documents and what they come to.

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderName, StatusCode};

use super::support::{base64, base64url, modulus, read, token};
use crate::policy::{IpFilterAction, Matching, SigningKeyMaterial, Statement, TokenSource};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn the_shortest_validate_jwt_takes_the_documented_defaults() {
    let token = token(
        read(
            r#"<validate-jwt header-name="Authorization">
                 <openid-config url="https://issuer.example/.well-known/openid-configuration" />
               </validate-jwt>"#,
        )
        .unwrap(),
    );
    assert_eq!(token.source, TokenSource::Header(HeaderName::from_static("authorization")));
    assert_eq!(token.failure.status, StatusCode::UNAUTHORIZED);
    assert_eq!(token.failure.message, None);
    assert_eq!(token.require_scheme, None);
    assert!(token.require_expiration_time);
    assert!(token.require_signed_tokens);
    assert_eq!(token.clock_skew, Duration::ZERO);
    assert_eq!(token.output_token_variable_name, None);
    assert_eq!(token.openid_configs[0].token_version, None);
    assert!(token.audiences.is_empty() && token.issuers.is_empty());
}

#[test]
fn every_attribute_and_element_of_validate_jwt_is_read() {
    let document = format!(
        r#"<validate-jwt id="gate" header-name="X-Token" failed-validation-httpcode="403"
                failed-validation-error-message="No &lt;entry&gt;." require-expiration-time="False"
                require-scheme="Token" require-signed-tokens="true" clock-skew="00:01:30"
                output-token-variable-name="jwt_1">
             <openid-config url="https://a.example/one?appid=7" />
             <openid-config url="http://127.0.0.1:8080/two" />
             <issuer-signing-keys>
               <key id="hmac">
                 {symmetric}
               </key>
               <key n="{n}" e="AQAB" />
             </issuer-signing-keys>
             <decryption-keys><key>{content}</key></decryption-keys>
             <audiences><audience>api://one</audience><audience><![CDATA[two & three]]></audience></audiences>
             <issuers><issuer>https://issuer.example/</issuer></issuers>
             <required-claims>
               <claim name="scp" match="any" separator=" "><value>read</value><value>write</value></claim>
               <claim name="tid" />
             </required-claims>
           </validate-jwt>"#,
        symmetric = base64(&[7; 32]),
        content = base64(&[8; 16]),
        n = base64url(&modulus(2048)),
    );
    let token = token(read(&document).unwrap());
    assert_eq!(token.source, TokenSource::Header(HeaderName::from_static("x-token")));
    assert_eq!(token.failure.status, StatusCode::FORBIDDEN);
    assert_eq!(token.failure.message.as_deref(), Some("No <entry>."));
    assert!(!token.require_expiration_time);
    assert_eq!(token.require_scheme.as_deref(), Some("Token"));
    assert_eq!(token.clock_skew, Duration::from_secs(90));
    assert_eq!(token.output_token_variable_name.as_deref(), Some("jwt_1"));
    assert_eq!(token.openid_configs.len(), 2);
    assert_eq!(token.openid_configs[1].url.to_string(), "http://127.0.0.1:8080/two");
    assert_eq!(token.issuer_signing_keys[0].id.as_deref(), Some("hmac"));
    assert!(
        token.issuer_signing_keys[0].material == SigningKeyMaterial::Symmetric(vec![7; 32].into())
    );
    assert!(
        token.issuer_signing_keys[1].material
            == SigningKeyMaterial::Rsa { n: modulus(2048), e: vec![1, 0, 1] }
    );
    assert_eq!(token.decryption_keys.len(), 1);
    assert_eq!(token.audiences, ["api://one", "two & three"]);
    assert_eq!(token.issuers, ["https://issuer.example/"]);
    assert_eq!(token.required_claims[0].matching, Matching::Any);
    assert_eq!(token.required_claims[0].separator.as_deref(), Some(" "));
    assert_eq!(token.required_claims[0].values, ["read", "write"]);
    assert_eq!(token.required_claims[1].matching, Matching::All);
    assert!(token.required_claims[1].values.is_empty());
}

#[test]
fn a_whole_policies_document_gives_the_statements_of_inbound_in_order() {
    let set = read(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>
         <!-- @(not an expression) -->
         <policies>
           <inbound>
             <base />
             <ip-filter action=\"forbid\"><address>10.0.0.1</address></ip-filter>
             <check-header name=\"X-Api\" failed-check-httpcode=\"403\"
                 failed-check-error-message=\"\" ignore-case=\"true\" />
             <ip-filter action=\"allow\">
               <address-range from=\"10.0.0.0\" to=\"10.0.0.255\" />
               <address>::ffff:192.0.2.1</address>
             </ip-filter>
           </inbound>
           <backend><base /><forward-request /></backend>
           <outbound><base /></outbound>
           <on-error />
         </policies>",
    )
    .unwrap();
    let statements = &set.get("default").unwrap().statements;
    assert_eq!(statements.len(), 3);
    let Statement::IpFilter(last) = &statements[2] else { panic!("{statements:?}") };
    assert_eq!(last.action, IpFilterAction::Allow);
    assert_eq!(
        last.ranges,
        [
            (address("10.0.0.0"), address("10.0.0.255")),
            (address("192.0.2.1"), address("192.0.2.1"))
        ]
    );
}

#[test]
fn statements_fragments_and_sections_read_the_same() {
    let statement = r#"<ip-filter action="allow"><address>10.0.0.1</address></ip-filter>"#;
    let expected = read(statement).unwrap();
    for document in [
        format!("<inbound><base/>{statement}</inbound>"),
        format!("<fragment>{statement}</fragment>"),
        format!("<base />{statement}"),
        format!("<policies><inbound>{statement}</inbound></policies>"),
        "[default.ip-filter]\naction = \"allow\"\naddress = [\"10.0.0.1\"]".to_owned(),
        "[ip-filter]\naction = \"allow\"\naddress = \"10.0.0.1\"".to_owned(),
    ] {
        assert_eq!(read(&document).unwrap(), expected, "{document}");
    }
}

#[test]
fn toml_statements_keep_the_order_in_which_they_are_written() {
    let set = read(
        r#"
        [[api.ip-filter]]
        action = "forbid"
        address = ["10.0.0.1"]
        [api.check-header]
        name = "X-Api"
        failed-check-httpcode = 0x1F4
        failed-check-error-message = "no"
        ignore-case = true
        values = ["1", 2, true]
        [[api.ip-filter]]
        action = "allow"
        address = ["10.0.0.2"]
        [other]
        ip-filter = { action = "allow", address = ["10.0.0.3"] }
        "#,
    )
    .unwrap();
    assert_eq!(
        set.policies.iter().map(|policy| &policy.name).collect::<Vec<_>>(),
        ["api", "other"]
    );
    let statements = &set.get("api").unwrap().statements;
    let [Statement::IpFilter(_), Statement::CheckHeader(header), Statement::IpFilter(_)] =
        statements.as_slice()
    else {
        panic!("{statements:?}")
    };
    assert_eq!(header.failure.status.as_u16(), 500);
    assert_eq!(header.values, ["1", "2", "true"]);
}

#[test]
fn the_keys_of_a_toml_statement_may_come_in_any_order() {
    let token = token(
        read(
            r#"
            [api.validate-jwt]
            audiences = ["a"]
            openid-config = ["https://a.example", { url = "https://b.example" }]
            query-parameter-name = "token"
            [[api.validate-jwt.required-claims]]
            values = ["x"]
            match = "any"
            name = "roles"
            "#,
        )
        .unwrap(),
    );
    assert_eq!(token.openid_configs.len(), 2);
    assert_eq!(token.source, TokenSource::Query("token".to_owned()));
    assert_eq!(token.required_claims[0].name, "roles");
}

#[test]
fn tokens_that_are_only_decrypted_need_no_key_to_verify() {
    let token = token(
        read(&format!(
            r#"[api.validate-jwt]
               header-name = "Authorization"
               require-signed-tokens = false
               decryption-keys = ["{}"]"#,
            base64(&[1; 64])
        ))
        .unwrap(),
    );
    assert!(!token.require_signed_tokens);
}
