//! A case: one question to the function, and its answer, as a directory of facts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::face::Face;
use crate::forge::{Placeholders, Recipe};

/// One directory under `functions/token-validation/cases`.
#[derive(Debug)]
pub struct Case {
    /// The directory's name: a sentence.
    pub name: String,
    /// How the token is made; `None`: the case has none.
    pub token: Option<Recipe>,
    /// The function's variables, with placeholders.
    pub variables: BTreeMap<String, String>,
    /// What is asked.
    pub question: Question,
    /// What is answered.
    pub expected: Expected,
}

/// The file `request.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Question {
    /// The request's method.
    pub method: String,
    /// The request's path: `/validate`, or with a policy's name behind it.
    pub path: String,
    /// The request's query, without the question mark.
    pub query: Option<String>,
    /// The request's headers.
    pub headers: BTreeMap<String, OneOrMany>,
    /// The faces that the question can be put to, when they are not all those that can express it.
    pub faces: Option<Vec<Face>>,
    /// The hosts that the question can be put to, when they are not all.
    pub hosts: Option<Vec<String>>,
}

/// A header's value or values.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// The file `response.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The status that forward-auth gives.
    pub status: u16,
    /// Headers that forward-auth gives; `null`: does not give.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// The name of contracts §4.7 in `X-Headgate-Reason`; absent when the request may pass.
    pub reason: Option<String>,
    /// The message in the body, when the case is about it.
    pub message: Option<String>,
    /// Members of the introspection response, when the case is about them.
    #[serde(default)]
    pub introspection: Map<String, Value>,
}

impl Default for Question {
    fn default() -> Self {
        let token = OneOrMany::One("Bearer ${token}".to_owned());
        Self {
            method: "GET".to_owned(),
            path: "/validate".to_owned(),
            query: None,
            headers: BTreeMap::from([("authorization".to_owned(), token)]),
            faces: None,
            hosts: None,
        }
    }
}

impl Question {
    /// The policy or product that the path names.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.path.strip_prefix("/validate/")
    }

    /// Whether nothing but `Authorization` speaks for the caller.
    #[must_use]
    pub fn has_only_authorization(&self) -> bool {
        self.query.is_none() && self.headers.keys().eq(["authorization"])
    }

    /// The headers as pairs, with `placeholders` filled in.
    #[must_use]
    pub fn headers(&self, placeholders: &Placeholders) -> Vec<(String, String)> {
        let pairs = self.headers.iter().flat_map(|(name, values)| {
            let values = match values {
                OneOrMany::One(value) => std::slice::from_ref(value),
                OneOrMany::Many(values) => values,
            };
            values.iter().map(|value| (name.clone(), placeholders.fill(value)))
        });
        pairs.collect()
    }
}

impl Case {
    /// Whether the request may pass.
    #[must_use]
    pub const fn passes(&self) -> bool {
        self.expected.reason.is_none()
    }

    /// The placeholders for a host whose clock shows `now`, with the case's token made for that moment.
    #[must_use]
    pub fn placeholders(&self, issuer: &str, now: u64) -> Placeholders {
        let mut placeholders = Placeholders { issuer: issuer.to_owned(), token: None };
        placeholders.token = self.token.as_ref().map(|recipe| recipe.make(&placeholders, now));
        placeholders
    }
}

/// Reads every case, in the order of their names.
///
/// # Panics
///
/// When a file is not what its reader expects; the message names it.
#[must_use]
pub fn load_all() -> Vec<Case> {
    let root = directory();
    let mut cases: Vec<Case> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| load(&root, &path))
        .collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/token-validation/cases")
}

fn load(root: &Path, directory: &Path) -> Case {
    let known = ["token.json", "variables.json", "request.json", "response.json"];
    let documents = ["policy.toml", "policy.xml", "products.toml"];
    for entry in fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_known = known.contains(&name.as_str()) || documents.contains(&name.as_str());
        assert!(is_known, "{directory:?} has a stray {name}");
    }
    let question: Question = read(&directory.join("request.json")).unwrap_or_default();
    Case {
        name: directory.file_name().unwrap().to_str().unwrap().to_owned(),
        token: read(&directory.join("token.json")),
        variables: variables(root, directory, &question),
        question,
        expected: read(&directory.join("response.json"))
            .unwrap_or_else(|| panic!("{directory:?} has no response.json")),
    }
}

/// The variables in `variables.json`, or in the shared one; and the documents in the case's directory, or the shared
/// policy. Faces whose path names no policy are told it by a variable.
fn variables(root: &Path, directory: &Path, question: &Question) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = [directory, root]
        .into_iter()
        .find_map(|directory| read(&directory.join("variables.json")))
        .expect("the cases have a variables.json");
    let document = |path: PathBuf| fs::read_to_string(path).ok();
    let policy = ["policy.toml", "policy.xml"]
        .into_iter()
        .find_map(|name| document(directory.join(name)))
        .or_else(|| document(root.join("policy.toml")))
        .expect("the cases have a policy.toml");
    variables.insert("policy".to_owned(), policy);
    if let Some(products) = document(directory.join("products.toml")) {
        variables.insert("products".to_owned(), products);
    }
    if let Some(policy) = question.policy() {
        variables.insert("authorizer_policy".to_owned(), policy.to_owned());
        variables.insert("middleware_policy".to_owned(), policy.to_owned());
    }
    variables
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let text = fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}")))
}
