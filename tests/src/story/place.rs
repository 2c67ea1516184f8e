use serde::Deserialize;

/// Where a function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the test's own process, on fakes but for HTTP.
    InProcess,
    /// As a component under the local host.
    Component,
    /// The native binary as an HTTP server.
    Native,
    /// The native binary as a Lambda function.
    Lambda,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 4] = [Self::InProcess, Self::Component, Self::Native, Self::Lambda];

    /// The name in a test's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in_process",
            Self::Component => "component",
            Self::Native => "native",
            Self::Lambda => "lambda",
        }
    }

    /// Whether the function's clock is the test's, and moves only when a step says so.
    #[must_use]
    pub const fn has_manual_clock(self) -> bool {
        matches!(self, Self::InProcess | Self::Component)
    }

    /// Whether nothing goes on beside an answer, so that a clock that is moved ends nobody's lease. As a component a delivery may
    /// be under way that no test can see the end of.
    #[must_use]
    pub const fn is_idle_after_its_answer(self) -> bool {
        matches!(self, Self::InProcess)
    }

    /// Whether deliveries go on once the function has answered. On Lambda, which freezes a process then, and on the fakes of the
    /// test's own process they are done before.
    #[must_use]
    pub const fn goes_on_after_its_answer(self) -> bool {
        matches!(self, Self::Component | Self::Native)
    }

    /// Whether the platform can hand over events that are not HTTP.
    #[must_use]
    pub const fn has_platform_events(self) -> bool {
        matches!(self, Self::InProcess | Self::Lambda)
    }

    /// Whether the test says what there is at every path: where the function is a process, the machine does.
    #[must_use]
    pub const fn has_files_anywhere(self) -> bool {
        matches!(self, Self::InProcess | Self::Component)
    }
}
