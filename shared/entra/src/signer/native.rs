use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use headgate_core::Random;

use super::PrivateKey;

pub(super) fn is_sound(key: &PrivateKey) -> bool {
    pair(key).is_some()
}

/// The salt comes from aws-lc's own generator, which takes no other.
pub(super) fn sign(key: &PrivateKey, message: &[u8], _: &impl Random) -> Option<Vec<u8>> {
    let pair = pair(key)?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
    Some(signature)
}

fn pair(key: &PrivateKey) -> Option<KeyPair> {
    match key {
        PrivateKey::Pkcs8(der) => KeyPair::from_pkcs8(der).ok(),
        PrivateKey::Pkcs1(der) => KeyPair::from_der(der).ok(),
    }
}
