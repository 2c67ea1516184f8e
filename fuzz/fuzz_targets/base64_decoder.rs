//! Base64 that comes in pieces is what the `base64` crate makes of all of it, or refuses as a whole.
//!
//! The first byte of the input says how long the pieces are.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use headgate_core::{Base64Decoder, NotBase64};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((length, text)) = input.split_first() else { return };
    let whole = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok();
    for decoder in [Base64Decoder::default(), Base64Decoder::gathering(64)] {
        assert_eq!(decoded(decoder, text, usize::from(*length).max(1)).ok(), whole);
    }
});

fn decoded(mut decoder: Base64Decoder, text: &[u8], length: usize) -> Result<Vec<u8>, NotBase64> {
    let mut decoded = Vec::new();
    for piece in text.chunks(length) {
        decoded.extend(decoder.push(piece)?);
    }
    decoded.extend(decoder.finish()?);
    Ok(decoded)
}
