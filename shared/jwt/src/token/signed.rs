use std::fmt;

use super::{Claims, Header, Part, TokenError};

/// A well-formed signed token. Its claims mean nothing until a key has verified `signature` over `signing_input`.
pub struct SignedToken<'a> {
    /// The header.
    pub header: Header,
    /// The claims.
    pub claims: Claims,
    /// What is signed: the first two parts as they came (RFC 7515 §5.2).
    pub signing_input: &'a [u8],
    /// The signature.
    pub signature: Vec<u8>,
}

pub(super) fn read<'a>(
    token: &'a str,
    header: &str,
    claims: &str,
    signature: &str,
) -> Result<SignedToken<'a>, TokenError> {
    // The header goes first: an unsigned token is called that, rather than one with an empty signature.
    let header = Header::parse(header)?;
    let claims = Claims::parse(&Part::Claims.decode(claims)?)?;
    let signed_length = token.len() - signature.len() - ".".len();
    Ok(SignedToken {
        header,
        claims,
        signing_input: token.as_bytes().get(..signed_length).unwrap_or_default(),
        signature: Part::Signature.decode(signature)?,
    })
}

/// Shows the header's algorithm and how many claims there are.
impl fmt::Debug for SignedToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignedToken")
            .field("header", &self.header)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}
