//! Entra and client certificates: what a document comes to.

use super::support::{base64, read, token};
use crate::policy::{Identity, Statement, TokenSource, TokenVersion};

const TENANT: &str = "11111111-2222-3333-4444-55555555aaaa";

fn azure(attributes: &str) -> Vec<(String, Option<TokenVersion>)> {
    let document = format!(
        r#"<validate-azure-ad-token {attributes}>
             <client-application-ids><application-id>client</application-id></client-application-ids>
           </validate-azure-ad-token>"#
    );
    let configs = token(read(&document).unwrap()).openid_configs;
    configs.into_iter().map(|config| (config.url.to_string(), config.token_version)).collect()
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
