use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::FutureExt;
use headgate_core::{Body, Handler, Timestamp};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    ReplayHttp, Tasks,
};
use headgate_token_validation::{Configuration, Ports, TokenValidation, World};
use http::{Request, Response};

use super::Host;
use crate::authority;
use crate::face::Face;

/// Ports that are all fakes.
#[derive(Debug)]
pub enum Fakes {}

impl World for Fakes {
    type Http = ReplayHttp;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Diagnostics = MemoryDiagnostics;
    type Background = Tasks;
}

/// The function in the test's own process, on fakes: its clock stands still, its identity provider is a list of answers.
pub struct InProcess {
    function: TokenValidation<Fakes>,
}

const ISSUER: &str = "https://login.example";
const NOW: Timestamp = Timestamp::from_secs(2_000_000_000);

impl InProcess {
    /// Makes the function.
    ///
    /// # Errors
    ///
    /// Why the variables cannot be put into force.
    pub fn new(variables: &BTreeMap<String, String>) -> Result<Self, String> {
        let http = authority::replayed(ISSUER);
        let (variables, files) = (FixedVariables::new(variables.clone()), MemoryFiles::none());
        let random = CountingRandom::new();
        let loaded = Configuration::load(&variables, &files, &http, &random);
        let configuration = loaded.now_or_never().expect("fakes answer at once");
        let ports = Ports {
            http,
            key_value: MemoryKeyValue::new(),
            clock: ManualClock::at(NOW),
            diagnostics: MemoryDiagnostics::new(),
            background: Tasks::before_the_answer(),
        };
        let configuration = configuration.map_err(|error| error.to_string())?;
        Ok(Self { function: TokenValidation::new(configuration, ports) })
    }
}

impl InProcess {
    /// The address of the identity provider.
    pub const ISSUER: &'static str = ISSUER;
}

impl Host for InProcess {
    fn issuer(&self) -> &str {
        ISSUER
    }

    fn now(&self) -> u64 {
        NOW.as_secs()
    }

    fn ask(&self, face: Face, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let request = request.map(Body::from);
        let answer = async {
            let answer = match face {
                Face::Middleware => self.function.guard(request, &Empty).await,
                _ => self.function.handle(request).await,
            };
            let (head, body) = answer.into_parts();
            let body = body.read(1024 * 1024).await.map_err(|error| error.to_string())?;
            Ok(Response::from_parts(head, body))
        };
        answer.now_or_never().unwrap_or_else(|| Err("the function waits for nothing".to_owned()))
    }
}

/// What stands behind the middleware.
struct Empty;

impl Handler for Empty {
    async fn handle(&self, _request: Request<Body>) -> Response<Body> {
        Response::new(Body::empty())
    }
}
