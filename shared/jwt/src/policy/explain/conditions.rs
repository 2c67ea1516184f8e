use super::otherwise;
use crate::policy::model::{
    CheckHeader, Identity, IpFilter, IpFilterAction, ValidateClientCertificate,
};

pub(super) fn ip_filter(filter: &IpFilter) -> Vec<String> {
    let ranges: Vec<String> = filter
        .ranges
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from} to {to}") })
        .collect();
    let rule = match filter.action {
        IpFilterAction::Allow => "is one of these",
        IpFilterAction::Forbid => "is none of these",
    };
    vec![
        format!("The address {rule}: {}.", ranges.join(", ")),
        "Otherwise, and when the address is not known, the caller gets 403.".to_owned(),
    ]
}

pub(super) fn check_header(header: &CheckHeader) -> Vec<String> {
    let rule = match (header.values.len(), header.ignore_case) {
        (0, _) => "is present".to_owned(),
        (1, true) => "has the listed value, without regard to case".to_owned(),
        (1, false) => "has the listed value".to_owned(),
        (count, true) => format!("has one of {count} listed values, without regard to case"),
        (count, false) => format!("has one of {count} listed values"),
    };
    let mut sentences = vec![format!("The header {} {rule}.", header.name)];
    sentences.push(otherwise(&header.failure));
    if header.values.is_empty() {
        sentences.push("Warning: any value of the header passes.".to_owned());
    }
    sentences
}

pub(super) fn client_certificate(certificate: &ValidateClientCertificate) -> Vec<String> {
    let mut sentences = Vec::new();
    for (judged, rule) in [
        (certificate.validate_trust, "It is issued by an authority that is trusted."),
        (certificate.validate_not_before, "Its validity has begun."),
        (certificate.validate_not_after, "Its validity has not ended."),
        (certificate.validate_revocation, "It is not revoked."),
    ] {
        if judged {
            sentences.push(rule.to_owned());
        }
    }
    match certificate.identities.len() {
        0 => {}
        1 => sentences.push("It matches this identity:".to_owned()),
        _ => sentences.push("It matches one of these identities:".to_owned()),
    }
    sentences
        .extend(certificate.identities.iter().map(|identity| format!("- {}", members(identity))));
    if certificate.ignore_error {
        sentences.push(
            "Warning: ignore-error is true, so a certificate that fails passes all the same."
                .to_owned(),
        );
    } else {
        sentences.push("Otherwise the caller is refused.".to_owned());
    }
    if !certificate.validate_trust {
        sentences.push(
            "Warning: validate-trust is false, so anybody can issue a certificate that passes."
                .to_owned(),
        );
    }
    if certificate.identities.is_empty() {
        sentences.push(
            "Warning: there are no identities, so any certificate that is valid passes.".to_owned(),
        );
    }
    sentences
}

fn members(identity: &Identity) -> String {
    let named = [
        ("thumbprint", &identity.thumbprint),
        ("serial number", &identity.serial_number),
        ("common name", &identity.common_name),
        ("subject", &identity.subject),
        ("DNS name", &identity.dns_name),
        ("issuer's subject", &identity.issuer_subject),
        ("issuer's thumbprint", &identity.issuer_thumbprint),
    ];
    let mut members: Vec<String> = named
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value:?}")))
        .collect();
    if identity.issuer_certificate.is_some() {
        members.push("issued by the given certificate".to_owned());
    }
    members.join(", ")
}
