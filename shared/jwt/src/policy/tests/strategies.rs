//! Policies that are valid, at random.

use proptest::prelude::*;

use super::support::{base64, base64url, modulus};
use super::written::{Item, List, Written};

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

pub(super) fn statement() -> impl Strategy<Value = Written> {
    prop_oneof![
        validate_jwt(),
        validate_azure_ad_token(),
        ip_filter(),
        check_header(),
        client_certificate(),
    ]
}
