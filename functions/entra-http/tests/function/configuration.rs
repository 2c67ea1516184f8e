use headgate_entra_http::upstreams::Preset;

use crate::town::{ORDERS, Town};

fn refusal(document: &str) -> String {
    let town = Town::new(document);
    town.try_function()
        .err()
        .map_or_else(|| panic!("it starts:\n{document}"), |error| error.to_string())
}

#[test]
fn an_upstream_is_https_or_this_machine_and_has_no_private_address() {
    let url = |url: &str| ORDERS.replace("https://orders.example/v1", url);
    for (address, part) in [
        ("http://orders.example/v1", "must use https"),
        ("http://10.0.0.1/v1", "must use https"),
        ("http://169.254.169.254/metadata", "must use https"),
        ("https://169.254.169.254/metadata", "has a private address"),
        ("https://10.0.0.1/v1", "has a private address"),
        ("https://192.168.1.1:8443/v1", "has a private address"),
        ("https://[fd00:ec2::254]/v1", "has a private address"),
        ("https://[::ffff:10.0.0.1]/v1", "must be an absolute https address"),
        ("https://[::ffff:a00:1]/v1", "has a private address"),
        ("https://2852039166/v1", "must be an absolute https address"),
        ("https://0xa9.0xfe.0xa9.0xfe/v1", "must be an absolute https address"),
        ("https://0251.0376.0251.0376/v1", "must be an absolute https address"),
        ("https://user:word@orders.example/v1", "may not hold a user"),
        ("https://orders.example/v1#a", "may not hold a user"),
        ("https://orders.example/v1?a=b", "must be an absolute https address"),
        ("ftp://orders.example/v1", "must be an absolute https address"),
        ("/v1", "must be an absolute https address"),
        ("https://orders.example/v1//a", "must be an absolute https address"),
    ] {
        let error = refusal(&url(address));
        assert!(error.contains("orders.url") && error.contains(part), "{address}: {error}");
    }
    for address in [
        "http://127.0.0.1:8080/v1",
        "http://localhost/v1",
        "https://[::1]/",
        "https://orders.example",
        "https://1.1.1.1/",
    ] {
        drop(Town::new(&url(address)).function());
    }
    let private =
        url("https://10.0.0.1/v1").replace("credential", "private-network = true\ncredential");
    drop(Town::new(&private).function());
}

#[test]
fn what_cannot_be_honoured_is_refused_with_its_place() {
    for (from, to, part) in [
        ("[orders]", "[Orders]", "must be a name of 1 to 64 small letters"),
        ("[orders]", "[consent]", "none of the function's own"),
        ("url = \"https://orders.example/v1\"", "", "orders.url is missing"),
        ("resource = \"api://orders\"", "", "needs one of scope, resource"),
        (
            "resource = \"api://orders\"",
            "resource = \"api://orders\"\nscope = \"a/.default\"",
            "exclude each other",
        ),
        ("resource = \"api://orders\"", "resource = \"a b\"", "orders.resource must be a scope"),
        (
            "credential = \"machine\"",
            "credential = \"nobody\"",
            "is no name of the document of credentials",
        ),
        ("credential = \"machine\"", "", "orders.credential is missing"),
        (
            "credential = \"machine\"",
            "credential = \"machine\"\nbody = \"hex\"",
            "must be raw or base64",
        ),
        ("credential = \"machine\"", "credential = \"machine\"\npages = 0", "from 1 to 1000"),
        (
            "credential = \"machine\"",
            "credential = \"machine\"\ntimeout = 1",
            "orders.timeout is unknown; did you mean timeout-ms?",
        ),
        (
            "credential = \"machine\"",
            "credential = \"machine\"\nignore-case = 1",
            "must be true or false",
        ),
        (
            "credential = \"machine\"",
            "credential = \"machine\"\npreset = \"arm\"",
            "must be azure-resource-manager",
        ),
        ("\"/orders/**\"", "\"/orders/**/a\"", "must be paths that begin with /"),
        ("\"/orders/**\"", "\"orders\"", "must be paths that begin with /"),
        ("\"GET\"", "\"get\"", "must be methods"),
        ("\"GET\"", "\"TRACE\"", "must be methods"),
        ("[\"GET\", \"HEAD\", \"POST\"]", "[]", "methods is missing"),
        (
            "[[orders.allow]]",
            "[orders.request-headers]\npass = [\"Authorization\"]\n[[orders.allow]]",
            "must be names of headers",
        ),
        (
            "[[orders.allow]]",
            "[orders.request-headers]\nset = { Host = \"a\" }\n[[orders.allow]]",
            "must be names of headers",
        ),
        (
            "[[orders.allow]]",
            "[orders.request-headers]\nset = { a = \"b\\nc\" }\n[[orders.allow]]",
            "must be texts that a header can have",
        ),
    ] {
        assert!(ORDERS.contains(from), "{from}");
        let error = refusal(&ORDERS.replacen(from, to, 1));
        assert!(
            error.starts_with("variable upstreams: line") && error.contains(part),
            "{to}: {error}"
        );
    }
    let without = &ORDERS[..ORDERS.find("[[orders").unwrap()];
    assert!(refusal(without).contains("orders.allow is missing"));
}

#[test]
fn variables_that_cannot_be_put_into_force_are_refused() {
    let connector = r#"
[mail]
kind = "authorization-code"
tenant = "contoso.onmicrosoft.com"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
redirect-uri = "https://gateway.example/consent/callback"

[behalf]
kind = "on-behalf-of"
tenant = "contoso.onmicrosoft.com"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
client-secret = "s"
"#;
    let town = |credential: &str| {
        let document = ORDERS.replace("\"machine\"", &format!("\"{credential}\""));
        Town::new(&document).with("credentials", connector)
    };
    let error = |town: Town| town.try_function().err().map(|error| error.to_string()).unwrap();
    assert!(error(town("mail")).contains("variable token_cache_key is not set"));
    assert!(error(town("behalf")).contains("the variable access must be a policy"));
    assert!(
        error(town("mail").with("token_cache_key", "short")).contains("variable token_cache_key: ")
    );
    for address in ["gateway.example", "http://gateway.example", "https://gateway.example/?a=b"] {
        assert!(error(Town::new(ORDERS).with("public_url", address)).contains("public_url"));
    }
    assert!(error(Town::new("")).contains("variable upstreams is not set"));
    assert!(
        error(Town::new(ORDERS).with("credentials", "a = 1")).starts_with("variable credentials: ")
    );
}

#[test]
fn debug_shows_no_value_of_a_header() {
    let rules = "[orders.request-headers]\nset = { x-api-key = \"hunter2\" }\n";
    let town = Town::new(&format!("{ORDERS}{rules}"));
    let variables = headgate_fakes::FixedVariables::new(town.variables.clone());
    let configuration = crate::town::now(headgate_entra_http::Configuration::load(
        &variables,
        &headgate_fakes::MemoryFiles::none(),
        &headgate_fakes::NeverHttp,
        &town.random,
    ));
    assert!(!format!("{:?}", configuration.unwrap()).contains("hunter2"));
}

#[test]
fn a_preset_holds_unless_the_upstream_says_otherwise() {
    for (name, preset) in Preset::CHOICES {
        let own = match preset {
            Preset::Dataverse => {
                "url = \"https://contoso.crm.dynamics.com\"\nresource = \"https://contoso.crm.dynamics.com\""
            }
            _ => "",
        };
        let document = format!("[a]\npreset = \"{name}\"\ncredential = \"machine\"\n{own}\n");
        drop(Town::new(&document).function());
    }
    let document =
        "[a]\npreset = \"power-bi\"\ncredential = \"machine\"\nallow = [{ methods = [\"GET\"] }]";
    assert!(refusal(document).contains("a.allow.paths is missing"));
    assert!(
        refusal("[a]\npreset = \"dataverse\"\ncredential = \"machine\"")
            .contains("a.url is missing")
    );
}
