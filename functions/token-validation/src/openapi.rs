//! The function's contract in OpenAPI.

use headgate_core::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde_json::{Value, json};

/// The function's contract, OpenAPI 3.1. The file `openapi.json` is this, and a test keeps it so.
#[must_use]
pub fn document() -> Value {
    let denial = |description: &str| {
        json!({
            "description": description,
            "headers": {
                "X-Headgate-Reason": { "schema": { "type": "string" }, "description": "Why, as `TokenExpired`." },
                "WWW-Authenticate": { "schema": { "type": "string" }, "description": "With 401." },
            },
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Denial" } } },
        })
    };
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
        })
    };
    let identity = |description: &str| json!({ "schema": { "type": "string" }, "description": description });
    let validate = json!({
        "summary": "Decides whether a request may pass (forward-auth). Every method is answered alike.",
        "responses": {
            "200": {
                "description": "The request may pass.",
                "headers": {
                    "X-Auth-Subject": identity("`sub`"),
                    "X-Auth-Client": identity("`azp`, `appid` or `client_id`"),
                    "X-Auth-Roles": identity("`roles`, joined by commas"),
                    "X-Auth-Scopes": identity("`scp` or `scope`, joined by spaces"),
                    "X-Auth-Issuer": identity("`iss`"),
                },
            },
            "401": denial("The token or the subscription key is not accepted. A policy may choose another status."),
            "403": denial("The caller's address, a header or the client certificate is not accepted."),
            "404": denial("There is no policy and no product of this name."),
            "503": denial("The issuer's keys have never been had and cannot be had now; see `Retry-After`."),
        },
    });
    let mut validate_named = validate.clone();
    if let Some(operation) = validate_named.as_object_mut() {
        operation.insert(
            "parameters".to_owned(),
            json!([{
                "name": "policy", "in": "path", "required": true, "schema": { "type": "string" },
                "description": "A policy or a product. More path may follow: the original request's.",
            }]),
        );
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "token-validation",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Decides whether a caller's token may pass, as API Management's validate-jwt and \
                            validate-azure-ad-token do.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": {
            "/validate": { "get": validate },
            "/validate/{policy}": { "get": validate_named },
            "/introspect": { "post": {
                "summary": "Tells what a token is worth (RFC 7662). Follows the variable `access`.",
                "requestBody": { "required": true, "content": { "application/x-www-form-urlencoded": { "schema": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {
                        "token": { "type": "string" },
                        "policy": { "type": "string", "default": "default" },
                    },
                } } } },
                "responses": {
                    "200": {
                        "description": "What the token is worth.",
                        "content": { "application/json": { "schema": {
                            "type": "object",
                            "required": ["active"],
                            "properties": { "active": { "type": "boolean" } },
                        } } },
                    },
                    "400": problem("The parameter `token` is missing, or the policy does not exist."),
                    "401": denial("The policy in `access` does not accept the caller."),
                    "403": problem("The variable `access` is not set."),
                    "503": denial("The issuer's keys have never been had and cannot be had now; see `Retry-After`."),
                },
            } },
            "/authorizer": { "post": {
                "summary": "Answers an API Gateway authorizer event. On Lambda the event comes from the platform; over HTTP \
                            it follows the variable `access`.",
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "type": "object" } } } },
                "responses": {
                    "200": {
                        "description": "An IAM policy (payload 1.0) or a simple response (payload 2.0).",
                        "content": { "application/json": { "schema": { "type": "object" } } },
                    },
                    "400": problem("The body is not an authorizer event."),
                    "401": denial("Payload 1.0: the request is not authorized. Or `access` does not accept the caller."),
                    "403": problem("The variable `access` is not set."),
                    "503": denial("The issuer's keys have never been had and cannot be had now; see `Retry-After`."),
                },
            } },
            "/tick": { "post": {
                "summary": "Refreshes the issuers' keys that will soon be old. Idempotent.",
                "responses": { "204": { "description": "What was due is done." } },
            } },
            "/healthz": { "get": {
                "summary": "Says that the function runs.",
                "responses": { "200": { "description": "It runs." } },
            } },
            "/openapi.json": { "get": {
                "summary": "This document. Follows the variable `access`.",
                "responses": {
                    "200": {
                        "description": "This document.",
                        "content": { "application/json": { "schema": { "type": "object" } } },
                    },
                    "401": denial("The policy in `access` does not accept the caller."),
                    "403": problem("The variable `access` is not set."),
                },
            } },
        },
        "components": { "schemas": {
            "Denial": {
                "type": "object",
                "required": ["statusCode", "message"],
                "properties": { "statusCode": { "type": "integer" }, "message": { "type": "string" } },
            },
            "Problem": {
                "type": "object",
                "description": "RFC 9457.",
                "required": ["status", "title"],
                "properties": {
                    "status": { "type": "integer" },
                    "title": { "type": "string" },
                    "detail": { "type": "string" },
                },
            },
        } },
    })
}

pub(crate) fn response() -> Response<Body> {
    let mut response = Response::new(Body::from(document().to_string()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
