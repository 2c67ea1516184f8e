//! The documents say what the code has.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headgate_jwt::conditions::{Reason, Refusal};
use headgate_jwt::rejection::Rejection;
use headgate_jwt::token::TokenError;
use headgate_token_validation::variables::VARIABLES;
use http::StatusCode;

/// Folders that hold nothing of this repository.
const FOREIGN: [&str; 7] =
    [".git", ".headgate", "artifacts", "corpus", "node_modules", "target", "venv"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn function_readme() -> String {
    text("functions/token-validation/README.md")
}

/// The repository's files whose name ends so.
fn files(ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                if !FOREIGN.contains(&name.as_str()) {
                    folders.push(entry.path());
                }
            } else if name.ends_with(ending) {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Source text with its string literals as they are printed: continued lines joined, quotes unescaped.
fn printed(source: &str) -> String {
    let mut pieces = source.split("\\\n");
    let first = pieces.next().unwrap().to_owned();
    let joined = pieces.fold(first, |joined, piece| joined + piece.trim_start());
    joined.replace("\\\"", "\"")
}

#[test]
fn the_readmes_tables_of_variables_are_the_codes() {
    let breaker = headgate_circuit_breaker::variables::VARIABLES;
    variables_are_documented(
        "functions/token-validation/README.md",
        &VARIABLES.map(|variable| (variable.name, variable.meaning)),
    );
    variables_are_documented(
        "functions/circuit-breaker/README.md",
        &breaker.map(|variable| (variable.name, variable.meaning)),
    );
    let tokens = headgate_gateway_tokens::variables::VARIABLES;
    variables_are_documented(
        "functions/gateway-tokens/README.md",
        &tokens.map(|variable| (variable.name, variable.meaning)),
    );
    let cloud_flow = headgate_cloud_flow::variables::VARIABLES;
    variables_are_documented(
        "functions/cloud-flow/README.md",
        &cloud_flow.map(|variable| (variable.name, variable.meaning)),
    );
    let entra_http = headgate_entra_http::variables::VARIABLES;
    variables_are_documented(
        "functions/entra-http/README.md",
        &entra_http.map(|variable| (variable.name, variable.meaning)),
    );
    let file_relay = headgate_file_relay::variables::VARIABLES;
    variables_are_documented(
        "functions/file-relay/README.md",
        &file_relay.map(|variable| (variable.name, variable.meaning)),
    );
    let desktop_flow = headgate_desktop_flow::variables::VARIABLES;
    variables_are_documented(
        "functions/desktop-flow/README.md",
        &desktop_flow.map(|variable| (variable.name, variable.meaning)),
    );
    let subscription = headgate_event_subscription::variables::VARIABLES;
    variables_are_documented(
        "functions/event-subscription/README.md",
        &subscription.map(|variable| (variable.name, variable.meaning)),
    );
}

fn variables_are_documented(readme: &str, variables: &[(&str, &str)]) {
    let readme = text(readme);
    for (name, meaning) in variables {
        let row = format!("| `{name}` | `HEADGATE_{}` | {meaning} |", name.to_ascii_uppercase());
        assert!(readme.contains(&row), "this row is missing:\n{row}");
    }
    let rows = readme.lines().filter(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (name, environment) = (cells.next(), cells.next());
        name.is_some_and(|name| name.starts_with('`'))
            && environment.is_some_and(|cell| cell.starts_with("`HEADGATE_"))
    });
    assert_eq!(rows.count(), variables.len(), "the table has rows that the code has not");
}

#[test]
fn the_readmes_table_of_host_variables_is_the_codes() {
    let readme = function_readme();
    let source = printed(&text("shared/native/src/settings.rs"));
    let list = source.split("HOST_VARIABLES").nth(1).unwrap().split("];").next().unwrap();
    let quoted = |field: &str, declared: &str| -> Option<String> {
        let (_, rest) = declared.split_once(&format!("{field}: "))?;
        let (_, rest) = rest.split_once('"').filter(|(before, _)| !before.contains("None"))?;
        rest.split('"').next().map(str::to_owned)
    };
    let mut seen = 0;
    for declared in list.split("Variable {").skip(1) {
        let name = quoted("name", declared).unwrap();
        let default =
            quoted("default", declared).map_or_else(|| " ".into(), |text| format!(" {text} "));
        let row = format!("| `{name}` |{default}| {} |", quoted("about", declared).unwrap());
        assert!(readme.contains(&row), "this row is missing:\n{row}");
        seen += 1;
    }
    assert!(seen > 0, "the list of the host's variables was not found");
}

/// One of each way to refuse; the matches make it complete.
fn rejections() -> Vec<Rejection> {
    use Rejection::{
        AudienceNotAllowed, ClaimNotFound, ClaimValueNotAllowed, Condition, ExpirationMissing,
        IssuerNotAllowed, KeysUnavailable, PolicyNotFound, SignatureInvalid, SignatureKeyNotFound,
        SubscriptionKeyInvalid, SubscriptionKeyNotFound, TokenExpired, TokenMalformed,
        TokenNotDecrypted, TokenNotPresent, TokenNotSigned, TokenNotYetValid,
    };
    let mut all = vec![
        TokenNotPresent,
        TokenMalformed(TokenError::TooLong),
        TokenNotDecrypted,
        TokenNotSigned,
        SignatureKeyNotFound,
        SignatureInvalid,
        IssuerNotAllowed,
        AudienceNotAllowed,
        TokenExpired,
        TokenNotYetValid,
        ExpirationMissing,
        ClaimNotFound(vec!["roles".to_owned()]),
        ClaimValueNotAllowed("roles".into()),
        SubscriptionKeyNotFound,
        SubscriptionKeyInvalid,
        PolicyNotFound,
        KeysUnavailable { retry_after: Duration::ZERO },
    ];
    all.extend(reasons().map(|reason| {
        Condition(Refusal { reason, message: String::new(), status: StatusCode::FORBIDDEN })
    }));
    for rejection in &all {
        // A new variant does not compile here until it is added to the list above.
        match rejection {
            TokenNotPresent
            | TokenMalformed(_)
            | TokenNotDecrypted
            | TokenNotSigned
            | SignatureKeyNotFound
            | SignatureInvalid
            | IssuerNotAllowed
            | AudienceNotAllowed
            | TokenExpired
            | TokenNotYetValid
            | ExpirationMissing
            | ClaimNotFound(_)
            | ClaimValueNotAllowed(_)
            | Condition(_)
            | SubscriptionKeyNotFound
            | SubscriptionKeyInvalid
            | PolicyNotFound
            | KeysUnavailable { .. } => {}
        }
    }
    all
}

fn reasons() -> impl Iterator<Item = Reason> {
    let first = Reason::FailedToParseCallerIp;
    std::iter::successors(Some(first), |reason| match reason {
        Reason::FailedToParseCallerIp => Some(Reason::CallerIpNotAllowed),
        Reason::CallerIpNotAllowed => Some(Reason::CallerIpBlocked),
        Reason::CallerIpBlocked => Some(Reason::HeaderNotFound),
        Reason::HeaderNotFound => Some(Reason::HeaderValueNotAllowed),
        Reason::HeaderValueNotAllowed => Some(Reason::ClientCertificateNotPresent),
        Reason::ClientCertificateNotPresent => Some(Reason::ClientCertificateInvalid),
        Reason::ClientCertificateInvalid => Some(Reason::ClientCertificateNotTrusted),
        Reason::ClientCertificateNotTrusted => Some(Reason::ClientCertificateRevoked),
        Reason::ClientCertificateRevoked => Some(Reason::ClientCertificateRevocationUnknown),
        Reason::ClientCertificateRevocationUnknown => Some(Reason::ClientCertificateNotYetValid),
        Reason::ClientCertificateNotYetValid => Some(Reason::ClientCertificateExpired),
        Reason::ClientCertificateExpired => Some(Reason::ClientCertificateNotAllowed),
        Reason::ClientCertificateNotAllowed => None,
    })
}

#[test]
fn the_failure_table_names_every_reason_with_its_status() {
    let readme = function_readme();
    for rejection in rejections() {
        let reason = rejection.reason();
        let status = match reason {
            "HeaderNotFound" | "HeaderValueNotAllowed" => "policy".to_owned(),
            _ if rejection.judges_the_token() => format!("{}*", rejection.status().as_u16()),
            _ => rejection.status().as_u16().to_string(),
        };
        let row = format!("| `{reason}` | {status} |");
        assert!(readme.contains(&row), "this row is missing: {row}");
    }
}

#[test]
fn every_message_to_a_caller_is_explained_by_its_text_and_reason() {
    let document = text("docs/troubleshooting.md");
    for rejection in rejections() {
        let message = match &rejection {
            Rejection::Condition(_) => continue,
            Rejection::TokenMalformed(error) => {
                rejection.to_string().replace(&error.to_string(), "…")
            }
            Rejection::ClaimNotFound(_) | Rejection::ClaimValueNotAllowed(_) => {
                rejection.to_string().replace("roles", "…")
            }
            other => other.to_string(),
        };
        let section =
            document.split("\n### ").find(|part| part.starts_with(&format!("`{message}`\n")));
        let section = section.unwrap_or_else(|| panic!("there is no heading {message}"));
        assert!(section.contains(&format!("`{}`", rejection.reason())), "{message}");
    }
}

#[test]
fn every_error_text_in_troubleshooting_is_in_the_code() {
    let sources: Vec<String> = files(".rs")
        .into_iter()
        .filter(|path| !path.starts_with(root().join("tests")))
        .map(|path| printed(&fs::read_to_string(path).unwrap()))
        .collect();
    let document = text("docs/troubleshooting.md");
    let mut texts = Vec::new();
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("### `") {
            texts.push(heading.trim_matches('`').trim());
        } else if let Some(rest) = line.strip_prefix("- `") {
            texts.push(rest.split('`').next().unwrap());
        }
    }
    assert!(texts.len() > 50, "the headings were not found");
    for text in texts {
        let parts: Vec<&str> =
            text.split('…').map(str::trim).filter(|part| part.len() > 2).collect();
        let found = sources.iter().any(|source| parts.iter().all(|part| source.contains(part)));
        assert!(!parts.is_empty() && found, "no source has: {text}");
    }
}

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut broken = Vec::new();
    for path in files(".md") {
        let document = fs::read_to_string(&path).unwrap();
        for link in document.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let elsewhere = link.contains("://") || link.starts_with("mailto:") || file.is_empty();
            if !elsewhere && !path.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_decision_that_is_referred_to_exists_and_each_number_is_given_once() {
    for path in files(".rs").into_iter().chain(files(".toml")).chain(files(".md")) {
        let source = fs::read_to_string(&path).unwrap();
        for rest in source.split("docs/decisions/").skip(1) {
            let name: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            let referred = root().join(format!("docs/decisions/{name}.md"));
            assert!(name.is_empty() || referred.exists(), "{}: {name}", path.display());
        }
    }
    let mut numbers = BTreeSet::new();
    for entry in fs::read_dir(root().join("docs/decisions")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(numbers.insert(name[..4].to_owned()), "{name} has a number that is taken");
        let title = fs::read_to_string(&path).unwrap();
        assert!(title.starts_with(&format!("# {}: ", &name[..4])), "{name} has another title");
    }
}

#[test]
fn openapi_the_readme_and_the_function_have_the_same_routes() {
    let document: serde_json::Value =
        serde_json::from_str(headgate_token_validation::openapi::DOCUMENT).unwrap();
    let described: BTreeSet<String> =
        document["paths"].as_object().unwrap().keys().cloned().collect();

    let readme = function_readme();
    let table = readme.split("\n| route |").nth(1).unwrap().split("\n\n").next().unwrap();
    let listed: BTreeSet<String> = table
        .lines()
        .filter_map(|row| row.split('`').nth(1)?.split_once(' '))
        .map(|(_, path)| path.to_owned())
        .collect();
    assert_eq!(listed, described, "the README");

    let source = printed(&text("functions/token-validation/src/token_validation.rs"));
    let served = source.split("route_not_found(").nth(1).unwrap().split('"').nth(1).unwrap();
    let served: BTreeSet<String> =
        served.replace(" and ", ", ").split(", ").map(|path| path.trim().to_owned()).collect();
    assert_eq!(served, described, "the function");
}

#[test]
fn the_readme_names_every_recipe_and_no_other() {
    let justfile = text("justfile");
    let (mut recipes, mut private) = (BTreeSet::new(), false);
    for line in justfile.lines() {
        let name: String =
            line.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        if line == "[private]" {
            private = true;
        } else if !name.is_empty() && line.contains(':') && !line.contains(":=") {
            if !private {
                recipes.insert(name);
            }
            private = false;
        }
    }
    let readme = text("README.md");
    let table = readme.split("\n## Recipes").nth(1).unwrap().split("\n## ").next().unwrap();
    let named: BTreeSet<String> = table
        .split("`just ")
        .skip(1)
        .map(|rest| rest.split(['`', ' ']).next().unwrap().to_owned())
        .collect();
    assert_eq!(named, recipes);
}
