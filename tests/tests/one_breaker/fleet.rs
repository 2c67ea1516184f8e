//! The instances.

use std::any::Any;
use std::collections::BTreeMap;

use futures_util::future::join_all;
use headgate_tests::breaker::{Answer, EventSink, Instance, start_component, start_native};
use headgate_tests::peer::MotoServer;

use crate::model::DOCUMENT;

/// Instances with the same configuration, each a process of its own.
pub(crate) struct Fleet {
    pub(crate) instances: Vec<Instance>,
    _processes: Vec<Box<dyn Any>>,
}

/// Where they keep their state.
pub(crate) enum Store<'m> {
    /// A Redis server of this address.
    Redis(String),
    /// A table of this name.
    DynamoDb(&'static str, &'m MotoServer),
    /// A file: one process alone.
    File,
}

impl Fleet {
    pub(crate) fn start(
        natives: usize,
        components: usize,
        store: &Store<'_>,
        sink: &EventSink,
    ) -> Self {
        let mut fleet = Self { instances: Vec::new(), _processes: Vec::new() };
        let sinks = format!("[watch]\nkind = \"webhook\"\nurl = \"http://{}/\"\n", sink.address());
        let mut variables = BTreeMap::new();
        for (name, value) in [("backends", DOCUMENT), ("sinks", &sinks), ("access", "anonymous")] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        for _ in 0..natives {
            let folder = tempfile::tempdir().unwrap();
            let mut own = store.environment();
            if let Some(place) = store.place() {
                own.insert("HEADGATE_STORE".to_owned(), place);
            }
            own.insert("HEADGATE_STATE_DIR".to_owned(), folder.path().to_str().unwrap().to_owned());
            let (process, instance) = start_native(&variables, &own).unwrap();
            fleet.instances.push(instance);
            fleet._processes.push(Box::new((process, folder)));
        }
        let mut arguments = Vec::new();
        match store {
            Store::Redis(url) => drop(variables.insert("store".to_owned(), url.clone())),
            // The host keeps it for the component, under the name that the processes give it.
            Store::DynamoDb(table, _) => arguments.extend([
                "--key-value".to_owned(),
                format!("default=dynamodb:{table}?prefix=circuit-breaker"),
            ]),
            Store::File => assert_eq!(components, 0, "a file is one process's"),
        }
        for _ in 0..components {
            let started = start_component(&variables, &arguments, &store.environment());
            let (component, instance) = started.unwrap();
            fleet.instances.push(instance);
            fleet._processes.push(Box::new(component));
        }
        fleet
    }

    /// Posts to the same path of all instances at once, again to those that cannot answer.
    pub(crate) async fn ask_all(&self, path: &str) {
        join_all(self.instances.iter().map(|instance| until_done(instance, path, ""))).await;
    }
}

impl Store<'_> {
    /// How a process is told where the store is.
    fn place(&self) -> Option<String> {
        match self {
            Store::Redis(url) => Some(url.clone()),
            Store::DynamoDb(table, _) => Some(format!("dynamodb:{table}")),
            Store::File => None,
        }
    }

    /// What a process needs in its environment to reach it.
    fn environment(&self) -> BTreeMap<String, String> {
        match self {
            Store::DynamoDb(_, moto) => {
                moto.environment().map(|(name, value)| (name.to_owned(), value)).into()
            }
            Store::Redis(_) | Store::File => BTreeMap::new(),
        }
    }
}

/// Posts until the answer is 200, and gives how often the store could not be asked before.
///
/// # Panics
///
/// When something else is answered.
pub(crate) async fn until_done(instance: &Instance, path: &str, body: &str) -> u64 {
    let mut again = 0;
    loop {
        match instance.post(path, body).await.unwrap() {
            Answer { status: 200, .. } => return again,
            Answer { status: 503, .. } => again += 1,
            other => panic!("{path}: {other:?}"),
        }
    }
}
