use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Where lines of the log go: to standard error, one write for one or more whole lines.
///
/// A clone writes to the same place.
#[derive(Clone, Debug)]
pub(crate) enum Lines {
    /// Each line is written before `write` returns: for Lambda, which freezes a process once it has answered.
    Direct,
    /// Lines are gathered for a few milliseconds and written by a thread of their own.
    Gathered(Arc<Gathering>),
}

/// How long lines are gathered: long enough that a busy server makes a hundred writes a second and not a hundred
/// thousand, short enough that nobody who watches notices.
const GATHERED_FOR: Duration = Duration::from_millis(10);

/// How much may wait to be written. When nobody reads standard error, requests wait as they would for a full pipe:
/// nothing is lost.
const MOST_WAITING: usize = 4 * 1024 * 1024;

/// Lines that wait to be written.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    state: Mutex<State>,
    /// Something to write, or the end.
    filled: Condvar,
    /// Room again.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    ended: bool,
}

/// Writes what is left when it is dropped, and ends the thread.
#[derive(Debug)]
pub(crate) struct Flush {
    gathering: Arc<Gathering>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Starts the thread; the log is complete once the [`Flush`] has been dropped.
    ///
    /// # Errors
    ///
    /// The operating system's, when it gives no thread.
    pub(crate) fn gathered() -> std::io::Result<(Self, Flush)> {
        Self::gathered_into(std::io::stderr())
    }

    fn gathered_into(output: impl Write + Send + 'static) -> std::io::Result<(Self, Flush)> {
        let gathering = Arc::new(Gathering::default());
        let of_thread = Arc::clone(&gathering);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || of_thread.write_until_ended(output))?;
        let flush = Flush { gathering: Arc::clone(&gathering), thread: Some(thread) };
        Ok((Self::Gathered(gathering), flush))
    }

    /// Takes one line, without its end. A line that cannot be written is lost: there is nobody left to tell.
    pub(crate) fn write(&self, mut line: String) {
        line.push('\n');
        match self {
            Self::Direct => drop(std::io::stderr().lock().write_all(line.as_bytes())),
            Self::Gathered(gathering) => gathering.take(&line),
        }
    }
}

impl Gathering {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A writer that panicked left whole lines behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, line: &str) {
        let mut state = self
            .emptied
            .wait_while(self.lock(), |state| state.waiting.len() > MOST_WAITING && !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        let first = state.waiting.is_empty();
        state.waiting.extend_from_slice(line.as_bytes());
        drop(state);
        if first {
            self.filled.notify_one();
        }
    }

    fn write_until_ended(&self, mut output: impl Write) {
        let mut lines = Vec::new();
        let mut ended = false;
        while !ended {
            let state = self
                .filled
                .wait_while(self.lock(), |state| state.waiting.is_empty() && !state.ended)
                .unwrap_or_else(PoisonError::into_inner);
            let (mut state, _) = self
                .filled
                .wait_timeout_while(state, GATHERED_FOR, |state| {
                    state.waiting.len() < MOST_WAITING && !state.ended
                })
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut lines, &mut state.waiting);
            ended = state.ended;
            drop(state);
            self.emptied.notify_all();
            drop(output.write_all(&lines).and_then(|()| output.flush()));
            lines.clear();
        }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.gathering.lock().ended = true;
        self.gathering.filled.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_there_whole_and_in_its_writers_order_once_flushed() {
        let output = Output::default();
        let (lines, flush) = Lines::gathered_into(output.clone()).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let lines = lines.clone();
                scope.spawn(move || (0..5_000).for_each(|n| lines.write(format!("{writer} {n}"))));
            }
        });
        drop(flush);
        let written = String::from_utf8(std::mem::take(&mut output.0.lock().unwrap())).unwrap();
        for writer in ["0 ", "1 ", "2 ", "3 "] {
            let numbers = written.lines().filter_map(|line| line.strip_prefix(writer));
            let numbers: Vec<u32> = numbers.map(|number| number.parse().unwrap()).collect();
            assert_eq!(numbers, (0..5_000).collect::<Vec<_>>());
        }
        assert_eq!(written.lines().count(), 20_000);
    }
}
