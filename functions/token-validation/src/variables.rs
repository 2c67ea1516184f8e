//! The function's variables. Each is documented here and nowhere else; the README's table is checked against it.

use headgate_core::Variable;

/// The policy document.
pub const POLICY: &str = "policy";
/// Who may ask the function itself.
pub const ACCESS: &str = headgate_jwt::access::ACCESS;
/// The products document.
pub const PRODUCTS: &str = "products";
/// The policy that an API Gateway authorizer request is judged by.
pub const AUTHORIZER_POLICY: &str = "authorizer_policy";
/// The policy that the middleware judges by.
pub const MIDDLEWARE_POLICY: &str = "middleware_policy";
/// The header that holds the caller's address.
pub const CLIENT_ADDRESS_HEADER: &str = "client_address_header";
/// The header that holds the client certificate.
pub const CLIENT_CERTIFICATE_HEADER: &str = "client_certificate_header";
/// The certificates that client certificates are trusted by.
pub const CLIENT_CERTIFICATE_ANCHORS: &str = "client_certificate_anchors";
/// The revocation lists that client certificates are looked up in.
pub const CLIENT_CERTIFICATE_CRLS: &str = "client_certificate_crls";

/// Where attempts with expired tokens are reported.
pub const ATTEMPTS_URL: &str = "attempts_url";
/// What gateway-tokens is shown as `Authorization`.
pub const ATTEMPTS_AUTHORIZATION: &str = "attempts_authorization";

/// Every variable.
pub const VARIABLES: [Variable; 11] = [
    Variable {
        name: POLICY,
        meaning: "The policy document, TOML or XML: inline, `file:PATH` or `https://…`. Required unless `products` holds \
                  products that require a key alone.",
    },
    Variable {
        name: ACCESS,
        meaning: "Who may ask `/introspect`, `/authorizer` and `/openapi.json`: `anonymous`, or a policy document of its own \
                  whose policy `default` is judged. Unset: nobody.",
    },
    Variable {
        name: PRODUCTS,
        meaning: "The products document, TOML: inline, `file:PATH` or `https://…`. Unset: no products.",
    },
    Variable {
        name: AUTHORIZER_POLICY,
        meaning: "The policy or product that API Gateway authorizer requests are judged by. Unset: `default`.",
    },
    Variable {
        name: MIDDLEWARE_POLICY,
        meaning: "The policy or product that the middleware component judges by. Unset: `default`.",
    },
    Variable {
        name: CLIENT_ADDRESS_HEADER,
        meaning: "The header in which the proxy in front hands on the caller's address, as `x-forwarded-for`; the last \
                  address in it counts. Unset: the address of the connection.",
    },
    Variable {
        name: CLIENT_CERTIFICATE_HEADER,
        meaning: "The header in which the proxy that ends TLS hands on the client certificate, as `client-cert`. The proxy \
                  must remove what a caller sends under that name. Unset: the platform's own, or none.",
    },
    Variable {
        name: CLIENT_CERTIFICATE_ANCHORS,
        meaning: "PEM certificates that client certificates must lead to: inline, `file:PATH` or `https://…`. Required by \
                  `validate-trust`.",
    },
    Variable {
        name: CLIENT_CERTIFICATE_CRLS,
        meaning: "PEM revocation lists: inline, `file:PATH` or `https://…`. Required by `validate-revocation`.",
    },
    Variable {
        name: ATTEMPTS_URL,
        meaning: "The route `/attempts` of gateway-tokens, where an attempt with a token that has expired is reported, by its \
                  `jti` or `uti`. `https`, or `http` on this machine. Unset: nowhere.",
    },
    Variable {
        name: ATTEMPTS_AUTHORIZATION,
        meaning: "What that route is shown as `Authorization`, a secret. Unset: nothing.",
    },
];
