use super::presented::CertificateError;

/// What an `x-forwarded-client-cert` header says of the client's certificate, still percent-encoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Forwarded {
    /// `Cert`.
    pub(super) certificate: Option<String>,
    /// `Chain`: the whole chain, the client's own certificate first.
    pub(super) chain: Option<String>,
}

/// The keys of Envoy's header; they have no case.
const KEYS: &[&str] = &["by", "hash", "cert", "chain", "subject", "uri", "dns"];

/// Whether a header's value begins as Envoy's header does, which neither PEM nor base64 can.
pub(super) fn is_forwarded(value: &str) -> bool {
    value.split_once('=').is_some_and(|(key, _)| is_key(key))
}

fn is_key(key: &str) -> bool {
    KEYS.iter().any(|known| key.trim().eq_ignore_ascii_case(known))
}

/// Reads the single element of the header.
pub(super) fn read(value: &str) -> Result<Forwarded, CertificateError> {
    let mut forwarded = Forwarded::default();
    let mut rest = value;
    loop {
        let (key, after) = rest.split_once('=').ok_or(CertificateError::NoCertificate)?;
        let (content, after) = take_value(after)?;
        let place = if key.trim().eq_ignore_ascii_case("cert") {
            Some(&mut forwarded.certificate)
        } else if key.trim().eq_ignore_ascii_case("chain") {
            Some(&mut forwarded.chain)
        } else {
            None
        };
        if place.is_some_and(|place| place.replace(content).is_some()) {
            return Err(CertificateError::SeveralElements);
        }
        let after = after.trim_start();
        if after.is_empty() {
            break;
        }
        rest = match after.strip_prefix(';') {
            Some(rest) => rest,
            None if after.starts_with(',') => return Err(CertificateError::SeveralElements),
            None => return Err(CertificateError::NoCertificate),
        };
        if rest.trim().is_empty() {
            break;
        }
    }
    match forwarded {
        Forwarded { certificate: None, chain: None } => Err(CertificateError::NoCertificate),
        forwarded => Ok(forwarded),
    }
}

/// Takes a value, plain or in double quotes with `\"` for a quote inside, and gives what follows it.
fn take_value(text: &str) -> Result<(String, &str), CertificateError> {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end).unwrap_or((text, ""));
        return Ok((value.trim().to_owned(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next() {
            Some('"') => return Ok((value, characters.as_str())),
            Some('\\') => value.extend(characters.next()),
            Some(character) => value.push(character),
            None => return Err(CertificateError::NoCertificate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(
        certificate: Option<&str>,
        chain: Option<&str>,
    ) -> Result<Forwarded, CertificateError> {
        Ok(Forwarded { certificate: certificate.map(Into::into), chain: chain.map(Into::into) })
    }

    #[test]
    fn certificate_and_chain_are_found_among_the_other_keys() {
        assert_eq!(
            read(
                r#"By=spiffe://a/b;Hash=46;Cert="-A%2B";Subject="O=\"X, Y; Z\",CN=q";URI=;Chain="-B""#
            ),
            forwarded(Some("-A%2B"), Some("-B"))
        );
        assert_eq!(read("cert=A;"), forwarded(Some("A"), None));
        assert_eq!(read("Chain=A"), forwarded(None, Some("A")));
    }

    #[test]
    fn elements_of_several_proxies_are_refused() {
        for value in ["Cert=A,Cert=B", "Cert=A;Hash=1,By=x", "Hash=1,Cert=B", "Cert=A;Cert=B"] {
            assert_eq!(read(value), Err(CertificateError::SeveralElements), "{value}");
        }
    }

    #[test]
    fn a_header_without_a_certificate_is_refused() {
        for value in ["Hash=1;Subject=\"CN=a\"", "Cert=\"A", "Hash=1;x", "Cert=\"A\"x"] {
            assert_eq!(read(value), Err(CertificateError::NoCertificate), "{value}");
        }
    }

    #[test]
    fn pem_and_base64_are_not_taken_for_it() {
        for value in ["-----BEGIN CERTIFICATE-----", "Certs=", "AQID", "AQI=", ":AQI=:", ""] {
            assert!(!is_forwarded(value), "{value}");
        }
    }
}
