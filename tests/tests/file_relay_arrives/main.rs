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
use headgate_tests::host::{Build, component_file};
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

/// What is carried among places, and by whom.
struct Traffic<'a> {
    carrier: &'a Carrier,
    peers: &'a RelayPeers,
    kinds: &'a [Kind],
    files: &'a [File],
    documents: &'a Documents,
}

impl Traffic<'_> {
    /// Carries every file from each place to each, and reads what came.
    fn carries(&self) {
        let mut work = Vec::new();
        for file in self.files {
            for from in self.kinds {
                self.peers.put(*from, &file.0, &file.1);
                work.extend(self.kinds.iter().map(|to| (*from, *to, file)));
            }
        }
        each(&work, |(from, to, file)| {
            let (name, content) = file;
            let target = format!("from-{}-{name}", from.name());
            let what = format!("{name} from {} to {}", from.name(), to.name());
            let carried =
                self.carrier.carry((from.name(), name), (to.name(), &target), "fail", 300);
            let receipt = carried.unwrap();
            assert_eq!(receipt["status"], "succeeded", "{what}: {receipt}");
            assert_eq!(receipt["bytes"], content.len(), "{what}");
            assert_eq!(receipt["digests"]["sha-256"], digest::of(content), "{what}");
            self.arrived(file, from.name(), *to, &target);
        });
    }

    /// Sends every file to each place in every form, and reads what came.
    fn takes(&self) {
        let mut work = Vec::new();
        for file in self.files {
            for form in Form::ALL {
                let body = form.body(&file.1);
                work.extend(self.kinds.iter().map(|to| (*to, form, file, body.clone())));
            }
        }
        let refused = Mutex::new(Vec::new());
        each(&work, |(to, form, file, body)| {
            let (name, content) = file;
            let target = format!("{}-{name}", form.name());
            let what = format!("{name} as {} to {}", form.name(), to.name());
            let path = format!("/to/{}/{target}{}", to.name(), form.query());
            let headers = [("content-type", form.content_type())];
            let answer = self.carrier.ask(Method::PUT, &path, &headers, body.clone());
            // Graph has to know the length before the first byte; what a long text in base64 decodes to is known at its end.
            if *to == Kind::Graph && !form.says_length() && content.len() > PART / 2 {
                // Who is still sending may see the connection closed before the answer.
                if let Ok(answer) = answer {
                    assert!(answer.status >= 400, "{what}: {answer:?}");
                }
                assert_eq!(self.peers.get(*to, &target), None, "{what}");
                refused.lock().unwrap().push(what);
                return;
            }
            let answer = answer.expect(&what);
            assert_eq!(answer.status, 201, "{what}: {answer:?}");
            assert_eq!(answer.body["digests"]["sha-256"], digest::of(content), "{what}");
            self.arrived(file, form.name(), *to, &target);
        });
        assert_eq!(refused.into_inner().unwrap().len(), 3 * (Form::ALL.len() - 1));
    }

    /// Reads what came to a place by a name, out of another place or in a form.
    fn arrived(&self, (name, content): &File, from: &str, to: Kind, target: &str) {
        let way = format!("{from}-{}", to.name());
        let what = format!("{name} by {way}");
        let arrived = self.peers.get(to, target).expect(&what);
        assert!(arrived == *content, "{what} is another file");
        self.documents.arrived(&way, name, &arrived);
    }
}

/// Carries and takes all there is, and looks that nothing else is left anywhere.
fn everything(carrier: &Carrier, peers: &RelayPeers, kinds: &[Kind]) {
    let documents = Documents::write();
    let files = files(&documents);
    let traffic = Traffic { carrier, peers, kinds, files: &files, documents: &documents };
    traffic.carries();
    traffic.takes();
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

fn everything_by_a_component(build: Build) {
    let peers = RelayPeers::start();
    let variables = peers.variables(&Kind::OVER_HTTP, "");
    let (_process, carrier) = start_component(build, &variables, &[]).unwrap();
    everything(&carrier, &peers, &Kind::OVER_HTTP);
}

#[test]
fn every_file_arrives_by_the_component_wherever_it_reaches() {
    everything_by_a_component(Build::Portable);
}

#[test]
fn every_file_arrives_by_the_component_whose_host_hashes() {
    everything_by_a_component(Build::Wide);
}

#[test]
fn only_the_component_for_hosts_that_hash_asks_for_one() {
    for (build, imports) in [(Build::Portable, false), (Build::Wide, true)] {
        let file = component_file(build, "headgate_file_relay_component.wasm").unwrap();
        let bytes = std::fs::read(file).unwrap();
        let named = bytes.windows(16).any(|window| window == b"headgate:digest/");
        assert_eq!(named, imports, "{build:?}");
    }
}
