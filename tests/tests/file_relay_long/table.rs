use std::sync::Mutex;

use tokio::time::Instant as Moment;

use crate::instance::{Host, Instance};

/// What of memory a file may take, whatever its length, in MiB.
const MOST: f64 = 32.0;

/// What was measured, as it came: a row for each way that a file went.
pub(crate) struct Table {
    host: Host,
    rows: Mutex<Vec<String>>,
}

impl Table {
    pub(crate) fn of(host: Host) -> Self {
        Self { host, rows: Mutex::default() }
    }

    /// Does something that carries so many bytes, and writes down how long that took, and the peak of memory.
    ///
    /// # Panics
    ///
    /// When it took more memory than it may.
    pub(crate) fn row<T>(
        &self,
        what: &str,
        bytes: u64,
        instance: &Instance,
        does: impl FnOnce() -> T,
    ) -> T {
        let (at_rest, begun) = (instance.at_rest(), Moment::now());
        let done = does();
        let seconds = begun.elapsed().as_secs_f64();
        let peak = instance.peak_above(at_rest);
        let host = self.host.name();
        let idle = at_rest.mib();
        let row = format!("| {host} | {what} | {bytes} | {seconds:.1} | {idle:.1} | {peak:.1} |");
        eprintln!("{row}");
        self.rows.lock().unwrap().push(row);
        assert!(peak < MOST, "{what}: {peak:.1} MiB above idle");
        done
    }

    /// Prints it all.
    pub(crate) fn print(&self) {
        let rows = self.rows.lock().unwrap().join("\n");
        eprintln!(
            "\n| host | way | bytes | seconds | idle MiB | peak MiB above it |\n| --- | --- | ---: | ---: | ---: | ---: |\n{rows}\n"
        );
    }
}
