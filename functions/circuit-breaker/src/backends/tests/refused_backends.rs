//! Backends that cannot be honoured: what their author reads.

use super::support::{assert_refused, with_url};

#[test]
fn a_name_that_cannot_stand_in_a_path_or_is_taken_is_refused() {
    assert_refused(&[
        (
            "[backends.'a/b']\nurl = 'https://a.example'",
            "line 1, column 11: backends.a/b is not a name: take 1 to 80 letters, digits, -, _ and ., the first a letter or a digit",
        ),
        (
            "backends.a.url = 'https://a.example'\nbackends.A.url = 'https://a.example'",
            "line 2, column 10: backends.A has a name that is taken; names that differ in case alone are the same",
        ),
    ]);
}

#[test]
fn an_address_that_cannot_be_called_is_refused() {
    let address = |url: &str| format!("[backends.a]\nurl = '{url}'");
    let not_url = "line 2, column 1: backends.a.url must be an absolute http or https address";
    let parts = "line 2, column 1: backends.a.url may not hold a user, a password, a query or a fragment; secrets belong into credentials";
    let reference = "line 2, column 1: backends.a.url may not hold a reference to a variable; only credentials may";
    assert_refused(&[
        ("[backends.a]".to_owned(), "line 1, column 11: backends.a needs url"),
        (address(""), "line 2, column 1: backends.a.url may not be empty"),
        (
            address(&format!("https://a.example/{}", "x".repeat(1_983))),
            "line 2, column 1: backends.a.url may have at most 2000 characters",
        ),
        (address("a.example"), not_url),
        (address("ftp://a.example"), not_url),
        (address("https://"), not_url),
        (address("https://user@a.example"), parts),
        (address("https://:word@a.example"), parts),
        (address("https://a.example/?key=1"), parts),
        (address("https://a.example/#a"), parts),
        (address("https://{{host}}/"), reference),
        (address("https://a.example/${secret:path}"), reference),
    ]);
}

#[test]
fn a_value_out_of_its_limits_is_refused() {
    assert_refused(&[
        (
            with_url("protocol = 'https'"),
            "line 2, column 1: backends.a.protocol must be http or soap",
        ),
        (with_url("type = 'Many'"), "line 2, column 1: backends.a.type must be Single or Pool"),
        (
            with_url(&format!("title = '{}'", "é".repeat(301))),
            "line 2, column 1: backends.a.title may have at most 300 characters",
        ),
        (
            with_url(&format!("description = '{}'", "é".repeat(2_001))),
            "line 2, column 1: backends.a.description may have at most 2000 characters",
        ),
    ]);
}

#[test]
fn what_would_change_how_the_backend_is_called_and_cannot_be_done_is_refused() {
    let verified = "cannot be honoured: certificates are always verified; have the host trust the backend's authority";
    let pinned = "cannot be honoured: certificates are verified against the host's roots and cannot be pinned";
    for (keys, expected) in [
        ("tls.validateCertificateChain = false", format!("column 5: backends.a.tls.validateCertificateChain {verified}")),
        ("tls.validateCertificateName = 'false'", format!("column 5: backends.a.tls.validateCertificateName {verified}")),
        ("tls.serverCertificateThumbprints = ['00']", format!("column 5: backends.a.tls.serverCertificateThumbprints {pinned}")),
        ("tls.serverX509Names = [{ name = 'a' }]", format!("column 5: backends.a.tls.serverX509Names {pinned}")),
        ("tls.validateCertificateChain = 1", "column 5: backends.a.tls.validateCertificateChain must be true or false".to_owned()),
        ("tls.verify = true", "column 5: backends.a.tls.verify is unknown".to_owned()),
        (
            "proxy.url = 'http://192.0.2.1'",
            "column 1: backends.a.proxy cannot be honoured: the outbound proxy is the host's; configure it there".to_owned(),
        ),
        (
            "properties.serviceFabricCluster = { managementEndpoints = ['x'] }",
            "column 1: backends.a.properties cannot be honoured: a Service Fabric cluster cannot be resolved here".to_owned(),
        ),
        (
            "credentials.certificateIds = ['x']",
            "column 13: backends.a.credentials.certificateIds cannot be honoured: no client certificate can be presented here".to_owned(),
        ),
        (
            "credentials.certificate = ['x']",
            "column 13: backends.a.credentials.certificate cannot be honoured: no client certificate can be presented here".to_owned(),
        ),
        (
            "credentials.managedIdentity = { resource = 'x' }",
            "column 13: backends.a.credentials.managedIdentity cannot be honoured: no token of a managed identity can be sent here".to_owned(),
        ),
        (
            "type = 'Single'\npool.services = [{ id = 'b' }]",
            "column 1: backends.a.pool is for backends of type Pool; write type = \"Pool\" or leave it out".to_owned(),
        ),
    ] {
        let line = if keys.contains('\n') { 3 } else { 2 };
        assert_refused(&[(with_url(keys), format!("line {line}, {expected}").as_str())]);
    }
}
