use std::fmt;

use crate::policy::{PolicyError, PolicyErrorKind, Position, Suggestion, write_refusal};

/// Why a products document cannot be honoured, and where.
///
/// It prints as `variable products: line 4, column 9: …`, cut as a [`PolicyError`] is, and shows no hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductsError {
    /// Where the document comes from.
    pub origin: String,
    /// Where the document goes wrong.
    pub position: Position,
    /// What is wrong there.
    pub kind: ProductsErrorKind,
}

impl fmt::Display for ProductsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.origin)?;
        write_refusal(formatter, self.position, &self.kind)
    }
}

impl std::error::Error for ProductsError {}

/// What is wrong with a products document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text is its documentation; the fields are names")]
pub enum ProductsErrorKind {
    /// What a policy document may not have either: a broken text, an unknown key, a value of another kind.
    #[error(transparent)]
    Document(PolicyErrorKind),
    #[error("a key's hash is 64 hexadecimal digits: SHA-256 of the key")]
    NotHash,
    #[error("subscription {subscription} has neither primary-key-sha256 nor secondary-key-sha256")]
    KeyMissing { subscription: String },
    #[error(
        "subscription {subscription} is to the product {product}, which does not exist{}",
        Suggestion(suggestion.as_deref())
    )]
    ProductMissing { subscription: String, product: String, suggestion: Option<String> },
}

impl ProductsErrorKind {
    /// Says where it is wrong.
    pub(super) const fn at(self, position: Position) -> Refusal {
        Refusal { position, kind: self }
    }
}

/// An error of a document whose origin is not told yet.
pub(super) struct Refusal {
    position: Position,
    kind: ProductsErrorKind,
}

impl Refusal {
    pub(super) fn of(self, origin: &str) -> ProductsError {
        ProductsError { origin: origin.to_owned(), position: self.position, kind: self.kind }
    }
}

impl From<PolicyError> for Refusal {
    fn from(PolicyError { position, kind }: PolicyError) -> Self {
        ProductsErrorKind::Document(kind).at(position)
    }
}
