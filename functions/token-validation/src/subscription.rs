//! Products, subscriptions and their keys.

use std::collections::BTreeMap;
use std::str::FromStr;

use headgate_core::Document;
use http::HeaderName;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::facts::Facts;
use crate::rejection::Rejection;

/// Products and the subscriptions to them (contracts §8): the document in the variable `products`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Products {
    #[serde(default)]
    products: BTreeMap<String, Product>,
    #[serde(default)]
    subscriptions: Vec<Subscription>,
}

/// What a caller of a product has to bring.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Product {
    /// A key, a token, either or both.
    pub requires: Requires,
    /// The policy that is judged besides the key.
    pub policy: Option<String>,
    /// The header of the key.
    #[serde(default = "default_header", deserialize_with = "header_name")]
    header_name: HeaderName,
    /// The query parameter of the key, looked at only when the header is absent.
    #[serde(default = "default_query")]
    query_parameter_name: String,
}

/// What a product demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requires {
    /// A subscription key.
    Key,
    /// A token. A key that is sent all the same must be valid.
    Token,
    /// A subscription key or, when none is sent, a token.
    Either,
    /// A subscription key and a token.
    Both,
}

impl Requires {
    /// Whether a request without a key may have to bring a token.
    #[must_use]
    pub const fn may_need_a_token(self) -> bool {
        match self {
            Self::Token | Self::Either | Self::Both => true,
            Self::Key => false,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Subscription {
    name: String,
    product: String,
    #[serde(default)]
    state: State,
    primary_key_sha256: Option<KeyHash>,
    secondary_key_sha256: Option<KeyHash>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    #[default]
    Active,
    Suspended,
    Expired,
    Submitted,
    Rejected,
    Cancelled,
}

#[derive(Clone, Copy, Debug)]
struct KeyHash([u8; 32]);

/// What a product's key check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission<'a> {
    /// The subscription that the key belongs to.
    pub subscription: Option<&'a str>,
    /// Whether the policy's tokens are judged as well.
    pub judge_token: bool,
}

/// Why a products document does not load.
#[derive(Debug, thiserror::Error)]
pub enum ProductsError {
    /// It is not TOML of the right shape.
    #[error("{origin}: {reason}")]
    Malformed {
        /// Where the document stands.
        origin: String,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A subscription is to a product that is not there.
    #[error(
        "{origin}: subscription {subscription} is to the product {product}, which does not exist"
    )]
    ProductMissing {
        /// Where the document stands.
        origin: String,
        /// The subscription's name.
        subscription: String,
        /// The product's name.
        product: String,
    },
    /// A subscription has no key.
    #[error(
        "{origin}: subscription {subscription} has neither primary-key-sha256 nor secondary-key-sha256"
    )]
    KeyMissing {
        /// Where the document stands.
        origin: String,
        /// The subscription's name.
        subscription: String,
    },
}

impl Products {
    /// Reads a products document.
    ///
    /// # Errors
    ///
    /// [`ProductsError`], which shows no hash.
    pub fn read(document: &Document) -> Result<Self, ProductsError> {
        let origin = &document.origin;
        let read: Self =
            toml::from_str(&document.text).map_err(|error| ProductsError::Malformed {
                origin: origin.clone(),
                reason: located(&error, &document.text),
            })?;
        for Subscription { name, product, .. } in &read.subscriptions {
            if !read.products.contains_key(product) {
                return Err(ProductsError::ProductMissing {
                    origin: origin.clone(),
                    subscription: name.clone(),
                    product: product.clone(),
                });
            }
        }
        if let Some(keyless) = read.subscriptions.iter().find(|subscription| {
            subscription.primary_key_sha256.is_none() && subscription.secondary_key_sha256.is_none()
        }) {
            return Err(ProductsError::KeyMissing {
                origin: origin.clone(),
                subscription: keyless.name.clone(),
            });
        }
        Ok(read)
    }

    /// The product of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Product> {
        self.products.get(name)
    }

    /// Every product with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Product)> {
        self.products.iter().map(|(name, product)| (name.as_str(), product))
    }

    /// Judges the subscription key of a request to a product. A key that is sent is judged, needed or not.
    ///
    /// # Errors
    ///
    /// [`Rejection::SubscriptionKeyNotFound`] or [`Rejection::SubscriptionKeyInvalid`].
    pub fn admit(
        &self,
        name: &str,
        product: &Product,
        facts: &Facts<'_>,
    ) -> Result<Admission<'_>, Rejection> {
        let header = facts.headers.get(&product.header_name);
        let key = match header {
            Some(value) => Some(value.as_bytes().into()),
            None => facts
                .query_parameter(&product.query_parameter_name)
                .map(|key| key.as_bytes().to_vec()),
        };
        let judge_token = match (product.requires, &key) {
            (Requires::Key | Requires::Both, None) => {
                return Err(Rejection::SubscriptionKeyNotFound);
            }
            (Requires::Key | Requires::Either, Some(_)) => false,
            (Requires::Token | Requires::Either, None)
            | (Requires::Token | Requires::Both, Some(_)) => true,
        };
        let subscription = match key {
            Some(key) => Some(self.holder(name, &key).ok_or(Rejection::SubscriptionKeyInvalid)?),
            None => None,
        };
        Ok(Admission { subscription, judge_token })
    }

    /// The active subscription that `key` belongs to. Every subscription is compared, in constant time.
    fn holder(&self, product: &str, key: &[u8]) -> Option<&str> {
        let presented: [u8; 32] = Sha256::digest(key).into();
        let matches = |hash: Option<KeyHash>| {
            hash.map_or(Choice::from(0), |KeyHash(hash)| hash.ct_eq(&presented))
        };
        let mut holder = None;
        for subscription in &self.subscriptions {
            let is_its_key = matches(subscription.primary_key_sha256)
                | matches(subscription.secondary_key_sha256);
            let may_use = subscription.state == State::Active && subscription.product == product;
            if bool::from(is_its_key) && may_use {
                holder = Some(subscription.name.as_str());
            }
        }
        holder
    }
}

fn located(error: &toml::de::Error, text: &str) -> String {
    let Some(span) = error.span() else {
        return error.message().to_owned();
    };
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    format!("line {line}, column {column}: {}", error.message())
}

fn default_header() -> HeaderName {
    HeaderName::from_static("ocp-apim-subscription-key")
}

fn default_query() -> String {
    "subscription-key".to_owned()
}

fn header_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderName, D::Error> {
    let name = String::deserialize(deserializer)?;
    HeaderName::from_str(&name).map_err(|_| serde::de::Error::custom("not a header name"))
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let bytes = digits.filter(|digits| digits.len() == 64).and_then(|digits| {
            let bytes: Vec<u8> = digits
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
                .collect();
            bytes.try_into().ok()
        });
        bytes.map(Self).ok_or_else(|| {
            serde::de::Error::custom("a key's hash is 64 hexadecimal digits: SHA-256 of the key")
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn hex(key: &str) -> String {
        Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn document(text: String) -> Document {
        Document { origin: "variable products".into(), text }
    }

    fn products() -> Products {
        let text = format!(
            r#"
            [products.keyed]
            requires = "key"
            [products.either]
            requires = "either"
            [products.token]
            requires = "token"
            [[subscriptions]]
            name = "contoso"
            product = "keyed"
            primary-key-sha256 = "{}"
            secondary-key-sha256 = "{}"
            [[subscriptions]]
            name = "gone"
            product = "keyed"
            state = "suspended"
            primary-key-sha256 = "{}"
            [[subscriptions]]
            name = "other"
            product = "either"
            primary-key-sha256 = "{}"
            "#,
            hex("first"),
            hex("second"),
            hex("suspended"),
            hex("elsewhere"),
        );
        Products::read(&document(text)).unwrap()
    }

    fn admit(
        product: &str,
        header: Option<&'static str>,
        query: Option<&str>,
    ) -> Result<(Option<String>, bool), Rejection> {
        let products = products();
        let mut headers = HeaderMap::new();
        if let Some(key) = header {
            headers.insert("Ocp-Apim-Subscription-Key", HeaderValue::from_static(key));
        }
        let facts = Facts {
            headers: &headers,
            query,
            host: None,
            path: "/",
            client: None,
            certificate: crate::facts::CertificateSource::Nowhere,
            trace: None,
        };
        let admission = products.admit(product, products.get(product).unwrap(), &facts)?;
        Ok((admission.subscription.map(str::to_owned), admission.judge_token))
    }

    #[test]
    fn both_keys_of_a_subscription_are_valid_in_header_and_query() {
        let contoso = Ok((Some("contoso".to_owned()), false));
        assert_eq!(admit("keyed", Some("first"), None), contoso);
        assert_eq!(admit("keyed", None, Some("a=b&subscription-key=second")), contoso);
    }

    #[test]
    fn the_query_is_not_looked_at_when_the_header_is_there() {
        let refused = Err(Rejection::SubscriptionKeyInvalid);
        assert_eq!(admit("keyed", Some("wrong"), Some("subscription-key=first")), refused);
    }

    #[test]
    fn a_key_of_a_suspended_subscription_or_of_another_product_is_refused() {
        for key in ["suspended", "elsewhere", ""] {
            assert_eq!(admit("keyed", Some(key), None), Err(Rejection::SubscriptionKeyInvalid));
        }
    }

    #[test]
    fn a_key_that_is_sent_is_judged_even_where_none_is_needed() {
        assert_eq!(admit("token", None, None), Ok((None, true)));
        assert_eq!(admit("token", Some("first"), None), Err(Rejection::SubscriptionKeyInvalid));
    }

    #[test]
    fn either_judges_the_key_when_there_is_one_and_the_token_otherwise() {
        assert_eq!(admit("either", Some("elsewhere"), None), Ok((Some("other".into()), false)));
        assert_eq!(admit("either", None, None), Ok((None, true)));
        assert_eq!(admit("keyed", None, None), Err(Rejection::SubscriptionKeyNotFound));
    }

    #[test]
    fn a_malformed_document_is_refused_with_its_place() {
        let malformed =
            |text: &str| Products::read(&document(text.to_owned())).unwrap_err().to_string();
        assert!(
            malformed("[products.a]\nrequires = \"nothing\"\n")
                .starts_with("variable products: line 2, column 12: unknown variant"),
        );
        assert_eq!(
            malformed("[[subscriptions]]\nname = \"x\"\nproduct = \"a\"\n"),
            "variable products: subscription x is to the product a, which does not exist"
        );
        assert!(malformed("[products.a]\nrequires=\"key\"\n[[subscriptions]]\nname = \"x\"\nproduct = \"a\"\nprimary-key-sha256 = \"abc\"").contains("64 hexadecimal digits"));
    }
}
