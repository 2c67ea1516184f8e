use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::Timestamp;
use headgate_events::EventTime;
use http::HeaderMap;
use serde_json::Value;

use super::names::{Names, bytes};
use super::steps::HeaderValues;

/// Compares what came with what a file tells, and learns names when all of it fits.
///
/// A text in a file is compared once its placeholders are filled in. As a whole it may also be
///
/// | text | fits |
/// | --- | --- |
/// | `${any}` | anything |
/// | `${uuid}` | a UUID |
/// | `${time}` | an RFC 3339 time |
/// | `${starts:TEXT}` | a longer text that begins with this one |
/// | `${now+300}` | that moment, in any spelling of RFC 3339; within a minute where the clock is real |
/// | `${epoch+300}` | that moment in seconds since the epoch, as a number or a text; within a minute where the clock is real |
/// | `${about:300}` | 300, or up to a minute less where the clock is real; as a number or a text |
/// | `${id:NAME}` | any text the first time, and the same ever after |
pub(super) struct Matching<'a> {
    names: &'a Names,
    learned: BTreeMap<String, String>,
    wrong: Vec<String>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        Self { names, learned: names.learned().clone(), wrong: Vec::new() }
    }

    /// Ends the comparison: everything that does not fit.
    pub(super) fn end(self) -> Result<(), Vec<String>> {
        if !self.wrong.is_empty() {
            return Err(self.wrong);
        }
        *self.names.learned() = self.learned;
        Ok(())
    }

    /// Says that something does not fit.
    pub(super) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    pub(super) fn json(&mut self, place: &str, told: &Value, came: &Value) {
        match (told, came) {
            (Value::String(told), came) => {
                if !self.fits(told, came) {
                    self.wrong.push(format!("{place} is {came} and not {told:?}"));
                }
            }
            (Value::Array(told), Value::Array(came)) if told.len() == came.len() => {
                for (index, (told, came)) in told.iter().zip(came).enumerate() {
                    self.json(&format!("{place}[{index}]"), told, came);
                }
            }
            (Value::Object(told), Value::Object(came)) => {
                for (name, told) in told {
                    match came.get(name) {
                        Some(came) => self.json(&format!("{place}.{name}"), told, came),
                        None => self.wrong.push(format!("{place} has no {name}")),
                    }
                }
                for (name, came) in came.iter().filter(|(name, _)| !told.contains_key(*name)) {
                    self.wrong.push(format!("{place} has {name} = {came}"));
                }
            }
            (told, came) if told == came => {}
            (told, came) => self.wrong.push(format!("{place} is {came} and not {told}")),
        }
    }

    pub(super) fn text(&mut self, place: &str, told: &str, came: &str) {
        self.json(place, &Value::from(told), &Value::from(came));
    }

    /// Compares the headers that are told; others do not count.
    pub(super) fn headers(&mut self, told: &BTreeMap<String, HeaderValues>, came: &HeaderMap) {
        for (name, told) in told {
            let values = came.get_all(name).iter();
            let came: Vec<_> = values
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            let told = told.all();
            if told.len() != came.len() {
                self.wrong.push(format!("the header {name} is {came:?} and not {told:?}"));
                continue;
            }
            for (told, came) in told.iter().zip(&came) {
                self.text(&format!("the header {name}"), told, came);
            }
        }
    }

    /// Compares a body with the JSON, the text or the bytes in base64 that are told, or with nothing.
    pub(super) fn body(
        &mut self,
        (json, text, base64): (Option<&Value>, Option<&str>, Option<&str>),
        came: &[u8],
    ) {
        if let Some(told) = base64.map(bytes) {
            if told != came {
                let (told, came) = (STANDARD.encode(told), STANDARD.encode(came));
                self.wrong.push(format!("the body is in base64 {came} and not {told}"));
            }
            return;
        }
        match json {
            Some(told) => match serde_json::from_slice(came) {
                Ok(came) => self.json("the body", told, &came),
                Err(_) => {
                    let came = String::from_utf8_lossy(came);
                    self.wrong.push(format!("the body is not JSON: {came}"));
                }
            },
            None => self.text("the body", text.unwrap_or_default(), &String::from_utf8_lossy(came)),
        }
    }

    fn fits(&mut self, told: &str, came: &Value) -> bool {
        let whole = told.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let Some(name) = whole.filter(|name| !name.contains('}')) else {
            return came.as_str() == Some(&self.names.fill(told));
        };
        if let Some(moment) = self.names.moment(name) {
            return came.as_str().and_then(parse).is_some_and(|came| {
                came.since(moment).max(moment.since(came)) <= self.names.tolerance()
            });
        }
        if let Some(moment) = self.names.since_epoch(name) {
            return number(came).map(Timestamp::from_secs).is_some_and(|came| {
                came.since(moment).max(moment.since(came)) <= self.names.tolerance()
            });
        }
        match (name.split_once(':').unwrap_or((name, "")), came.as_str()) {
            (("any", _), _) => true,
            (("uuid", _), Some(came)) => is_uuid(came),
            (("time", _), Some(came)) => parse(came).is_some(),
            (("starts", text), Some(came)) => came.len() > text.len() && came.starts_with(text),
            (("about", most), _) => {
                let most: u64 = most.parse().expect("a number");
                let least = most.saturating_sub(self.names.tolerance().as_secs());
                number(came).is_some_and(|came| (least..=most).contains(&came))
            }
            (("id", name), Some(came)) if !came.is_empty() => {
                let learned =
                    self.learned.entry(name.to_owned()).or_insert_with(|| came.to_owned());
                learned == came
            }
            (("uuid" | "time" | "starts" | "id", _), _) => false,
            (_, came) => came == Some(&self.names.fill(told)),
        }
    }
}

/// A number, or a text that is one.
fn number(came: &Value) -> Option<u64> {
    came.as_str().map_or_else(|| came.as_u64(), |text| text.parse().ok())
}

fn parse(text: &str) -> Option<Timestamp> {
    EventTime::parse(text)?.timestamp()
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use headgate_fakes::ManualClock;
    use serde_json::json;

    use super::*;

    fn names() -> Names {
        let clock = ManualClock::at(Timestamp::from_secs(1_743_554_868));
        Names::new(Some(clock), Path::new("/files"))
    }

    fn fits(told: &Value, came: &Value) -> bool {
        let names = names();
        let mut matching = Matching::new(&names);
        matching.json("it", told, came);
        matching.end().is_ok()
    }

    #[test]
    fn values_are_compared_member_by_member() {
        assert!(fits(&json!({ "a": [1, "x", null] }), &json!({ "a": [1, "x", null] })));
        assert!(!fits(&json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })));
        assert!(!fits(&json!({ "a": 1, "b": 2 }), &json!({ "a": 1 })));
        assert!(!fits(&json!([1, 2]), &json!([1])));
        assert!(!fits(&json!("1"), &json!(1)));
    }

    #[test]
    fn a_text_may_stand_for_what_is_not_known_before() {
        for (told, came) in [
            ("${any}", json!({ "x": 1 })),
            ("${uuid}", json!("92c502f2-a966-42a7-a428-d3b319844544")),
            ("${time}", json!("2025-04-02T00:47:48.8269769Z")),
            ("${now}", json!("2025-04-02T00:47:48.0000000Z")),
            ("${now+60}", json!("2025-04-02T02:48:48+02:00")),
            ("${starts:00-4b}", json!("00-4bf9")),
            ("${epoch+60}", json!(1_743_554_928)),
            ("${epoch}", json!("1743554868")),
            ("${about:10}", json!("10")),
            ("${about:10}", json!(10)),
        ] {
            assert!(fits(&json!(told), &came), "{told} {came}");
        }
        for (told, came) in [
            ("${uuid}", json!("92c502f2")),
            ("${time}", json!("today")),
            ("${starts:00-4b}", json!("00-4b")),
            ("${now}", json!("2025-04-02T00:47:49Z")),
            ("${epoch}", json!(1_743_554_869)),
            ("${epoch}", json!("2025-04-02T00:47:48Z")),
            ("${about:10}", json!(9)),
            ("${id:x}", json!(7)),
        ] {
            assert!(!fits(&json!(told), &came), "{told} {came}");
        }
    }

    #[test]
    fn what_is_learned_must_come_again_and_counts_only_when_all_fits() {
        let names = names();
        let told = json!({ "id": "${id:event}", "n": 1 });
        let compare = |came: Value| {
            let mut matching = Matching::new(&names);
            matching.json("it", &told, &came);
            matching.end().is_ok()
        };
        assert!(!compare(json!({ "id": "a", "n": 2 })));
        assert!(compare(json!({ "id": "b", "n": 1 })));
        assert!(!compare(json!({ "id": "a", "n": 1 })));
        assert_eq!(names.fill("/x/${id:event}"), "/x/b");
    }
}
