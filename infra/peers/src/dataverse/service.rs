use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headgate_core::Timestamp;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::callbacks;
use super::config::{DataverseConfig, DesktopFlow, Ending, Ends};
use super::query::{Query, SessionFilter, flow_filter, page_size, session_filter};
use super::refused::{Judged, refuse};
use super::run;
use super::session::{Callback, Session};
use crate::issuer::{Guid, SystemRandom};
use crate::peer::{Asked, Peer, Reply, Serving, Troubles, put};

/// An environment's Web API as a function of a request.
#[derive(Debug)]
pub struct Dataverse {
    config: DataverseConfig,
    audience: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: Vec<Session>,
    owed: VecDeque<Callback>,
    /// How long a new session does not show, as a service may be whose parts are not in step.
    hidden_for: Duration,
}

/// A running [`Dataverse`]. It stops when this is dropped.
#[derive(Debug)]
pub struct DataverseRunning {
    serving: Serving,
    dataverse: Arc<Dataverse>,
    callbacks: tokio::task::JoinHandle<()>,
}

const ROOT: &str = "/api/data/v9.2/";
const CANCELLED: i32 = 7;
const RUNNING: i32 = 2;

impl Dataverse {
    /// Makes an environment whose tokens are for `audience`: its own address, without a slash at its end.
    #[must_use]
    pub fn new(config: DataverseConfig, audience: &str) -> Self {
        Self { config, audience: audience.to_owned(), state: Mutex::default() }
    }

    /// Serves one, and makes its callbacks, on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(config: DataverseConfig) -> io::Result<DataverseRunning> {
        let (listen, times) = (config.listen, config.callbacks);
        let make = |base_url: &str| Arc::new(Self::new(config, base_url));
        let (serving, dataverse) = Serving::start(listen, None, make).await?;
        let callbacks = tokio::spawn(callbacks::serve(Arc::clone(&dataverse), times));
        Ok(DataverseRunning { serving, dataverse, callbacks })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every session that was made, in order.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        self.state().sessions.clone()
    }

    /// Ends a session so, if it has not ended.
    pub fn end(&self, session: Guid, ending: &Ending) {
        let now = self.config.clock.now();
        let mut state = self.state();
        let found = state.sessions.iter_mut().find(|known| known.id == session);
        let owed = found.and_then(|session| session.end(ending, now));
        state.owed.extend(owed);
    }

    /// Hides each session for so long after it was made, from every look but one by its id.
    pub fn hide_new_sessions_for(&self, duration: Duration) {
        self.state().hidden_for = duration;
    }

    /// The callbacks that are to be made, each once: whoever takes one makes it.
    #[must_use]
    pub fn take_callbacks(&self) -> Vec<Callback> {
        let now = self.config.clock.now();
        let mut state = self.state();
        state.settle(now);
        state.owed.drain(..).collect()
    }

    fn flow(&self, id: &str) -> Judged<&DesktopFlow> {
        let id = id.parse::<Guid>().ok();
        match self.config.flows.iter().find(|flow| Some(flow.id) == id) {
            Some(flow) => Ok(flow),
            None => refuse(404, "0x80040217", "Entity 'Workflow' With Id Does Not Exist"),
        }
    }

    fn respond(&self, asked: &Asked) -> Judged<Reply> {
        let now = self.config.clock.now();
        if !self.config.bearers.admit(asked, &self.audience, now) {
            return refuse(
                401,
                "0x80072560",
                "The token is missing, expired, or for somebody else.",
            );
        }
        for (name, expected) in
            [("accept", "application/json"), ("odata-version", "4.0"), ("odata-maxversion", "4.0")]
        {
            if asked.header(name) != Some(expected) {
                return refuse(400, "0x0", format!("The header {name} must be {expected}."));
            }
        }
        // Impersonation is not supported for desktop flows (contracts §1.0).
        if asked.headers.contains_key("callerobjectid")
            || asked.headers.contains_key("mscrmcallerid")
        {
            return refuse(403, "0x80048306", "Impersonation is not supported for desktop flows.");
        }
        if !asked.body.is_empty() && asked.header("content-type") != Some("application/json") {
            return refuse(415, "0x0", "The header content-type must be application/json.");
        }
        let Some(path) = asked.uri.path().strip_prefix(ROOT) else {
            return refuse(404, "0x8006088a", "Resource not found.");
        };
        let mut segments = path.split('/');
        let first = segments.next().unwrap_or_default();
        let rest: Vec<&str> = segments.collect();
        let within = |set: &str| first.strip_prefix(set)?.strip_prefix('(')?.strip_suffix(')');
        match (&asked.method, first, rest.as_slice()) {
            (&Method::GET, "workflows", []) => self.list_flows(asked),
            (&Method::GET, "flowsessions", []) => self.find_sessions(asked, now),
            (method, _, rest) => {
                if let Some(id) = within("workflows") {
                    self.of_flow(method, id, rest, asked, now)
                } else if let Some(id) = within("flowsessions") {
                    self.of_session(method, id, rest, asked, now)
                } else {
                    refuse(404, "0x8006088a", "Resource not found for the segment.")
                }
            }
        }
    }

    fn list_flows(&self, asked: &Asked) -> Judged<Reply> {
        let query = Query::read(asked)?;
        let named = flow_filter(query.filter.as_deref().unwrap_or_default())?;
        let mut flows: Vec<&DesktopFlow> = self
            .config
            .flows
            .iter()
            .filter(|flow| named.as_ref().is_none_or(|name| flow.name.eq_ignore_ascii_case(name)))
            .collect();
        if query.columns().iter().any(|column| !matches!(*column, "name" | "workflowid")) {
            return refuse(400, "0x80060888", "Could not find a property that was selected.");
        }
        flows.sort_by(|one, other| one.name.cmp(&other.name));
        let row = |flow: &&DesktopFlow| json!({ "@odata.etag": "W1069462", "name": flow.name, "workflowid": flow.id.to_string() });
        let most = page_size(asked)?.min(query.top.unwrap_or(usize::MAX));
        let value: Vec<Value> = flows.iter().skip(query.skip).take(most).map(row).collect();
        let context = format!("{}{ROOT}$metadata#workflows(name,workflowid)", self.audience);
        let last = query.skip + value.len();
        let mut page = json!({ "@odata.context": context, "value": value });
        if query.top.is_none() && last < flows.len() {
            let next = format!("{}{ROOT}workflows?{}", self.audience, query.link(last));
            put(&mut page, "@odata.nextLink", next);
        }
        Ok(Reply::json(StatusCode::OK, &page))
    }

    fn of_flow(
        &self,
        method: &Method,
        id: &str,
        rest: &[&str],
        asked: &Asked,
        now: Timestamp,
    ) -> Judged<Reply> {
        let flow = self.flow(id)?;
        match (method, rest) {
            (&Method::GET, ["inputs", "$value"]) => {
                Ok(Reply::json(StatusCode::OK, &json!({ "schema": flow.inputs })))
            }
            (&Method::GET, ["outputs", "$value"]) => {
                Ok(Reply::json(StatusCode::OK, &json!({ "schema": flow.outputs })))
            }
            (&Method::POST, ["Microsoft.Dynamics.CRM.RunDesktopFlow"]) => {
                self.run(flow, asked, now)
            }
            _ => refuse(405, "0x8006088b", "The method or the segment is not supported."),
        }
    }

    fn run(&self, flow: &DesktopFlow, asked: &Asked, now: Timestamp) -> Judged<Reply> {
        let request = run::read(&self.config, &asked.body)?;
        let mut state = self.state();
        let minute = Duration::from_secs(60);
        let recent = state.sessions.iter().filter(|session| {
            session.connection == request.connection && now.since(session.created) < minute
        });
        if recent.count() >= self.config.runs_per_minute {
            return refuse(429, "DesktopFlowsActionThrottled", "Too many runs on one connection.");
        }
        let ends = match &flow.ends {
            Ends::After(duration, ending) => Some((now.plus(*duration), ending.clone())),
            Ends::WhenTold => None,
        };
        let id = Guid::random(&SystemRandom);
        state.sessions.push(Session {
            id,
            flow: flow.id,
            connection: request.connection,
            inputs: request.inputs,
            callback: request.callback,
            created: now,
            status: RUNNING,
            completed: None,
            error: None,
            outputs: json!({}),
            ends,
            cancels: 0,
        });
        let context = "Microsoft.Dynamics.CRM.RunDesktopFlowResponse";
        Ok(Reply::json(
            StatusCode::OK,
            &json!({
                "@odata.context": format!("{}{ROOT}$metadata#{context}", self.audience),
                "flowsessionId": id.to_string(),
                "licenseCheck": { "code": "ValidLicenseCoverage", "message": "Valid License Coverage" },
            }),
        ))
    }

    fn find_sessions(&self, asked: &Asked, now: Timestamp) -> Judged<Reply> {
        let query = Query::read(asked)?;
        let filter = session_filter(query.filter.as_deref().unwrap_or_default())?;
        let mut state = self.state();
        state.settle(now);
        let fits = |session: &&Session| {
            let callback = session.callback.as_deref().unwrap_or_default();
            let is_shown = now.since(session.created) >= state.hidden_for;
            is_shown
                && self.config.is_owner
                && match &filter {
                    SessionFilter::CallbackIs(address) => callback.eq_ignore_ascii_case(address),
                    SessionFilter::FlowAndCallbackBegins(flow, begin) => {
                        session.flow == *flow && callback.starts_with(begin.as_str())
                    }
                }
        };
        if query.skip > 0 {
            return refuse(400, "0x80060888", "There are no more pages.");
        }
        let found = state.sessions.iter().filter(fits).take(query.top.unwrap_or(usize::MAX));
        let rows: Option<Vec<Value>> = found.map(|session| session.row(&query.columns())).collect();
        match rows {
            Some(rows) => Ok(Reply::json(StatusCode::OK, &json!({ "value": rows }))),
            None => refuse(400, "0x80060888", "Could not find a property that was selected."),
        }
    }

    fn of_session(
        &self,
        method: &Method,
        id: &str,
        rest: &[&str],
        asked: &Asked,
        now: Timestamp,
    ) -> Judged<Reply> {
        if !self.config.is_owner {
            return refuse(
                403,
                "0x80040220",
                "Principal user is missing prvReadflowsession privilege",
            );
        }
        let id = id.parse::<Guid>().ok();
        let mut state = self.state();
        state.settle(now);
        let Some(session) = state.sessions.iter_mut().find(|session| Some(session.id) == id) else {
            return refuse(404, "0x80040217", "Entity 'flowsession' With Id Does Not Exist");
        };
        match (method, rest) {
            (&Method::GET, []) => match session.row(&Query::read(asked)?.columns()) {
                Some(row) => Ok(Reply::json(StatusCode::OK, &row)),
                None => refuse(400, "0x80060888", "Could not find a property that was selected."),
            },
            (&Method::GET, ["outputs", "$value"]) if session.completed.is_some() => {
                Ok(Reply::json(StatusCode::OK, &session.outputs))
            }
            (&Method::GET, ["outputs", "$value"]) => Ok(Reply::empty(StatusCode::NO_CONTENT)),
            (&Method::POST, ["Microsoft.Dynamics.CRM.CancelDesktopFlowRun"])
                if !asked.body.is_empty() =>
            {
                refuse(400, "0x80048d19", "CancelDesktopFlowRun has no parameters.")
            }
            (&Method::POST, ["Microsoft.Dynamics.CRM.CancelDesktopFlowRun"]) => {
                session.cancels += 1;
                let cancelled = Ending { status: CANCELLED, error: None, outputs: json!({}) };
                let owed = session.end(&cancelled, now);
                state.owed.extend(owed);
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            _ => refuse(405, "0x8006088b", "The method or the segment is not supported."),
        }
    }
}

impl State {
    /// Ends what has come to its end by itself.
    fn settle(&mut self, now: Timestamp) {
        for session in &mut self.sessions {
            if let Some((at, ending)) = session.ends.clone()
                && at <= now
            {
                let owed = session.end(&ending, at);
                self.owed.extend(owed);
            }
        }
    }
}

impl Peer for Dataverse {
    /// Starts of robots: they are what may get into trouble.
    fn is_watched(&self, asked: &Asked) -> bool {
        asked.uri.path().ends_with("RunDesktopFlow")
    }

    fn answer(&self, asked: &Asked) -> Reply {
        self.respond(asked).unwrap_or_else(|refused| refused.reply())
    }
}

impl DataverseRunning {
    /// `http://127.0.0.1:PORT`: the environment, and the audience of its tokens.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.serving.base_url()
    }

    /// The environment.
    #[must_use]
    pub const fn dataverse(&self) -> &Arc<Dataverse> {
        &self.dataverse
    }

    /// The levers of starts: counts, and trouble.
    #[must_use]
    pub fn troubles(&self) -> &Troubles {
        self.serving.troubles()
    }

    /// Stops: the port is free again when this returns.
    pub async fn stop(self) {
        self.callbacks.abort();
        self.serving.stop().await;
    }
}
