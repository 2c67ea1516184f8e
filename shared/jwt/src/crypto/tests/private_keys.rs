//! What is read as an RSA private key, beside aws-lc-rs; and the numbers in DER.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use proptest::prelude::*;

use crate::crypto::backend::Backend;
use crate::crypto::der_numbers::two_numbers;
use crate::crypto::native::Native;
use crate::crypto::portable::Portable;

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let header = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        0x100.. => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

fn made(size: KeySize) -> Vec<u8> {
    let pkcs8: Pkcs8V1Der<'_> = KeyPair::generate(size).unwrap().as_der().unwrap();
    pkcs8.as_ref().to_vec()
}

fn genuine() -> &'static [u8] {
    static GENUINE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    GENUINE.get_or_init(|| made(KeySize::Rsa2048))
}

fn both(pkcs8: &[u8]) -> [bool; 2] {
    [Portable::rsa_private(pkcs8).is_some(), Native::rsa_private(pkcs8).is_some()]
}

/// The nine elements of the PKCS#1 key, of which the first is the version.
fn numbers() -> Vec<Vec<u8>> {
    // 30 82 xx xx, 02 01 00, 30 0d and the algorithm, 04 82 xx xx, 30 82 xx xx.
    let mut rest = &genuine()[4 + 3 + 15 + 4 + 4..];
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (header, length) = match rest[1] {
            0x81 => (3, usize::from(rest[2])),
            0x82 => (4, usize::from(rest[2]) * 256 + usize::from(rest[3])),
            length => (2, usize::from(length)),
        };
        let (number, behind) = rest.split_at(header + length);
        numbers.push(number.to_vec());
        rest = behind;
    }
    assert_eq!(numbers.len(), 9);
    numbers
}

fn algorithm() -> Vec<u8> {
    element(0x30, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0])
}

fn pkcs8(key: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[element(2, &[0]), algorithm(), element(4, &sequence(key))])
}

#[test]
fn keys_of_every_size_are_read_on_both_backends() {
    assert_eq!(pkcs8(&numbers()), genuine());
    assert_eq!(both(genuine()), [true; 2]);
    for size in [KeySize::Rsa3072, KeySize::Rsa4096] {
        assert_eq!(both(&made(size)), [true; 2]);
    }
}

#[test]
fn attributes_behind_a_key_are_not_looked_into() {
    let key = element(4, &sequence(&numbers()));
    let attributes = element(0xa0, &[]);
    let with = sequence(&[element(2, &[0]), algorithm(), key, attributes]);
    assert_eq!(both(&with), [true; 2]);
}

#[test]
fn what_is_no_rsa_private_key_is_refused_on_both_backends() {
    let key = || element(4, &sequence(&numbers()));
    let version = || element(2, &[0]);
    let mut cases = vec![
        Vec::new(),
        sequence(&[]),
        sequence(&numbers()),
        sequence(&[element(2, &[2]), algorithm(), key()]),
        sequence(&[element(2, &[]), algorithm(), key()]),
        sequence(&[version(), algorithm()]),
        sequence(&[version(), algorithm(), sequence(&numbers())]),
        sequence(&[version(), sequence(&[element(6, &[0x2a, 3]), element(5, &[])]), key()]),
        sequence(&[
            version(),
            element(0x30, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]),
            key(),
        ]),
    ];
    for (index, number) in numbers().iter().enumerate() {
        let changed = |change: Option<Vec<u8>>| {
            let mut numbers = numbers();
            numbers.splice(index..=index, change);
            pkcs8(&numbers)
        };
        let content =
            &number[if number[1] == 0x82 { 4 } else { 2 + usize::from(number[1] == 0x81) }..];
        cases.extend([
            changed(None),
            changed(Some([element(0x02, &[]), element(0x02, &[])].concat())),
            changed(Some(element(0x04, content))),
            changed(Some(element(0x02, &[&[0, 0], content].concat()))),
        ]);
        // The last three follow from the others, and the portable backend computes them.
        if index < 6 {
            let mut other = content.to_vec();
            *other.last_mut().unwrap() ^= 2;
            cases.push(changed(Some(element(0x02, &other))));
        }
    }
    for (index, case) in cases.iter().enumerate() {
        assert_eq!(both(case), [false; 2], "{index}");
    }
    // aws-lc-rs does not look behind the key; the policy's reader does, before either backend is asked.
    assert!(Portable::rsa_private(&[genuine(), &[0]].concat()).is_none());
    for end in [0, 1, 2, 3, 4, 7, 20, 26, 30, 300, genuine().len() - 1] {
        assert_eq!(both(&genuine()[..end]), [false; 2], "{end}");
    }
}

#[test]
fn two_numbers_are_read_without_their_sign_and_nothing_else_is() {
    let pair = |parts: &[&[u8]]| {
        let der = element(0x30, &parts.concat());
        two_numbers(&der).map(|(first, second)| (first.to_vec(), second.to_vec())).ok()
    };
    assert_eq!(pair(&[&[2, 1, 7], &[2, 2, 0, 0x80]]), Some((vec![7], vec![0x80])));
    assert_eq!(pair(&[&[2, 1, 0], &[2, 1, 0x7f]]), Some((vec![0], vec![0x7f])));
    for parts in [
        &[&[2, 1, 7][..]][..],
        &[&[2, 1, 7], &[2, 1, 7], &[2, 1, 7]],
        &[&[2, 1, 7], &[2, 0]],
        &[&[2, 1, 0x80], &[2, 1, 7]],
        &[&[2, 2, 0, 7], &[2, 1, 7]],
        &[&[4, 1, 7], &[2, 1, 7]],
        &[&[2, 1, 7], &[2, 0x81, 1, 7]],
        &[&[2, 1, 7], &[2, 0x84, 0xff, 0xff, 0xff, 0xff, 7]],
    ] {
        assert_eq!(pair(parts), None, "{parts:x?}");
    }
    assert!(two_numbers(&[0x30, 6, 2, 1, 7, 2, 1, 7, 0]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_byte_of_a_private_key_makes_the_reader_panic(
        at in any::<prop::sample::Index>(), byte: u8, length in any::<prop::sample::Index>()
    ) {
        let mut pkcs8 = genuine().to_vec();
        pkcs8[at.index(genuine().len().min(64))] = byte;
        let _ = Portable::rsa_private(&pkcs8);
        let _ = Portable::rsa_private(&pkcs8[..length.index(pkcs8.len())]);
        let _ = two_numbers(&pkcs8);
    }
}
