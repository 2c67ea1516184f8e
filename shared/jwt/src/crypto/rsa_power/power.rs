use std::cmp::Ordering;

use super::{Column, LIMB_BITS, Limb};

/// An RSA public key made ready for `s^e mod n`: RSAVP1 (RFC 8017 §5.2.2).
///
/// Everything it works on is public, so it takes whatever time the values need. Never use it with a private key.
///
/// The numbers are little-endian limbs, so much shorter than a word that the products of a whole column, 608 for
/// 8192 bits, fit one sum of two words without a carry: what WASM is fast at. Montgomery's reduction goes column by
/// column with the multiplication. There are two spare bits above the modulus, so that values below `2n` need no
/// subtraction between.
#[derive(Clone, Debug)]
pub(in crate::crypto) struct RsaPower {
    n: Vec<Limb>,
    /// `n`, its highest limb first: a column of a product is then a dot product of two ascending slices.
    reversed: Vec<Limb>,
    /// `-1/n`, modulo 2 to the bits of a limb.
    inverse: Limb,
    /// `R² mod n`, or that plus `n`, where `R` is 2 to the bits of all limbs.
    r_squared: Vec<Limb>,
    e: u32,
    n_bytes: Vec<u8>,
}

const MASK: Limb = (1 << LIMB_BITS) - 1;

impl RsaPower {
    /// Prepares an odd modulus of at most 8192 bits and an odd exponent from 3 on, big-endian without leading zeros.
    pub(in crate::crypto) fn new(n: &[u8], e: &[u8]) -> Option<Self> {
        let bits = bits(n);
        let e = e.iter().try_fold(0_u32, |e, byte| {
            e.checked_mul(1 << 8).map(|shifted| shifted | u32::from(*byte))
        })?;
        let length = (bits + 2).div_ceil(LIMB_BITS);
        let limbs = limbs(n, length);
        let low = *limbs.first()?;
        if bits > 8192 || low & 1 == 0 || e & 1 == 0 || e < 3 {
            return None;
        }
        // Newton's iteration doubles the bits that are right, beginning with three.
        let inverse = (0..5).fold(low, |inverse, _| {
            inverse.wrapping_mul(Limb::wrapping_sub(2, low.wrapping_mul(inverse)))
        });
        let mut power = Self {
            reversed: limbs.iter().rev().copied().collect(),
            n: limbs,
            inverse: inverse.wrapping_neg() & MASK,
            r_squared: Vec::new(),
            e,
            n_bytes: n.to_vec(),
        };
        power.r_squared = power.r_squared(bits);
        Some(power)
    }

    /// The bits of the modulus.
    pub(in crate::crypto) fn bits(&self) -> usize {
        bits(&self.n_bytes)
    }

    /// `s^e mod n`, as long as the modulus; `None` when `s` has another length or is not below the modulus.
    pub(in crate::crypto) fn raise(&self, s: &[u8]) -> Option<Vec<u8>> {
        if s.len() != self.n_bytes.len() || s >= self.n_bytes.as_slice() {
            return None;
        }
        let s = limbs(s, self.n.len());
        let in_montgomery_form = self.multiply(&s, &self.r_squared);
        let mut power = in_montgomery_form.clone();
        for bit in (1..self.e.ilog2()).rev() {
            power = self.square(&power);
            if self.e >> bit & 1 == 1 {
                power = self.multiply(&power, &in_montgomery_form);
            }
        }
        // The exponent is odd. Its last factor is `s` itself, which takes the result out of Montgomery form.
        power = self.multiply(&self.square(&power), &s);
        self.subtract_while_not_below(&mut power);
        Some(bytes(&power, self.n_bytes.len()))
    }

    /// `a · b / R mod n`, below `2n` when both are.
    fn multiply(&self, a: &[Limb], b: &[Limb]) -> Vec<Limb> {
        let b: Vec<Limb> = b.iter().rev().copied().collect();
        self.reduce(|column| {
            let (low, offset) = self.ends(column);
            dot(tail(a, low), tail(&b, offset))
        })
    }

    /// `a² / R mod n`: each product of two different limbs stands twice in its column.
    fn square(&self, a: &[Limb]) -> Vec<Limb> {
        let reversed: Vec<Limb> = a.iter().rev().copied().collect();
        self.reduce(|column| {
            let (low, offset) = self.ends(column);
            let half = a.get(low..column.div_ceil(2)).unwrap_or_default();
            let middle = a.get(column / 2).filter(|_| column % 2 == 0).map_or(0, |limb| *limb);
            2 * dot(half, tail(&reversed, offset)) + Column::from(middle) * Column::from(middle)
        })
    }

    #[inline(always)]
    /// The first limb of one factor in a column, and of the other one reversed.
    fn ends(&self, column: usize) -> (usize, usize) {
        ((column + 1).saturating_sub(self.n.len()), (self.n.len() - 1).saturating_sub(column))
    }

    #[inline(always)]
    /// Montgomery's reduction of the product whose columns are given.
    fn reduce(&self, product: impl Fn(usize) -> Column) -> Vec<Limb> {
        let length = self.n.len();
        let low = Column::from(self.n.first().copied().unwrap_or_default());
        let mut multiples = Vec::with_capacity(length);
        let mut carry = 0;
        for column in 0..length {
            let offset = length - 1 - column;
            let sum = carry + product(column) + dot(&multiples, tail(&self.reversed, offset));
            // The multiple of `n` that makes the column's lowest bits vanish.
            let multiple = (sum as Limb).wrapping_mul(self.inverse) & MASK;
            carry = (sum + Column::from(multiple) * low) >> LIMB_BITS;
            multiples.push(multiple);
        }
        let mut reduced = Vec::with_capacity(length);
        for column in length..2 * length {
            let first = column - length + 1;
            let sum = carry + product(column) + dot(tail(&multiples, first), &self.reversed);
            reduced.push(sum as Limb & MASK);
            carry = sum >> LIMB_BITS;
        }
        reduced
    }

    /// From `2^(bits - 1)`, which is below `n`, by doubling to `R`, then by squaring and doubling to `R · R`.
    fn r_squared(&self, bits: usize) -> Vec<Limb> {
        let exponent = self.n.len() * LIMB_BITS;
        let mut power = vec![0; self.n.len()];
        if let Some(limb) = power.get_mut((bits - 1) / LIMB_BITS) {
            *limb = 1 << ((bits - 1) % LIMB_BITS);
        }
        for _ in bits - 1..exponent {
            self.double(&mut power);
        }
        for bit in (0..=exponent.ilog2()).rev() {
            power = self.square(&power);
            if exponent >> bit & 1 == 1 {
                self.double(&mut power);
            }
        }
        power
    }

    fn double(&self, number: &mut [Limb]) {
        let mut carry = 0;
        for limb in number.iter_mut() {
            let doubled = *limb << 1 | carry;
            (*limb, carry) = (doubled & MASK, doubled >> LIMB_BITS);
        }
        self.subtract_while_not_below(number);
    }

    fn subtract_while_not_below(&self, number: &mut [Limb]) {
        while number.iter().rev().cmp(&self.reversed) != Ordering::Less {
            let mut borrow = 0;
            for (limb, subtrahend) in number.iter_mut().zip(&self.n) {
                let difference = limb.wrapping_sub(subtrahend + borrow);
                (*limb, borrow) = (difference & MASK, difference >> (Limb::BITS - 1));
            }
        }
    }
}

/// Four products at a time: a component is built for size, and this loop is where an RSA verification spends itself.
#[inline(always)]
fn dot(a: &[Limb], b: &[Limb]) -> Column {
    let length = a.len().min(b.len());
    let (a, b) = (a.get(..length).unwrap_or_default(), b.get(..length).unwrap_or_default());
    let (a_fours, a_rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let product = |a: Limb, b: Limb| Column::from(a) * Column::from(b);
    let mut sum = 0;
    for ([a0, a1, a2, a3], [b0, b1, b2, b3]) in a_fours.iter().zip(b_fours) {
        sum += product(*a0, *b0) + product(*a1, *b1) + product(*a2, *b2) + product(*a3, *b3);
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum += product(*a, *b);
    }
    sum
}

#[inline(always)]
fn tail(limbs: &[Limb], from: usize) -> &[Limb] {
    limbs.get(from..).unwrap_or_default()
}

/// The bits of a big-endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |high| number.len() * 8 - high.leading_zeros() as usize)
}

/// The limbs of a big-endian number.
fn limbs(bytes: &[u8], length: usize) -> Vec<Limb> {
    let mut bytes = bytes.iter().rev();
    let (mut buffer, mut held) = (0 as Column, 0);
    let mut next = || {
        while held < LIMB_BITS {
            buffer |= Column::from(bytes.next().copied().unwrap_or_default()) << held;
            held += 8;
        }
        let limb = buffer as Limb & MASK;
        (buffer, held) = (buffer >> LIMB_BITS, held - LIMB_BITS);
        limb
    };
    (0..length).map(|_| next()).collect()
}

/// The lowest `length` bytes of a number, big-endian.
fn bytes(limbs: &[Limb], length: usize) -> Vec<u8> {
    let mut limbs = limbs.iter();
    let (mut buffer, mut held) = (0 as Column, 0);
    let mut bytes: Vec<u8> = (0..length)
        .map(|_| {
            if held < 8 {
                buffer |= Column::from(limbs.next().copied().unwrap_or_default()) << held;
                held += LIMB_BITS;
            }
            let byte = buffer as u8;
            (buffer, held) = (buffer >> 8, held - 8);
            byte
        })
        .collect();
    bytes.reverse();
    bytes
}
