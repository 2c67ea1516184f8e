//! Any text is a document of credentials, upstreams or flows that can be used, or is refused at a place within it.

#![no_main]

use headgate_cloud_flow::flows::{Caller, Flows};
use headgate_entra::Credentials;
use headgate_entra_http::upstreams::Upstreams;
use headgate_events::document::DocumentError;
use headgate_fuzz::{Named, now, within};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

/// A credential of each kind, for the upstreams and the flows that name one.
const CREDENTIALS: &str = r#"
[robots]
kind = "managed-identity"
[a]
kind = "client-secret"
tenant = "contoso.example"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
client-secret = "${secret:a}"
[people]
kind = "authorization-code"
tenant = "contoso.example"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
redirect-uri = "https://headgate.example/people/callback"
[behalf]
kind = "on-behalf-of"
tenant = "contoso.example"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
client-secret = "${secret:a}"
"#;

fuzz_target!(|text: &str| {
    match now(Credentials::load(text, &Named)) {
        Ok(credentials) => {
            for (name, kind) in credentials.names() {
                assert_eq!(credentials.kind(name), Some(kind));
            }
        }
        Err(error) => placed(text, &error),
    }
    let credentials = now(Credentials::load(CREDENTIALS, &Named)).expect("it is written out above");
    match now(Upstreams::load(text, &credentials, &Named)) {
        Ok(upstreams) => {
            for upstream in upstreams.iter() {
                assert!(upstreams.get(&upstream.name).is_some());
                assert!(credentials.kind(&upstream.credential).is_some());
                assert!(!upstream.allow.is_empty(), "nothing is allowed that is not said");
                let (scheme, authority) =
                    (upstream.destination.scheme(), upstream.destination.authority());
                safe(&format!("{scheme}://{authority}/"));
            }
        }
        Err(error) => placed(text, &error),
    }
    match now(Flows::load(text, &credentials, &Named)) {
        Ok(flows) => {
            for flow in flows.iter() {
                assert!(flows.get(&flow.name).is_some());
                let read = safe(&flow.address.to_string());
                let signed = read.query_pairs().any(|(name, _)| name == "sig");
                match &flow.caller {
                    Caller::Signature => {}
                    Caller::Identity { credential, scope } => {
                        assert!(!signed, "a signature and a token exclude each other");
                        assert!(credentials.kind(credential).is_some());
                        assert!(!scope.as_str().is_empty());
                    }
                }
            }
        }
        Err(error) => placed(text, &error),
    }
});

/// Asserts that nobody listens to what goes there, and gives the address as it is read.
fn safe(address: &str) -> Url {
    let read = Url::parse(address).unwrap_or_else(|error| panic!("{error}: {address}"));
    let is_own = match read.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => panic!("{address} has no host"),
    };
    assert!(read.scheme() == "https" || (read.scheme() == "http" && is_own), "{address}");
    assert!(read.username().is_empty() && read.password().is_none(), "{address}");
    read
}

fn placed(text: &str, error: &DocumentError) {
    within(text, error.position.line, error.position.column, error);
}
