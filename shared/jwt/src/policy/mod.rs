//! Policy documents: what they say, and how they are read.
//!
//! A document comes in TOML or as the XML that API Management stores. Either becomes the same tree of [`Node`]s
//! ([`parse`]), references to variables are put in, and one reader turns the tree into the typed model ([`load`]).

mod der;
mod document;
mod error;
mod explain;
mod model;
mod node;
mod pem;
mod positions;
mod reader;
mod resolve;
mod shape;
mod suggestion;
mod toml;
mod toml_reader;
mod xml;
mod xml_failure;

#[cfg(test)]
mod tests;

use headgate_core::Variables;

pub use document::{Document, NamedPolicy, parse};
pub use error::{PolicyError, PolicyErrorKind, Suggestion};
pub use explain::explain;
pub use model::{
    CheckHeader, DecryptionKey, DecryptionKeyMaterial, Failure, Identity, IpFilter, IpFilterAction,
    Matching, OpenIdConfig, Policy, PolicySet, RequiredClaim, SigningKey, SigningKeyMaterial,
    Statement, TokenSource, TokenVersion, ValidateClientCertificate, ValidateToken,
};
pub use node::{Attribute, Node, Position};

pub(crate) use error::write_refusal;
pub(crate) use reader::attributes;
pub(crate) use shape::{Child, Shape, leaf};
pub(crate) use suggestion::nearest;
pub(crate) use toml_reader::{TomlReader, table_of};

/// Reads a policy document, with the variables that it refers to.
///
/// # Errors
///
/// [`PolicyError`] with the line and column of whatever cannot be honoured: nothing in a document is passed over.
pub async fn load(text: &str, variables: &impl Variables) -> Result<PolicySet, PolicyError> {
    let mut document = parse(text)?;
    resolve::resolve(&mut document, variables).await?;
    reader::read(&document)
}
