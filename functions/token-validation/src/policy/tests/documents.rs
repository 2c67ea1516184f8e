//! Whole documents and what they come to.

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderName, StatusCode};

use super::support::{base64, base64url, modulus, read, token};
use crate::policy::{
    Identity, IpFilterAction, Matching, SigningKeyMaterial, Statement, TokenSource, TokenVersion,
};

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
    assert_eq!(token.openid_configs[1].url.as_str(), "http://127.0.0.1:8080/two");
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

const TENANT: &str = "11111111-2222-3333-4444-55555555aaaa";

fn azure(attributes: &str) -> Vec<(String, Option<TokenVersion>)> {
    let document = format!(
        r#"<validate-azure-ad-token {attributes}>
             <client-application-ids><application-id>client</application-id></client-application-ids>
           </validate-azure-ad-token>"#
    );
    let configs = token(read(&document).unwrap()).openid_configs;
    configs.into_iter().map(|config| (config.url.into(), config.token_version)).collect()
}

#[test]
fn a_tenant_stands_for_its_metadata_of_both_token_versions() {
    let both = |base: &str| {
        vec![
            (format!("{base}/.well-known/openid-configuration"), Some(TokenVersion::V1)),
            (format!("{base}/v2.0/.well-known/openid-configuration"), Some(TokenVersion::V2)),
        ]
    };
    let login = "https://login.microsoftonline.com";
    for (attributes, base) in [
        (format!(r#"tenant-id="{}""#, TENANT.to_uppercase()), format!("{login}/{TENANT}")),
        (r#"tenant-id="contoso.example""#.to_owned(), format!("{login}/contoso.example")),
        (r#"tenant-id="common""#.to_owned(), format!("{login}/common")),
        (r#"tenant-id="organizations""#.to_owned(), format!("{login}/organizations")),
        (
            format!(r#"tenant-id="{TENANT}" authentication-endpoint="login.microsoftonline.us""#),
            format!("https://login.microsoftonline.us/{TENANT}"),
        ),
        (
            format!(r#"tenant-id="{TENANT}" authentication-endpoint="http://127.0.0.1:9/""#),
            format!("http://127.0.0.1:9/{TENANT}"),
        ),
        (
            format!(r#"tenant-id="https://t.ciamlogin.com/{TENANT}/v2.0""#),
            format!("https://t.ciamlogin.com/{TENANT}"),
        ),
    ] {
        assert_eq!(azure(&attributes), both(&base), "{attributes}");
    }
}

#[test]
fn every_element_of_validate_azure_ad_token_is_read() {
    let token = token(
        read(&format!(
            r#"<validate-azure-ad-token tenant-id="{TENANT}" output-token-variable-name="jwt">
                 <client-application-ids><application-id>c1</application-id><application-id>c2</application-id></client-application-ids>
                 <backend-application-ids><application-id>b1</application-id></backend-application-ids>
                 <audiences><audience>a1</audience></audiences>
                 <required-claims><claim name="ctry" match="any"><value>US</value></claim></required-claims>
                 <decryption-keys><key>{}</key></decryption-keys>
               </validate-azure-ad-token>"#,
            base64(&[1; 32])
        ))
        .unwrap(),
    );
    assert_eq!(token.source, TokenSource::Header(http::header::AUTHORIZATION));
    assert_eq!(token.client_application_ids, ["c1", "c2"]);
    assert_eq!(token.audiences, ["a1", "b1"]);
    assert_eq!(token.required_claims.len(), 1);
    assert_eq!(token.decryption_keys.len(), 1);
    assert!(token.require_expiration_time && token.require_signed_tokens);
}

#[test]
fn every_attribute_of_a_client_certificate_is_read() {
    let set = read(
        r#"<validate-client-certificate validate-revocation="false" validate-trust="true"
               validate-not-before="false" validate-not-after="true" ignore-error="true">
             <identities>
               <identity thumbprint="AA:BB CCDDEEFF00112233445566778899AABBCCDD" serial-number="00:0A:FF"
                   common-name="c" subject='O="Contoso, Inc.", CN=c' dns-name="d.example"
                   issuer-subject="CN=i" issuer-thumbprint="0000000000000000000000000000000000000001" />
             </identities>
           </validate-client-certificate>"#,
    )
    .unwrap();
    let [Statement::ValidateClientCertificate(certificate)] = set.policies[0].statements.as_slice()
    else {
        panic!("{set:?}")
    };
    assert!(!certificate.validate_revocation && certificate.validate_trust);
    assert!(!certificate.validate_not_before && certificate.validate_not_after);
    assert!(certificate.ignore_error);
    assert_eq!(
        certificate.identities,
        [Identity {
            thumbprint: Some("aabbccddeeff00112233445566778899aabbccdd".to_owned()),
            serial_number: Some("aff".to_owned()),
            common_name: Some("c".to_owned()),
            subject: Some("O=\"Contoso, Inc.\", CN=c".to_owned()),
            dns_name: Some("d.example".to_owned()),
            issuer_subject: Some("CN=i".to_owned()),
            issuer_thumbprint: Some("0000000000000000000000000000000000000001".to_owned()),
            issuer_certificate: None,
        }]
    );
}

#[test]
fn a_client_certificate_takes_the_documented_defaults() {
    let set = read("[api.validate-client-certificate]").unwrap();
    let [Statement::ValidateClientCertificate(certificate)] = set.policies[0].statements.as_slice()
    else {
        panic!("{set:?}")
    };
    assert!(certificate.validate_revocation && certificate.validate_trust);
    assert!(certificate.validate_not_before && certificate.validate_not_after);
    assert!(!certificate.ignore_error && certificate.identities.is_empty());
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

#[test]
fn the_example_documents_are_read() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let secret = base64(&[9; 32]);
        let read = super::support::read_with(
            &text,
            vec![
                ("orders_hmac_key", secret.clone()),
                (
                    "partner_certificate",
                    super::support::pem("CERTIFICATE", &super::support::certificate()),
                ),
                (
                    "token_decryption",
                    super::support::pem("PRIVATE KEY", &super::support::pkcs8(2048)),
                ),
            ],
        );
        assert!(read.is_ok(), "{}: {}", path.display(), read.unwrap_err());
        count += 1;
    }
    assert!(count >= 4);
}
