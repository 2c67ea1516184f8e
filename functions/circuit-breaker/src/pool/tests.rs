use std::collections::HashMap;
use std::sync::Arc;

use headgate_core::Timestamp;

use super::*;
use crate::backends::{
    Credentials, FailureCondition, HalfOpen, Rule, RuleName, StatusRange, Threshold,
};
use crate::judging::{Batch, Outcome, judge};

const NOW: Timestamp = Timestamp::from_secs(1_795_219_200);

fn rule(seconds: u64, probes: Option<u32>) -> Rule {
    Rule {
        name: RuleName::parse("r").unwrap(),
        condition: FailureCondition {
            threshold: Threshold::Count(1),
            interval: Duration::from_secs(60),
            status_code_ranges: vec![StatusRange { min: 500, max: 599 }],
            error_reasons: Vec::new(),
            minimum_calls: 0,
        },
        trip_duration: Duration::from_secs(seconds),
        accept_retry_after: false,
        failure_status: StatusCode::BAD_GATEWAY,
        half_open: probes.map(|probes| HalfOpen { probes }),
    }
}

/// A member whose trips last so many seconds.
fn member(name: &str, weight: u8, priority: Option<u8>, seconds: u64) -> Member {
    let backend = Backend {
        name: BackendName::parse(name).unwrap(),
        url: format!("https://{name}.internal.example").parse().unwrap(),
        title: None,
        description: None,
        credentials: Credentials::default(),
        rules: vec![rule(seconds, (seconds == 1).then_some(1))],
    };
    Member { backend: Arc::new(backend), weight, priority }
}

fn pool(members: Vec<Member>) -> Pool {
    Pool {
        name: BackendName::parse("p").unwrap(),
        title: None,
        description: None,
        members,
        failure_status: StatusCode::SERVICE_UNAVAILABLE,
        session_affinity: None,
    }
}

fn sticky(members: Vec<Member>) -> Pool {
    Pool {
        session_affinity: Some(SessionAffinity { cookie: "SessionId".to_owned() }),
        ..pool(members)
    }
}

/// The states of a pool after the named members failed, now.
fn failed(pool: &Pool, names: &[&str]) -> HashMap<BackendName, BackendState> {
    let failure = Outcome {
        id: None,
        at: NOW,
        status: Some(StatusCode::INTERNAL_SERVER_ERROR),
        error_reason: None,
        retry_after: None,
    };
    let batch = Batch { id: None, outcomes: &[failure] };
    let members = pool.members.iter().map(|member| &member.backend);
    members
        .filter(|backend| names.contains(&backend.name.as_str()))
        .map(|backend| {
            (backend.name.clone(), judge(backend, BackendState::default(), batch, NOW).state)
        })
        .collect()
}

fn choose_at<'p>(
    pool: &'p Pool,
    states: &HashMap<BackendName, BackendState>,
    affinity: Option<&str>,
    seconds: u64,
    random: u64,
) -> Choice<'p> {
    let now = NOW.plus(Duration::from_secs(seconds));
    choose(pool, |name| states.get(name), affinity, now, random)
}

/// The name of the member that is chosen, or `-`.
fn chosen(pool: &Pool, open: &[&str], random: u64) -> String {
    match choose_at(pool, &failed(pool, open), None, 0, random) {
        Choice::Member { backend, .. } => backend.name.to_string(),
        Choice::Refuse { .. } => "-".to_owned(),
    }
}

/// How many of 1,000 random numbers, spread evenly, choose each member.
fn shares(pool: &Pool, open: &[&str]) -> Vec<usize> {
    let mut shares = vec![0; pool.members.len()];
    for number in 0..1_000 {
        let name = chosen(pool, open, random_of(number));
        let index =
            pool.members.iter().position(|member| member.backend.name.as_str() == name).unwrap();
        shares[index] += 1;
    }
    shares
}

/// The middle of the thousandth part of all random numbers that has this number.
fn random_of(number: u128) -> u64 {
    u64::try_from(((2 * number + 1) << 64) / 2_000).unwrap()
}

#[test]
fn members_without_weights_have_equal_shares() {
    let pool = pool(["a", "b", "c", "d"].map(|name| member(name, 1, None, 10)).to_vec());
    assert_eq!(shares(&pool, &[]), [250, 250, 250, 250]);
    assert_eq!(shares(&pool, &["b", "d"]), [500, 0, 500, 0]);
}

#[test]
fn weights_are_relative_shares() {
    let pool =
        pool(vec![member("a", 3, None, 10), member("b", 1, None, 10), member("c", 6, None, 10)]);
    assert_eq!(shares(&pool, &[]), [300, 100, 600]);
    assert_eq!(shares(&pool, &["c"]), [750, 250, 0]);
}

#[test]
fn a_member_of_weight_0_gets_requests_only_when_no_other_of_its_group_is_closed() {
    let pool = pool(vec![
        member("green", 100, Some(1), 10),
        member("blue", 0, Some(1), 10),
        member("teal", 0, Some(1), 10),
        member("last", 1, Some(2), 10),
    ]);
    assert_eq!(shares(&pool, &[]), [1_000, 0, 0, 0]);
    assert_eq!(shares(&pool, &["green"]), [0, 500, 500, 0]);
}

#[test]
fn a_group_is_used_when_every_member_of_the_groups_before_it_is_open() {
    let pool = pool(vec![
        member("third", 1, None, 10),
        member("second", 1, Some(2), 10),
        member("first", 1, Some(0), 10),
        member("first-too", 1, Some(0), 10),
    ]);
    for (open, expected) in [
        ([].as_slice(), ["first", "first-too"]),
        (&["first"], ["first-too", "first-too"]),
        (&["second", "third", "first-too"], ["first", "first"]),
        (&["first", "first-too"], ["second", "second"]),
        (&["first", "first-too", "second"], ["third", "third"]),
        (&["first", "first-too", "second", "third"], ["-", "-"]),
    ] {
        assert_eq!([chosen(&pool, open, 0), chosen(&pool, open, u64::MAX)], expected, "{open:?}");
    }
}

#[test]
fn when_all_are_open_the_caller_is_told_when_the_first_one_closes() {
    let mut pool = pool(vec![member("a", 1, None, 60), member("b", 1, None, 20)]);
    let states = failed(&pool, &["a", "b"]);
    let expected = Choice::Refuse {
        status: StatusCode::SERVICE_UNAVAILABLE,
        retry_after: Duration::from_secs(15),
    };
    assert_eq!(choose_at(&pool, &states, None, 5, 0), expected);
    pool.failure_status = StatusCode::TOO_MANY_REQUESTS;
    assert!(matches!(
        choose_at(&pool, &states, None, 5, 0),
        Choice::Refuse { status: StatusCode::TOO_MANY_REQUESTS, .. }
    ));
    // The status of a member's rule is for requests to the member itself.
    let alone = &pool.members[0].backend;
    assert!(matches!(
        decide(alone, &states[&alone.name], NOW),
        Admission::Refuse { status: StatusCode::BAD_GATEWAY, .. }
    ));
}

#[test]
fn a_half_open_member_is_chosen_as_a_probe() {
    let pool = pool(vec![member("a", 1, None, 1)]);
    let states = failed(&pool, &["a"]);
    assert!(matches!(choose_at(&pool, &states, None, 0, 0), Choice::Refuse { .. }));
    assert!(matches!(
        choose_at(&pool, &states, None, 1, 0),
        Choice::Member { probe: true, cookie: None, .. }
    ));
}

fn cookie_of(pool: &Pool, random: u64) -> (String, String) {
    match choose_at(pool, &HashMap::new(), None, 0, random) {
        Choice::Member { backend, cookie: Some(cookie), .. } => (backend.name.to_string(), cookie),
        other => panic!("a member with a cookie is chosen, not {other:?}"),
    }
}

#[test]
fn a_cookie_keeps_a_caller_with_its_member_whatever_weight_and_priority() {
    let pool = sticky(vec![member("a", 1, Some(1), 10), member("b", 0, Some(2), 10)]);
    let open = failed(&pool, &["a"]);
    let Choice::Member { backend, cookie: Some(cookie), .. } = choose_at(&pool, &open, None, 0, 0)
    else {
        panic!("b is chosen");
    };
    assert_eq!(backend.name.as_str(), "b");
    for random in [0, u64::MAX] {
        let again = choose_at(&pool, &HashMap::new(), Some(&cookie), 0, random);
        assert!(
            matches!(again, Choice::Member { backend, cookie: None, .. } if backend.name.as_str() == "b")
        );
    }
}

#[test]
fn a_cookie_whose_member_is_open_or_unknown_is_replaced() {
    let pool = sticky(vec![member("a", 1, None, 10), member("b", 1, None, 10)]);
    let (name, cookie) = cookie_of(&pool, 0);
    assert_eq!(name, "a");
    let open = failed(&pool, &["a"]);
    for affinity in [cookie.as_str(), "", "AAAAAAAAAAA", "a", "https://a.internal.example"] {
        let Choice::Member { backend, cookie: Some(new), .. } =
            choose_at(&pool, &open, Some(affinity), 0, 0)
        else {
            panic!("another member is chosen");
        };
        assert_eq!(backend.name.as_str(), "b");
        assert_ne!(new, cookie);
    }
}

#[test]
fn a_cookie_tells_neither_name_nor_address_and_is_the_same_everywhere() {
    let pool = sticky(vec![member("orders", 1, None, 10)]);
    let (_, cookie) = cookie_of(&pool, 0);
    assert_eq!(cookie, "YaEOC5Uii0E");
}

#[test]
fn without_affinity_a_cookie_is_neither_read_nor_set() {
    let members = vec![member("a", 1, None, 10), member("b", 1, None, 10)];
    let (_, cookie) = cookie_of(&sticky(members.clone()), u64::MAX);
    let pool = pool(members);
    let choice = choose_at(&pool, &HashMap::new(), Some(&cookie), 0, 0);
    assert!(
        matches!(choice, Choice::Member { backend, cookie: None, .. } if backend.name.as_str() == "a")
    );
}

#[test]
fn the_cookie_is_found_among_others() {
    let affinity = SessionAffinity { cookie: "SessionId".to_owned() };
    for (header, expected) in [
        ("SessionId=x", Some("x")),
        ("a=b; SessionId=x=y ; SessionId=z", Some("x=y")),
        ("sessionid=x", None),
        ("XSessionId=x", None),
        ("SessionId", None),
        ("", None),
    ] {
        assert_eq!(affinity.find(header), expected, "{header}");
    }
}
