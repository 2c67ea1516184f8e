use std::convert::Infallible;

use headgate_core::Random;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::pss::SigningKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::Sha256;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use rsa::traits::PublicKeyParts;

use super::PrivateKey;

pub(super) fn is_sound(key: &PrivateKey) -> bool {
    read(key).is_some()
}

pub(super) fn sign(key: &PrivateKey, message: &[u8], random: &impl Random) -> Option<Vec<u8>> {
    let key = SigningKey::<Sha256>::new(read(key)?);
    let signature = key.try_sign_with_rng(&mut Port(random), message).ok()?;
    Some(signature.to_vec())
}

fn read(key: &PrivateKey) -> Option<RsaPrivateKey> {
    let key = match key {
        PrivateKey::Pkcs8(der) => RsaPrivateKey::from_pkcs8_der(der).ok()?,
        PrivateKey::Pkcs1(der) => RsaPrivateKey::from_pkcs1_der(der).ok()?,
    };
    (256..=1024).contains(&key.size()).then_some(key)
}

/// The port, as RustCrypto asks for randomness.
struct Port<'a, R>(&'a R);

impl<R: Random> TryRng for Port<'_, R> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl<R: Random> TryCryptoRng for Port<'_, R> {}
