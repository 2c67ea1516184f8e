//! What holds for any document.

use proptest::prelude::*;

use super::support::{base64, base64url, modulus, read};
use crate::policy::{PolicyError, parse};

/// A policy as facts, to be written in either syntax.
#[derive(Clone, Debug)]
struct Written {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    lists: Vec<List>,
}

#[derive(Clone, Debug)]
struct List {
    key: &'static str,
    /// The element around the items in XML.
    around: Option<&'static str>,
    item: &'static str,
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    attributes: Vec<(&'static str, String)>,
    text: Option<String>,
    values: Vec<String>,
}

fn xml(statements: &[Written]) -> String {
    let mut text = String::from("<policies>\n <inbound>\n  <base />\n");
    for statement in statements {
        text += &format!("  <{}{}>\n", statement.name, xml_attributes(&statement.attributes));
        for list in &statement.lists {
            let around = list.around.filter(|_| !list.items.is_empty());
            text += &around.map(|name| format!("   <{name}>\n")).unwrap_or_default();
            for item in &list.items {
                text += &format!("    <{}{}>", list.item, xml_attributes(&item.attributes));
                text += &item.text.as_deref().map(escaped).unwrap_or_default();
                for value in &item.values {
                    text += &format!("<value>{}</value>", escaped(value));
                }
                text += &format!("</{}>\n", list.item);
            }
            text += &around.map(|name| format!("   </{name}>\n")).unwrap_or_default();
        }
        text += &format!("  </{}>\n", statement.name);
    }
    text + " </inbound>\n</policies>"
}

fn xml_attributes(attributes: &[(&str, String)]) -> String {
    attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn toml(statements: &[Written]) -> String {
    let mut text = String::new();
    for statement in statements {
        let path = format!("default.{}", statement.name);
        text += &format!("[[{path}]]\n");
        for (name, value) in &statement.attributes {
            text += &format!("{name} = {}\n", bare_or_quoted(value));
        }
        let (plain, tables): (Vec<_>, Vec<_>) =
            statement.lists.iter().partition(|list| list.items.iter().all(Item::is_plain));
        for list in plain {
            if list.around.is_none() || !list.items.is_empty() {
                let items: Vec<String> =
                    list.items.iter().filter_map(|item| item.text.as_deref()).map(quoted).collect();
                text += &format!("{} = [{}]\n", list.key, items.join(", "));
            }
        }
        for list in tables {
            for item in &list.items {
                text += &format!("[[{path}.{}]]\n", list.key);
                for (name, value) in &item.attributes {
                    text += &format!("{name} = {}\n", quoted(value));
                }
                if let Some(value) = &item.text {
                    text += &format!("value = {}\n", quoted(value));
                }
                if !item.values.is_empty() {
                    let values: Vec<String> =
                        item.values.iter().map(|value| quoted(value)).collect();
                    text += &format!("values = [{}]\n", values.join(", "));
                }
            }
        }
    }
    text
}

impl Item {
    fn text(text: String) -> Self {
        Self { attributes: Vec::new(), text: Some(text), values: Vec::new() }
    }

    fn attributes(attributes: Vec<(&'static str, String)>) -> Self {
        Self { attributes, text: None, values: Vec::new() }
    }

    fn is_plain(&self) -> bool {
        self.attributes.is_empty() && self.values.is_empty()
    }
}

/// Booleans and integers are written bare, as an author would.
fn bare_or_quoted(value: &str) -> String {
    if value == "true" || value == "false" || value.parse::<u16>().is_ok() {
        return value.to_owned();
    }
    quoted(value)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text as people write: no white space at its ends, and nothing that refers to a variable.
fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9é€:/._\\\\'\"&<>-]{1,12}( [a-zA-Z0-9&<'\"]{1,6})?"
}

fn texts(most: usize) -> impl Strategy<Value = Vec<Item>> {
    prop::collection::vec(words().prop_map(Item::text), 0..=most)
}

fn maybe<S: Strategy<Value = String>>(
    name: &'static str,
    value: S,
) -> impl Strategy<Value = Option<(&'static str, String)>> {
    prop::option::of(value.prop_map(move |value| (name, value)))
}

fn boolean(name: &'static str) -> impl Strategy<Value = Option<(&'static str, String)>> {
    maybe(name, any::<bool>().prop_map(|value| value.to_string()))
}

fn claims() -> impl Strategy<Value = List> {
    let claim = (
        words(),
        maybe("match", prop::sample::select(vec!["all", "any"]).prop_map(str::to_owned)),
        maybe("separator", "[ ,;]".prop_map(|text| text)),
        prop::collection::vec(words(), 0..3),
    );
    let claim = claim.prop_map(|(name, matching, separator, values)| {
        let mut attributes = vec![("name", name)];
        attributes.extend(matching);
        attributes.extend(separator);
        Item { attributes, text: None, values }
    });
    prop::collection::vec(claim, 0..3).prop_map(|items| List {
        key: "required-claims",
        around: Some("required-claims"),
        item: "claim",
        items,
    })
}

fn keys(name: &'static str, length: usize, rsa: bool) -> impl Strategy<Value = List> {
    let symmetric = (maybe("id", words()), any::<[u8; 32]>()).prop_map(move |(id, bytes)| {
        let text = base64(&bytes[..length]);
        Item { attributes: id.into_iter().collect(), text: Some(text), values: Vec::new() }
    });
    let public = maybe("id", words()).prop_map(|id| {
        let mut attributes: Vec<_> = id.into_iter().collect();
        attributes.push(("n", base64url(&modulus(2048))));
        attributes.push(("e", "AQAB".to_owned()));
        Item::attributes(attributes)
    });
    let key = if rsa { prop_oneof![symmetric, public].boxed() } else { symmetric.boxed() };
    prop::collection::vec(key, 0..3).prop_map(move |items| List {
        key: name,
        around: Some(name),
        item: "key",
        items,
    })
}

fn named(
    name: &'static str,
    item: &'static str,
    items: impl Strategy<Value = Vec<Item>>,
) -> impl Strategy<Value = List> {
    items.prop_map(move |items| List { key: name, around: Some(name), item, items })
}

fn validate_jwt() -> impl Strategy<Value = Written> {
    let source = prop_oneof![
        Just(("header-name", "Authorization".to_owned())),
        words().prop_map(|name| ("query-parameter-name", name)),
        "[a-z.]{1,20}".prop_map(|token| ("token-value", token)),
    ];
    let attributes = (
        source,
        maybe("failed-validation-httpcode", (400..=599_u16).prop_map(|code| code.to_string())),
        maybe("failed-validation-error-message", words()),
        boolean("require-expiration-time"),
        maybe("require-scheme", "[A-Za-z]{1,8}".prop_map(|text| text)),
        boolean("require-signed-tokens"),
        maybe("clock-skew", prop_oneof![Just("00:05:00".to_owned()), Just("300".to_owned())]),
        maybe("output-token-variable-name", "[a-z_-]{1,8}".prop_map(|text| text)),
    );
    let lists = (
        prop::collection::vec("[a-z]{1,9}", 1..3),
        keys("issuer-signing-keys", 32, true),
        keys("decryption-keys", 16, false),
        named("audiences", "audience", texts(3)),
        named("issuers", "issuer", texts(2)),
        claims(),
    );
    (attributes, lists).prop_map(|(attributes, lists)| {
        let (source, code, message, expiry, scheme, signed, skew, variable) = attributes;
        let mut all = vec![source];
        all.extend([code, message, expiry, scheme, signed, skew, variable].into_iter().flatten());
        let (hosts, signing, decryption, audiences, issuers, claims) = lists;
        let url = |host| Item::attributes(vec![("url", format!("https://{host}.example/openid"))]);
        let configs = List {
            key: "openid-config",
            around: None,
            item: "openid-config",
            items: hosts.into_iter().map(url).collect(),
        };
        Written {
            name: "validate-jwt",
            attributes: all,
            lists: vec![configs, signing, decryption, audiences, issuers, claims],
        }
    })
}

fn validate_azure_ad_token() -> impl Strategy<Value = Written> {
    let tenant = prop::sample::select(vec!["contoso.example", "common", "https://a.example/b"]);
    let lists = (
        named("client-application-ids", "application-id", texts(2)),
        named("backend-application-ids", "application-id", texts(2)),
        named("audiences", "audience", texts(2)),
        claims(),
        keys("decryption-keys", 32, false),
    );
    (tenant, maybe("header-name", Just("X-Token".to_owned())), lists).prop_map(
        |(tenant, header, (mut clients, backends, audiences, claims, keys))| {
            clients.items.push(Item::text("client".to_owned()));
            let mut attributes = vec![("tenant-id", tenant.to_owned())];
            attributes.extend(header);
            let lists = vec![clients, backends, audiences, claims, keys];
            Written { name: "validate-azure-ad-token", attributes, lists }
        },
    )
}

fn ip_filter() -> impl Strategy<Value = Written> {
    let action = prop::sample::select(vec!["allow", "forbid"]);
    let addresses = prop::collection::vec(any::<std::net::IpAddr>(), 1..4);
    let ranges = prop::collection::vec(any::<(std::net::Ipv4Addr, std::net::Ipv4Addr)>(), 0..3);
    (action, addresses, ranges).prop_map(|(action, addresses, ranges)| {
        let range = |(one, other): (std::net::Ipv4Addr, std::net::Ipv4Addr)| {
            Item::attributes(vec![
                ("from", one.min(other).to_string()),
                ("to", one.max(other).to_string()),
            ])
        };
        let single = List {
            key: "address",
            around: None,
            item: "address",
            items: addresses.iter().map(|address| Item::text(address.to_string())).collect(),
        };
        let ranges = List {
            key: "address-range",
            around: None,
            item: "address-range",
            items: ranges.into_iter().map(range).collect(),
        };
        Written {
            name: "ip-filter",
            attributes: vec![("action", action.to_owned())],
            lists: vec![single, ranges],
        }
    })
}

fn check_header() -> impl Strategy<Value = Written> {
    (400..=599_u16, words(), any::<bool>(), texts(3)).prop_map(|(code, message, ignore, items)| {
        Written {
            name: "check-header",
            attributes: vec![
                ("name", "X-Api".to_owned()),
                ("failed-check-httpcode", code.to_string()),
                ("failed-check-error-message", message),
                ("ignore-case", ignore.to_string()),
            ],
            lists: vec![List { key: "values", around: None, item: "value", items }],
        }
    })
}

fn client_certificate() -> impl Strategy<Value = Written> {
    let identity = (
        words(),
        maybe("subject", words()),
        maybe("serial-number", "[0-9a-f]{1,9}".prop_map(|text| text)),
    );
    let identities = prop::collection::vec(identity, 0..3).prop_map(|identities| {
        let members = identities.into_iter().map(|(name, subject, serial)| {
            let mut attributes = vec![("common-name", name)];
            attributes.extend(subject);
            attributes.extend(serial);
            Item::attributes(attributes)
        });
        members.collect()
    });
    let attributes = (
        boolean("validate-revocation"),
        boolean("validate-trust"),
        boolean("validate-not-before"),
        boolean("ignore-error"),
    );
    (attributes, named("identities", "identity", identities)).prop_map(
        |((revocation, trust, before, ignore), identities)| Written {
            name: "validate-client-certificate",
            attributes: [revocation, trust, before, ignore].into_iter().flatten().collect(),
            lists: vec![identities],
        },
    )
}

fn statement() -> impl Strategy<Value = Written> {
    prop_oneof![
        validate_jwt(),
        validate_azure_ad_token(),
        ip_filter(),
        check_header(),
        client_certificate(),
    ]
}

/// Pieces of documents, so that random texts get further than the first character.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "<",
        ">",
        "/>",
        "</",
        "<policies>",
        "</policies>",
        "<inbound>",
        "</inbound>",
        "<base />",
        "<validate-jwt",
        " header-name=\"a\"",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        "<?xml ",
        "?>",
        "&lt;",
        "&#0;",
        "&",
        "@(",
        "@{",
        "{{a}}",
        "${secret:",
        "}",
        "[a.ip-filter]",
        "[[",
        "]]",
        "action = ",
        "\"allow\"",
        "address = [",
        "]",
        "\n",
        "é",
        "'",
        "\"\"\"",
        "=",
        " ",
        "<ip-filter action='allow'>",
        "<address>::1</address>",
        "</ip-filter>",
        "xmlns=\"a\"",
        "\u{feff}",
    ]);
    prop::collection::vec(scrap, 0..24).prop_map(|scraps| scraps.concat())
}

fn assert_within(text: &str, error: &PolicyError) {
    let lines: Vec<&str> = text.split('\n').collect();
    let position = error.position;
    assert!((1..=lines.len()).contains(&position.line), "{position} in {text:?}");
    let length = lines[position.line - 1].chars().count();
    assert!((1..=length + 1).contains(&position.column), "{position} in {text:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_within_it(
        text in prop_oneof![any::<String>(), scraps(), scraps().prop_map(|text| format!("<{text}"))]
    ) {
        if let Err(error) = read(&text) {
            assert_within(&text, &error);
        }
    }

    #[test]
    fn a_valid_policy_with_a_piece_missing_is_read_or_refused_at_a_place_within_it(
        statements in prop::collection::vec(statement(), 1..3),
        as_xml in any::<bool>(),
        from in any::<prop::sample::Index>(),
        length in 0..40_usize,
    ) {
        let text = if as_xml { xml(&statements) } else { toml(&statements) };
        let characters: Vec<char> = text.chars().collect();
        let from = from.index(characters.len());
        let cut: String = characters
            .iter()
            .enumerate()
            .filter(|(index, _)| !(from..from + length).contains(index))
            .map(|(_, character)| character)
            .collect();
        if let Err(error) = read(&cut) {
            assert_within(&cut, &error);
        }
    }

    #[test]
    fn a_policy_reads_the_same_from_toml_and_from_xml(
        statements in prop::collection::vec(statement(), 1..4)
    ) {
        let (from_xml, from_toml) = (xml(&statements), toml(&statements));
        let one = read(&from_xml).unwrap_or_else(|error| panic!("{error}\n{from_xml}"));
        let other = read(&from_toml).unwrap_or_else(|error| panic!("{error}\n{from_toml}"));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_document_is_parsed_the_same_each_time(text in scraps()) {
        prop_assert_eq!(format!("{:?}", parse(&text)), format!("{:?}", parse(&text)));
    }
}
