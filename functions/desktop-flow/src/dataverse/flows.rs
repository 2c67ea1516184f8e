use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, Call};
use super::call::CallError;
use super::sessions::{ODATA, Page, ROOT, literal};
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

/// How many pages of flows are read at most.
const MOST_PAGES: usize = 10;

const LIST: &str = "workflows?$filter=category+eq+6&$select=name,workflowid&$orderby=name";

impl<W: World> Api<W> {
    /// Every published desktop flow that is shown to us (contracts §1.1), at most ten pages of them; whether there are more.
    pub(crate) async fn flows(&self) -> Result<(Vec<Flow>, bool), CallError> {
        let mut flows = Vec::new();
        let mut path = format!("{ROOT}{LIST}");
        for _ in 0..MOST_PAGES {
            let page: Page<Flow> = self.get(path).await?;
            flows.extend(page.value);
            match page.next.filter(|next| !next.is_empty()) {
                None => return Ok((flows, false)),
                // The token goes to no other host.
                Some(next) if !self.origin.holds(&next) => return Err(CallError::Unusable),
                Some(next) => {
                    path = next.get(self.origin.as_str().len()..).unwrap_or_default().to_owned();
                }
            }
        }
        Ok((flows, true))
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
