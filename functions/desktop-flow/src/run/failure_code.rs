use serde::{Deserialize, Serialize};

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Dataverse's or the machine's code, or one of this function's.
    pub code: String,
    /// What the service said, cut after 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    pub advice: String,
    /// Whether the same may succeed later with nothing changed.
    pub retryable: bool,
}

/// A code that is documented (contracts §1.6).
struct Known {
    code: &'static str,
    is_retryable: bool,
    advice: &'static str,
}

const UNKNOWN: &str = "look up the code in Microsoft's list of desktop flow errors, and see the run in Power Automate";
const LONGEST_MESSAGE: usize = 1_000;

/// Every documented code, with what to do. Those of the listener, of throttling, of the machine's services and of the queue pass by
/// themselves; the others are configuration.
const KNOWN: [Known; 36] = [
    Known {
        code: "UnsupportedRpaScriptSchemaVersion",
        is_retryable: false,
        advice: "the machine's Power Automate is too old for the flow: update it",
    },
    Known {
        code: "NoUnlockedActiveSessionForAttended",
        is_retryable: false,
        advice: "an attended run needs a user who is signed in with the screen unlocked: unlock it, or run unattended",
    },
    Known {
        code: "SessionCreationError",
        is_retryable: false,
        advice: "Windows did not open a session: check the machine's remote desktop settings and the user",
    },
    Known {
        code: "SessionCreationWinLogonFailure",
        is_retryable: false,
        advice: "the user could not sign in to Windows: check user, password and the right to sign in remotely",
    },
    Known {
        code: "SessionExistsForTheUserWhenUnattended",
        is_retryable: false,
        advice: "the connection's user is signed in to the machine: sign the user out, locked sessions too",
    },
    Known {
        code: "SessionNotFound",
        is_retryable: false,
        advice: "the Windows session is gone: check whether somebody signs the user out",
    },
    Known {
        code: "TooManyActiveSessions",
        is_retryable: false,
        advice: "the machine has no session left: sign somebody out, or add machines to the group",
    },
    Known {
        code: "ExistingRecordingSession",
        is_retryable: false,
        advice: "somebody records a flow on the machine: end the recording",
    },
    Known {
        code: "RDPIsNotEnabled",
        is_retryable: false,
        advice: "remote desktop is off on the machine: turn it on",
    },
    Known {
        code: "AadLogonFailure",
        is_retryable: false,
        advice: "the user could not sign in with Microsoft Entra ID: check the user, the password and multi-factor rules",
    },
    Known {
        code: "Win10AlreadyHasActiveSession",
        is_retryable: false,
        advice: "this Windows takes one session, and somebody has it: sign the user out",
    },
    Known {
        code: "UIFlowAgentNotAvailable",
        is_retryable: false,
        advice: "Power Automate does not run on the machine: start it, or install it again",
    },
    Known {
        code: "UnableToCallCrlEndpoint",
        is_retryable: false,
        advice: "the machine does not reach the certificate revocation lists: open its way to them",
    },
    Known {
        code: "GroupIsEmpty",
        is_retryable: false,
        advice: "the machine group has no machine: add one",
    },
    Known {
        code: "NoCandidateMachine",
        is_retryable: true,
        advice: "no machine of the group was free in time: start it again later, or add machines",
    },
    Known {
        code: "DesktopFlowsActionTimeout",
        is_retryable: false,
        advice: "the robot took longer than the timeout: raise it, or make the flow shorter",
    },
    Known {
        code: "TotalChunksMismatch",
        is_retryable: false,
        advice: "the inputs did not arrive whole at the machine: update Power Automate on it",
    },
    Known {
        code: "RdpPermissionNotGranted",
        is_retryable: false,
        advice: "the user may not sign in by remote desktop: grant it on the machine",
    },
    Known {
        code: "SessionCreationInvalidCredentials",
        is_retryable: false,
        advice: "the connection's user or password is wrong: put the connection again",
    },
    Known {
        code: "InvalidUIFlowsCertificates",
        is_retryable: false,
        advice: "the machine's certificates are not valid: register the machine again",
    },
    Known {
        code: "WindowsIdentityIncorrect",
        is_retryable: false,
        advice: "the connection's user or password is not right for Windows: put the connection again",
    },
    Known {
        code: "AuthTokenNotYetValid",
        is_retryable: false,
        advice: "the machine's clock is wrong: set it",
    },
    Known {
        code: "UnattendedUnsupportedWithOldConnection",
        is_retryable: false,
        advice: "the connection is of an old kind: put it again",
    },
    Known {
        code: "NoListenerConnected",
        is_retryable: true,
        advice: "the machine is not connected to the cloud: start it, and check its network",
    },
    Known {
        code: "ConnectionNotEstablished",
        is_retryable: true,
        advice: "the machine did not take the connection: check its network",
    },
    Known {
        code: "DnsError",
        is_retryable: true,
        advice: "a name was not resolved on the way to the machine: check its network",
    },
    Known {
        code: "ConnectionTimeout",
        is_retryable: true,
        advice: "the machine did not answer in time: check that it is up",
    },
    Known {
        code: "EndpointDoNotExist",
        is_retryable: true,
        advice: "the machine's endpoint is not there: check that it is up and registered",
    },
    Known {
        code: "XrmMachineGroupNotFound",
        is_retryable: false,
        advice: "there is no such machine group: put the connection with the id of one",
    },
    Known {
        code: "DesktopFlowsActionThrottled",
        is_retryable: true,
        advice: "too many runs were started on one connection: start it again later, or share the load between connections",
    },
    Known {
        code: "UIFlowAlreadyRunning",
        is_retryable: true,
        advice: "the machine runs another flow: start it again later, or add machines",
    },
    Known {
        code: "LocalPlaybackOrRecordingOngoing",
        is_retryable: true,
        advice: "somebody plays or records a flow on the machine: start it again later",
    },
    Known {
        code: "UIFlowAgentLauncherServiceIsNotRunning",
        is_retryable: true,
        advice: "the service UIFlowAgentLauncherService does not run on the machine: start it",
    },
    Known {
        code: "DesktopFlowMalformedMachineResponse",
        is_retryable: true,
        advice: "the machine answered what nobody understands: start it again, and update Power Automate on it",
    },
    Known {
        code: "WcfServerCrash",
        is_retryable: true,
        advice: "Power Automate crashed on the machine: start it again",
    },
    Known {
        code: "OnPremiseDataGatewayNotAvailable",
        is_retryable: true,
        advice: "the on-premises data gateway does not answer: start it",
    },
];

impl Failure {
    /// Says what to do about a code that Dataverse or the machine gave.
    #[must_use]
    pub fn of(code: Option<&str>, message: Option<&str>) -> Self {
        let code = code.map(str::trim).filter(|code| !code.is_empty()).unwrap_or("Unknown");
        let known = KNOWN.iter().find(|known| known.code.eq_ignore_ascii_case(code));
        Self {
            code: cut(known.map_or(code, |known| known.code)),
            message: message.filter(|message| !message.is_empty()).map(cut),
            advice: known.map_or(UNKNOWN, |known| known.advice).to_owned(),
            retryable: known.is_some_and(|known| known.is_retryable),
        }
    }

    /// A failure that this function found by itself.
    #[must_use]
    pub fn own(code: &str, message: Option<&str>, advice: &str, retryable: bool) -> Self {
        let (message, advice) = (message.map(cut), advice.to_owned());
        Self { code: code.to_owned(), message, advice, retryable }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_has_a_sentence_and_says_whether_it_passes_by_itself() {
        let mut codes: Vec<_> = KNOWN.iter().map(|known| known.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), KNOWN.len());
        for Known { code, advice, .. } in &KNOWN {
            assert!(advice.contains(':') && !advice.ends_with('.'), "{code}: {advice}");
        }
        for (code, retryable) in [
            ("NoCandidateMachine", true),
            ("noListenerConnected", true),
            ("DesktopFlowsActionThrottled", true),
            ("WcfServerCrash", true),
            ("OnPremiseDataGatewayNotAvailable", true),
            ("SessionCreationInvalidCredentials", false),
            ("XrmMachineGroupNotFound", false),
        ] {
            assert_eq!(Failure::of(Some(code), None).retryable, retryable, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_shown_as_it_is() {
        let failure = Failure::of(Some("SomethingNew"), Some(&"x".repeat(2_000)));
        assert_eq!((failure.code.as_str(), failure.retryable), ("SomethingNew", false));
        assert_eq!(failure.message.unwrap().len(), LONGEST_MESSAGE);
        assert_eq!(Failure::of(Some(" "), Some("")).code, "Unknown");
    }
}
