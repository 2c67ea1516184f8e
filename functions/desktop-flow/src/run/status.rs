use super::outcome::Outcome;

/// What a flow session's `statuscode` says (contracts §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The number.
    pub number: i32,
    /// The name; `Unknown` for a number that this version does not know.
    pub name: &'static str,
    /// What it means for the run; none while the robot has not come to an end.
    pub outcome: Option<Outcome>,
}

impl Status {
    /// Reads a number. Whether a session has ended is said by it alone, and not by `statecode`. One that nobody knows is
    /// taken for a session that goes on.
    #[must_use]
    pub const fn of(number: i32) -> Self {
        let (name, outcome) = match number {
            0 => ("NotSpecified", None),
            1 => ("Paused", None),
            2 => ("Running", None),
            3 => ("Waiting", None),
            4 => ("Succeeded", Some(Outcome::Succeeded)),
            5 => ("Skipped", Some(Outcome::Failed)),
            6 => ("Suspended", None),
            7 => ("Cancelled", Some(Outcome::Cancelled)),
            8 => ("Failed", Some(Outcome::Failed)),
            9 => ("Faulted", Some(Outcome::Failed)),
            10 => ("TimedOut", Some(Outcome::TimedOut)),
            11 => ("Aborted", Some(Outcome::Failed)),
            12 => ("Ignored", Some(Outcome::Failed)),
            13 => ("Deleted", Some(Outcome::Failed)),
            14 => ("Terminated", Some(Outcome::Cancelled)),
            _ => ("Unknown", None),
        };
        Self { number, name, outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_contract_has_its_name_and_says_whether_it_is_the_end() {
        let names = [
            "NotSpecified",
            "Paused",
            "Running",
            "Waiting",
            "Succeeded",
            "Skipped",
            "Suspended",
            "Cancelled",
            "Failed",
            "Faulted",
            "TimedOut",
            "Aborted",
            "Ignored",
            "Deleted",
            "Terminated",
        ];
        for (number, name) in (0..).zip(names) {
            let status = Status::of(number);
            assert_eq!((status.number, status.name), (number, name));
            assert_eq!(status.outcome.is_none(), [0, 1, 2, 3, 6].contains(&number), "{name}");
        }
    }

    #[test]
    fn an_unknown_status_is_not_the_end() {
        for number in [-1, 15, i32::MAX] {
            assert_eq!(Status::of(number), Status { number, name: "Unknown", outcome: None });
        }
    }
}
