use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::api::{Api, Call};
use super::call::CallError;
use crate::guid::Guid;
use crate::ports::World;
use crate::run::{Read, Seen, Status};

/// What every request to Dataverse has (contracts §1.0).
pub(crate) const ODATA: [(&str, &str); 2] = [("odata-maxversion", "4.0"), ("odata-version", "4.0")];

/// Where the Web API is.
pub(crate) const ROOT: &str = "/api/data/v9.2/";

/// What stands in a query as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'(').remove(b')');

/// The longest outputs that are shown.
const OUTPUTS_LIMIT: usize = 1024 * 1024;

#[derive(Deserialize)]
pub(crate) struct Page<T> {
    #[serde(default = "Vec::new")]
    pub(crate) value: Vec<T>,
    #[serde(rename = "@odata.nextLink", default)]
    pub(crate) next: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    #[serde(default)]
    statuscode: i32,
    #[serde(default)]
    startedon: Option<String>,
    #[serde(default)]
    completedon: Option<String>,
    #[serde(default)]
    errorcode: Option<String>,
    #[serde(default)]
    errormessage: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    flowsessionid: Guid,
    #[serde(default)]
    statuscode: i32,
    #[serde(default)]
    callbackurl: Option<String>,
}

/// A text as it stands in a query.
pub(crate) fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PLAIN)
}

/// A text as a literal of a query, its quotes doubled. All quotes are encoded, as some hosts do by themselves.
pub(crate) fn literal(text: &str) -> String {
    format!("%27{}%27", encoded(&text.replace('\'', "''")))
}

impl<W: World> Api<W> {
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T, CallError> {
        let (_, body) = self.call(Call::new(Method::GET, path, &ODATA)).await?;
        serde_json::from_slice(&body).map_err(|_| CallError::Unusable)
    }

    /// Reads what a session says of itself (contracts §1.3).
    pub(crate) async fn read_session(&self, session: &Guid) -> Result<Read, CallError> {
        let row: Row = self
            .get(format!(
                "{ROOT}flowsessions({session})?$select=statuscode,statecode,startedon,completedon,errorcode,errormessage"
            ))
            .await?;
        let Row { statuscode: status, startedon, completedon, errorcode, errormessage } = row;
        let seen = Seen { status, started_on: startedon, completed_on: completedon };
        Ok(Read::Session { seen, code: errorcode, message: errormessage })
    }

    /// Finds the sessions that call back to exactly this address, the oldest first, and whether each has ended.
    pub(crate) async fn sessions_of(&self, callback: &str) -> Result<Vec<(Guid, bool)>, CallError> {
        let wanted = literal(callback);
        let page: Page<Found> = self
            .get(format!(
                "{ROOT}flowsessions?$filter=callbackurl%20eq%20{wanted}&$select=flowsessionid,statuscode,callbackurl&$orderby=createdon"
            ))
            .await?;
        let is_own = |found: &Found| {
            let address = found.callbackurl.as_deref();
            address.is_none_or(|address| address.eq_ignore_ascii_case(callback))
        };
        let known =
            |found: Found| (found.flowsessionid, Status::of(found.statuscode).outcome.is_some());
        Ok(page.value.into_iter().filter(is_own).map(known).collect())
    }

    /// Whether a session of the flow is shown to us whose callback begins so.
    pub(crate) async fn has_session(&self, flow: &Guid, begin: &str) -> Result<bool, CallError> {
        let wanted = literal(begin);
        let page: Page<Found> = self
            .get(format!(
                "{ROOT}flowsessions?$filter=_regardingobjectid_value%20eq%20{flow}%20and%20startswith(callbackurl,{wanted})&$select=flowsessionid,callbackurl&$top=1"
            ))
            .await?;
        let begins = |found: &Found| {
            let address = found.callbackurl.as_deref().unwrap_or_default();
            address.get(..begin.len()).is_some_and(|front| front.eq_ignore_ascii_case(begin))
        };
        Ok(page.value.iter().any(begins))
    }

    /// Reads the outputs of a session (contracts §1.4); none when it has none.
    pub(crate) async fn outputs(
        &self,
        session: &Guid,
    ) -> Result<Option<Box<serde_json::value::RawValue>>, CallError> {
        let path = format!("{ROOT}flowsessions({session})/outputs/$value");
        let mut call = Call::new(Method::GET, path, &ODATA);
        call.limit = OUTPUTS_LIMIT;
        match self.call(call).await {
            Ok((_, body)) if body.trim_ascii().is_empty() => Ok(None),
            Ok((_, body)) => {
                serde_json::from_slice(&body).map(Some).map_err(|_| CallError::Unusable)
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for a robot to be stopped (contracts §1.4); one that has ended stays as it ended.
    pub(crate) async fn cancel_session(&self, session: &Guid) -> Result<(), CallError> {
        let path =
            format!("{ROOT}flowsessions({session})/Microsoft.Dynamics.CRM.CancelDesktopFlowRun");
        self.call(Call::new(Method::POST, path, &ODATA)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_cannot_leave_its_quotes() {
        assert_eq!(literal("https://a/b.c"), "%27https%3A%2F%2Fa%2Fb.c%27");
        assert_eq!(literal("a' or 'b"), "%27a%27%27%20or%20%27%27b%27");
        assert_eq!(literal("&$top=1#"), "%27%26%24top%3D1%23%27");
    }
}
