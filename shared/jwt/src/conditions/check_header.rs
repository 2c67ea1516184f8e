//! `check-header` (contracts §4.5).

use http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq;

use super::{Reason, Refusal};
use crate::policy::CheckHeader;

/// Judges a header of the request.
///
/// When the header stands there several times, each of its lines must have an allowed value: the next hop may read any
/// of them. `ignore-case` is about ASCII letters. Values are compared in a time that depends on their length alone, as
/// a policy may keep a shared secret here.
///
/// # Errors
///
/// A [`Refusal`] with the statement's status and message, or with a message that names the header and not its value.
pub fn judge(check: &CheckHeader, headers: &HeaderMap) -> Result<(), Refusal> {
    let mut lines = headers.get_all(&check.name).iter().peekable();
    if lines.peek().is_none() {
        let message = format!("Header {} was not found in the request. Access denied.", check.name);
        return Err(refused(check, Reason::HeaderNotFound, message));
    }
    if check.values.is_empty() || lines.all(|line| allowed(check, line)) {
        return Ok(());
    }
    let message = format!("Header {} value is not allowed. Access denied.", check.name);
    Err(refused(check, Reason::HeaderValueNotAllowed, message))
}

fn refused(check: &CheckHeader, reason: Reason, message: String) -> Refusal {
    Refusal {
        reason,
        message: check.failure.message.clone().unwrap_or(message),
        status: check.failure.status,
    }
}

fn allowed(check: &CheckHeader, line: &HeaderValue) -> bool {
    let matches = |value: &String| -> bool {
        if check.ignore_case {
            let (value, line) = (value.to_ascii_lowercase(), line.as_bytes().to_ascii_lowercase());
            value.as_bytes().ct_eq(&line).into()
        } else {
            value.as_bytes().ct_eq(line.as_bytes()).into()
        }
    };
    check.values.iter().any(matches)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, StatusCode};

    use super::*;
    use crate::policy::Failure;

    fn check(values: &[&str], ignore_case: bool) -> CheckHeader {
        CheckHeader {
            name: HeaderName::from_static("x-tenant"),
            failure: Failure { status: StatusCode::UNAUTHORIZED, message: None },
            ignore_case,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    fn verdict(check: &CheckHeader, lines: &[&'static str]) -> Result<(), Reason> {
        let headers =
            lines.iter().map(|line| (check.name.clone(), HeaderValue::from_static(line))).collect();
        judge(check, &headers).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn any_listed_value_passes() {
        for value in ["blue", "green"] {
            assert_eq!(verdict(&check(&["blue", "green"], false), &[value]), Ok(()));
        }
    }

    #[test]
    fn a_value_that_is_not_listed_is_refused() {
        for value in ["", "red", "blue ", "bluegreen", "Blue"] {
            assert_eq!(
                verdict(&check(&["blue", "green"], false), &[value]),
                Err(Reason::HeaderValueNotAllowed),
                "{value:?}"
            );
        }
    }

    #[test]
    fn case_is_ignored_when_the_policy_says_so() {
        assert_eq!(verdict(&check(&["Blue"], true), &["bLUE"]), Ok(()));
        assert_eq!(
            verdict(&check(&["Blue"], false), &["bLUE"]),
            Err(Reason::HeaderValueNotAllowed)
        );
    }

    #[test]
    fn an_absent_header_is_refused_with_or_without_values() {
        for values in [&["blue"][..], &[]] {
            assert_eq!(verdict(&check(values, false), &[]), Err(Reason::HeaderNotFound));
        }
    }

    #[test]
    fn without_values_any_presence_passes() {
        assert_eq!(verdict(&check(&[], false), &[""]), Ok(()));
    }

    #[test]
    fn every_line_of_the_header_must_be_allowed() {
        let check = check(&["blue", "green"], false);
        assert_eq!(verdict(&check, &["green", "blue"]), Ok(()));
        assert_eq!(verdict(&check, &["green", "red"]), Err(Reason::HeaderValueNotAllowed));
        assert_eq!(verdict(&check, &["red", "green"]), Err(Reason::HeaderValueNotAllowed));
    }

    #[test]
    fn the_policy_chooses_status_and_message() {
        let mut check = check(&["blue"], false);
        check.failure = Failure { status: StatusCode::IM_A_TEAPOT, message: Some("No.".into()) };
        let refusal = judge(&check, &HeaderMap::new()).unwrap_err();
        assert_eq!((refusal.status, refusal.message.as_str()), (StatusCode::IM_A_TEAPOT, "No."));
    }

    #[test]
    fn a_refusal_names_the_header_and_does_not_repeat_its_value() {
        let check = check(&["blue"], false);
        let headers = HeaderMap::from_iter([(check.name.clone(), HeaderValue::from_static("red"))]);
        let refusal = judge(&check, &headers).unwrap_err();
        assert_eq!(refusal.message, "Header x-tenant value is not allowed. Access denied.");
        assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
    }
}
