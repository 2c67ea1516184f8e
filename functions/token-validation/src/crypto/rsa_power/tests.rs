use proptest::prelude::*;
use x509_parser::num_bigint::BigUint;

use super::*;

/// The same power by num-bigint.
fn peer(n: &[u8], e: &[u8], s: &[u8]) -> Vec<u8> {
    let number = BigUint::from_bytes_be;
    let power = number(s).modpow(&number(e), &number(n)).to_bytes_be();
    [vec![0; n.len() - power.len()], power].concat()
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
        let power = RsaPower::new(&n, &e).unwrap();
        prop_assert_eq!(power.raise(&s).unwrap(), peer(&n, &e, &s));
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
                let power = RsaPower::new(&n, e).unwrap();
                let mut largest = n.clone();
                largest[length - 1] ^= 1;
                let mut one = vec![0; length];
                one[length - 1] = 1;
                for s in [vec![0; length], one, largest] {
                    assert_eq!(power.raise(&s).unwrap(), peer(&n, e, &s), "{length} {e:?}");
                }
            }
        }
    }
}

#[test]
fn a_representative_that_is_not_below_the_modulus_or_not_as_long_is_refused() {
    let mut n = vec![0xab; 256];
    n[255] = 0xad;
    let power = RsaPower::new(&n, &[1, 0, 1]).unwrap();
    assert_eq!(power.length(), 256);
    assert!(power.raise(&n).is_none());
    assert!(power.raise(&[0xff; 256]).is_none());
    assert!(power.raise(&[0; 255]).is_none());
    assert!(power.raise(&[0; 257]).is_none());
}

#[test]
fn what_is_no_rsa_key_is_refused() {
    let odd = [0xff; 256];
    let mut even = odd;
    even[255] = 0xfe;
    assert!(RsaPower::new(&even, &[1, 0, 1]).is_none());
    for e in [&[][..], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        assert!(RsaPower::new(&odd, e).is_none(), "{e:?}");
    }
    assert!(RsaPower::new(&[], &[3]).is_none());
    assert!(RsaPower::new(&[1; 1025], &[3]).is_none());
}
