use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, Call};
use super::call::CallError;
use super::sessions::{ODATA, Page, ROOT, encoded, literal};
use crate::guid::Guid;
use crate::ports::World;

/// A desktop flow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Flow {
    #[serde(rename = "workflowid")]
    pub(crate) id: Guid,
    pub(crate) name: String,
}

/// What of a flow's schemas Dataverse gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Schemas {
    pub(crate) inputs: Option<Value>,
    pub(crate) outputs: Option<Value>,
}

/// A page of flows.
pub(crate) struct FlowPage {
    pub(crate) flows: Vec<Flow>,
    /// What Dataverse calls the next one.
    pub(crate) next: Option<String>,
}

/// A page has fifty flows.
const PAGED: [(&str, &str); 3] = [ODATA[0], ODATA[1], ("prefer", "odata.maxpagesize=50")];

const LIST: &str = "workflows?$filter=category+eq+6&$select=name,workflowid&$orderby=name";

impl<W: World> Api<W> {
    /// Published desktop flows that are shown to us (contracts §1.1), a page at a time; `after` is the page's name from the one
    /// before.
    pub(crate) async fn flows(&self, after: Option<&str>) -> Result<FlowPage, CallError> {
        let skip = after.map(|after| format!("&$skiptoken={}", encoded(after)));
        let path = format!("{ROOT}{LIST}{}", skip.unwrap_or_default());
        let (_, body) = self.call(Call::new(Method::GET, path, &PAGED)).await?;
        let page: Page<Flow> = serde_json::from_slice(&body).map_err(|_| CallError::Unusable)?;
        let next = match page.next.filter(|next| !next.is_empty()) {
            None => None,
            Some(next) => Some(skip_token(&next).ok_or(CallError::Unusable)?),
        };
        Ok(FlowPage { flows: page.value, next })
    }

    /// The desktop flows of this name: more than one is possible.
    pub(crate) async fn flows_named(&self, name: &str) -> Result<Vec<Flow>, CallError> {
        let name = literal(name);
        let page: Page<Flow> = self
            .get(format!(
                "{ROOT}workflows?$filter=category+eq+6+and+name+eq+{name}&$select=name,workflowid&$top=2"
            ))
            .await?;
        Ok(page.value)
    }

    /// The schema of a flow's inputs (contracts §1.1); none when it has none.
    pub(crate) async fn input_schema(&self, flow: &Guid) -> Result<Option<Value>, CallError> {
        self.schema(flow, "inputs").await
    }

    /// Both schemas of a flow.
    pub(crate) async fn schemas(&self, flow: &Guid) -> Result<Schemas, CallError> {
        let inputs = self.schema(flow, "inputs").await?;
        let outputs = self.schema(flow, "outputs").await?;
        Ok(Schemas { inputs, outputs })
    }

    async fn schema(&self, flow: &Guid, which: &str) -> Result<Option<Value>, CallError> {
        let path = format!("{ROOT}workflows({flow})/{which}/$value");
        let (_, body) = self.call(Call::new(Method::GET, path, &ODATA)).await?;
        if body.trim_ascii().is_empty() {
            return Ok(None);
        }
        let Value::Object(mut wrapped) =
            serde_json::from_slice(&body).map_err(|_| CallError::Unusable)?
        else {
            return Err(CallError::Unusable);
        };
        Ok(wrapped.remove("schema").filter(Value::is_object))
    }
}

/// What a link to the next page calls it. Nothing else of the link is used: the token goes to no other host.
fn skip_token(link: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let named = |pair: &str| {
        let value =
            ["$skiptoken=", "%24skiptoken="].into_iter().find_map(|name| pair.strip_prefix(name));
        value.map(str::to_owned)
    };
    let token = query.split('&').find_map(named).filter(|token| !token.is_empty())?;
    percent_decode_str(&token).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_token_alone() {
        let link = "https://x.example/api/data/v9.2/workflows?$select=name&$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%253e%22%20/%3E";
        let token = skip_token(link).unwrap();
        assert_eq!(token, "<cookie pagenumber=\"2\" pagingcookie=\"%3ccookie%3e\" />");
        let again = skip_token(&format!("?%24skiptoken={}", encoded(&token)));
        assert_eq!(again.as_deref(), Some(token.as_str()));
        for none in
            ["https://x.example/api", "/?$skiptoken=", "/?x=$skiptoken=1", "/?$skiptoken=%ff"]
        {
            assert_eq!(skip_token(none), None, "{none}");
        }
    }
}
