//! Tokens that another library signed, with keys made here, judged by both backends; and keys that must be refused.

use jsonwebtoken::{EncodingKey, crypto};
use proptest::prelude::*;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use super::on_both;
use crate::crypto::backend::Backend;
use crate::crypto::native::Native;
use crate::crypto::portable::Portable;
use crate::crypto::verifying_key::KeyOn;
use crate::crypto::{Certificate, Curve, KeyError, VerifyingKey};
use crate::token::Algorithm;

on_both! {
    keys_that_are_too_weak_or_malformed_are_refused => bad_keys,
    a_key_verifies_no_algorithm_but_its_own => only_its_own,
}

/// An RSA key pair made for these tests, as PKCS#1 and as public components.
struct RsaPair {
    pkcs1: Vec<u8>,
    n: Vec<u8>,
    e: Vec<u8>,
}

fn rsa_pair() -> &'static RsaPair {
    use rsa::pkcs1::EncodeRsaPrivateKey;
    use rsa::traits::PublicKeyParts;
    static PAIR: std::sync::OnceLock<RsaPair> = std::sync::OnceLock::new();
    PAIR.get_or_init(|| {
        let pkcs8 = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> =
            aws_lc_rs::encoding::AsDer::as_der(&pkcs8).unwrap();
        let key: rsa::RsaPrivateKey =
            rsa::pkcs8::DecodePrivateKey::from_pkcs8_der(pkcs8.as_ref()).unwrap();
        RsaPair {
            pkcs1: key.to_pkcs1_der().unwrap().as_bytes().to_vec(),
            n: key.n_bytes().to_vec(),
            e: key.e_bytes().to_vec(),
        }
    })
}

type Verify = Box<dyn Fn(Algorithm, &[u8], &[u8]) -> bool + Send + Sync>;

/// A signer of another library, and the same public key on both backends.
struct Peer {
    algorithm: Algorithm,
    signs_as: jsonwebtoken::Algorithm,
    signer: EncodingKey,
    backends: [Verify; 2],
}

fn peer(
    algorithm: Algorithm,
    signs_as: jsonwebtoken::Algorithm,
    signer: EncodingKey,
    native: KeyOn<Native>,
    portable: KeyOn<Portable>,
) -> Peer {
    let backends: [Verify; 2] = [
        Box::new(move |algorithm, message, signature| native.verify(algorithm, message, signature)),
        Box::new(move |algorithm, message, signature| {
            portable.verify(algorithm, message, signature)
        }),
    ];
    Peer { algorithm, signs_as, signer, backends }
}

fn peers() -> &'static [Peer] {
    use jsonwebtoken::Algorithm as Theirs;
    static PEERS: std::sync::OnceLock<Vec<Peer>> = std::sync::OnceLock::new();
    PEERS.get_or_init(|| {
        let pair = rsa_pair();
        let mut peers: Vec<Peer> = [
            (Algorithm::Rs256, Theirs::RS256),
            (Algorithm::Rs384, Theirs::RS384),
            (Algorithm::Rs512, Theirs::RS512),
            (Algorithm::Ps256, Theirs::PS256),
            (Algorithm::Ps384, Theirs::PS384),
            (Algorithm::Ps512, Theirs::PS512),
        ]
        .map(|(ours, theirs)| {
            let signer = EncodingKey::from_rsa_der(&pair.pkcs1);
            let native = KeyOn::rsa(&pair.n, &pair.e).unwrap();
            let portable = KeyOn::rsa(&pair.n, &pair.e).unwrap();
            peer(ours, theirs, signer, native, portable)
        })
        .into();
        for (ours, theirs, curve, kind) in [
            (Algorithm::Es256, Theirs::ES256, Curve::P256, &PKCS_ECDSA_P256_SHA256),
            (Algorithm::Es384, Theirs::ES384, Curve::P384, &PKCS_ECDSA_P384_SHA384),
        ] {
            let pair = KeyPair::generate_for(kind).unwrap();
            let point = pair.public_key_raw();
            let (x, y) = point[1..].split_at(curve.coordinate_length());
            let signer = EncodingKey::from_ec_der(&pair.serialize_der());
            let native = KeyOn::ec(curve, x, y).unwrap();
            let portable = KeyOn::ec(curve, x, y).unwrap();
            peers.push(peer(ours, theirs, signer, native, portable));
        }
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let x = pair.public_key_raw();
        let signer = EncodingKey::from_ed_der(&pair.serialize_der());
        let (native, portable) = (KeyOn::ed25519(x).unwrap(), KeyOn::ed25519(x).unwrap());
        peers.push(peer(Algorithm::EdDsa, Theirs::EdDSA, signer, native, portable));
        let secret = [7; 64];
        for (ours, theirs) in [
            (Algorithm::Hs256, Theirs::HS256),
            (Algorithm::Hs384, Theirs::HS384),
            (Algorithm::Hs512, Theirs::HS512),
        ] {
            let signer = EncodingKey::from_secret(&secret);
            let (native, portable) = (KeyOn::hmac(&secret).unwrap(), KeyOn::hmac(&secret).unwrap());
            peers.push(peer(ours, theirs, signer, native, portable));
        }
        peers
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_another_library_signs_verifies_on_both_backends_and_fails_on_both_when_a_bit_flips(
        message in proptest::collection::vec(any::<u8>(), 0..300),
        position in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        for peer in peers() {
            let signed = crypto::sign(&message, &peer.signer, peer.signs_as).unwrap();
            let signature = crate::token::base64url::decode(&signed).unwrap();
            let mut flipped = signature.clone();
            flipped[position.index(signature.len())] ^= 1_u8 << bit;
            let mut longer = signature.clone();
            longer.push(0);
            for verify in &peer.backends {
                prop_assert!(verify(peer.algorithm, &message, &signature), "{:?}", peer.algorithm);
                prop_assert!(!verify(peer.algorithm, &message, &flipped), "{:?}", peer.algorithm);
                prop_assert!(!verify(peer.algorithm, &message, &longer), "{:?}", peer.algorithm);
                prop_assert!(!verify(peer.algorithm, &message, &[]), "{:?}", peer.algorithm);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_verify_on_neither_backend(
        message in proptest::collection::vec(any::<u8>(), 0..100),
        signature in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        for peer in peers() {
            for (algorithm, verify) in Algorithm::ALL.iter().zip(peer.backends.iter().cycle()) {
                prop_assert!(!verify(*algorithm, &message, &signature));
            }
        }
    }

    #[test]
    fn both_backends_make_the_same_of_an_rsa_signature_of_the_right_length(
        mut signature in proptest::collection::vec(any::<u8>(), 256..=256),
        high in 0_u8..=255,
    ) {
        signature[0] = high;
        let [native, portable] = &peers()[0].backends;
        prop_assert_eq!(
            native(Algorithm::Rs256, b"", &signature),
            portable(Algorithm::Rs256, b"", &signature)
        );
    }
}

fn bad_keys<B: Backend>() {
    let modulus = |bits: usize| {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] >>= n.len() * 8 - bits;
        n
    };
    let e = [1, 0, 1];
    let refused = |n: &[u8], e: &[u8]| KeyOn::<B>::rsa(n, e).err();
    assert_eq!(refused(&modulus(2047), &e), Some(KeyError::RsaTooSmall));
    assert_eq!(refused(&modulus(2048), &e), None);
    assert_eq!(refused(&[vec![0; 9], modulus(2048)].concat(), &[0, 0, 1, 0, 1]), None);
    assert_eq!(refused(&modulus(8192), &e), None);
    assert_eq!(refused(&modulus(8193), &e), Some(KeyError::RsaTooLarge));
    assert_eq!(refused(&[], &e), Some(KeyError::RsaTooSmall));
    assert_eq!(refused(&modulus(2048), &[3]), None);
    assert_eq!(refused(&modulus(2048), &[0xff, 0xff, 0xff, 0xff]), None);
    for e in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        assert_eq!(refused(&modulus(2048), e), Some(KeyError::RsaMalformed), "{e:?}");
    }
    let mut even = modulus(2048);
    even[255] = 0xfe;
    assert_eq!(refused(&even, &e), Some(KeyError::RsaMalformed));

    for curve in [Curve::P256, Curve::P384, Curve::P521] {
        let length = curve.coordinate_length();
        for (x, y) in [
            (vec![0; length], vec![0; length]),
            (vec![0xff; length], vec![0xff; length]),
            (vec![1; length], vec![1; length]),
            (vec![1; length - 1], vec![1; length]),
            (vec![1; length + 1], vec![1; length - 1]),
            (vec![], vec![]),
        ] {
            assert_eq!(KeyOn::<B>::ec(curve, &x, &y).err(), Some(KeyError::PointNotOnCurve));
        }
    }
    assert_eq!(KeyOn::<B>::ed25519(&[0; 31]).err(), Some(KeyError::Ed25519Malformed));
    assert_eq!(KeyOn::<B>::hmac(&[0; 31]).err(), Some(KeyError::SymmetricTooShort));
    assert!(B::rsa_private(b"").is_none());
}

fn only_its_own<B: Backend>() {
    let fitting = |key: KeyOn<B>| -> Vec<Algorithm> {
        Algorithm::ALL.into_iter().filter(|algorithm| key.fits(*algorithm)).collect()
    };
    use Algorithm::*;
    let pair = rsa_pair();
    assert_eq!(
        fitting(KeyOn::rsa(&pair.n, &pair.e).unwrap()),
        [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512]
    );
    assert_eq!(fitting(KeyOn::hmac(&[7; 32]).unwrap()), [Hs256]);
    assert_eq!(fitting(KeyOn::hmac(&[7; 63]).unwrap()), [Hs256, Hs384]);
    assert_eq!(fitting(KeyOn::hmac(&[7; 64]).unwrap()), [Hs256, Hs384, Hs512]);
}

#[test]
fn a_certificate_gives_its_key_and_its_thumbprints() {
    for (kind, algorithm, theirs) in [
        (&PKCS_ECDSA_P256_SHA256, Algorithm::Es256, jsonwebtoken::Algorithm::ES256),
        (&PKCS_ECDSA_P384_SHA384, Algorithm::Es384, jsonwebtoken::Algorithm::ES384),
        (&PKCS_ED25519, Algorithm::EdDsa, jsonwebtoken::Algorithm::EdDSA),
    ] {
        let pair = KeyPair::generate_for(kind).unwrap();
        let made = rcgen::CertificateParams::new(vec!["signer".to_owned()])
            .unwrap()
            .self_signed(&pair)
            .unwrap();
        let certificate = Certificate::from_der(made.der()).unwrap();
        let der = pair.serialize_der();
        let signer = match theirs {
            jsonwebtoken::Algorithm::EdDSA => EncodingKey::from_ed_der(&der),
            _ => EncodingKey::from_ec_der(&der),
        };
        let signature = crypto::sign(b"message", &signer, theirs).unwrap();
        let signature = crate::token::base64url::decode(&signature).unwrap();
        assert!(certificate.key.verify(algorithm, b"message", &signature));
        assert_eq!(certificate.x5t.len(), 27);
        assert_eq!(certificate.x5t_s256.len(), 43);
        assert_eq!(
            Certificate::from_der(&made.der()[1..]).unwrap_err(),
            KeyError::CertificateMalformed
        );
        let longer = [made.der().as_ref(), &[0]].concat();
        assert_eq!(Certificate::from_der(&longer).unwrap_err(), KeyError::CertificateMalformed);
    }
}

#[test]
fn a_key_shows_its_kind_and_nothing_else_in_debug() {
    let secret = b"a secret of thirty-two characters";
    assert_eq!(format!("{:?}", VerifyingKey::hmac(secret).unwrap()), "VerifyingKey(symmetric …)");
    assert_eq!(
        format!("{:?}", crate::crypto::DecryptionKey::symmetric(secret)),
        "DecryptionKey(symmetric …)"
    );
}
