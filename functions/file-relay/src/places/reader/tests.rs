use std::sync::Arc;

use headgate_entra::Credentials;
use headgate_fakes::{FixedVariables, now};

use super::*;
use crate::place::azure_blob::AzureBlobAccess;
use crate::place::http::{HttpAuthorization, WriteMethod};
use crate::place::s3::{AwsKeys, Finding, S3Access};
use crate::places::{Hosting, PlacesDocument, SftpProof};

const CREDENTIALS: &str = r#"
[robots]
kind = "managed-identity"
source = "imds"
[caller]
kind = "on-behalf-of"
tenant = "6f1c2a9e-5b1d-4c07-9d7e-2f8a4b3c5d60"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
client-secret = "a"
"#;

fn load(text: &str) -> Result<PlacesDocument<HostSettings>, String> {
    let variables = FixedVariables::new([("key", "hunter2")]);
    let credentials = now(Credentials::load(CREDENTIALS, &variables)).unwrap();
    let host = |settings| match settings {
        HostSettings::Folder(folder) if folder.path == "/none" => Err("is not to be had here"),
        settings => Ok(settings),
    };
    let loaded = now(PlacesDocument::load(text, &credentials, &variables, host));
    loaded.map_err(|error| error.to_string())
}

/// The settings of the only place.
fn settings(text: &str) -> Settings<HostSettings> {
    let document = load(&format!("[a]\n{text}")).unwrap();
    document.0.into_values().next().unwrap().settings
}

fn refusal(text: &str) -> String {
    load(&format!("[a]\n{text}"))
        .map(|_| "it is taken".to_owned())
        .unwrap_or_else(|refusal| refusal)
}

const BLOB: &str =
    "kind = \"azure-blob\"\nurl = \"https://acme.blob.core.windows.net\"\ncontainer = \"abc\"\n";
const S3: &str = "kind = \"s3\"\nregion = \"eu-west-1\"\nbucket = \"abc\"\naccess-key-id = \"AKIA\"\nsecret-access-key = \"${secret:key}\"\n";
const S3_OF_THE_HOST: &str = "kind = \"s3\"\nregion = \"eu-west-1\"\nbucket = \"abc\"\n";
const GRAPH: &str = "kind = \"graph\"\ndrive = \"/me/drive\"\ncredential = \"robots\"\n";
const SFTP: &str =
    "kind = \"sftp\"\nhost = \"a.example\"\nuser = \"me\"\nhost-key = \"ssh-ed25519 AAAA\"\n";
const HTTP: &str = "kind = \"http\"\nurl = \"https://a.example/files\"\n";

#[test]
fn every_kind_is_read_with_what_it_has_by_default() {
    let Settings::Graph(graph) = settings(GRAPH) else { panic!() };
    assert_eq!(graph.url.as_str(), "https://graph.microsoft.com/v1.0");
    assert_eq!(graph.scope.as_str(), "https://graph.microsoft.com/.default");
    assert!(!graph.defer_commit && !graph.may_rewrite && !graph.private_network);
    assert!(graph.root.is_root());
    let Settings::AzureBlob(blob) = settings(&format!("{BLOB}account-key = \"${{secret:key}}\"\n"))
    else {
        panic!()
    };
    let AzureBlobAccess::SharedKey { account, key } = blob.access else { panic!() };
    assert_eq!((account.as_str(), key.expose()), ("acme", "hunter2"));
    let Settings::S3(s3) = settings(S3) else { panic!() };
    assert_eq!(s3.endpoint.as_str(), "https://s3.eu-west-1.amazonaws.com/");
    assert!(s3.checksums && !s3.path_style);
    let S3Access::Keys(keys) = s3.access else { panic!() };
    assert_eq!(keys.secret_access_key.expose(), "hunter2");
    let Settings::Http(http) = settings(HTTP) else { panic!() };
    assert!(http.chunked && http.headers.is_empty());
    let text = format!("{SFTP}private-key = \"${{secret:key}}\"\nroot = \"/in/box\"\n");
    let Settings::Host(HostSettings::Sftp(sftp)) = settings(&text) else { panic!() };
    assert_eq!((sftp.port, sftp.root.as_str(), sftp.host_keys.len()), (22, "/in/box", 1));
    assert!(matches!(&sftp.proof, SftpProof::PrivateKey(key, None) if key.expose() == "hunter2"));
    assert!(!format!("{sftp:?}").contains("hunter2"));
    let text = "kind = \"folder\"\npath = \"/srv\"\nroot = \"in\"\n";
    let Settings::Host(HostSettings::Folder(folder)) = settings(text) else { panic!() };
    assert_eq!((folder.path.as_str(), folder.root.as_str()), ("/srv", "in"));
}

#[test]
fn a_server_of_webdav_is_read() {
    let text = "kind = \"webdav\"\nurl = \"https://a.example/dav\"\nroot = \"in\"\nuser = \"me\"\npassword = \"${secret:key}\"\n";
    let Settings::WebDav(dav) = settings(text) else { panic!() };
    assert_eq!((dav.url.path(), dav.root.as_str(), dav.chunked), ("/dav", "in", true));
    assert!(matches!(dav.authorization, HttpAuthorization::Basic { .. }));
    let query = text.replace("/dav", "/dav?x=y");
    assert!(refusal(&query).contains("a.url must be an absolute https address without a query"));
}

#[test]
fn a_place_is_for_reading_unless_it_is_said() {
    let rights = |text: &str| {
        let document = load(&format!("[a]\n{HTTP}{text}")).unwrap();
        let said = &document.0["a"];
        (said.kind, said.read, said.write)
    };
    assert_eq!(rights(""), ("http", true, false));
    assert_eq!(rights("write = true"), ("http", true, true));
    assert_eq!(rights("read = false\nwrite = true"), ("http", false, true));
}

#[test]
fn what_a_place_of_http_is_called_with_is_read() {
    let text = format!(
        "{HTTP}method = \"post\"\nchunked = false\nuser = \"me\"\npassword = \"${{secret:key}}\"\nheaders = {{ x-api-key = \"${{secret:key}}\" }}\n"
    );
    let Settings::Http(http) = settings(&text) else { panic!() };
    assert_eq!(http.method, WriteMethod::Post);
    assert!(!http.chunked && http.headers[0].1.is_sensitive() && http.headers[0].1 == "hunter2");
    assert!(matches!(http.authorization, HttpAuthorization::Basic { .. }));
    assert!(!format!("{http:?}").contains("hunter2"));
    let text = format!("{HTTP}credential = \"robots\"\nresource = \"api://orders\"\n");
    let Settings::Http(http) = settings(&text) else { panic!() };
    assert!(matches!(http.authorization, HttpAuthorization::Bearer { .. }));
}

#[test]
fn a_network_that_is_private_has_to_be_said() {
    let url = |url: &str, more: &str| format!("kind = \"http\"\nurl = \"{url}\"\n{more}");
    for address in
        ["http://a.example/", "http://10.0.0.1/", "https://10.0.0.1/", "https://[fd00::1]/"]
    {
        assert!(load(&format!("[a]\n{}", url(address, ""))).is_err(), "{address}");
        let said = url(address, "private-network = true");
        assert!(load(&format!("[a]\n{said}")).is_ok(), "{address}");
    }
    assert!(load(&format!("[a]\n{}", url("http://127.0.0.1:8080/", ""))).is_ok());
}

#[test]
fn the_document_shows_names_and_kinds_alone() {
    let document = load(&format!("[a]\n{S3}[b]\n{HTTP}")).unwrap();
    assert_eq!(format!("{document:?}"), r#"{"a": "s3", "b": "http"}"#);
    assert_eq!(format!("{:?}", load("").unwrap()), "{}");
}

#[test]
fn whatever_cannot_be_honoured_is_named_with_its_place() {
    let of = |base: &str, more: &str| format!("{base}{more}");
    for (text, expected) in [
        // Every kind.
        (
            "kind = \"ftp\"".to_owned(),
            "line 2, column 1: a.kind must be http, azure-blob, s3, graph, webdav, sftp or folder; did you mean",
        ),
        ("read = true".to_owned(), "line 1, column 2: a.kind is missing"),
        ("kind = 3".to_owned(), "line 2, column 1: a.kind must be a string that is not empty"),
        (of(HTTP, "raed = true"), "line 4, column 1: a.raed is unknown"),
        (of(HTTP, "bucket = \"b\""), "line 4, column 1: a.bucket is unknown"),
        (of(HTTP, "read = 1"), "line 4, column 1: a.read must be true or false"),
        (of(HTTP, "read = false"), "line 1, column 2: a may neither be read nor written"),
        (
            of(GRAPH, "root = \"/x\""),
            "line 5, column 1: a.root must be a path without a slash at either end",
        ),
        (of(GRAPH, "root = \"x/../y\""), "line 5, column 1: a.root must be a path"),
        (
            of(HTTP, "password = \"${secret:other}\""),
            "line 4, column 1: a.password cannot be put in: secret other is not set",
        ),
        // HTTP.
        ("kind = \"http\"".to_owned(), "a.url is missing"),
        (
            "kind = \"http\"\nurl = \"ftp://a.example\"".to_owned(),
            "line 3, column 1: a.url must be an absolute https address",
        ),
        (
            "kind = \"http\"\nurl = \"http://a.example\"".to_owned(),
            "a.url must use https; http is for loopback addresses alone",
        ),
        (
            "kind = \"http\"\nurl = \"https://u:p@a.example\"".to_owned(),
            "a.url may not hold a user, a password or a fragment",
        ),
        (
            "kind = \"http\"\nurl = \"https://169.254.169.254\"".to_owned(),
            "a.url has a private address: say private-network = true",
        ),
        (
            "kind = \"http\"\nurl = \"https://a.example/x%2f..%2fy\"".to_owned(),
            "a.url must be an absolute https address",
        ),
        (
            of(HTTP, "method = \"putt\""),
            "line 4, column 1: a.method must be put, post or patch; did you mean put?",
        ),
        (
            of(HTTP, "password = \"x\""),
            "a.password belongs to a user or a credential, which is missing",
        ),
        (
            of(HTTP, "resource = \"api://x\""),
            "a.resource belongs to a user or a credential, which is missing",
        ),
        (of(HTTP, "user = \"me\""), "a.password is missing"),
        (of(HTTP, "user = \"m:e\"\npassword = \"x\""), "a.user must be a name without a colon"),
        (
            of(HTTP, "user = \"me\"\ncredential = \"robots\""),
            "a.credential and user exclude each other",
        ),
        (of(HTTP, "credential = \"robots\""), "line 1, column 2: a needs one of scope, resource"),
        (
            of(HTTP, "credential = \"robots\"\nscope = \"x\"\nresource = \"y\""),
            "a.scope and resource exclude each other",
        ),
        (
            of(HTTP, "credential = \"robots\"\nscope = \"a/.default b\""),
            "a.scope must be a scope as Entra takes it",
        ),
        (
            of(HTTP, "credential = \"nobody\"\nscope = \"x\""),
            "a.credential is no name of the document of credentials",
        ),
        (
            of(HTTP, "credential = \"caller\"\nscope = \"x\""),
            "a.credential acts for somebody who is not there when a file is carried",
        ),
        (of(HTTP, "headers = 3"), "a.headers must be a table of names and texts"),
        (
            of(HTTP, "headers = { range = \"x\" }"),
            "a.headers must be names of headers with texts, and none that the place sets",
        ),
        (of(HTTP, "headers = { \"a b\" = \"x\" }"), "a.headers must be names of headers"),
        (of(HTTP, "headers = { a = \"x\\n\" }"), "a.headers must be names of headers"),
        // Azure Blob Storage.
        (of(BLOB, ""), "line 1, column 2: a needs one of credential, account-key, sas"),
        (
            of(BLOB, "credential = \"robots\"\nsas = \"sig=x\""),
            "a.sas and credential exclude each other",
        ),
        (of(BLOB, "sas = \"hunter2\""), "a.sas must be the query of a shared access signature"),
        (
            of(BLOB, "sas = \"sig=x\"\naccount = \"b\""),
            "a.account belongs to account-key, which is missing",
        ),
        (
            BLOB.replace("abc", "AB") + "sas = \"sig=x\"",
            "a.container must be 3 to 63 small letters",
        ),
        (
            BLOB.replace(".net", ".net?sig=x") + "sas = \"sig=x\"",
            "a.url must be an absolute https address without a query",
        ),
        (
            BLOB.replace("acme.blob.core.windows.net", "a.example") + "account-key = \"x\"",
            "a.account is missing",
        ),
        // S3.
        (S3.replace("eu-west-1", "eu west"), "a.region must be a region such as eu-west-1"),
        (S3.replace("\"abc\"", "\"A\""), "a.bucket must be 3 to 63 small letters"),
        (
            of(S3, "endpoint = \"http://127.0.0.1:9000\""),
            "a.endpoint is an address that has no bucket before it: say path-style = true",
        ),
        (
            S3.replace("access-key-id", "session-token"),
            "line 6, column 1: a.secret-access-key belongs to access-key-id, which is missing",
        ),
        (
            S3_OF_THE_HOST.to_owned() + "session-token = \"x\"",
            "line 5, column 1: a.session-token belongs to access-key-id, which is missing",
        ),
        (
            S3_OF_THE_HOST.to_owned(),
            "line 1, column 2: a.access-key-id is missing: only the native binary has an AWS identity",
        ),
        (
            of(S3, "host-identity = true"),
            "line 7, column 1: a.host-identity and access-key-id exclude each other",
        ),
        (of(S3_OF_THE_HOST, "host-identity = 1"), "a.host-identity must be true or false"),
        // Graph.
        (
            GRAPH.replace("/me/drive", "me"),
            "a.drive must be /me/drive, /drives/{id} or /sites/{id}/drive",
        ),
        (
            GRAPH.replace("robots", "nobody"),
            "a.credential is no name of the document of credentials",
        ),
        (of(GRAPH, "defer-commit = \"yes\""), "a.defer-commit must be true or false"),
        // SFTP.
        (of(SFTP, ""), "line 1, column 2: a needs one of password, private-key"),
        (
            of(SFTP, "password = \"x\"\nprivate-key = \"y\""),
            "a.private-key and password exclude each other",
        ),
        (
            of(SFTP, "password = \"x\"\npassphrase = \"y\""),
            "a.passphrase belongs to private-key, which is missing",
        ),
        (of(SFTP, "password = \"x\"\nport = 0"), "a.port must be a whole number from 1 to 65535"),
        (
            of(SFTP, "password = \"x\"\nroot = \"//x\""),
            "a.root must be a path without a slash at its end",
        ),
        (
            SFTP.replace("a.example", "a/b") + "password = \"x\"",
            "a.host must be a name or an address, without a port",
        ),
        (SFTP.replace("host-key", "passphrase") + "private-key = \"x\"", "a.host-key is missing"),
        // The host itself.
        ("kind = \"folder\"".to_owned(), "a.path is missing"),
        (
            "kind = \"folder\"\npath = \"/none\"".to_owned(),
            "line 1, column 2: a is not to be had here",
        ),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains(expected), "{text}\n{refusal}\n{expected}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}

#[test]
fn a_name_stands_in_a_path_as_it_is() {
    for name in ["A", "a_b", "ü", "a b"] {
        let refusal = load(&format!("[\"{name}\"]\n{HTTP}")).map(|_| ()).unwrap_err();
        assert!(refusal.contains("must be a name of 1 to 64 small letters, digits and -"));
    }
    let refusal = load("a = 3").map(|_| ()).unwrap_err();
    assert!(refusal.contains("a must be a table: a place stands under [its name]"), "{refusal}");
    let many: String = (0..65).map(|at| format!("[p{at}]\n{HTTP}")).collect();
    assert!(load(&many).map(|_| ()).unwrap_err().contains("has more than 64 entries"));
}

/// A host with an identity of AWS.
struct AwsHost;

/// Keys that nobody has looked for yet.
#[derive(Debug)]
struct KeysOf(String);

impl AwsKeys for KeysOf {
    fn find(&self) -> Finding<'_> {
        panic!("the keys of {} are looked for before they are needed", self.0)
    }
}

impl Hosting for AwsHost {
    type Place = HostSettings;

    fn open(&self, settings: HostSettings) -> Result<HostSettings, &'static str> {
        Ok(settings)
    }

    fn aws_keys(&self, region: &str) -> Result<Arc<dyn AwsKeys>, &'static str> {
        Ok(Arc::new(KeysOf(region.to_owned())))
    }
}

/// As whom the only place, a bucket without keys, is called where the host is somebody.
fn access_of_the_host(more: &str) -> Result<S3Access, String> {
    let (none, credentials) = (FixedVariables::new::<&str, &str>([]), Credentials::default());
    let text = format!("[a]\n{S3_OF_THE_HOST}{more}");
    let loaded = now(PlacesDocument::load(&text, &credentials, &none, AwsHost));
    let loaded = loaded.map_err(|error| error.to_string())?;
    let Settings::S3(s3) = loaded.0.into_values().next().unwrap().settings else { panic!() };
    Ok(s3.access)
}

#[test]
fn a_bucket_without_keys_is_called_as_the_host_where_the_host_is_somebody() {
    let access = access_of_the_host("").unwrap();
    assert!(format!("{access:?}").contains("eu-west-1"), "{access:?}");
    assert!(matches!(access, S3Access::Host(_)));
}

#[test]
fn a_bucket_at_an_endpoint_has_the_keys_of_the_host_only_where_that_is_said() {
    let endpoint = "endpoint = \"https://minio.example\"\n";
    for more in [endpoint.to_owned(), format!("{endpoint}host-identity = false\n")] {
        let refusal = access_of_the_host(&more).unwrap_err();
        assert!(
            refusal.contains("a.access-key-id is missing: say it, or host-identity"),
            "{refusal}"
        );
    }
    assert!(access_of_the_host("host-identity = false").is_err());
    let access = access_of_the_host(&format!("{endpoint}host-identity = true\n"));
    assert!(matches!(access, Ok(S3Access::Host(_))));
}
