use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use headgate_core::{Body, HttpClient, HttpError, Timeout, Timestamp};
use headgate_entra::{Credentials, FixedEnvironment, Identities, Scope};
use headgate_events::Stdout;
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    Tasks,
};
use headgate_file_relay::World;
use headgate_file_relay::digest::{Algorithm, Digest, Hasher};
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::graph::{Graph, GraphSettings};
use headgate_file_relay::place::{
    Conflict, PlaceError, Range, Storage, Target, Upload, Whole, Written,
};
use headgate_file_relay::ports::Reach;
use headgate_native::ReqwestClient;
use headgate_peers::Bearers;
use headgate_peers::graph::{Graph as Peer, GraphConfig, GraphRunning};
use headgate_peers::peer::Troubles;
use http::{Request, Response};

pub(crate) use content::bytes;

#[path = "../common/content.rs"]
mod content;

pub(crate) const PART: usize = 10 * 1024 * 1024;
const START: Timestamp = Timestamp::from_secs(1_743_554_868);
const AUDIENCE: &str = "https://graph.microsoft.com";

pub(crate) struct Town {
    pub(crate) clock: ManualClock,
    pub(crate) net: Net,
    pub(crate) place: Graph<TestWorld>,
    pub(crate) running: GraphRunning,
}

/// The loopback network, and the machine's identity endpoint.
#[derive(Clone, Default)]
pub(crate) struct Net {
    real: ReqwestClient,
    tokens: Arc<AtomicUsize>,
    /// The addresses that were called with a token.
    authorized: Arc<Mutex<Vec<String>>>,
}

impl Net {
    /// How many tokens were asked for.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens.load(Ordering::SeqCst)
    }

    pub(crate) fn authorized(&self) -> Vec<String> {
        self.authorized.lock().unwrap().clone()
    }
}

impl HttpClient for Net {
    async fn send(
        &self,
        request: Request<Body>,
        timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        if request.uri().host() == Some("169.254.169.254") {
            assert!(
                request
                    .uri()
                    .query()
                    .unwrap()
                    .contains("resource=https%3A%2F%2Fgraph.microsoft.com")
            );
            let count = self.tokens.fetch_add(1, Ordering::SeqCst);
            let text = format!(
                r#"{{"access_token":"token-{count}","expires_in":"86399","resource":"{AUDIENCE}","token_type":"Bearer"}}"#
            );
            return Ok(Response::new(Body::from(text)));
        }
        if request.headers().contains_key("authorization") {
            self.authorized.lock().unwrap().push(request.uri().path().to_owned());
        }
        self.real.send(request, timeout).await
    }
}

#[derive(Debug)]
pub(crate) enum TestWorld {}

impl headgate_entra::World for TestWorld {
    type Http = Net;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Random = CountingRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl World for TestWorld {
    type Outlets = Stdout;
    type Background = Tasks;
    type HostPlace = Graph<Self>;
}

impl Town {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    pub(crate) async fn with(
        config: impl FnOnce(&mut GraphConfig),
        settings: impl FnOnce(&mut GraphSettings),
    ) -> Self {
        let clock = ManualClock::at(START);
        let mut peer = GraphConfig {
            bearers: Bearers::Exactly("token-0".to_owned()),
            clock: Arc::new(clock.clone()),
            ..GraphConfig::default()
        };
        config(&mut peer);
        let running = Peer::start(peer).await.unwrap();
        let net = Net::default();
        let document = "[machine]\nkind = \"managed-identity\"\nsource = \"imds\"\n";
        let nothing = FixedVariables::new::<&str, &str>([]);
        let credentials = Credentials::load(document, &nothing).await.unwrap();
        let ports = headgate_entra::Ports {
            http: net.clone(),
            key_value: MemoryKeyValue::new(),
            clock: clock.clone(),
            random: CountingRandom::new(),
            files: MemoryFiles::none(),
            diagnostics: MemoryDiagnostics::new(),
            environment: FixedEnvironment::default(),
        };
        let reach = Reach {
            http: net.clone(),
            public_http: net.clone(),
            clock: clock.clone(),
            identities: Identities::new(credentials, None, ports),
            patience: Duration::from_secs(120),
        };
        let mut drive = GraphSettings {
            url: running.base_url().parse().unwrap(),
            drive: "/drives/b!development".to_owned(),
            root: FilePath::default(),
            credential: "machine".to_owned(),
            scope: Scope::of_resource(AUDIENCE).unwrap(),
            private_network: false,
            defer_commit: false,
            may_rewrite: false,
        };
        settings(&mut drive);
        let place = Graph::new(drive, Arc::new(reach));
        Self { clock, net, place, running }
    }

    pub(crate) fn drive(&self) -> &Peer {
        self.running.graph()
    }

    pub(crate) fn troubles(&self) -> &Troubles {
        self.running.troubles()
    }

    /// Reads a file from a byte on.
    pub(crate) async fn read(
        &self,
        name: &str,
        from: u64,
        validator: Option<&str>,
    ) -> Result<(u64, Bytes), PlaceError> {
        let opened = self.place.open(&path(name), Range { from, until: None }, validator).await?;
        let body = opened.body.read(usize::MAX).await.map_err(PlaceError::Content)?;
        Ok((opened.from, body))
    }

    /// Writes a file, as a relay without trouble does.
    pub(crate) async fn write(
        &self,
        target: &Target,
        content: &[u8],
    ) -> Result<(Upload, Written), PlaceError> {
        let mut upload = self.place.begin(target).await?;
        for index in 0..count(content) {
            self.part(&mut upload, content, index).await?;
        }
        let written = self.place.commit(&upload, &whole(content)).await?;
        Ok((upload, written))
    }

    /// Writes one part.
    pub(crate) async fn part(
        &self,
        upload: &mut Upload,
        content: &[u8],
        index: usize,
    ) -> Result<(), PlaceError> {
        let (part, range) = content::part(content, PART, index);
        let body = Body::from(content[range].to_vec());
        assert_eq!(self.place.write(upload, part, body).await?, []);
        Ok(())
    }
}

/// How many parts a content has.
pub(crate) fn count(content: &[u8]) -> usize {
    content.len().div_ceil(PART)
}

pub(crate) fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

pub(crate) fn target(name: &str, length: usize, conflict: Conflict) -> Target {
    Target {
        relay: "relay".to_owned(),
        path: path(name),
        length: Some(length as u64),
        content_type: Some("text/plain".to_owned()),
        conflict,
    }
}

pub(crate) fn digests(content: &[u8]) -> Vec<Digest> {
    let mut hasher = Hasher::new(&[Algorithm::QuickXor]);
    hasher.update(content);
    hasher.finish()
}

pub(crate) fn whole(content: &[u8]) -> Whole {
    Whole {
        length: content.len() as u64,
        parts: u32::try_from(count(content)).unwrap(),
        digests: digests(content),
    }
}
