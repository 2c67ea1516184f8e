/// After so many bytes the register has turned to where it began: 11 and 160 have no common divisor.
const TURN: usize = 160;

/// Microsoft's QuickXorHash (Microsoft Learn, "QuickXorHash algorithm"): each byte is added, without carry, to a register of 160
/// bits that turns by 11 bits from one byte to the next; at the end the length is added to its last 8 bytes.
///
/// Bytes that are a whole turn apart meet the same bits, so they are added to each other first, in rows of 160, and only the sum
/// is turned into the register.
#[derive(Clone)]
pub(super) struct QuickXor {
    sums: [u8; TURN],
    /// What a saved state began with.
    begun: Register,
    length: u64,
}

/// 160 bits, the low ones first.
#[derive(Clone, Copy, Default)]
struct Register {
    low: u128,
    high: u32,
}

impl Register {
    const fn turned(self) -> Self {
        Self {
            low: self.low << 11 | (self.high >> 21) as u128,
            high: self.high << 11 | (self.low >> 117) as u32,
        }
    }

    const fn plus(self, low: u128, high: u32) -> Self {
        Self { low: self.low ^ low, high: self.high ^ high }
    }

    fn bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let all = self.low.to_le_bytes().into_iter().chain(self.high.to_le_bytes());
        bytes.iter_mut().zip(all).for_each(|(byte, value)| *byte = value);
        bytes
    }
}

impl QuickXor {
    pub(super) const fn new() -> Self {
        Self { sums: [0; TURN], begun: Register { low: 0, high: 0 }, length: 0 }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        let at = usize::try_from(self.length % TURN as u64).unwrap_or_default();
        self.length = self.length.wrapping_add(bytes.len() as u64);
        let first = if at == 0 { 0 } else { bytes.len().min(TURN - at) };
        let (first, rest) = bytes.split_at(first);
        add(self.sums.iter_mut().skip(at), first);
        let (rows, last) = rest.as_chunks::<TURN>();
        for row in rows {
            add(self.sums.iter_mut(), row);
        }
        add(self.sums.iter_mut(), last);
    }

    /// The register's bytes; with the length it is the whole state.
    pub(super) fn state(&self) -> [u8; 20] {
        self.register().bytes()
    }

    /// Goes on from a [`state`](Self::state) after `length` bytes; `None` if it is none.
    pub(super) fn resume(state: &[u8], length: u64) -> Option<Self> {
        let (low, high) = state.split_first_chunk()?;
        let high = u32::from_le_bytes(high.try_into().ok()?);
        let begun = Register { low: u128::from_le_bytes(*low), high };
        Some(Self { begun, length, ..Self::new() })
    }

    pub(super) fn finish(&self) -> [u8; 20] {
        let length = u128::from(self.length);
        self.register().plus(length << 96, (self.length >> 32) as u32).bytes()
    }

    fn register(&self) -> Register {
        let turned =
            self.sums.iter().rev().fold(Register::default(), |register, sum| {
                register.turned().plus((*sum).into(), 0)
            });
        turned.plus(self.begun.low, self.begun.high)
    }
}

fn add<'a>(sums: impl Iterator<Item = &'a mut u8>, bytes: &[u8]) {
    sums.zip(bytes).for_each(|(sum, byte)| *sum ^= byte);
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// Content and hash, from the vectors of rclone's `backend/onedrive/quickxorhash/quickxorhash_test.go`.
    const VECTORS: [(&str, &str); 14] = [
        ("", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("Sg==", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
        ("tbQ=", "taAFAAAAAAAAAAAAAgAAAAAAAAA="),
        ("eAV52qE=", "eChAHrQRCgAAAAAABQAAAAAAAAA="),
        ("n6Neh7p6fFgm", "nxiFFw6hCz3wAQsmCQAAAAAAAAA="),
        ("gQaybEqS/4UlDc8e4IJm", "gDCALNigBEn8oxAlZ8AzPAAOQZg="),
        ("2fuxhBJXtpWFe8dOfdGeHw==", "O9tHLAghgSvYohKFyMMxnNCHaHg="),
        ("T6LYJIfDh81JrAK309H2JMJTXis=", "zBTHrspn3mEcohlJdIUAbjGNaNg="),
        ("PwXNnutoLLmxD8TTog52k8cQkukmT87TTnDipKLHQw==", "PTaGs7yV3FUyBy/SfU6xJRlCJlI="),
        ("NbYXsp5/K6mR+NmHwExjvWeWDJFnXTKWVlzYHoesp2E=", "wjuAuWDiq04qDt1R8hHWDDcwVoQ="),
        (
            "Mb7EGva2rEE5fENDL85P+BsapHEEjv2/siVhKjvAQe02feExVOQSkfmuYzU/kTF1MaKjPmKF/w+cbvwfdWL8aQ==",
            "n1anP5NfvD4XDYWIeRPW3ZkPv1Y=",
        ),
        (
            "jyibxJSzO6ZiZ0O1qe3tG/bvIAYssvukh9suIT5wEy1JBINVgPiqdsTW0cOpP0aUfP7mgqLfADkzI/m/GgCuVhr8oFLrOCoTx1/psBOW\
             whltCbhUx51Icm9aH8tY4Z3ccU+6BKpYQkLCy0B/A9Zc",
            "hZfLIilSITC6N3e3tQ/iSgEzkto=",
        ),
        (
            "qwGf2ESubE5jOUHHyc94ORczFYYbc2OmEzo+hBIyzJiNwAzC8PvJqtTzwkWkSslgHFGWQZR2BV5+uYTrYT7HVwRM40vqfj0dBgeDENyT\
             enIOL1LHkjtDKoXEnQ0mXAHoJ8PjbNC93zi5TovVRXTNzfGEs5dpWVqxUzb5lc7dwkyvOluBw482mQ4xrzYyIY1t+//OrNi1ObGXuUw2\
             jBQOFfJVj2Y6BOyYmfB1y36eBxi3zxeG5d5NYjm2GSh6e08QMAwu3zrINcqIzLOuNIiGXBtl7DjKt7b5wqi4oFiRpZsCyx2smhSrdrtK\
             /CkdU6nDN+34vSR/M8rZpWQdBE7a8g==",
            "WYT9JY3JIo/pEBp+tIM6Gt2nyTM=",
        ),
        (
            "w0LGhqU1WXFbdavqDE4kAjEzWLGGzmTNikzqnsiXHx2KRReKVTxkv27u3UcEz9+lbMvYl4xFf2Z4aE1xRBBNd1Ke5C0zToSaYw5o4B/7\
             X99nKK2/XaUX1byLow2aju2XJl2OpKpJg+tSJ2fmjIJTkfuYUz574dFX6/VXxSxwGH/xQEAKS5TCsBK3CwnuG1p5SAsQq3gGVozDWyjE\
             BcWDMdy8/AIFrj/y03Lfc/RNRCQTAfZbnf2QwV7sluw4fH3XJr07UoD0YqN+7XZzidtrwqMY26fpLZnyZjnBEt1FAZWO7RnKG5asg8xR\
             k9YaDdedXdQSJAOy6bWEWlABj+tVAigBxavaluUH8LOj+yfCFldJjNLdi90fVHkUD/m4Mr5OtmupNMXPwuG3EQlqWUVpQoYpUYKLsk7a\
             5Mvg6UFkiH596y5IbJEVCI1Kb3D1",
            "e3+wo77iKcILiZegnzyUNcjCdoQ=",
        ),
    ];

    #[test]
    fn the_published_vectors_hold_however_the_content_is_cut() {
        for (content, hash) in VECTORS {
            let content = STANDARD.decode(content).unwrap();
            for piece in [1, 7, 64, 159, 160, 161, 512] {
                let mut hasher = QuickXor::new();
                content.chunks(piece).for_each(|piece| hasher.update(piece));
                assert_eq!(STANDARD.encode(hasher.finish()), hash, "{} by {piece}", content.len());
            }
        }
    }
}
