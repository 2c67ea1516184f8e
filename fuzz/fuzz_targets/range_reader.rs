//! Whatever the headers of a chunk or of a `GET` say, what is made of it is inside of the file.
//!
//! The input is a byte for how much is there, a byte for the file's length, lines of headers and an empty line.

#![no_main]

use headgate_file_relay::chunked::{Chunk, Judged, announced, received};
use headgate_file_relay::place::Stat;
use headgate_file_relay::ranges::{Asked, asked, content_range, precondition};
use headgate_fuzz::message;
use http::header::{CONTENT_RANGE, IF_RANGE};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [there, length, rest @ ..] = input else { return };
    let Some((mut headers, _)) = message(rest) else { return };
    let (there, length) = (u64::from(*there), u64::from(*length));
    let _ = announced(&headers);
    if let Ok(chunk) = Chunk::read(&headers) {
        assert!(chunk.from < chunk.until && chunk.until <= chunk.total);
        match chunk.judge(chunk.total, there) {
            Ok(Judged::Next { skip }) => assert!(skip < chunk.length()),
            Ok(Judged::Received) => assert!(chunk.until <= there),
            Ok(Judged::TooFar) => assert!(chunk.from > there),
            Err(error) => panic!("{error}"),
        }
        assert_eq!(received(chunk.until).is_some(), chunk.until > 0);
    }
    let stat = Stat { length: Some(length), etag: Some("\"a\"".to_owned()), ..Stat::default() };
    let _ = precondition(&headers, &stat);
    let asked = asked(&headers, &stat);
    let conditions: Vec<_> = headers.get_all(IF_RANGE).iter().collect();
    if !matches!(conditions.as_slice(), [] | [_]) || conditions.iter().any(|tag| *tag != "\"a\"") {
        // The caller has another content, or does not say which one.
        assert_eq!(asked, Asked::Whole);
    }
    if let Asked::Part { from, until, length: whole } = asked {
        assert!(from < until && until <= whole && whole == length);
        // What is answered is read back as the same part.
        headers.clear();
        headers.insert(CONTENT_RANGE, content_range(asked).expect("a part has a range"));
        assert_eq!(Chunk::read(&headers), Ok(Chunk { from, until, total: whole }));
    }
});
