use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::expectation::Expectation;
use super::function::Function;
use super::place::Place;
use super::steps::{Step, WrittenStep};
use crate::forge::Recipe;

/// One directory under a function's `cases`.
#[derive(Debug)]
pub struct Story {
    /// The directory's name: a sentence.
    pub name: String,
    /// Whose behaviour it tells.
    pub function: Function,
    /// Where it is told.
    pub places: Vec<Place>,
    /// The function's variables, with placeholders.
    pub variables: BTreeMap<String, String>,
    /// What the platform sets besides, with placeholders.
    pub environment: BTreeMap<String, String>,
    /// Files by name, or by a path that begins with `/`, with placeholders.
    pub files: BTreeMap<String, String>,
    /// How the case's token is made.
    pub token: Option<Recipe>,
    /// What each peer is asked, with placeholders.
    pub peers: BTreeMap<String, Vec<Expectation>>,
    /// How it goes.
    pub(super) plot: Plot,
}

/// How a case goes.
#[derive(Debug)]
pub(super) enum Plot {
    /// The function starts, and these steps follow.
    Steps(Vec<Step>),
    /// The function does not start, and says this.
    DoesNotStart(String),
}

/// Reads every case of a function, in the order of their names.
///
/// # Panics
///
/// When a file is not what its reader expects; the message names it.
#[must_use]
pub fn load_all(function: Function) -> Vec<Story> {
    let root = function.cases();
    let mut stories: Vec<Story> = fs::read_dir(&root)
        .unwrap_or_else(|error| panic!("{}: {error}", root.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| load(function, &root, &path))
        .collect();
    stories.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!stories.is_empty(), "{} has no case", root.display());
    stories
}

const FILES: [&str; 10] = [
    "variables.json",
    "environment.json",
    "files.json",
    "token.json",
    "peers.json",
    "steps.json",
    "request.json",
    "response.json",
    "places.json",
    "error.txt",
];

fn load(function: Function, root: &Path, directory: &Path) -> Story {
    let plot = plot(directory);
    let mut peers: BTreeMap<String, Vec<Expectation>> = BTreeMap::new();
    for folder in [root, directory] {
        peers.extend(read::<BTreeMap<_, _>>(folder, "peers.json").unwrap_or_default());
    }
    let files: BTreeMap<String, String> = read(directory, "files.json").unwrap_or_default();
    let places = places(directory, &plot, &files);
    Story {
        name: directory.file_name().unwrap().to_str().unwrap().to_owned(),
        function,
        places,
        variables: variables(function, root, directory),
        environment: read(directory, "environment.json").unwrap_or_default(),
        files,
        token: read(directory, "token.json"),
        peers,
        plot,
    }
}

fn plot(directory: &Path) -> Plot {
    let steps: Option<Vec<WrittenStep>> = read(directory, "steps.json");
    let request = read(directory, "request.json");
    let response = read(directory, "response.json");
    let error = fs::read_to_string(directory.join("error.txt")).ok();
    match (steps, request, response, error) {
        (Some(steps), None, None, None) => {
            let step = |step: WrittenStep| {
                step.read().unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
            };
            Plot::Steps(steps.into_iter().map(step).collect())
        }
        (None, Some(request), Some(response), None) => {
            Plot::Steps(vec![Step::single(request, response)])
        }
        (None, None, None, Some(error)) => Plot::DoesNotStart(error.trim_end().to_owned()),
        _ => panic!(
            "{} needs steps.json, or request.json and response.json, or error.txt",
            directory.display()
        ),
    }
}

/// The places that `places.json` names, or all that can tell the case.
fn places(directory: &Path, plot: &Plot, files: &BTreeMap<String, String>) -> Vec<Place> {
    let has_files = |place: &Place| {
        place.has_files_anywhere() || files.keys().all(|name| !name.starts_with('/'))
    };
    let goes = |place: &Place| match plot {
        Plot::DoesNotStart(_) => true,
        Plot::Steps(steps) => steps.iter().all(|step| match step {
            Step::Ask { .. } | Step::Arrived(_) => true,
            Step::Event { .. } => place.has_platform_events(),
            Step::Advance(_) => place.is_idle_after_its_answer(),
        }),
    };
    let named: Option<Vec<Place>> = read(directory, "places.json");
    let places: Vec<Place> = named.unwrap_or_else(|| Place::ALL.into());
    let can = |place: &Place| has_files(place) && goes(place);
    let places: Vec<Place> = places.into_iter().filter(can).collect();
    assert!(!places.is_empty(), "{} can be told nowhere", directory.display());
    places
}

/// The shared variables and documents, and over them the case's own. A document is the variable of its file's name; `null`
/// takes a variable away.
fn variables(function: Function, root: &Path, directory: &Path) -> BTreeMap<String, String> {
    let known = function.variables();
    let mut variables = BTreeMap::new();
    for folder in [root, directory] {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() || FILES.contains(&name) {
                assert!(folder == root || path.is_file(), "{} is stray", path.display());
                continue;
            }
            let stem = path.file_stem().unwrap().to_str().unwrap();
            assert!(known.contains(&stem), "{} is the name of no variable", path.display());
            variables.insert(stem.to_owned(), fs::read_to_string(&path).unwrap());
        }
        let written: Option<BTreeMap<String, Option<String>>> = read(folder, "variables.json");
        for (name, value) in written.into_iter().flatten() {
            match value {
                Some(value) => drop(variables.insert(name, value)),
                None => drop(variables.remove(&name)),
            }
        }
    }
    variables
}

fn read<T: DeserializeOwned>(directory: &Path, name: &str) -> Option<T> {
    let path = directory.join(name);
    let text = fs::read_to_string(&path).ok()?;
    let read = serde_json::from_str(&text);
    Some(read.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
