use serde::Deserialize;

/// What the connections API says of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `statuses[0].status`; `Unknown` when there is none.
    pub(crate) status: String,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) display_name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    statuses: Vec<Status>,
    #[serde(default)]
    display_name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    status: String,
    #[serde(default)]
    error: Option<Wrong>,
}

#[derive(Default, Deserialize)]
struct Wrong {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Verdict {
    /// Whether robots can use it. A 201 does not say so (contracts §2.3).
    pub(crate) fn is_connected(&self) -> bool {
        self.status == "Connected"
    }
}

/// Judges an answer of the connections API: by the first status, whatever the answer's own status was.
pub(crate) fn judge(body: &[u8]) -> Verdict {
    let Answer { properties } = serde_json::from_slice(body).unwrap_or_default();
    let first = properties.statuses.into_iter().next().unwrap_or_default();
    let Wrong { code, message } = first.error.unwrap_or_default();
    let status = if first.status.is_empty() { "Unknown".to_owned() } else { first.status };
    let message = message.chars().take(1_000).collect();
    Verdict { status, code, message, display_name: properties.display_name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_works_only_when_its_first_status_says_so() {
        let judged = |body: &str| judge(body.as_bytes());
        assert!(
            judged(r#"{"name":"x","properties":{"statuses":[{"status":"Connected"}]}}"#)
                .is_connected()
        );
        let broken = judged(
            r#"{"properties":{"statuses":[{"status":"Error","target":"token","error":{"code":"Unauthorized","message":"no"}},{"status":"Connected"}]}}"#,
        );
        assert!(!broken.is_connected());
        assert_eq!((broken.code.as_str(), broken.message.as_str()), ("Unauthorized", "no"));
        for body in ["", "{}", "[]", r#"{"properties":{"statuses":[]}}"#] {
            assert_eq!(judged(body).status, "Unknown", "{body}");
        }
    }
}
