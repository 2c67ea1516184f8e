//! Reads a products document: a table per product, and an array of tables for the subscriptions.

use http::HeaderName;

use super::error::{ProductsErrorKind, Refusal};
use super::holder::Holder;
use super::key_hash::KeyHash;
use super::product::{Product, Requires};
use crate::policy::attributes::{header_name, optional, required, text};
use crate::policy::{
    Attribute, Child, Node, PolicyError, PolicyErrorKind, Shape, TomlReader, leaf, nearest,
    table_of,
};

static DOCUMENT: Shape = leaf("the products document", &["products", "subscriptions"], false);
static PRODUCT: Shape =
    leaf("product", &["requires", "policy", "header-name", "query-parameter-name"], false);
static SUBSCRIPTION: Shape = leaf(
    "subscription",
    &["name", "product", "state", "primary-key-sha256", "secondary-key-sha256"],
    false,
);
static SUBSCRIPTIONS: Child = Child { key: "subscriptions", once: false, shape: &SUBSCRIPTION };

/// Gives the products, and who holds keys to them.
pub(super) fn read(text: &str) -> Result<(Vec<Product>, Vec<Holder>), Refusal> {
    let (reader, root) = TomlReader::parse(text)?;
    let (mut products, mut subscriptions) = (Vec::new(), Vec::new());
    for (key, value) in &root {
        let position = reader.at(&key.span());
        match key.get_ref().as_ref() {
            "products" => {
                for (name, value) in table_of(value, "products", "a table of products", position)? {
                    let position = reader.at(&name.span());
                    let table = table_of(value, name.get_ref(), "a table", position)?;
                    let node = reader.element(&PRODUCT, table, position)?;
                    products.push(product(name.get_ref(), &node)?);
                }
            }
            "subscriptions" => subscriptions = reader.children(&SUBSCRIPTIONS, value, position)?,
            other => return Err(DOCUMENT.unknown(other).at(position).into()),
        }
    }
    let holders = subscriptions.iter().map(|node| holder(node, &products));
    let holders = holders.collect::<Result<_, _>>()?;
    Ok((products, holders))
}

fn product(name: &str, node: &Node) -> Result<Product, PolicyError> {
    Ok(Product {
        name: name.to_owned(),
        requires: requires(required(node, "product", "requires")?)?,
        policy: text(node, "policy")?,
        header_name: match optional(node, "header-name")? {
            Some(found) => header_name(found, "header-name")?,
            None => HeaderName::from_static("ocp-apim-subscription-key"),
        },
        query_parameter_name: text(node, "query-parameter-name")?
            .unwrap_or_else(|| "subscription-key".to_owned()),
    })
}

fn requires(found: &Attribute) -> Result<Requires, PolicyError> {
    Ok(match found.value.as_str() {
        "key" => Requires::Key,
        "token" => Requires::Token,
        "either" => Requires::Either,
        "both" => Requires::Both,
        _ => {
            let choices = "key, token, either or both";
            return Err(
                PolicyErrorKind::NotChoice { attribute: "requires", choices }.at(found.position)
            );
        }
    })
}

fn holder(node: &Node, products: &[Product]) -> Result<Holder, Refusal> {
    let name = required(node, "subscription", "name")?.value.clone();
    let product = required(node, "subscription", "product")?;
    let mut names = products.iter().map(|product| product.name.as_str());
    if !names.clone().any(|known| known == product.value) {
        return Err(ProductsErrorKind::ProductMissing {
            subscription: name,
            product: product.value.clone(),
            suggestion: nearest(&product.value, &mut names).map(str::to_owned),
        }
        .at(product.position));
    }
    let primary = key_hash(node, "primary-key-sha256")?;
    let secondary = key_hash(node, "secondary-key-sha256")?;
    if primary.is_none() && secondary.is_none() {
        return Err(ProductsErrorKind::KeyMissing { subscription: name }.at(node.position));
    }
    let product = product.value.clone();
    Ok(Holder { name, product, is_active: is_active(node)?, primary, secondary })
}

/// The states of API Management (contracts §8), of which one alone lets a key pass.
fn is_active(node: &Node) -> Result<bool, PolicyError> {
    let Some(found) = optional(node, "state")? else {
        return Ok(true);
    };
    match found.value.as_str() {
        "active" => Ok(true),
        "suspended" | "expired" | "submitted" | "rejected" | "cancelled" => Ok(false),
        _ => {
            let choices = "active, suspended, expired, submitted, rejected or cancelled";
            Err(PolicyErrorKind::NotChoice { attribute: "state", choices }.at(found.position))
        }
    }
}

fn key_hash(node: &Node, attribute: &'static str) -> Result<Option<KeyHash>, Refusal> {
    let Some(found) = optional(node, attribute)? else {
        return Ok(None);
    };
    match KeyHash::parse(&found.value) {
        Some(hash) => Ok(Some(hash)),
        None => Err(ProductsErrorKind::NotHash.at(found.position)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn refusal(text: &str) -> String {
        match read(text) {
            Ok(_) => panic!("the document is read: {text}"),
            Err(refusal) => refusal.of("products.toml").to_string(),
        }
    }

    #[track_caller]
    fn assert_refused(table: &[(&str, &str)]) {
        for (text, expected) in table {
            assert_eq!(refusal(text), format!("products.toml: {expected}"), "{text}");
        }
    }

    /// A subscription to the product `starter` with these lines besides.
    fn subscribed(lines: &str) -> String {
        format!(
            "[products.starter]\nrequires = \"key\"\n[[subscriptions]]\nname = \"contoso\"\n{lines}"
        )
    }

    #[test]
    fn a_document_in_any_way_of_writing_tables_is_read() {
        let hash = format!("primary-key-sha256 = \"{HASH}\"");
        for text in [
            format!("{}product = \"starter\"\n{hash}", subscribed("")),
            format!(
                "[[subscriptions]]\nname = \"contoso\"\nproduct = \"starter\"\n{hash}\n[products.starter]\nrequires = \"key\""
            ),
            format!(
                "products.starter.requires = \"key\"\nsubscriptions = [{{ name = \"contoso\", product = \"starter\", {hash} }}]"
            ),
            format!(
                "\u{feff}[products]\nstarter = {{ requires = \"key\" }}\n[[subscriptions]]\r\nname = \"contoso\"\r\nproduct = \"starter\"\r\n{hash}"
            ),
        ] {
            let (products, holders) = read(&text).unwrap_or_else(|_| panic!("{}", refusal(&text)));
            assert_eq!(products.len(), 1, "{text}");
            assert_eq!(products[0].name, "starter", "{text}");
            assert_eq!(holders.len(), 1, "{text}");
            assert!(holders[0].is_active && holders[0].secondary.is_none(), "{text}");
        }
    }

    #[test]
    fn a_document_without_a_product_is_read() {
        for text in ["", "[products]", "subscriptions = []"] {
            let (products, holders) = read(text).unwrap_or_else(|_| panic!("{}", refusal(text)));
            assert!(products.is_empty() && holders.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_product_that_cannot_be_honoured_is_refused_at_its_place() {
        assert_refused(&[
            (
                "[products.a]\nrequires = ",
                "line 2, column 12: the document is not TOML: string values must be quoted, expected literal string",
            ),
            (
                "[products.a]\nrequires = \"key\"\n[products.a]",
                "line 3, column 11: the document is not TOML: duplicate key",
            ),
            (
                "[product.a]\nrequires = \"key\"",
                "line 1, column 2: attribute product is unknown in the products document; did you mean products?",
            ),
            ("products = 1", "line 1, column 1: products must be a table of products"),
            ("[products]\na = \"key\"", "line 2, column 1: a must be a table"),
            ("[[products.a]]", "line 1, column 12: a must be a table"),
            ("[products.a]", "line 1, column 11: product needs the attribute requires"),
            (
                "[products.a]\nrequires = \"nothing\"",
                "line 2, column 1: attribute requires must be key, token, either or both",
            ),
            (
                "[products.a]\nrequires = [\"key\"]",
                "line 2, column 1: requires must be a string, an integer or a boolean",
            ),
            (
                "[products.a]\nrequires = \"key\"\nheader = \"x-key\"",
                "line 3, column 1: attribute header is unknown in product",
            ),
            (
                "[products.a]\nrequires = \"key\"\nheadername = \"x-key\"",
                "line 3, column 1: attribute headername is unknown in product; did you mean header-name?",
            ),
            (
                "[products.a]\nrequires = \"key\"\nheader-name = \"x key\"",
                "line 3, column 1: attribute header-name must be a header's name",
            ),
            (
                "[products.a]\nrequires = \"key\"\nquery-parameter-name = \"\"",
                "line 3, column 1: attribute query-parameter-name may not be empty",
            ),
        ]);
    }

    #[test]
    fn a_subscription_that_cannot_be_honoured_is_refused_at_its_place() {
        assert_refused(&[
            ("subscriptions = 1", "line 1, column 1: subscriptions must be an array of tables"),
            ("subscriptions = [1]", "line 1, column 18: subscriptions must be an array of tables"),
            ("[[subscriptions]]", "line 1, column 1: subscription needs the attribute name"),
            (&subscribed(""), "line 3, column 1: subscription needs the attribute product"),
            (
                &subscribed("product = \"started\""),
                "line 5, column 1: subscription contoso is to the product started, which does not exist; did you mean starter?",
            ),
            (
                &subscribed("product = \"premium\""),
                "line 5, column 1: subscription contoso is to the product premium, which does not exist",
            ),
            (
                &subscribed("product = \"starter\""),
                "line 3, column 1: subscription contoso has neither primary-key-sha256 nor secondary-key-sha256",
            ),
            (
                &subscribed("product = \"starter\"\nprimary-key-sha265 = \"\""),
                "line 6, column 1: attribute primary-key-sha265 is unknown in subscription; did you mean primary-key-sha256?",
            ),
            (
                &subscribed("product = \"starter\"\nsecondary-key-sha256 = \"abc\""),
                "line 6, column 1: a key's hash is 64 hexadecimal digits: SHA-256 of the key",
            ),
            (
                &subscribed(&format!(
                    "product = \"starter\"\nprimary-key-sha256 = \"{HASH}\"\nstate = \"Active\""
                )),
                "line 7, column 1: attribute state must be active, suspended, expired, submitted, rejected or cancelled",
            ),
        ]);
    }

    #[test]
    fn no_refusal_shows_a_hash_or_a_key() {
        let secret = "hunter2-hunter2";
        for line in ["requires", "state", "primary-key-sha256", "secondary-key-sha256 = [", "x"] {
            let line = if line.contains('=') { line.to_owned() } else { format!("{line} = ") };
            for value in [format!("\"{secret}\""), format!("{secret} {secret}")] {
                let text = subscribed(&format!("product = \"starter\"\n{line}{value}"));
                assert!(!refusal(&text).contains("hunter2"), "{text}");
            }
        }
    }

    #[test]
    fn a_name_as_long_as_the_document_is_cut() {
        let text = refusal(&subscribed(&format!("product = \"{}\"", "a".repeat(100_000))));
        assert!(
            text.starts_with("products.toml: line 5, column 1: subscription contoso"),
            "{text}"
        );
        assert!(text.ends_with('…') && text.chars().count() < 450, "{text}");
    }
}
