use futures_util::FutureExt;
use headgate_fakes::FixedVariables;

use crate::{ActsFor, CredentialKind, Credentials};

const APPLICATION: &str = "tenant = \"contoso.example\"\nclient-id = \"c\"\n";

fn load(document: &str) -> Result<Credentials, String> {
    let variables = FixedVariables::new([("known", "hunter2")]);
    let loaded = Credentials::load(document, &variables).now_or_never().unwrap();
    loaded.map_err(|error| error.to_string())
}

fn table(kind: &str, more: &str) -> String {
    format!("[a]\nkind = \"{kind}\"\n{more}\n")
}

fn of_application(kind: &str, more: &str) -> String {
    table(kind, &format!("{APPLICATION}{more}"))
}

#[test]
fn every_kind_is_read_and_shows_no_secret() {
    let document = format!(
        "{}[b]\nkind = \"managed-identity\"\nclient-id = \"m\"\n\
         [c]\nkind = \"federated\"\n{APPLICATION}assertion-identity = \"b\"\n\
         [d]\nkind = \"password\"\n{APPLICATION}username = \"u\"\npassword = \"${{secret:known}}\"\n\
         [e]\nkind = \"authorization-code\"\n{APPLICATION}redirect-uri = \"https://a.example/callback\"\n\
         [f]\nkind = \"on-behalf-of\"\n{APPLICATION}certificate-file = \"c.pem\"\n\
         [g]\nkind = \"chain\"\nof = [\"b\", \"a\"]\n\
         [h]\nkind = \"certificate\"\n{APPLICATION}certificate-file = \"c.pem\"\n\
         [i]\nkind = \"federated\"\n{APPLICATION}assertion-url = \"https://t.example\"\nassertion-url-authorization = \"Bearer ${{secret:known}}\"\n",
        of_application(
            "client-secret",
            "client-secret = \"${secret:known}\"\ncloud = \"china\"\nendpoint = \"v1\""
        ),
    );
    let credentials = load(&document).unwrap();
    let kinds: Vec<_> = credentials.names().map(|(_, kind)| kind).collect();
    assert_eq!(
        kinds,
        [
            CredentialKind::ClientSecret,
            CredentialKind::ManagedIdentity,
            CredentialKind::Federated,
            CredentialKind::Password,
            CredentialKind::AuthorizationCode,
            CredentialKind::OnBehalfOf,
            CredentialKind::Chain,
            CredentialKind::Certificate,
            CredentialKind::Federated,
        ]
    );
    assert_eq!(credentials.kind("e").map(CredentialKind::acts_for), Some(ActsFor::Connection));
    assert_eq!(credentials.kind("z"), None);
    assert!(credentials.need_sealing_keys());
    assert!(!format!("{credentials:?}").contains("hunter2"));
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let documented = include_str!("../credentials.rs");
    let lines = documented.lines().skip_while(|line| !line.contains("```toml")).skip(1);
    let example: String = lines
        .take_while(|line| !line.contains("```"))
        .map(|line| format!("{}\n", line.trim_start_matches("///")))
        .collect();
    let names =
        ["orders_client_secret", "legacy_password", "mail_client_secret", "behalf_client_secret"];
    let variables = FixedVariables::new(names.map(|name| (name, "hunter2")));
    let loaded = Credentials::load(&example, &variables).now_or_never().unwrap();
    assert_eq!(loaded.unwrap().names().count(), 8);
}

#[test]
fn what_cannot_be_honoured_is_named_with_its_place() {
    for (document, expected) in [
        (table("client-secret", ""), "line 1, column 2: a.tenant is missing"),
        ("a = 1".to_owned(), "a must be a table"),
        ("[\"a b\"]\nkind = \"chain\"".to_owned(), "must be a name of 1 to 64 letters"),
        (table("client-secrets", ""), "did you mean client-secret?"),
        ("[a]\n".to_owned(), "a.kind is missing"),
        (of_application("client-secret", ""), "a needs one of client-secret"),
        (
            of_application("client-secret", "client-secret = \"${secret:unknown}\""),
            "secret unknown is not set",
        ),
        (
            of_application("client-secret", "client-secret = \"a\"\ncertificate-file = \"b\""),
            "a.certificate-file is unknown",
        ),
        (
            of_application("on-behalf-of", "client-secret = \"a\"\ncertificate-file = \"b\""),
            "a.client-secret and certificate-file exclude each other",
        ),
        (
            of_application(
                "client-secret",
                "client-secret = \"a\"\nauthority = \"http://login.example\"",
            ),
            "a.authority must use https",
        ),
        (
            of_application(
                "client-secret",
                "client-secret = \"a\"\nauthority = \"https://login.example\"\ncloud = \"public\"",
            ),
            "exclude each other",
        ),
        (
            of_application("client-secret", "client-secret = \"a\"\nendpoint = \"v3\""),
            "a.endpoint must be v2 or v1",
        ),
        (
            table("client-secret", "tenant = \"common\"\nclient-id = \"c\"\nclient-secret = \"a\""),
            "an application acts in one tenant",
        ),
        (
            table("client-secret", "tenant = \"a/b\"\nclient-id = \"c\"\nclient-secret = \"a\""),
            "a.tenant must be a tenant's id or domain",
        ),
        (
            table("client-secret", "tenant = \"..\"\nclient-id = \"c\"\nclient-secret = \"a\""),
            "a.tenant must be a tenant's id or domain",
        ),
        (
            table(
                "password",
                "tenant = \"consumers\"\nclient-id = \"c\"\nusername = \"u\"\npassword = \"p\"",
            ),
            "the user's tenant or organizations",
        ),
        (
            of_application("password", "username = \"u\"\npassword = \" p\""),
            "a.password has white space at an end",
        ),
        (
            of_application("certificate", "certificate = \"hunter2\""),
            "a.certificate has no section CERTIFICATE",
        ),
        (
            of_application("federated", "assertion-identity = \"b\""),
            "the name of a managed-identity",
        ),
        (
            of_application(
                "federated",
                "assertion-file = \"b\"\nassertion-url-authorization = \"c\"",
            ),
            "a.assertion-url is missing",
        ),
        (
            of_application(
                "federated",
                "assertion-url = \"https://b.example\"\nassertion-url-authorization = \"a\\nb\"",
            ),
            "printable ASCII",
        ),
        (
            of_application("authorization-code", "redirect-uri = \"/callback\""),
            "a.redirect-uri must be an absolute https address",
        ),
        (
            of_application(
                "authorization-code",
                "redirect-uri = \"https://a.example\"\nendpoint = \"v1\"",
            ),
            "sign-in takes scopes",
        ),
        (table("managed-identity", "client-id = \"a\"\nobject-id = \"b\""), "exclude each other"),
        (
            table("managed-identity", "imds-endpoint = \"http://10.0.0.1\""),
            "a.imds-endpoint must use https",
        ),
        (table("managed-identity", "source = \"imd\""), "did you mean imds?"),
        (table("chain", "of = []"), "a.of must be names of credentials"),
        (table("chain", "of = [\"a\"]"), "a.of must be names of credentials"),
    ] {
        let error = load(&document).expect_err(&document);
        assert!(error.contains(expected), "{error}\n{document}");
        assert!(!error.contains("hunter2"));
    }
}
