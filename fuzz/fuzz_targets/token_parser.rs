//! Any text is a token, or is refused; what is read from one has one spelling, and any bytes are a key set or none.

#![no_main]

use headgate_jwt::jwks::JwkSet;
use headgate_jwt::token::{self, Token};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = JwkSet::parse(bytes);
    let _ = token::Claims::parse(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match token::parse(text) {
        Ok(Token::Signed(read)) => {
            assert!(text.as_bytes().starts_with(read.signing_input));
            assert_eq!(text.matches('.').count(), 2);
            assert!(!read.signature.is_empty());
            let mut padded = text.to_owned();
            padded.push('=');
            assert!(token::parse(&padded).is_err());
        }
        Ok(Token::Encrypted(read)) => {
            assert!(text.as_bytes().starts_with(read.additional_data));
            assert_eq!(text.matches('.').count(), 4);
            let _ = read.header.read(&read.ciphertext);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
