//! What a caller asks for by `POST /relays`: pure.

use std::collections::HashSet;
use std::time::Duration;

use headgate_core::ids;
use serde::Deserialize;

use crate::digest::{Algorithm, Digest};
use crate::file_path::{FilePath, FilePathError};
use crate::relay::{Bringer, Files, Many, ManyOrder, OnConflict, One, Order, Spot, Work};

/// The longest that an answer waits, in seconds.
pub const LONGEST_WAIT: u64 = 300;

/// The most files that a request may list one by one.
pub const MOST_SOURCES: usize = 1_000;

/// The most files that are carried at a time by one relay.
const MOST_PARALLEL: usize = 64;

const DEFAULT_PARALLEL: usize = 4;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Said {
    #[serde(default)]
    source: Option<SaidSource>,
    #[serde(default)]
    sources: Option<Vec<SaidSource>>,
    destination: SaidDestination,
    #[serde(default)]
    options: SaidOptions,
    #[serde(default)]
    wait: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SaidSource {
    place: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SaidDestination {
    place: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    folder: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct SaidOptions {
    conflict: Option<OnConflict>,
    content_type: Option<String>,
    length: Option<u64>,
    sha256: Option<String>,
    parallel: Option<usize>,
}

/// A request to carry one file, or many.
#[derive(Debug)]
pub struct RelayRequest {
    /// What is to be done.
    pub work: Work,
    /// The files that it lists one by one.
    pub listed: Vec<Spot>,
    wait: Option<u64>,
}

/// Why a request is none. The text is what the caller is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body is not JSON of this form.
    #[error("the body is no request to carry a file: {0}")]
    Malformed(String),
    /// There is no source, or there are two.
    #[error("give source with path or with prefix, or sources with a path each")]
    Source,
    /// The destination does not suit the source.
    #[error("give the destination a path for one file, and a folder for several")]
    Destination,
    /// A path is none.
    #[error("{0}: {1}")]
    Path(&'static str, FilePathError),
    /// One file needs a name.
    #[error("{0}: the path has to name a file")]
    NotAFile(&'static str),
    /// Too many sources, or none.
    #[error("sources must be 1 to {MOST_SOURCES} files; for more give a prefix")]
    Sources,
    /// Two files would have the same name in the folder.
    #[error("two sources have the same name")]
    SameName,
    /// A file would be written while it is read.
    #[error("source and destination are the same file")]
    SameFile,
    /// Not for many files.
    #[error("contentType, length and sha256 are for one file")]
    OneFileOnly,
    /// Not for one file.
    #[error("parallel is for several files, and from 1 to {MOST_PARALLEL}")]
    Parallel,
    /// No digest.
    #[error("sha256 must be 64 hexadecimal digits")]
    Sha256,
    /// No media type.
    #[error("contentType must be a media type as text/plain")]
    ContentType,
    /// The wait is outside the range.
    #[error("wait must be from 0 to {LONGEST_WAIT} seconds")]
    Wait,
}

impl RelayRequest {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let said: Said = serde_json::from_slice(body)
            .map_err(|error| RequestError::Malformed(error.to_string()))?;
        if said.wait.is_some_and(|wait| wait > LONGEST_WAIT) {
            return Err(RequestError::Wait);
        }
        let wait = said.wait;
        let mut listed = Vec::new();
        let work = match (said.source, said.sources) {
            (Some(SaidSource { place, path: Some(path), prefix: None }), None) => {
                let source = Spot { place, path: named("source", &path)? };
                one(source, said.destination, said.options)?
            }
            (Some(SaidSource { place, path: None, prefix: Some(prefix) }), None) => {
                let path = path("source", prefix.trim_end_matches('/'))?;
                many(Files::Below(Spot { place, path }), said.destination, &said.options)?
            }
            (None, Some(sources)) => {
                listed = spots(sources)?;
                let list = serde_json::to_string(&listed).unwrap_or_default();
                let list = ids::hash(&["sources", &list]);
                let count = u32::try_from(listed.len()).unwrap_or(u32::MAX);
                many(Files::These { count, list }, said.destination, &said.options)?
            }
            _ => return Err(RequestError::Source),
        };
        if is_onto_itself(&work, &listed) {
            return Err(RequestError::SameFile);
        }
        Ok(Self { work, listed, wait })
    }

    /// How long the answer may wait, if the request says so.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.wait.map(Duration::from_secs)
    }

    /// A hash of what is to be done, by which the same request is known: not of how long its sender waits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.work)
    }
}

/// A hash of what is to be done.
#[must_use]
pub fn fingerprint(work: &Work) -> String {
    let order = match work {
        Work::One(one) => serde_json::to_string(&(&one.order, one.bringer)),
        Work::Many(many) => serde_json::to_string(&many.order),
    };
    ids::hash(&["relay", &order.unwrap_or_default()])
}

/// Whether a file would go where it is. A new name is another file.
fn is_onto_itself(work: &Work, listed: &[Spot]) -> bool {
    match work {
        Work::One(one) => {
            let order = &one.order;
            order.source.as_ref() == Some(&order.destination)
                && order.conflict != OnConflict::Rename
        }
        Work::Many(many) => {
            let folder = &many.order.folder;
            let is_same = match &many.order.files {
                Files::Below(above) => above == folder,
                Files::These { .. } => listed
                    .iter()
                    .any(|spot| spot.place == folder.place && spot.path.parent() == folder.path),
            };
            is_same && many.order.conflict != OnConflict::Rename
        }
    }
}

fn one(
    source: Spot,
    destination: SaidDestination,
    options: SaidOptions,
) -> Result<Work, RequestError> {
    let SaidDestination { place, path: Some(path), folder: None } = destination else {
        return Err(RequestError::Destination);
    };
    if options.parallel.is_some() {
        return Err(RequestError::Parallel);
    }
    let digest = options
        .sha256
        .map(|text| Digest::from_hex(Algorithm::Sha256, &text).ok_or(RequestError::Sha256));
    if let Some(content_type) = &options.content_type
        && !is_media_type(content_type)
    {
        return Err(RequestError::ContentType);
    }
    let order = Order {
        source: Some(source),
        destination: Spot { place, path: named("destination", &path)? },
        conflict: options.conflict.unwrap_or_default(),
        content_type: options.content_type,
        length: options.length,
        digest: digest.transpose()?,
    };
    Ok(Work::One(Box::new(One::new(order, Bringer::Place))))
}

fn many(
    files: Files,
    destination: SaidDestination,
    options: &SaidOptions,
) -> Result<Work, RequestError> {
    let SaidDestination { place, path: None, folder: Some(folder) } = destination else {
        return Err(RequestError::Destination);
    };
    let is_for_one =
        options.content_type.is_some() || options.length.is_some() || options.sha256.is_some();
    if is_for_one {
        return Err(RequestError::OneFileOnly);
    }
    let parallel = options.parallel.unwrap_or(DEFAULT_PARALLEL);
    if !(1..=MOST_PARALLEL).contains(&parallel) {
        return Err(RequestError::Parallel);
    }
    let order = ManyOrder {
        files,
        folder: Spot { place, path: path("destination", folder.trim_end_matches('/'))? },
        conflict: options.conflict.unwrap_or_default(),
        parallel,
    };
    Ok(Work::Many(Box::new(Many::new(order))))
}

fn spots(sources: Vec<SaidSource>) -> Result<Vec<Spot>, RequestError> {
    if !(1..=MOST_SOURCES).contains(&sources.len()) {
        return Err(RequestError::Sources);
    }
    let mut names = HashSet::new();
    let spot = |source| {
        let SaidSource { place, path: Some(path), prefix: None } = source else {
            return Err(RequestError::Source);
        };
        let path = named("sources", &path)?;
        match names.insert(path.name().to_owned()) {
            true => Ok(Spot { place, path }),
            false => Err(RequestError::SameName),
        }
    };
    sources.into_iter().map(spot).collect()
}

fn path(of: &'static str, text: &str) -> Result<FilePath, RequestError> {
    FilePath::new(text).map_err(|error| RequestError::Path(of, error))
}

fn named(of: &'static str, text: &str) -> Result<FilePath, RequestError> {
    let path = path(of, text)?;
    if path.is_root() { Err(RequestError::NotAFile(of)) } else { Ok(path) }
}

/// Whether a text can be the value of `Content-Type`: a type, a subtype, and parameters of printable characters.
#[must_use]
pub fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is_token = |token: &str| {
        !token.is_empty()
            && token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let has_essence = essence
        .split_once('/')
        .is_some_and(|(r#type, subtype)| is_token(r#type) && is_token(subtype));
    has_essence && text.len() <= 255 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<RelayRequest, RequestError> {
        RelayRequest::parse(text.as_bytes())
    }

    #[test]
    fn a_request_names_one_file_or_several_and_where_they_go() {
        let one = parse(
            r#"{"source":{"place":"a","path":"x.txt"},"destination":{"place":"b","path":"y.txt"},"wait":5,
                "options":{"conflict":"skip-if-identical","contentType":"text/plain; charset=utf-8","length":3}}"#,
        );
        let one = one.unwrap();
        assert_eq!(one.wait(), Some(Duration::from_secs(5)));
        let Work::One(work) = &one.work else { panic!() };
        assert_eq!(work.order.conflict, OnConflict::SkipIfIdentical);
        for many in [
            r#"{"source":{"place":"a","prefix":"x/"},"destination":{"place":"b","folder":""}}"#,
            r#"{"sources":[{"place":"a","path":"x"},{"place":"c","path":"y"}],"destination":{"place":"b","folder":"in/"},
                "options":{"parallel":8}}"#,
        ] {
            assert!(matches!(parse(many).unwrap().work, Work::Many(_)), "{many}");
        }
    }

    #[test]
    fn a_request_that_does_not_say_what_it_means_is_told_what_to_say() {
        let with = |source: &str, destination: &str, options: &str| {
            let text = format!(
                r#"{{{source}"destination":{{"place":"b",{destination}}},"options":{{{options}}}}}"#
            );
            parse(&text).unwrap_err()
        };
        const FILE: &str = r#""source":{"place":"a","path":"x"},"#;
        const FOLDER: &str = r#""source":{"place":"a","prefix":"x"},"#;
        const PATH: &str = r#""path":"y""#;
        for (error, expected) in [
            (with("", PATH, ""), RequestError::Source),
            (with(r#""source":{"place":"a"},"#, PATH, ""), RequestError::Source),
            (with(FILE, r#""folder":"y""#, ""), RequestError::Destination),
            (with(FOLDER, PATH, ""), RequestError::Destination),
            (with(FILE, r#""path":"""#, ""), RequestError::NotAFile("destination")),
            (
                with(FILE, r#""path":"../y""#, ""),
                RequestError::Path("destination", FilePathError::Segment),
            ),
            (with(FILE, PATH, r#""parallel":2"#), RequestError::Parallel),
            (with(FILE, PATH, r#""sha256":"00""#), RequestError::Sha256),
            (with(FILE, PATH, r#""contentType":"text""#), RequestError::ContentType),
            (with(FOLDER, r#""folder":"y""#, r#""length":2"#), RequestError::OneFileOnly),
            (with(r#""sources":[],"#, r#""folder":"y""#, ""), RequestError::Sources),
            (
                with(
                    r#""sources":[{"place":"a","path":"1/x"},{"place":"a","path":"2/x"}],"#,
                    r#""folder":"y""#,
                    "",
                ),
                RequestError::SameName,
            ),
        ] {
            assert_eq!(error, expected);
        }
        let long = format!(r#"{{{FILE}"destination":{{"place":"b","path":"y"}},"wait":301}}"#);
        assert_eq!(parse(&long).unwrap_err(), RequestError::Wait);
    }

    #[test]
    fn a_file_is_not_carried_onto_itself() {
        for (source, to) in [
            (r#""source":{"place":"a","path":"d/x"}"#, r#""path":"d/x""#),
            (r#""source":{"place":"a","prefix":"d"}"#, r#""folder":"d/""#),
            (
                r#""sources":[{"place":"b","path":"y"},{"place":"a","path":"d/x"}]"#,
                r#""folder":"d""#,
            ),
        ] {
            let with = |place: &str, conflict: &str| {
                parse(&format!(
                    r#"{{{source},"destination":{{"place":"{place}",{to}}},"options":{{"conflict":"{conflict}"}}}}"#
                ))
            };
            assert_eq!(with("a", "replace").unwrap_err(), RequestError::SameFile, "{source}");
            assert!(with("a", "rename").is_ok() && with("b", "replace").is_ok(), "{source}");
        }
    }

    #[test]
    fn the_same_request_has_the_same_fingerprint_whoever_waits() {
        let of = |rest: &str| {
            let text = format!(
                r#"{{"source":{{"place":"a","path":"x"}},"destination":{{"place":"b","path":"y"}}{rest}}}"#
            );
            parse(&text).unwrap().fingerprint()
        };
        assert_eq!(of(""), of(r#","wait":3"#));
        assert_eq!(of(""), of(r#","options":{"conflict":"fail"}"#));
        assert_ne!(of(""), of(r#","options":{"conflict":"replace"}"#));
    }

    #[test]
    fn a_media_type_is_one_that_a_header_can_have() {
        for text in ["text/plain", "application/vnd.a+json; a=\"b c\""] {
            assert!(is_media_type(text), "{text}");
        }
        for text in ["", "text", "text/", "/x", "te xt/plain", "text/plain\r\nx: y", "text/plän"] {
            assert!(!is_media_type(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = RelayRequest::parse(&bytes);
        }
    }
}
