//! The keys of the store.

use sha2::{Digest, Sha256};

use crate::name::Name;
use crate::token::Token;

/// Where the records are.
pub(crate) const RECORDS: &str = "gateway-token/";

/// The record of a token.
pub(crate) fn key(token: &Token) -> String {
    format!("{}{}", of_instance(&token.id, &token.instance), hex(&token.gateway))
}

/// How the keys of an id begin, whatever gateway and instance.
pub(crate) fn of_id(id: &Name) -> String {
    format!("{RECORDS}{}/", hex(id))
}

/// How the keys of an id and an instance begin, whatever gateway.
pub(crate) fn of_instance(id: &Name, instance: &Name) -> String {
    format!("{}{}/", of_id(id), hex(instance))
}

fn hex(name: &Name) -> String {
    Sha256::digest(name.as_str()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use headgate_core::Timestamp;

    use super::*;

    fn token(id: &str, gateway: &str, instance: &str) -> Token {
        let name = |text| Name::parse(text).unwrap();
        Token::new(name(id), name(gateway), name(instance), Timestamp::from_secs(1))
    }

    #[test]
    fn id_instance_and_gateway_make_a_key_that_a_store_takes() {
        let known = key(&token("a", "b", "c"));
        assert!(known.len() <= 255 && known.bytes().all(|byte| byte.is_ascii_graphic()), "{known}");
        assert!(known.starts_with(&of_id(&Name::parse("a").unwrap())));
        for other in [token("x", "b", "c"), token("a", "x", "c"), token("a", "b", "x")] {
            assert_ne!(key(&other), known);
        }
    }
}
