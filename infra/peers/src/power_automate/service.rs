use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use headgate_core::Random;
use http::header::{ALLOW, AUTHORIZATION, LOCATION, RETRY_AFTER};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::config::{CloudFlow, Does, FlowAnswer, MayCall, PowerAutomateConfig};
use super::run::Run;
use super::token::NotTaken;
use crate::issuer::{Guid, SystemRandom};
use crate::peer::{Asked, Peer, Reply, Serving, Troubles};

/// Power Automate as a function of a request.
#[derive(Debug)]
pub struct PowerAutomate {
    config: PowerAutomateConfig,
    base_url: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    runs: HashMap<String, Run>,
    /// Where answers are said to be, when not here.
    elsewhere: Option<String>,
}

/// A running [`PowerAutomate`]. It stops when this is dropped.
#[derive(Debug)]
pub struct PowerAutomateRunning {
    serving: Serving,
    service: Arc<PowerAutomate>,
}

const ROOT: &str = "/powerautomate/automations/direct/workflows/";
const TRIGGER: &str = "/triggers/manual/paths/invoke";
impl PowerAutomate {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`Serving::start`].
    pub async fn start(config: PowerAutomateConfig) -> std::io::Result<PowerAutomateRunning> {
        let listen = config.listen;
        let make = |base_url: &str| {
            Arc::new(Self { config, base_url: base_url.to_owned(), state: Mutex::default() })
        };
        let (serving, service) = Serving::start(listen, None, make).await?;
        Ok(PowerAutomateRunning { serving, service })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self, flow: &CloudFlow) -> String {
        let signed = match &flow.may_call {
            MayCall::Anyone(signature) => {
                format!("&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={}", signature.expose())
            }
            MayCall::Tenant | MayCall::Specific(_) => String::new(),
        };
        format!("{}{ROOT}{}{TRIGGER}?api-version=1{signed}", self.base_url, plain(flow.id))
    }

    fn trigger(&self, flow: &CloudFlow, asked: &Asked) -> Result<Reply, Box<Reply>> {
        if flow.is_off {
            let message = "The workflow is not enabled.";
            return Err(Box::new(refuse(404, "WorkflowTriggerIsNotEnabled", message)));
        }
        if asked.method != Method::POST {
            let reply = refuse(405, "MethodNotAllowed", "The trigger takes POST alone.");
            return Err(Box::new(reply.with(ALLOW, "POST")));
        }
        if let Some(refusal) = self.refusal(flow, asked) {
            return Err(Box::new(refusal));
        }
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        if flow.requires.as_ref().is_some_and(|member| body.get(member).is_none()) {
            let message = "The input body for trigger 'manual' of type 'Request' did not match its schema definition.";
            return Err(Box::new(refuse(400, "TriggerInputSchemaMismatch", message)));
        }
        let id = format!("0858{}", plain(Guid::random(&SystemRandom)).to_uppercase());
        let tracking = asked.header("x-ms-client-tracking-id").unwrap_or(&id).to_owned();
        let mut run = Run {
            signature: secret(),
            looks: 0,
            retry_after: None,
            answer: FlowAnswer::echo(),
            sent: asked.body.clone(),
            tracking,
        };
        let reply = match &flow.does {
            Does::Answers(answer) => {
                run.answer = answer.clone();
                run.reply()
            }
            Does::Accepts => Reply::empty(StatusCode::ACCEPTED),
            Does::NeverAnswers => refuse(
                502,
                "NoResponse",
                "The server did not receive a response from an upstream server. Request tracking id '…'.",
            ),
            Does::AnswersLater { looks, retry_after, answer } => {
                (run.looks, run.retry_after) = (*looks, *retry_after);
                run.answer = answer.clone();
                self.accepted(flow, &id, &run)
            }
        };
        let reply = run.named(reply, &id);
        self.state().runs.insert(id, run);
        Ok(reply)
    }

    /// The refusal of who may not call; `None` for who may.
    fn refusal(&self, flow: &CloudFlow, asked: &Asked) -> Option<Reply> {
        let signature = asked.query().into_iter().find(|(name, _)| name == "sig");
        let authorization = asked.headers.contains_key(AUTHORIZATION);
        let users = match &flow.may_call {
            MayCall::Anyone(expected) => {
                return match signature {
                    // A token beside it is refused, as a trigger without a policy for tokens does.
                    _ if authorization => Some(refuse(
                        401,
                        "OAuthAccessPolicyNotFound",
                        "The request must be authenticated only by Shared Access scheme.",
                    )),
                    None => Some(direct()),
                    Some((_, given)) if given == expected.expose() => None,
                    Some(_) => Some(bad_signature()),
                };
            }
            MayCall::Tenant => None,
            MayCall::Specific(users) => Some(users.as_slice()),
        };
        if signature.is_some() {
            return Some(direct());
        }
        let token = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = token else { return Some(direct()) };
        let PowerAutomateConfig { trusted, audience, tenant, clock, .. } = &self.config;
        let why = trusted.judge(token, audience, tenant, users, clock.now()).err()?;
        Some(match why {
            NotTaken::Invalid => {
                refuse(401, "InvalidAuthenticationToken", "The access token is invalid or expired.")
            }
            NotTaken::Claims => refuse(
                if users.is_some() { 403 } else { 401 },
                "MisMatchingOAuthClaims",
                "One or more claims either missing or does not match with the open authentication access control policy.",
            ),
        })
    }

    fn accepted(&self, flow: &CloudFlow, id: &str, run: &Run) -> Reply {
        let base = self.state().elsewhere.clone().unwrap_or_else(|| self.base_url.clone());
        let location = format!(
            "{base}{ROOT}{}/runs/{id}/operations/{}?api-version=1&sp=%2Fruns%2F{id}%2Fread&sv=1.0&sig={}",
            plain(flow.id),
            plain(flow.id),
            run.signature,
        );
        let reply = Reply::empty(StatusCode::ACCEPTED).with(LOCATION, &location);
        match run.retry_after {
            Some(seconds) => reply.with(RETRY_AFTER, &seconds.to_string()),
            None => reply,
        }
    }

    fn look(&self, flow: &CloudFlow, id: &str, asked: &Asked) -> Reply {
        if asked.method != Method::GET {
            return refuse(405, "MethodNotAllowed", "The operation takes GET alone.")
                .with(ALLOW, "GET");
        }
        if asked.headers.contains_key(AUTHORIZATION) {
            return direct();
        }
        let given = asked.query().into_iter().find(|(name, _)| name == "sig");
        let mut state = self.state();
        let Some(run) = state.runs.get_mut(id) else {
            return refuse(404, "WorkflowRunNotFound", "The workflow run could not be found.");
        };
        match given {
            None => return direct(),
            Some((_, given)) if given != run.signature => return bad_signature(),
            Some(_) => {}
        }
        if run.looks == 0 {
            return run.named(run.reply(), id);
        }
        run.looks -= 1;
        let run = Run { sent: Bytes::new(), ..run.copied() };
        drop(state);
        run.named(self.accepted(flow, id, &run), id)
    }
}

impl Peer for PowerAutomate {
    fn is_watched(&self, _: &Asked) -> bool {
        true
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let absent = || refuse(404, "WorkflowNotFound", "The workflow could not be found.");
        let Some(rest) = asked.uri.path().strip_prefix(ROOT) else { return absent() };
        let (id, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let flow = self.config.flows.iter().find(|flow| plain(flow.id) == id);
        let Some(flow) = flow else { return absent() };
        let version = asked.query().into_iter().find(|(name, _)| name == "api-version");
        if version.is_none_or(|(_, version)| version != "1") {
            return refuse(
                400,
                "InvalidApiVersionParameter",
                "The api-version is missing or invalid.",
            );
        }
        let run = rest.strip_prefix("/runs/").and_then(|rest| rest.split_once("/operations/"));
        match run {
            Some((run, _)) => self.look(flow, run, asked),
            None if rest == TRIGGER => self.trigger(flow, asked).unwrap_or_else(|refused| *refused),
            None => absent(),
        }
    }
}

impl PowerAutomateRunning {
    /// Where it is, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.serving.base_url()
    }

    /// The address of a flow's trigger as its designer shows it: with a signature where anyone may call.
    #[must_use]
    pub fn address(&self, id: Guid) -> Option<String> {
        let flow = self.service.config.flows.iter().find(|flow| flow.id == id)?;
        Some(self.service.address(flow))
    }

    /// How many runs have begun.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.service.state().runs.len()
    }

    /// Forgets every run: the addresses of their answers are not good any more.
    pub fn forget_runs(&self) {
        self.service.state().runs.clear();
    }

    /// Says of the answers of later runs that they are at another origin.
    pub fn say_elsewhere(&self, origin: &str) {
        self.service.state().elsewhere = Some(origin.to_owned());
    }

    /// The levers: counts of triggers and looks, and trouble.
    #[must_use]
    pub fn troubles(&self) -> &Troubles {
        self.serving.troubles()
    }

    /// Stops: the port is free again when this returns.
    pub async fn stop(self) {
        self.serving.stop().await;
    }
}

fn refuse(status: u16, code: &str, message: &str) -> Reply {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

fn direct() -> Reply {
    let message = "The request must be authenticated only by Shared Access scheme.";
    refuse(401, "DirectApiAuthorizationRequired", message)
}

fn bad_signature() -> Reply {
    refuse(401, "AuthorizationFailed", "The authentication credentials are not valid.")
}

fn plain(id: Guid) -> String {
    id.to_string().replace('-', "")
}

/// 43 characters that stand in a query as they are, as a signature does.
fn secret() -> String {
    use base64::Engine;
    let mut bytes = [0; 32];
    SystemRandom.fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
