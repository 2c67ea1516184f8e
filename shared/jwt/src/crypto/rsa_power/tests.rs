use num_bigint::BigUint;
use proptest::prelude::*;

use super::{narrow, wide};

/// The same power on both widths.
fn both(n: &[u8], e: &[u8], s: &[u8]) -> [Option<Vec<u8>>; 2] {
    [narrow::RsaPower::new(n, e).unwrap().raise(s), wide::RsaPower::new(n, e).unwrap().raise(s)]
}

/// The same power by num-bigint.
fn peer(n: &[u8], e: &[u8], s: &[u8]) -> Vec<u8> {
    let number = BigUint::from_bytes_be;
    let power = number(s).modpow(&number(e), &number(n)).to_bytes_be();
    [vec![0; n.len() - power.len()], power].concat()
}

fn refused(n: &[u8], e: &[u8]) -> bool {
    narrow::RsaPower::new(n, e).is_none() && wide::RsaPower::new(n, e).is_none()
}

fn odd(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[0] |= 1;
    let last = bytes.len() - 1;
    bytes[last] |= 1;
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_power_is_what_num_bigint_computes(
        n in proptest::collection::vec(any::<u8>(), 8..600).prop_map(odd),
        e in prop_oneof![
            Just(vec![1, 0, 1]),
            Just(vec![3]),
            any::<u32>().prop_map(|e| (e | 3).to_be_bytes().into_iter().skip_while(|b| *b == 0).collect()),
        ],
        seed in proptest::collection::vec(any::<u8>(), 600..=600),
    ) {
        let mut s = seed[..n.len()].to_vec();
        s[0] %= n[0];
        let expected = Some(peer(&n, &e, &s));
        prop_assert_eq!(both(&n, &e, &s), [expected.clone(), expected]);
    }
}

#[test]
fn the_edges_of_the_range_are_right_for_moduli_of_ones_and_of_zeros() {
    for length in [256, 257, 384, 512, 1024] {
        let ones = vec![0xff; length];
        let mut zeros = vec![0; length];
        (zeros[0], zeros[length - 1]) = (0x80, 1);
        for n in [ones, zeros] {
            for e in [&[3][..], &[1, 0, 1], &[0xff, 0xff, 0xff, 0xff]] {
                let mut largest = n.clone();
                largest[length - 1] ^= 1;
                let mut one = vec![0; length];
                one[length - 1] = 1;
                for s in [vec![0; length], one, largest] {
                    let expected = Some(peer(&n, e, &s));
                    assert_eq!(both(&n, e, &s), [expected.clone(), expected], "{length} {e:?}");
                }
            }
        }
    }
}

#[test]
fn a_representative_that_is_not_below_the_modulus_or_not_as_long_is_refused() {
    let mut n = vec![0xab; 256];
    n[255] = 0xad;
    assert_eq!(narrow::RsaPower::new(&n, &[3]).unwrap().bits(), 2048);
    assert_eq!(wide::RsaPower::new(&n, &[3]).unwrap().bits(), 2048);
    for s in [n.clone(), vec![0xff; 256], vec![0; 255], vec![0; 257], vec![]] {
        assert_eq!(both(&n, &[1, 0, 1], &s), [None, None]);
    }
}

#[test]
fn what_is_no_rsa_key_is_refused() {
    let odd = [0xff; 256];
    let mut even = odd;
    even[255] = 0xfe;
    assert!(refused(&even, &[1, 0, 1]));
    for e in [&[][..], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        assert!(refused(&odd, e), "{e:?}");
    }
    assert!(refused(&[], &[3]));
    assert!(refused(&[1; 1025], &[3]));
}
