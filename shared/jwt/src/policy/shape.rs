//! Which attributes and elements each statement has: the one table that both syntaxes and the reader follow.

use super::error::{PolicyError, PolicyErrorKind};
use super::node::Node;
use super::suggestion::nearest;

/// What an element may hold.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) attributes: &'static [&'static str],
    pub(crate) text: bool,
    pub(crate) children: &'static [Child],
    /// Whether the elements inside must come in the order of `children`.
    pub(crate) ordered: bool,
}

/// An element inside another.
pub(crate) struct Child {
    /// The key that stands for it in TOML.
    pub(crate) key: &'static str,
    /// Whether it may stand once; otherwise any number of times.
    pub(crate) once: bool,
    pub(crate) shape: &'static Shape,
}

impl Shape {
    /// Whether the element does nothing but hold items of one kind; such a list may not be empty.
    pub(super) fn item(&self) -> Option<&'static Shape> {
        match self.children {
            [Child { once: false, shape, .. }] if self.attributes.is_empty() && !self.text => {
                Some(shape)
            }
            _ => None,
        }
    }

    /// The refusal of an attribute that the shape does not have, with the attribute or element that may be meant.
    pub(crate) fn unknown(&self, attribute: &str) -> PolicyErrorKind {
        let keys = self.children.iter().map(|child| child.key);
        PolicyErrorKind::UnknownAttribute {
            name: attribute.to_owned(),
            element: self.name,
            suggestion: nearest(attribute, &mut self.attributes.iter().copied().chain(keys)),
        }
    }

    /// Refuses whatever the shape does not know, at its place.
    pub(super) fn check(&self, node: &Node) -> Result<(), PolicyError> {
        for attribute in &node.attributes {
            if !self.attributes.contains(&attribute.name.as_str()) {
                return Err(self.unknown(&attribute.name).at(attribute.position));
            }
        }
        if !self.text && !node.text.is_empty() {
            return Err(
                PolicyErrorKind::UnexpectedText { element: node.name.clone() }.at(node.position)
            );
        }
        self.check_children(node)?;
        match self.item() {
            Some(item) if node.children.is_empty() => {
                Err(PolicyErrorKind::EmptyList { list: self.name, item: item.name }
                    .at(node.position))
            }
            _ => Ok(()),
        }
    }

    fn check_children(&self, node: &Node) -> Result<(), PolicyError> {
        let mut previous: Option<(usize, &'static str)> = None;
        let mut seen = vec![false; self.children.len()];
        for element in &node.children {
            let found = self.children.iter().zip(&mut seen).enumerate();
            let Some((index, (child, seen))) =
                found.into_iter().find(|(_, (child, _))| child.shape.name == element.name)
            else {
                return Err(PolicyErrorKind::UnknownElement {
                    name: element.name.clone(),
                    parent: self.name,
                    suggestion: nearest(
                        &element.name,
                        &mut self.children.iter().map(|child| child.shape.name),
                    ),
                }
                .at(element.position));
            };
            if child.once && *seen {
                return Err(PolicyErrorKind::Repeated {
                    element: child.shape.name,
                    parent: self.name,
                }
                .at(element.position));
            }
            *seen = true;
            match previous {
                Some((earlier, after)) if self.ordered && earlier > index => {
                    return Err(PolicyErrorKind::Misplaced {
                        element: child.shape.name,
                        after,
                        parent: self.name,
                    }
                    .at(element.position));
                }
                _ => previous = Some((index, child.shape.name)),
            }
            child.shape.check(element)?;
        }
        Ok(())
    }
}

/// The shape of the statement of this name.
pub(super) fn statement(name: &str) -> Option<&'static Shape> {
    STATEMENTS.into_iter().find(|shape| shape.name == name)
}

/// The statement that the author may have meant by `written`.
pub(super) fn suggest_statement(written: &str) -> Option<&'static str> {
    nearest(written, &mut STATEMENTS.into_iter().map(|shape| shape.name))
}

static STATEMENTS: [&Shape; 5] = [
    &VALIDATE_JWT,
    &VALIDATE_AZURE_AD_TOKEN,
    &VALIDATE_CLIENT_CERTIFICATE,
    &IP_FILTER,
    &CHECK_HEADER,
];

/// `validate-jwt` (contracts §4.1), which asks for its elements in this order.
static VALIDATE_JWT: Shape = Shape {
    name: "validate-jwt",
    attributes: &[
        "header-name",
        "query-parameter-name",
        "token-value",
        "failed-validation-httpcode",
        "failed-validation-error-message",
        "require-expiration-time",
        "require-scheme",
        "require-signed-tokens",
        "clock-skew",
        "output-token-variable-name",
        "id",
    ],
    text: false,
    children: &[
        Child { key: "openid-config", once: false, shape: &OPENID_CONFIG },
        Child { key: "issuer-signing-keys", once: true, shape: &ISSUER_SIGNING_KEYS },
        Child { key: "decryption-keys", once: true, shape: &DECRYPTION_KEYS },
        Child { key: "audiences", once: true, shape: &AUDIENCES },
        Child { key: "issuers", once: true, shape: &ISSUERS },
        Child { key: "required-claims", once: true, shape: &REQUIRED_CLAIMS },
    ],
    ordered: true,
};

/// `validate-azure-ad-token` (contracts §4.2).
static VALIDATE_AZURE_AD_TOKEN: Shape = Shape {
    name: "validate-azure-ad-token",
    attributes: &[
        "tenant-id",
        "header-name",
        "query-parameter-name",
        "token-value",
        "authentication-endpoint",
        "failed-validation-httpcode",
        "failed-validation-error-message",
        "output-token-variable-name",
        "id",
    ],
    text: false,
    children: &[
        Child { key: "client-application-ids", once: true, shape: &CLIENT_APPLICATION_IDS },
        Child { key: "backend-application-ids", once: true, shape: &BACKEND_APPLICATION_IDS },
        Child { key: "audiences", once: true, shape: &AUDIENCES },
        Child { key: "required-claims", once: true, shape: &REQUIRED_CLAIMS },
        Child { key: "decryption-keys", once: true, shape: &DECRYPTION_KEYS },
    ],
    ordered: false,
};

/// `validate-client-certificate` (contracts §4.3).
static VALIDATE_CLIENT_CERTIFICATE: Shape = Shape {
    name: "validate-client-certificate",
    attributes: &[
        "validate-revocation",
        "validate-trust",
        "validate-not-before",
        "validate-not-after",
        "ignore-error",
        "id",
    ],
    text: false,
    children: &[Child { key: "identities", once: true, shape: &IDENTITIES }],
    ordered: false,
};

/// `ip-filter` (contracts §4.4).
static IP_FILTER: Shape = Shape {
    name: "ip-filter",
    attributes: &["action", "id"],
    text: false,
    children: &[
        Child { key: "address", once: false, shape: &ADDRESS },
        Child { key: "address-range", once: false, shape: &ADDRESS_RANGE },
    ],
    ordered: false,
};

/// `check-header` (contracts §4.5).
static CHECK_HEADER: Shape = Shape {
    name: "check-header",
    attributes: &[
        "name",
        "failed-check-httpcode",
        "failed-check-error-message",
        "ignore-case",
        "id",
    ],
    text: false,
    children: &[Child { key: "values", once: false, shape: &VALUE }],
    ordered: false,
};

static OPENID_CONFIG: Shape = leaf("openid-config", &["url"], false);
static AUDIENCE: Shape = leaf("audience", &[], true);
static AUDIENCES: Shape =
    list("audiences", &[Child { key: "audience", once: false, shape: &AUDIENCE }]);
static ISSUER: Shape = leaf("issuer", &[], true);
static ISSUERS: Shape = list("issuers", &[Child { key: "issuer", once: false, shape: &ISSUER }]);
static APPLICATION_ID: Shape = leaf("application-id", &[], true);
static CLIENT_APPLICATION_IDS: Shape = list(
    "client-application-ids",
    &[Child { key: "application-id", once: false, shape: &APPLICATION_ID }],
);
static BACKEND_APPLICATION_IDS: Shape = list(
    "backend-application-ids",
    &[Child { key: "application-id", once: false, shape: &APPLICATION_ID }],
);
/// `certificate` holds PEM in the place of `certificate-id`, which names a variable that does.
static KEY: Shape = leaf("key", &["id", "certificate-id", "certificate", "n", "e"], true);
static ISSUER_SIGNING_KEYS: Shape =
    list("issuer-signing-keys", &[Child { key: "key", once: false, shape: &KEY }]);
static DECRYPTION_KEYS: Shape =
    list("decryption-keys", &[Child { key: "key", once: false, shape: &KEY }]);
static VALUE: Shape = leaf("value", &[], true);
static CLAIM: Shape = Shape {
    name: "claim",
    attributes: &["name", "match", "separator"],
    text: false,
    children: &[Child { key: "values", once: false, shape: &VALUE }],
    ordered: false,
};
static REQUIRED_CLAIMS: Shape =
    list("required-claims", &[Child { key: "claim", once: false, shape: &CLAIM }]);
/// `issuer-certificate` holds PEM in the place of `issuer-certificate-id`, which names a variable that does.
static IDENTITY: Shape = leaf(
    "identity",
    &[
        "thumbprint",
        "serial-number",
        "common-name",
        "subject",
        "dns-name",
        "issuer-subject",
        "issuer-thumbprint",
        "issuer-certificate-id",
        "issuer-certificate",
    ],
    false,
);
static IDENTITIES: Shape =
    list("identities", &[Child { key: "identity", once: false, shape: &IDENTITY }]);
static ADDRESS: Shape = leaf("address", &[], true);
static ADDRESS_RANGE: Shape = leaf("address-range", &["from", "to"], false);

/// An element without elements inside.
pub(crate) const fn leaf(
    name: &'static str,
    attributes: &'static [&'static str],
    text: bool,
) -> Shape {
    Shape { name, attributes, text, children: &[], ordered: false }
}

const fn list(name: &'static str, children: &'static [Child]) -> Shape {
    Shape { name, attributes: &[], text: false, children, ordered: false }
}
