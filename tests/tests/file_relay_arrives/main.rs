//! A file arrives as it left: documents that others' libraries wrote, files of nothing, of every byte, of exactly a part, and of a
//! byte more and less; from every kind of place to every kind of place, and out of a request in every form; by the native
//! binary, and by the component to and from whatever it can reach. Each is read back past file-relay, and the documents are
//! opened by the libraries that wrote them.
//!
//! Azurite and moto hold what they get and verify little of it; what is compared here is the content alone.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod documents;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use bytes::Bytes;
use headgate_tests::relay::{
    Carrier, Form, Kind, RelayPeers, digest, random_bytes, start_component, start_native,
};
use http::Method;

use documents::Documents;

/// The parts of Azure Blob Storage and S3 have so many bytes.
const PART: usize = 8 * 1024 * 1024;

/// How many are carried at a time.
const HANDS: usize = 6;

/// A file with its name.
type File = (String, Bytes);

/// Everything that is carried from place to place.
fn files(documents: &Documents) -> Vec<File> {
    let mut files = documents.files();
    files.push(("empty.bin".to_owned(), Bytes::new()));
    files.push(("every.bin".to_owned(), random_bytes(0, 256)));
    for length in [PART - 1, PART, PART + 1] {
        files.push((format!("{length}.bin"), random_bytes(length as u64, length)));
    }
    files
}

/// Does every piece of work, some at a time.
fn each<T: Sync>(work: &[T], does: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                while let Some(piece) = work.get(next.fetch_add(1, SeqCst)) {
                    does(piece);
                }
            });
        }
    });
}

/// Carries every file from each place to each, and reads what came.
fn carries(
    carrier: &Carrier,
    peers: &RelayPeers,
    kinds: &[Kind],
    files: &[File],
    documents: &Documents,
) {
    let mut work = Vec::new();
    for (name, content) in files {
        for from in kinds {
            peers.put(*from, name, content);
            work.extend(kinds.iter().map(|to| (*from, *to, name, content)));
        }
    }
    each(&work, |(from, to, name, content)| {
        let target = format!("from-{}-{name}", from.name());
        let what = format!("{name} from {} to {}", from.name(), to.name());
        let receipt =
            carrier.carry((from.name(), name), (to.name(), &target), "fail", 300).unwrap();
        assert_eq!(receipt["status"], "succeeded", "{what}: {receipt}");
        assert_eq!(receipt["bytes"], content.len(), "{what}");
        assert_eq!(receipt["digests"]["sha-256"], digest::of(content), "{what}");
        let arrived = peers.get(*to, &target).expect(&what);
        assert!(arrived == *content, "{what} is another file");
        documents.arrived(&format!("{}-{}", from.name(), to.name()), name, &arrived);
    });
}

/// Sends every file to each place in every form, and reads what came.
fn takes(
    carrier: &Carrier,
    peers: &RelayPeers,
    kinds: &[Kind],
    files: &[File],
    documents: &Documents,
) {
    let mut work = Vec::new();
    for (name, content) in files {
        for form in Form::ALL {
            let body = form.body(content);
            work.extend(kinds.iter().map(|to| (*to, form, name, content, body.clone())));
        }
    }
    let refused = Mutex::new(Vec::new());
    each(&work, |(to, form, name, content, body)| {
        let target = format!("{}-{name}", form.name());
        let what = format!("{name} as {} to {}", form.name(), to.name());
        let path = format!("/to/{}/{target}{}", to.name(), form.query());
        let headers = [("content-type", form.content_type())];
        let answer = carrier.ask(Method::PUT, &path, &headers, body.clone());
        // Graph has to know the length before the first byte; what a long text in base64 decodes to is known at its end.
        if *to == Kind::Graph && !form.says_length() && content.len() > PART / 2 {
            // Who is still sending may see the connection closed before the answer.
            if let Ok(answer) = answer {
                assert!(answer.status >= 400, "{what}: {answer:?}");
            }
            assert_eq!(peers.get(*to, &target), None, "{what}");
            refused.lock().unwrap().push(what);
            return;
        }
        let answer = answer.expect(&what);
        assert_eq!(answer.status, 201, "{what}: {answer:?}");
        assert_eq!(answer.body["digests"]["sha-256"], digest::of(content), "{what}");
        let arrived = peers.get(*to, &target).expect(&what);
        assert!(arrived == *content, "{what} is another file");
        documents.arrived(&format!("{}-{}", form.name(), to.name()), name, &arrived);
    });
    assert_eq!(refused.into_inner().unwrap().len(), 3 * (Form::ALL.len() - 1));
}

/// Carries and takes all there is, and looks that nothing else is left anywhere.
fn everything(carrier: &Carrier, peers: &RelayPeers, kinds: &[Kind]) {
    let documents = Documents::write();
    let files = files(&documents);
    carries(carrier, peers, kinds, &files, &documents);
    takes(carrier, peers, kinds, &files, &documents);
    for kind in kinds {
        let mut expected: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
        for (name, content) in &files {
            expected.extend(kinds.iter().map(|from| format!("from-{}-{name}", from.name())));
            let forms = Form::ALL.into_iter().filter(|form| {
                *kind != Kind::Graph || form.says_length() || content.len() <= PART / 2
            });
            expected.extend(forms.map(|form| format!("{}-{name}", form.name())));
        }
        expected.sort_unstable();
        assert_eq!(peers.names(*kind), expected, "{kind:?}");
    }
    documents.open_all(kinds.len() * kinds.len() + kinds.len() * Form::ALL.len());
}

#[test]
fn every_file_arrives_from_every_place_at_every_place_and_in_every_form() {
    let peers = RelayPeers::start();
    let variables = peers.variables(&Kind::ALL, "");
    let (_process, carrier) = start_native(&variables, None).unwrap();
    everything(&carrier, &peers, &Kind::ALL);
}

#[test]
fn every_file_arrives_by_the_component_wherever_it_reaches() {
    let peers = RelayPeers::start();
    let variables = peers.variables(&Kind::OVER_HTTP, "");
    let (_process, carrier) = start_component(&variables).unwrap();
    everything(&carrier, &peers, &Kind::OVER_HTTP);
}
