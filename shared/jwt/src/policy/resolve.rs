use std::borrow::Cow;

use headgate_core::{Variables, expand_secrets};

use super::document::Document;
use super::error::PolicyError;
use super::error::PolicyErrorKind;
use super::node::Node;

/// The attributes that name a variable holding PEM, and those that hold it once it is looked up.
const CERTIFICATES: [(&str, &str); 2] =
    [("certificate-id", "certificate"), ("issuer-certificate-id", "issuer-certificate")];

/// Puts the values of variables in the place of every `{{name}}`, `${secret:NAME}`, `certificate-id` and
/// `issuer-certificate-id` of a document.
///
/// # Errors
///
/// [`PolicyError`] at the reference whose variable is not set or cannot be read; it names the variable.
pub(super) async fn resolve(
    document: &mut Document,
    variables: &impl Variables,
) -> Result<(), PolicyError> {
    for policy in &mut document.policies {
        for statement in &mut policy.statements {
            resolve_node(statement, variables).await?;
        }
    }
    Ok(())
}

async fn resolve_node(node: &mut Node, variables: &impl Variables) -> Result<(), PolicyError> {
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        let place = node.position;
        if let Some(value) = expand(&node.text, variables).await.map_err(|kind| kind.at(place))? {
            // A variable often ends in the line end of the file that it was read from.
            value.trim().clone_into(&mut node.text);
        }
        for attribute in &mut node.attributes {
            let place = attribute.position;
            let value = expand(&attribute.value, variables).await.map_err(|kind| kind.at(place))?;
            if let Some(value) = value {
                attribute.value = value;
            }
            let certificate = CERTIFICATES.iter().find(|(id, _)| *id == attribute.name);
            if let Some((id, holder)) = certificate {
                if !is_reference_name(&attribute.value) {
                    return Err(PolicyErrorKind::ReferenceName { subject: id }.at(place));
                }
                let reference = format!("${{secret:{}}}", attribute.value);
                attribute.value = expand_secrets(&reference, variables)
                    .await
                    .map_err(|error| PolicyErrorKind::Secret(error).at(place))?;
                (*holder).clone_into(&mut attribute.name);
            }
        }
        pending.extend(&mut node.children);
    }
    Ok(())
}

/// Expands a text's references; `None` when it has none.
async fn expand(text: &str, variables: &impl Variables) -> Result<Option<String>, PolicyErrorKind> {
    let references = secret_references(text)?;
    if !references.contains("${secret:") {
        return Ok(None);
    }
    Ok(Some(expand_secrets(&references, variables).await?))
}

/// Writes every `{{name}}` as `${secret:name}`.
fn secret_references(text: &str) -> Result<Cow<'_, str>, PolicyErrorKind> {
    if !text.contains("{{") {
        return Ok(Cow::Borrowed(text));
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from_name)) = rest.split_once("{{") {
        let (name, after) =
            from_name.split_once("}}").ok_or(PolicyErrorKind::NamedValueUnclosed)?;
        let name = name.trim();
        if !is_reference_name(name) {
            return Err(PolicyErrorKind::ReferenceName { subject: "the name of a named value" });
        }
        written.push_str(before);
        written.push_str("${secret:");
        written.push_str(name);
        written.push('}');
        rest = after;
    }
    written.push_str(rest);
    Ok(Cow::Owned(written))
}

fn is_reference_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=256).contains(&name.len()) && name.bytes().all(allowed)
}
