//! The ports that the places are tested with: the process's own.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::HttpClient;
use headgate_entra::{Credentials, FixedEnvironment, Identities};
use headgate_fakes::{FixedVariables, MemoryDiagnostics, MemoryKeyValue};
use headgate_file_relay::World;
use headgate_file_relay::place::http::Http;
use headgate_file_relay::ports::Reach;
use headgate_native::{
    DiskFiles, NativeBackground, NativeOutlets, OsRandom, ReqwestClient, SystemClock,
};

/// The ports of this process, with a client of HTTP.
pub(crate) struct Native<H = ReqwestClient>(PhantomData<fn() -> H>);

impl<H: HttpClient + Clone + 'static> headgate_entra::World for Native<H> {
    type Http = H;
    type KeyValue = MemoryKeyValue;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Files = DiskFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl<H: HttpClient + Clone + 'static> World for Native<H> {
    type Outlets = NativeOutlets;
    type Background = NativeBackground;
    type HostPlace = Http<Self>;
}

/// What places reach, without any credentials.
pub(crate) async fn reach() -> Arc<Reach<Native>> {
    reach_with(ReqwestClient::new(), "").await
}

/// What places reach with this client, and the credentials of a document.
pub(crate) async fn reach_with<H>(http: H, credentials: &str) -> Arc<Reach<Native<H>>>
where
    H: HttpClient + Clone + 'static,
{
    let none = FixedVariables::new::<String, String>([]);
    let credentials = Credentials::load(credentials, &none).await.unwrap();
    let ports = headgate_entra::Ports {
        http: http.clone(),
        key_value: MemoryKeyValue::new(),
        clock: SystemClock,
        random: OsRandom,
        files: DiskFiles,
        diagnostics: MemoryDiagnostics::default(),
        environment: FixedEnvironment::default(),
    };
    let identities = Identities::new(credentials, None, ports);
    let patience = Duration::from_secs(120);
    Arc::new(Reach { public_http: http.clone(), http, clock: SystemClock, identities, patience })
}
