//! Whoever takes chunks as they are judged has at the end the file that they were cut from: none twice, and nothing left out.
//!
//! The input is a byte for the file's length, and three bytes for each chunk: where it begins, how long it is, and how its sender
//! writes its range or lies about it.

#![no_main]

use headgate_file_relay::chunked::{Chunk, ChunkedError, Judged, received};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((total, chunks)) = input.split_first() else { return };
    let file: Vec<u8> = (1..=*total).collect();
    let total = u64::from(*total);
    let mut there: Vec<u8> = Vec::new();
    for chunk in chunks.chunks_exact(3) {
        let (from, length, how) = (u64::from(chunk[0]), u64::from(chunk[1]), chunk[2]);
        let (mark, said) = (if how & 1 == 0 { '=' } else { ' ' }, total + u64::from(how >> 7));
        let last = (from + length).wrapping_sub(1);
        let mut headers = HeaderMap::new();
        let range = format!("bytes{mark}{from}-{last}/{said}");
        headers.insert(CONTENT_RANGE, range.parse().expect("a header"));
        let (is_said, is_lie) = (how & 2 == 2, how & 4 == 4);
        if is_said {
            headers.insert(CONTENT_LENGTH, (length + u64::from(is_lie)).into());
        }
        let before = there.len() as u64;
        let fits = length > 0 && from + length <= said;
        let read = match Chunk::read(&headers) {
            Err(ChunkedError::RangeMalformed) => {
                assert!(!fits, "{range}");
                continue;
            }
            Err(error) => {
                assert_eq!(error, ChunkedError::LengthDiffers);
                assert!(is_said && is_lie, "{range}");
                continue;
            }
            Ok(read) => read,
        };
        assert!(fits && !(is_said && is_lie));
        assert_eq!((read.from, read.until, read.total), (from, from + length, said));
        match read.judge(total, before) {
            Err(error) => {
                assert_eq!(error, ChunkedError::TotalDiffers);
                assert_ne!(said, total);
            }
            Ok(Judged::Received) => assert!(from + length <= before),
            Ok(Judged::TooFar) => assert!(from > before),
            Ok(Judged::Next { skip }) => {
                assert_eq!(from + skip, before);
                let at = |at: u64| usize::try_from(at).expect("small");
                there.extend(&file[at(from + skip)..at(from + length)]);
            }
        }
        assert!(file.starts_with(&there) && there.len() as u64 >= before);
        let range = received(there.len() as u64);
        let range = range.as_ref().and_then(|range| range.to_str().ok());
        let expected = there.len().checked_sub(1).map(|last| format!("bytes=0-{last}"));
        assert_eq!(range, expected.as_deref());
        assert!(!read.is_last() || read.until == said);
    }
});
