use std::time::Duration;

use headgate_core::Timeout;
use http::Method;
use serde::{Deserialize, Serialize};

use super::api::{CONNECT, Call};
use super::call::CallError;
use super::sessions::{ODATA, ROOT};
use crate::guid::Guid;
use crate::run::{Failure, Mode, Order, Priority, Sent};

/// The body of `RunDesktopFlow` (contracts §1.2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunDesktopFlow<'a> {
    run_mode: Mode,
    connection_name: &'a str,
    connection_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_priority: Option<Priority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u32>,
    /// JSON in a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<&'a str>,
    callback_url: &'a str,
}

#[derive(Debug, Deserialize)]
struct Answer {
    // All other answers spell it in lower case.
    #[serde(alias = "flowsessionid")]
    #[serde(rename = "flowsessionId")]
    session: Guid,
}

/// Makes the call that starts a robot.
pub(crate) fn start(
    order: &Order,
    inputs: Option<&str>,
    callback: &str,
    first_byte: Duration,
) -> Result<Call<'static>, CallError> {
    let body = RunDesktopFlow {
        run_mode: order.mode,
        connection_name: &order.connection,
        connection_type: order.connection_type.number(),
        run_priority: order.priority,
        timeout: order.timeout,
        inputs,
        callback_url: callback,
    };
    let body = serde_json::to_vec(&body)
        .map_err(|_| CallError::NotSent("the request has no JSON form".to_owned()))?;
    let path = format!("{ROOT}workflows({})/Microsoft.Dynamics.CRM.RunDesktopFlow", order.flow);
    let mut call = Call::new(Method::POST, path, &ODATA);
    call.body = Some(body);
    call.timeout =
        Timeout { connect: CONNECT.min(first_byte), first_byte, between_bytes: first_byte };
    Ok(call)
}

const OTHER: &str = "Dataverse refused the start: see its message";

/// Says what became of a start: `doubt` is everything of which it is not certain that no robot was started.
pub(crate) fn judge(answer: Result<Vec<u8>, CallError>, attempt: u32) -> Sent {
    let error = match answer {
        Ok(body) => match serde_json::from_slice::<Answer>(&body) {
            Ok(Answer { session }) => return Sent::Started(session),
            Err(_) => CallError::Unusable,
        },
        Err(error) => error,
    };
    let note = error.to_string();
    let backoff = backoff(attempt);
    match error {
        CallError::Throttled { retry_after, .. } => {
            Sent::NotYet { after: retry_after.unwrap_or(backoff), note }
        }
        CallError::NotSent(_) => Sent::NotYet { after: backoff, note },
        CallError::Token(error) if error.is_temporary() => {
            Sent::NotYet { after: error.retry_after().unwrap_or(backoff), note }
        }
        CallError::Token(error) => Sent::Refused(Failure::own(
            error.name(),
            Some(&note),
            "mend the credential: see the message",
            false,
        )),
        CallError::Refused { status, code, message } => {
            Sent::Refused(refused(status, &code, &message))
        }
        CallError::Lost(_) | CallError::Failed { .. } | CallError::Unusable => Sent::Doubt { note },
    }
}

/// What to do about a refusal of Dataverse itself; a code of the machine's says that by itself.
fn refused(status: u16, code: &str, message: &str) -> Failure {
    let advice = match status {
        401 => {
            "Dataverse does not take the token: add the identity to the environment as an application user"
        }
        403 => {
            "the identity lacks a privilege: share the flow with it as an owner, and give it a role that may run flows"
        }
        404 => "there is no such flow for this identity: check that it is published and shared",
        413 => "the inputs are too long for Dataverse",
        _ => OTHER,
    };
    let known = Failure::of(Some(code), Some(message));
    let is_known = !code.is_empty() && !code.starts_with("0x") && status != 401 && status != 403;
    if is_known {
        return known;
    }
    let code = if code.is_empty() { format!("Http{status}") } else { code.to_owned() };
    Failure::own(&code, Some(message), advice, false)
}

/// Dataverse's own advice where it says nothing: 2, 4, 8 … seconds (contracts §1.7), two minutes at most.
fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(2_u64.saturating_pow(attempt.clamp(1, 7)).min(120))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::ConnectionType;

    fn order() -> Order {
        Order {
            flow: "37520647-dbdf-49fa-ba01-6134c14680c4".parse().unwrap(),
            flow_name: None,
            mode: Mode::Attended,
            priority: Some(Priority::Normal),
            connection: "robots".to_owned(),
            connection_type: ConnectionType::Connection,
            timeout: Some(7_200),
            input_pieces: 1,
        }
    }

    #[test]
    fn the_inputs_are_json_in_a_text() {
        let inputs = r#"{"Input1":"Value"}"#;
        let call = start(&order(), Some(inputs), "https://a.example/x", CONNECT).unwrap();
        assert_eq!(
            call.path,
            "/api/data/v9.2/workflows(37520647-dbdf-49fa-ba01-6134c14680c4)/Microsoft.Dynamics.CRM.RunDesktopFlow"
        );
        assert_eq!(
            String::from_utf8(call.body.unwrap()).unwrap(),
            r#"{"runMode":"attended","connectionName":"robots","connectionType":1,"runPriority":"normal","timeout":7200,"inputs":"{\"Input1\":\"Value\"}","callbackUrl":"https://a.example/x"}"#
        );
    }

    #[test]
    fn a_session_is_known_by_either_spelling_and_whatever_else_is_said() {
        for name in ["flowsessionId", "flowsessionid"] {
            let body = format!(
                r#"{{"@odata.context":"x","{name}":"D9687093-d0c0-ec11-983e-0022480b428a","licenseCheck":{{"code":"ValidLicenseCoverage"}}}}"#
            );
            let session = "d9687093-d0c0-ec11-983e-0022480b428a".parse().unwrap();
            assert_eq!(judge(Ok(body.into_bytes()), 1), Sent::Started(session));
        }
    }

    #[test]
    fn only_what_is_certain_not_to_have_started_a_robot_is_sent_again_or_given_up() {
        let failed = CallError::Failed { status: 503, code: String::new() };
        for doubt in [CallError::Lost("x".into()), CallError::Unusable, failed] {
            assert!(matches!(judge(Err(doubt), 1), Sent::Doubt { .. }));
        }
        assert!(matches!(judge(Ok(b"{}".to_vec()), 1), Sent::Doubt { .. }));
        let throttled = CallError::Throttled { retry_after: None, code: "0x80072322".into() };
        let Sent::NotYet { after, .. } = judge(Err(throttled), 3) else { panic!() };
        assert_eq!(after, Duration::from_secs(8));
        assert!(matches!(judge(Err(CallError::NotSent("x".into())), 1), Sent::NotYet { .. }));
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let refused = |status, code: &str| {
            let (code, message) = (code.to_owned(), "m".to_owned());
            match judge(Err(CallError::Refused { status, code, message }), 1) {
                Sent::Refused(failure) => failure,
                other => panic!("{other:?}"),
            }
        };
        assert!(refused(403, "0x80040220").advice.contains("privilege"));
        assert_eq!(refused(400, "NoUnlockedActiveSessionForAttended").advice.split(':').count(), 2);
        assert_eq!(refused(400, "").code, "Http400");
    }
}
