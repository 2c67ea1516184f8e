//! `ip-filter` (contracts §4.4).

use std::net::IpAddr;

use super::{Reason, Refusal};
use crate::policy::{IpFilter, IpFilterAction};

/// Judges the caller's address. `client` is `None` when the host cannot tell it.
///
/// An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) counts as IPv4, in the caller's address and in the
/// policy. A range of one family never holds an address of the other.
///
/// # Errors
///
/// A [`Refusal`] with 403; also for an unknown address under `forbid`, because it may be one of the forbidden.
pub fn judge(filter: &IpFilter, client: Option<IpAddr>) -> Result<(), Refusal> {
    let Some(client) = client else {
        return Err(Refusal::forbidden(
            Reason::FailedToParseCallerIp,
            "Failed to establish IP address for the caller. Access denied.",
        ));
    };
    let client = client.to_canonical();
    let listed = filter.ranges.iter().any(|range| holds(*range, client));
    match (filter.action, listed) {
        (IpFilterAction::Allow, true) | (IpFilterAction::Forbid, false) => Ok(()),
        (IpFilterAction::Allow, false) => Err(Refusal::forbidden(
            Reason::CallerIpNotAllowed,
            "Caller IP address is not allowed. Access denied.",
        )),
        (IpFilterAction::Forbid, true) => Err(Refusal::forbidden(
            Reason::CallerIpBlocked,
            "Caller IP address is blocked. Access denied.",
        )),
    }
}

fn holds((from, to): (IpAddr, IpAddr), client: IpAddr) -> bool {
    match (from.to_canonical(), to.to_canonical(), client) {
        (IpAddr::V4(from), IpAddr::V4(to), IpAddr::V4(client)) => from <= client && client <= to,
        (IpAddr::V6(from), IpAddr::V6(to), IpAddr::V6(client)) => from <= client && client <= to,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(
        action: IpFilterAction,
        ranges: &[(&str, &str)],
        client: &str,
    ) -> Result<(), Reason> {
        let ranges =
            ranges.iter().map(|(from, to)| (from.parse().unwrap(), to.parse().unwrap())).collect();
        judge(&IpFilter { action, ranges }, client.parse().ok()).map_err(|refusal| refusal.reason)
    }

    const OFFICE: &[(&str, &str)] = &[("192.0.2.10", "192.0.2.20"), ("2001:db8::1", "2001:db8::f")];

    #[test]
    fn both_ends_of_a_range_belong_to_it() {
        for client in ["192.0.2.10", "192.0.2.15", "192.0.2.20", "2001:db8::1", "2001:db8::f"] {
            assert_eq!(verdict(IpFilterAction::Allow, OFFICE, client), Ok(()), "{client}");
            assert_eq!(
                verdict(IpFilterAction::Forbid, OFFICE, client),
                Err(Reason::CallerIpBlocked),
                "{client}"
            );
        }
    }

    #[test]
    fn an_address_beside_a_range_does_not_belong_to_it() {
        for client in ["192.0.2.9", "192.0.2.21", "2001:db8::", "2001:db8::10", "::1"] {
            assert_eq!(
                verdict(IpFilterAction::Allow, OFFICE, client),
                Err(Reason::CallerIpNotAllowed),
                "{client}"
            );
            assert_eq!(verdict(IpFilterAction::Forbid, OFFICE, client), Ok(()), "{client}");
        }
    }

    #[test]
    fn an_unknown_address_never_passes() {
        for action in [IpFilterAction::Allow, IpFilterAction::Forbid] {
            assert_eq!(verdict(action, OFFICE, "unknown"), Err(Reason::FailedToParseCallerIp));
        }
    }

    #[test]
    fn an_ipv4_address_written_as_ipv6_counts_as_ipv4() {
        assert_eq!(verdict(IpFilterAction::Allow, OFFICE, "::ffff:192.0.2.15"), Ok(()));
        let mapped = [("::ffff:192.0.2.10", "::ffff:192.0.2.20")];
        assert_eq!(verdict(IpFilterAction::Allow, &mapped, "192.0.2.15"), Ok(()));
    }

    #[test]
    fn a_range_of_one_family_never_holds_the_other() {
        let all_of_v6 = [("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")];
        assert_eq!(
            verdict(IpFilterAction::Allow, &all_of_v6, "192.0.2.1"),
            Err(Reason::CallerIpNotAllowed)
        );
        assert_eq!(
            verdict(IpFilterAction::Allow, &[("0.0.0.0", "::ffff")], "192.0.2.1"),
            Err(Reason::CallerIpNotAllowed)
        );
    }

    #[test]
    fn a_refusal_does_not_repeat_the_address() {
        let filter = IpFilter { action: IpFilterAction::Allow, ranges: Vec::new() };
        let refusal = judge(&filter, "192.0.2.77".parse().ok()).unwrap_err();
        assert_eq!(refusal.message, "Caller IP address is not allowed. Access denied.");
    }
}
