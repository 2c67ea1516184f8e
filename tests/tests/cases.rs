//! The table of cases, run on every host and put to every face that can express the case.
//!
//! One test is one case on one host through one face, as `an_expired_token_is_refused::native::forward_auth`. A host is
//! started when its first test runs, with the variables that the case wants, and ends with the last test that shares
//! them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use headgate_tests::case::{self, Case};
use headgate_tests::face::Face;
use headgate_tests::forge::Placeholders;
use headgate_tests::host::{
    AUTHORITY, Build, ComponentHost, Host, InProcess, Lambda, Mounted, Native,
};
use libtest_mimic::{Arguments, Failed, Trial};

/// How many sets of variables one local host serves: each is compiled code in memory.
const SETS_PER_HOST: usize = 16;

/// A host, or why there is none, from the first test that needs it on.
type Lazy<T> = OnceLock<Result<T, String>>;

/// Some sets of variables that one local host serves.
struct Batch {
    sets: Vec<BTreeMap<String, String>>,
    portable: Lazy<Arc<ComponentHost>>,
    wide: Lazy<Arc<ComponentHost>>,
}

impl Batch {
    fn host(
        &self,
        host: &Lazy<Arc<ComponentHost>>,
        build: Build,
    ) -> Result<Arc<ComponentHost>, Failed> {
        let started = host.get_or_init(|| {
            let sets: Vec<_> = self.sets.iter().map(|set| filled(set, &AUTHORITY)).collect();
            ComponentHost::start(build, &AUTHORITY, &sets.iter().collect::<Vec<_>>()).map(Arc::new)
        });
        Ok(Arc::clone(started.as_ref()?))
    }
}

/// One set of variables, as the cases have it, and the hosts that run with it.
struct Stage {
    variables: BTreeMap<String, String>,
    batch: Arc<Batch>,
    index: usize,
    native: Lazy<Native>,
    lambda: Lazy<Lambda>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    InProcess,
    Component,
    WideComponent,
    Native,
    Lambda,
}

impl Place {
    const ALL: [Self; 5] =
        [Self::InProcess, Self::Component, Self::WideComponent, Self::Native, Self::Lambda];

    const fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in_process",
            Self::Component => "component",
            Self::WideComponent => "wide_component",
            Self::Native => "native",
            Self::Lambda => "lambda",
        }
    }

    const fn has(self, face: Face) -> bool {
        match self {
            Self::InProcess | Self::Component => true,
            // What differs from the component is how it computes and that it remembers nothing.
            Self::WideComponent => matches!(face, Face::ForwardAuth),
            // A middleware is a component.
            Self::Native | Self::Lambda => !matches!(face, Face::Middleware),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = trials(case::load_all());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(cases: Vec<Case>) -> Vec<Trial> {
    let mut by_variables: BTreeMap<BTreeMap<String, String>, Vec<Arc<Case>>> = BTreeMap::new();
    for case in cases {
        by_variables.entry(case.variables.clone()).or_default().push(Arc::new(case));
    }
    let groups: Vec<_> = by_variables.into_iter().collect();
    let mut trials = Vec::new();
    for groups in groups.chunks(SETS_PER_HOST) {
        let sets = groups.iter().map(|(variables, _)| variables.clone()).collect();
        let batch = Arc::new(Batch { sets, portable: OnceLock::new(), wide: OnceLock::new() });
        for (index, (variables, cases)) in groups.iter().enumerate() {
            let stage = Arc::new(Stage {
                variables: variables.clone(),
                batch: Arc::clone(&batch),
                index,
                native: OnceLock::new(),
                lambda: OnceLock::new(),
            });
            for place in Place::ALL {
                for case in cases {
                    trials.extend(trials_of(case, place, &stage));
                }
            }
        }
    }
    trials
}

fn trials_of(case: &Arc<Case>, place: Place, stage: &Arc<Stage>) -> Vec<Trial> {
    let hosts = case.question.hosts.as_deref();
    if hosts.is_some_and(|hosts| !hosts.iter().any(|host| host == place.name())) {
        return Vec::new();
    }
    Face::ALL
        .into_iter()
        .filter(|face| place.has(*face) && face.can_ask(&case.question))
        .map(|face| {
            let name = format!("{}::{}::{}", case.name, place.name(), face.name());
            let (case, stage) = (Arc::clone(case), Arc::clone(stage));
            Trial::test(name, move || run(&case, place, face, &stage))
        })
        .collect()
}

fn run(case: &Case, place: Place, face: Face, stage: &Stage) -> Result<(), Failed> {
    match place {
        Place::InProcess => {
            let variables = filled(&stage.variables, InProcess::ISSUER);
            put(case, face, &InProcess::new(&variables)?)
        }
        Place::Component => {
            let host = stage.batch.host(&stage.batch.portable, Build::Portable)?;
            put(case, face, &Mounted { host, index: stage.index })
        }
        Place::WideComponent => {
            let host = stage.batch.host(&stage.batch.wide, Build::Wide)?;
            put(case, face, &Mounted { host, index: stage.index })
        }
        Place::Native => {
            let start = || Native::start(&filled(&stage.variables, &AUTHORITY));
            put(case, face, stage.native.get_or_init(start).as_ref()?)
        }
        Place::Lambda => {
            let start = || Lambda::start(&filled(&stage.variables, &AUTHORITY));
            put(case, face, stage.lambda.get_or_init(start).as_ref()?)
        }
    }
}

fn put(case: &Case, face: Face, host: &impl Host) -> Result<(), Failed> {
    let placeholders = case.placeholders(host.issuer(), host.now());
    let answer = host.ask(face, face.ask(case, &placeholders))?;
    face.judge(case, &placeholders, &answer)?;
    Ok(())
}

fn filled(variables: &BTreeMap<String, String>, issuer: &str) -> BTreeMap<String, String> {
    let placeholders = Placeholders { issuer: issuer.to_owned(), token: None };
    let filled = variables.iter();
    filled.map(|(name, value)| (name.clone(), placeholders.fill(value))).collect()
}
