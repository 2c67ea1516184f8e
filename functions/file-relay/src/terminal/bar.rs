//! How far a relay is, as a terminal shows it: pure.

use std::time::Duration;

use serde_json::Value;

const WIDTH: u64 = 24;

/// A bar: how much of the file has come, and how fast.
pub(super) fn bar(receipt: &Value, elapsed: Duration) -> String {
    let (bytes, total) = progress(receipt);
    let Some(total) = total else { return line(receipt, elapsed) };
    let of = |most: u64| {
        let part = u128::from(bytes) * u128::from(most) / u128::from(total.max(1));
        if total == 0 { most } else { u64::try_from(part).unwrap_or(most).min(most) }
    };
    let full = usize::try_from(of(WIDTH)).unwrap_or_default();
    let rest = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(full);
    let (full, rest) = ("#".repeat(full), " ".repeat(rest));
    format!("[{full}{rest}] {:3} %  {}", of(100), line(receipt, elapsed))
}

/// The same in words.
pub(super) fn line(receipt: &Value, elapsed: Duration) -> String {
    let (bytes, total) = progress(receipt);
    let status = receipt.get("status").and_then(Value::as_str).unwrap_or_default();
    let of = total.map(|total| format!(" of {}", size(total))).unwrap_or_default();
    let millis = elapsed.as_millis().max(1);
    let rate = u64::try_from(u128::from(bytes) * 1_000 / millis).unwrap_or(u64::MAX);
    let mut text = format!("{status}: {}{of}, {}/s", size(bytes), size(rate));
    if let Some(message) = receipt.pointer("/error/message").and_then(Value::as_str) {
        text.push_str("; ");
        text.push_str(message);
    }
    text
}

fn progress(receipt: &Value) -> (u64, Option<u64>) {
    let number = |name: &str| receipt.get(name).and_then(Value::as_u64);
    (number("bytes").unwrap_or_default(), number("total"))
}

/// A number of bytes with a unit of 1024, to one place.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["MiB", "GiB", "TiB", "PiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut name) = (u128::from(bytes) * 10 / 1_024, "KiB");
    for unit in UNITS {
        if tenths < 10_240 {
            break;
        }
        (tenths, name) = (tenths / 1_024, unit);
    }
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_bar_grows_with_the_bytes() {
        let second = Duration::from_secs(1);
        let at = |bytes: u64| json!({ "status": "running", "bytes": bytes, "total": 1_048_576 });
        assert_eq!(
            bar(&at(524_288), second),
            "[############            ]  50 %  running: 512.0 KiB of 1.0 MiB, 512.0 KiB/s"
        );
        assert!(bar(&at(0), second).starts_with("[                        ]   0 %"));
        assert!(bar(&at(1_048_576), second).starts_with("[########################] 100 %"));
        let empty = json!({ "status": "succeeded", "bytes": 0, "total": 0 });
        assert!(bar(&empty, Duration::ZERO).contains("100 %"));
    }

    #[test]
    fn without_a_total_and_with_an_error_there_are_words() {
        let receipt = json!({ "status": "failed", "bytes": 3, "error": { "message": "no room" } });
        assert_eq!(bar(&receipt, Duration::from_secs(1)), "failed: 3 B, 3 B/s; no room");
        assert_eq!(size(1_023), "1023 B");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(5 << 30), "5.0 GiB");
        assert!(!size(u64::MAX).is_empty());
    }
}
