use std::time::Duration;

use crate::backends::error::{BackendsErrorKind, Fault};
use crate::backends::error_reason::ErrorReason;
use crate::backends::name::RuleName;
use crate::backends::rule::{FailureCondition, HalfOpen, Rule, StatusRange, Threshold};
use crate::backends::table::{Table, UNAVAILABLE};
use crate::backends::tree::Node;

/// The most rules of one backend.
const RULES: usize = 15;

/// The most `statusCodeRanges`, and the most `errorReasons`, of one rule.
const CONDITIONS: usize = 10;

/// What the portal fills in for `interval` and `tripDuration`.
const HOUR: Duration = Duration::from_secs(3_600);

/// The largest number that ARM takes: `int64`.
const INT64: u64 = i64::MAX as u64;

/// Reads `circuitBreaker`.
pub(super) fn read_all(node: &Node) -> Result<Vec<Rule>, Fault> {
    let table = Table::of(node, &["rules"])?;
    let mut rules: Vec<Rule> = Vec::new();
    for node in table.read("rules", |rules| rules.list(RULES))?.unwrap_or_default() {
        let rule = read(node)?;
        let is_taken = |known: &Rule| known.name.as_str().eq_ignore_ascii_case(rule.name.as_str());
        if rules.iter().any(is_taken) {
            let place = node.get("name").unwrap_or(node);
            return Err(place.fault(BackendsErrorKind::RuleTwice));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn read(node: &Node) -> Result<Rule, Fault> {
    let table = Table::of(
        node,
        &[
            "name",
            "tripDuration",
            "acceptRetryAfter",
            "failureResponse",
            "failureCondition",
            "halfOpen",
        ],
    )?;
    let name = table.need("name")?;
    let parsed = name.as_text().and_then(RuleName::parse);
    let parsed = parsed.ok_or_else(|| name.fault(BackendsErrorKind::NotRuleName))?;
    if parsed.is_manual() {
        return Err(name.fault(BackendsErrorKind::RuleNameReserved));
    }
    Ok(Rule {
        name: parsed,
        condition: condition(table.need("failureCondition")?)?,
        trip_duration: table.read("tripDuration", Node::duration)?.unwrap_or(HOUR),
        accept_retry_after: table.read("acceptRetryAfter", Node::boolean)?.unwrap_or(false),
        failure_status: table
            .read("failureResponse", Node::failure_response)?
            .unwrap_or(UNAVAILABLE),
        half_open: table.read("halfOpen", half_open)?,
    })
}

fn condition(node: &Node) -> Result<FailureCondition, Fault> {
    let table = Table::of(
        node,
        &["count", "percentage", "interval", "statusCodeRanges", "errorReasons", "minimumCalls"],
    )?;
    let threshold = match (table.get("count"), table.get("percentage")) {
        (Some(count), None) => Threshold::Count(count.whole(1..=INT64)?),
        (None, Some(percentage)) => {
            Threshold::Percentage(u8::try_from(percentage.whole(1..=100)?).unwrap_or(100))
        }
        (None, None) => return Err(node.fault(BackendsErrorKind::NoThreshold)),
        (Some(_), Some(_)) => return Err(node.fault(BackendsErrorKind::TwoThresholds)),
    };
    let listed = |key| table.read(key, |node| node.list(CONDITIONS)).map(Option::unwrap_or_default);
    let ranges = listed("statusCodeRanges")?.iter().map(range);
    let reasons = listed("errorReasons")?.iter().map(|node: &Node| {
        let text = node.text(200)?;
        ErrorReason::parse(text).ok_or_else(|| node.fault(BackendsErrorKind::Empty))
    });
    let condition = FailureCondition {
        threshold,
        interval: table.read("interval", Node::duration)?.unwrap_or(HOUR),
        status_code_ranges: ranges.collect::<Result<_, _>>()?,
        error_reasons: reasons.collect::<Result<_, _>>()?,
        minimum_calls: table.read("minimumCalls", |node| node.whole(0..=INT64))?.unwrap_or(0),
    };
    if condition.status_code_ranges.is_empty() && condition.error_reasons.is_empty() {
        return Err(node.fault(BackendsErrorKind::NothingFails));
    }
    Ok(condition)
}

fn range(node: &Node) -> Result<StatusRange, Fault> {
    let table = Table::of(node, &["min", "max"])?;
    let end = |key| {
        let status = table.need(key)?.whole(200..=599)?;
        Ok(u16::try_from(status).unwrap_or(599))
    };
    let (min, max) = (end("min")?, end("max")?);
    if min > max {
        return Err(node.fault(BackendsErrorKind::RangeBackwards));
    }
    Ok(StatusRange { min, max })
}

fn half_open(node: &Node) -> Result<HalfOpen, Fault> {
    let probes = Table::of(node, &["probes"])?.need("probes")?.whole(1..=100)?;
    Ok(HalfOpen { probes: u32::try_from(probes).unwrap_or(100) })
}
