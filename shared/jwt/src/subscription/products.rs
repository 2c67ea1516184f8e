use headgate_core::Document;

use super::error::ProductsError;
use super::holder::Holder;
use super::key_hash::KeyHash;
use super::product::{Product, Requires};
use super::reader;
use crate::facts::Facts;
use crate::rejection::Rejection;

/// Products and the subscriptions to them (contracts §8): the document in the variable `products`.
#[derive(Debug, Default)]
pub struct Products {
    products: Vec<Product>,
    holders: Vec<Holder>,
}

/// What a product's key check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission<'a> {
    /// The subscription that the key belongs to.
    pub subscription: Option<&'a str>,
    /// Whether the policy's tokens are judged as well.
    pub judge_token: bool,
}

impl Products {
    /// Reads a products document.
    ///
    /// # Errors
    ///
    /// [`ProductsError`] with the line and column of whatever cannot be honoured: nothing in a document is passed over.
    pub fn read(document: &Document) -> Result<Self, ProductsError> {
        let (products, holders) =
            reader::read(&document.text).map_err(|refusal| refusal.of(&document.origin))?;
        Ok(Self { products, holders })
    }

    /// The product of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.name == name)
    }

    /// Every product with its name, in the document's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Product)> {
        self.products.iter().map(|product| (product.name.as_str(), product))
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
        let key = product.key(facts);
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
    fn holder(&self, product: &str, key: &KeyHash) -> Option<&str> {
        let mut found = None;
        for holder in &self.holders {
            let may_use = holder.is_active && holder.product == product;
            if bool::from(holder.has(key)) && may_use {
                found = Some(holder.name.as_str());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use sha2::{Digest, Sha256};

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
    fn a_document_that_cannot_be_honoured_is_refused_with_its_origin_and_place() {
        let refused = Products::read(&document("[products.a]\nrequire = 1".into())).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "variable products: line 2, column 1: attribute require is unknown in product; did you mean requires?"
        );
    }

    #[test]
    fn the_products_of_a_document_are_found_by_name_and_listed_in_its_order() {
        let products = products();
        let names: Vec<&str> = products.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["keyed", "either", "token"]);
        for name in names {
            assert_eq!(products.get(name).unwrap().name, name);
        }
        assert!(products.get("Keyed").is_none());
    }
}
