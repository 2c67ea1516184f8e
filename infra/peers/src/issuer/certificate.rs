use headgate_core::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};

/// How many years a certificate lasts: as long as Entra's do.
const YEARS: i32 = 5;

/// Makes the self-signed certificate, in DER, that a key is published with (`x5c`).
///
/// It is valid from the first day of this year. `pkcs8` is the private key.
pub(super) fn self_signed(pkcs8: &[u8], now: Timestamp) -> Result<Vec<u8>, rcgen::Error> {
    let key = KeyPair::try_from(pkcs8)?;
    let year = year_of(now);
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "Headgate development issuer");
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(year, 1, 1);
    params.not_after = date_time_ymd(year + YEARS, 1, 1);
    params.distinguished_name = name;
    Ok(params.self_signed(&key)?.der().to_vec())
}

fn year_of(now: Timestamp) -> i32 {
    // The text begins with the year. A clock far beyond X.509's range gives the last year that leaves room.
    now.to_string().split('-').next().and_then(|year| year.parse().ok()).unwrap_or(9_990).min(9_990)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_that_of_the_clock_and_stays_within_x509() {
        assert_eq!(year_of(Timestamp::from_secs(1_763_700_000)), 2025);
        assert_eq!(year_of(Timestamp::from_secs(u64::MAX)), 9_990);
    }
}
