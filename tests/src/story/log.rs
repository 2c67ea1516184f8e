use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde_json::Value;

/// The lines that a function writes on standard error.
pub(super) struct Log(pub(super) Receiver<String>);

/// How long a line may take to arrive: it is there when the answer is, or a moment later.
const PATIENCE: Duration = Duration::from_secs(20);

impl Log {
    /// What the function's account of a request says that it decided.
    ///
    /// # Errors
    ///
    /// That there is no such account.
    pub(super) fn result(&self, trace_id: &str) -> Result<String, String> {
        loop {
            let line = self.0.recv_timeout(PATIENCE);
            let line = line.map_err(|_| "its log does not have the request".to_owned())?;
            let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
            if line["trace_id"] == trace_id
                && let Some(result) = line["result"].as_str()
            {
                return Ok(result.to_owned());
            }
        }
    }

    /// The first message of a function that does not run.
    ///
    /// # Errors
    ///
    /// That there is none.
    pub(super) fn message(&self) -> Result<String, String> {
        let line = self.0.recv_timeout(PATIENCE).map_err(|_| "it says nothing".to_owned())?;
        let line: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        Ok(line["message"].as_str().unwrap_or_default().to_owned())
    }
}
