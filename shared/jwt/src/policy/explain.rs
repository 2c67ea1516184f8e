use super::model::{Policy, PolicySet, Statement};

mod conditions;
mod token;

/// Says a policy document in plain words: what passes, and what any other caller gets.
///
/// It shows no key, no literal token, no message and no header value, each of which may be a secret. What the document
/// leaves open is said in lines that begin with `Warning:`.
#[must_use]
pub fn explain(policies: &PolicySet) -> String {
    let mut lines = Vec::new();
    for policy in &policies.policies {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        explain_policy(policy, &mut lines);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn explain_policy(policy: &Policy, lines: &mut Vec<String>) {
    lines.push(format!(
        "Policy {}: a request passes when each of these is satisfied, in this order.",
        policy.name
    ));
    for (index, statement) in policy.statements.iter().enumerate() {
        let (title, sentences) = match statement {
            Statement::ValidateToken(token) => ("The token", token::sentences(token)),
            Statement::ValidateClientCertificate(certificate) => {
                ("The client's certificate", conditions::client_certificate(certificate))
            }
            Statement::IpFilter(filter) => ("The caller's address", conditions::ip_filter(filter)),
            Statement::CheckHeader(header) => ("A header", conditions::check_header(header)),
        };
        lines.push(format!("{}. {title}", index + 1));
        lines.extend(sentences.into_iter().map(|sentence| format!("   {sentence}")));
    }
}

/// `"a"`, or `any of "a", "b"`.
fn any_of(values: &[String]) -> String {
    match values {
        [only] => format!("{only:?}"),
        _ => format!("any of {}", listed(values)),
    }
}

fn listed(values: &[String]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

fn otherwise(failure: &super::model::Failure) -> String {
    let message = match failure.message {
        Some(_) => "the policy's message",
        None => "a message that names the failure",
    };
    format!("Otherwise the caller gets {} with {message}.", failure.status.as_u16())
}
