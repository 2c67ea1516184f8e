//! Turns a document's elements into the typed model: each rule of a statement is judged here, once for both syntaxes.

pub(crate) mod attributes;
mod check_header;
mod client_certificate;
mod ip_filter;
mod keys;
mod required_claims;
mod token_source;
mod url;
mod validate_azure_ad_token;
mod validate_jwt;

use super::document::Document;
use super::error::{PolicyError, PolicyErrorKind};
use super::model::{Policy, PolicySet, Statement};
use super::node::Node;
use super::shape;

/// Reads a document whose references are resolved.
///
/// # Errors
///
/// [`PolicyError`] at the first value that no statement takes.
pub(super) fn read(document: &Document) -> Result<PolicySet, PolicyError> {
    let policies = document
        .policies
        .iter()
        .map(|policy| {
            let statements = policy.statements.iter().map(statement).collect::<Result<_, _>>()?;
            Ok(Policy { name: policy.name.clone(), statements })
        })
        .collect::<Result<_, _>>()?;
    Ok(PolicySet { policies })
}

fn statement(node: &Node) -> Result<Statement, PolicyError> {
    Ok(match node.name.as_str() {
        "validate-jwt" => Statement::ValidateToken(Box::new(validate_jwt::read(node)?)),
        "validate-azure-ad-token" => {
            Statement::ValidateToken(Box::new(validate_azure_ad_token::read(node)?))
        }
        "validate-client-certificate" => {
            Statement::ValidateClientCertificate(client_certificate::read(node)?)
        }
        "ip-filter" => Statement::IpFilter(ip_filter::read(node)?),
        "check-header" => Statement::CheckHeader(check_header::read(node)?),
        _ => {
            return Err(PolicyErrorKind::UnknownStatement {
                name: node.name.clone(),
                suggestion: shape::suggest_statement(&node.name),
            }
            .at(node.position));
        }
    })
}
