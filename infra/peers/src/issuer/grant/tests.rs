use super::super::registry::Tenant;
use super::super::{Algorithm, DEFAULT_API_CLIENT_ID, DEFAULT_CLIENT_ID, DEFAULT_TENANT, defaults};
use super::*;

fn registry() -> Registry {
    Registry {
        tenants: vec![Tenant { id: defaults::TENANT, domain: None }],
        clients: vec![Client { id: defaults::CLIENT, secret: Secret::new("p&ss word") }],
        resources: vec![
            Resource {
                application_id_uri: "api://headgate".to_owned(),
                client_id: defaults::API_CLIENT,
                version: TokenVersion::V2,
            },
            "api://orders=v1".parse().unwrap(),
        ],
    }
}

fn asked<'a>(tenant: &'a str, endpoint: TokenVersion, body: &'a str) -> Asked<'a> {
    Asked {
        tenant,
        endpoint,
        content_type: Some("application/x-www-form-urlencoded; charset=utf-8"),
        authorization: None,
        development: false,
        body: body.as_bytes(),
    }
}

/// A request that is granted, with `parameter` in place of the one of its name, or without it when it has no value.
fn body_with(parameter: &str) -> String {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", DEFAULT_CLIENT_ID),
        ("client_secret", "p%26ss+word"),
        ("scope", "api%3A%2F%2Fheadgate%2F.default"),
    ];
    let mut pairs: Vec<String> = good
        .iter()
        .filter(|(known, _)| *known != name)
        .map(|(known, value)| format!("{known}={value}"))
        .collect();
    if !value.is_empty() {
        pairs.push(format!("{name}={value}"));
    }
    pairs.join("&")
}

fn decide_v2(parameter: &str) -> Result<Granted, TokenError> {
    decide(&registry(), &asked(DEFAULT_TENANT, TokenVersion::V2, &body_with(parameter)))
}

fn decide_for_developer(parameter: &str) -> Result<Granted, TokenError> {
    let body = body_with(parameter);
    let asked = Asked { development: true, ..asked(DEFAULT_TENANT, TokenVersion::V2, &body) };
    decide(&registry(), &asked)
}

#[test]
fn the_right_secret_gets_a_token_whose_audience_is_the_apis_client_id() {
    let granted = decide_v2("unknown=ignored").unwrap();
    assert_eq!(granted.spec.audience, DEFAULT_API_CLIENT_ID);
    assert_eq!(granted.spec.version, TokenVersion::V2);
    assert_eq!(granted.spec.client, DEFAULT_CLIENT_ID);
}

#[test]
fn the_resource_decides_the_tokens_version_and_not_the_endpoint() {
    let at_v2 = decide_v2("scope=api://orders/.default").unwrap();
    assert_eq!(at_v2.spec.version, TokenVersion::V1);
    assert_eq!(at_v2.spec.audience, "api://orders");

    let body = format!("{}&resource=api://headgate", body_with("scope"));
    let at_v1 = decide(&registry(), &asked(DEFAULT_TENANT, TokenVersion::V1, &body)).unwrap();
    assert_eq!(at_v1.spec.version, TokenVersion::V2);
    assert_eq!(at_v1.resource, "api://headgate");
}

#[test]
fn exactly_the_suffix_is_taken_off_a_scope() {
    let granted = decide_v2("scope=api://orders//.default").unwrap();
    assert_eq!(granted.resource, "api://orders/");
}

#[test]
fn every_parameter_that_is_missing_is_named() {
    for name in ["grant_type", "client_id", "scope"] {
        let error = decide_v2(name).unwrap_err();
        assert_eq!(error, TokenError::ParameterMissing { name });
        assert_eq!(error.refusal().code, Some(900_144));
    }
    let body = body_with("scope");
    let error = decide(&registry(), &asked(DEFAULT_TENANT, TokenVersion::V1, &body)).unwrap_err();
    assert_eq!(error, TokenError::ParameterMissing { name: "resource" });
}

#[test]
fn a_body_of_another_content_type_lacks_its_first_parameter() {
    let body = body_with("unknown=ignored");
    for content_type in [None, Some("application/json"), Some("multipart/form-data")] {
        let asked = Asked { content_type, ..asked(DEFAULT_TENANT, TokenVersion::V2, &body) };
        let error = decide(&registry(), &asked).unwrap_err();
        assert_eq!(error, TokenError::ParameterMissing { name: "grant_type" });
    }
}

#[test]
fn another_grant_is_not_supported() {
    for grant in ["password", "authorization_code", "refresh_token"] {
        let error = decide_v2(&format!("grant_type={grant}")).unwrap_err();
        assert_eq!(error, TokenError::GrantUnsupported);
    }
}

#[test]
fn an_unknown_client_a_wrong_secret_and_none_are_told_apart() {
    let cases = [
        ("client_id=00000000-0000-0000-0000-000000000001", 700_016),
        ("client_id=name", 700_016),
        ("client_secret=wrong", 7_000_215),
        ("client_secret", 7_000_218),
    ];
    for (parameter, code) in cases {
        assert_eq!(decide_v2(parameter).unwrap_err().refusal().code, Some(code), "{parameter}");
    }
}

#[test]
fn a_client_assertion_is_refused_because_no_certificate_is_registered() {
    let body = format!("{}&client_assertion=a.b.c", body_with("client_secret"));
    let error = decide(&registry(), &asked(DEFAULT_TENANT, TokenVersion::V2, &body)).unwrap_err();
    assert_eq!(error, TokenError::AssertionNotRegistered);
}

#[test]
fn two_ways_of_authentication_at_once_are_refused() {
    let error = decide_v2("client_assertion=a.b.c").unwrap_err();
    assert_eq!(error, TokenError::Malformed);
}

#[test]
fn a_secret_may_come_by_http_basic_with_its_parts_encoded() {
    let body = body_with("client_secret");
    let decide_basic = |credentials: &str| {
        let authorization = format!("Basic {}", STANDARD.encode(credentials));
        let asked = Asked {
            authorization: Some(&authorization),
            ..asked(DEFAULT_TENANT, TokenVersion::V2, &body)
        };
        decide(&registry(), &asked)
    };
    assert!(decide_basic(&format!("{DEFAULT_CLIENT_ID}:p%26ss+word")).is_ok());
    assert_eq!(decide_basic(&format!("{DEFAULT_CLIENT_ID}:wrong")), Err(TokenError::SecretWrong));
    assert_eq!(decide_basic("another:p%26ss+word"), Err(TokenError::Malformed));
    assert_eq!(decide_basic("no colon"), Err(TokenError::Malformed));
}

#[test]
fn a_scope_must_be_one_resource_with_the_default_suffix() {
    let cases = [
        ("scope=api://headgate/read", 1_002_012),
        ("scope=api://headgate", 1_002_012),
        ("scope=/.default", 1_002_012),
        ("scope=openid+profile", 1_002_012),
        ("scope=api://headgate/.default+api://orders/.default", 700_022),
        ("scope=api://headgate/.default+openid", 70_011),
        ("scope=api://nothing/.default", 500_011),
    ];
    for (parameter, code) in cases {
        assert_eq!(decide_v2(parameter).unwrap_err().refusal().code, Some(code), "{parameter}");
    }
}

#[test]
fn the_v2_endpoint_takes_no_resource() {
    assert_eq!(decide_v2("resource=api://headgate"), Err(TokenError::ResourceNotSupported));
}

#[test]
fn client_credentials_need_a_tenants_own_endpoint() {
    let body = body_with("unknown=ignored");
    for (tenant, code) in [("common", 50_059), ("organizations", 50_059), ("elsewhere", 90_002)] {
        let error = decide(&registry(), &asked(tenant, TokenVersion::V2, &body)).unwrap_err();
        assert_eq!(error.refusal().code, Some(code), "{tenant}");
    }
}

#[test]
fn a_developers_field_is_refused_without_the_developers_header() {
    let error = decide_v2("dev_roles=Admin").unwrap_err();
    assert_eq!(error, TokenError::DevelopmentUnmarked { name: "dev_roles".to_owned() });
    assert_eq!(error.refusal().code, None, "Entra has no such refusal");
}

#[test]
fn a_developers_fields_shape_the_token() {
    let spec = decide_for_developer("dev_roles=Read+Write").unwrap().spec;
    assert_eq!(spec.roles, ["Read", "Write"]);
    let spec = decide_for_developer("dev_version=1").unwrap().spec;
    assert_eq!((spec.version, spec.audience.as_str()), (TokenVersion::V1, "api://headgate"));
    let spec = decide_for_developer("dev_audience=anything").unwrap().spec;
    assert_eq!(spec.audience, "anything");
    let spec = decide_for_developer("dev_expires_in=-5").unwrap().spec;
    assert_eq!(spec.expires_in, Some(-5));
    let spec = decide_for_developer("dev_algorithm=PS256").unwrap().spec;
    assert_eq!(spec.algorithm, Algorithm::PS256);
    let spec = decide_for_developer("dev_client=someone").unwrap().spec;
    assert_eq!(spec.client, "someone");
    let spec = decide_for_developer("dev_scopes=read+write").unwrap().spec;
    assert_eq!(spec.scopes, ["read", "write"]);
    let spec = decide_for_developer("dev_subject=me").unwrap().spec;
    assert_eq!(spec.subject.as_deref(), Some("me"));
}

#[test]
fn an_audience_that_was_asked_for_stands_whatever_the_version() {
    let body = format!("{}&dev_version=1", body_with("dev_audience=anything"));
    let asked = Asked { development: true, ..asked(DEFAULT_TENANT, TokenVersion::V2, &body) };
    assert_eq!(decide(&registry(), &asked).unwrap().spec.audience, "anything");
}

#[test]
fn a_developers_field_that_is_unknown_or_senseless_is_refused() {
    for parameter in [
        "dev_role=a",
        "dev_version=3",
        "dev_expires_in=1h",
        "dev_algorithm=HS256",
        "dev_algorithm=none",
    ] {
        let error = decide_for_developer(parameter).unwrap_err();
        assert!(matches!(error, TokenError::DevelopmentInvalid { .. }), "{parameter}");
    }
}
