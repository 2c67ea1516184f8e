use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use headgate_tests::host::{Build, Process, RUNTIME, Served};
use headgate_tests::relay::{Carrier, start_component, start_native};
use tokio::time::{Instant, sleep};

/// Where file-relay runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Native,
    Component,
}

/// file-relay in a process of its own, which is killed when this is dropped.
pub(crate) struct Instance {
    process: Running,
    pub(crate) carrier: Carrier,
}

enum Running {
    Native(Process),
    Component(Served),
}

/// The process's memory when it was at rest, in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtRest(u64);

/// How long a process holds no less than before when it is at rest.
const SETTLED: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(50);

impl Host {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Component => "component",
        }
    }

    /// Starts it with these variables.
    pub(crate) fn start(self, variables: &BTreeMap<String, String>) -> Instance {
        match self {
            Self::Native => {
                let (process, carrier) = start_native(variables, None).unwrap();
                Instance { process: Running::Native(process), carrier }
            }
            Self::Component => {
                // By itself the host ends a request that computes for long, or is long.
                let own = ["--guest-timeout", "3600", "--response-timeout", "3600"];
                let own = own.into_iter().chain(["--max-body", "1048576"]);
                let own: Vec<String> = own.map(str::to_owned).collect();
                let (process, carrier) = start_component(Build::Portable, variables, &own).unwrap();
                Instance { process: Running::Component(process), carrier }
            }
        }
    }
}

impl AtRest {
    pub(crate) fn mib(self) -> f64 {
        self.0 as f64 / 1024.0
    }
}

impl Instance {
    /// Begins to count the peak of its memory, once it has given back what its start took: it holds no less for a second.
    pub(crate) fn at_rest(&self) -> AtRest {
        let (mut least, mut since) = (self.held("VmRSS:"), Instant::now());
        while since.elapsed() < SETTLED {
            RUNTIME.block_on(async { sleep(GLANCE).await });
            let held = self.held("VmRSS:");
            if held < least {
                (least, since) = (held, Instant::now());
            }
        }
        fs::write(format!("/proc/{}/clear_refs", self.id()), "5").unwrap();
        AtRest(least)
    }

    /// The peak of its memory above what it was at rest, in MiB. The kernel counts in steps: it may come out a little
    /// lower.
    pub(crate) fn peak_above(&self, at_rest: AtRest) -> f64 {
        self.held("VmHWM:").saturating_sub(at_rest.0) as f64 / 1024.0
    }

    /// What the kernel says of its memory, in KiB.
    fn held(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn id(&self) -> u32 {
        match &self.process {
            Running::Native(process) => process.id(),
            Running::Component(served) => served.id(),
        }
    }
}
