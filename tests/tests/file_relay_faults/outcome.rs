//! What has to be true at the end of every relay.

use std::time::Duration;

use bytes::Bytes;
use headgate_tests::relay::{Kind, RelayPeers};
use serde_json::Value;

/// How a relay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The file is there, as it left.
    Arrived,
    /// The receipt says why not, and nothing is there; or, where the answer to a whole file was lost, all of it.
    Failed,
}

/// Lets a moment pass before something is looked at again.
pub(crate) fn between_glances() {
    std::thread::sleep(Duration::from_millis(50));
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Judges a receipt, and what is at the destination.
pub(crate) fn judge(
    receipt: &Value,
    peers: &RelayPeers,
    kind: Kind,
    target: &str,
    content: &Bytes,
) -> Outcome {
    let there = peers.get(kind, target);
    match receipt["status"].as_str() {
        Some("succeeded") => {
            assert_eq!(receipt["bytes"], content.len(), "{receipt}");
            assert_eq!(receipt["digests"]["sha-256"], digest(content), "{receipt}");
            assert!(there.is_some_and(|there| there == *content), "{receipt}");
            Outcome::Arrived
        }
        Some("failed") => {
            assert!(receipt["error"]["code"].is_string(), "{receipt}");
            assert!(receipt["error"]["message"].is_string(), "{receipt}");
            let is_half = there.is_some_and(|there| there != *content);
            assert!(!is_half, "half a file is there: {receipt}");
            eprintln!("{}: {}", kind.name(), receipt["error"]);
            Outcome::Failed
        }
        _ => panic!("the relay has not ended: {receipt}"),
    }
}
