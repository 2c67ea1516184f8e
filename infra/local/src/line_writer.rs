use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Writes lines to one of the process's own streams from a thread of its own, so that no request waits for a terminal and
/// many lines cost one write.
pub(crate) struct LineWriter {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    lost: u64,
    closed: bool,
}

/// Lines beyond this wait nowhere: a reader that has stopped must not fill the host's memory.
const WAITING_LIMIT: usize = 8 * 1024 * 1024;
/// How long the first line of a batch waits for others.
const GATHERING: Duration = Duration::from_millis(5);

impl LineWriter {
    /// Starts the thread. Dropping the writer waits until everything is written.
    pub(crate) fn start(mut stream: impl Write + Send + 'static) -> std::io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let reader = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("headgate-log".to_owned())
            .spawn(move || reader.write_until_closed(&mut stream))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Takes a line in pieces, without its end.
    pub(crate) fn line(&self, pieces: &[&[u8]]) {
        let mut waiting = self.queue.lock();
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if waiting.lines.len() + length > WAITING_LIMIT {
            waiting.lost += 1;
            return;
        }
        let first = waiting.lines.is_empty();
        pieces.iter().for_each(|piece| waiting.lines.extend_from_slice(piece));
        waiting.lines.push(b'\n');
        drop(waiting);
        if first {
            self.queue.more.notify_one();
        }
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.more.notify_one();
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing left to write.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_closed(&self, stream: &mut impl Write) {
        let mut lines = Vec::new();
        loop {
            let (lost, closed) = {
                let mut waiting = self.lock();
                while waiting.lines.is_empty() && !waiting.closed {
                    waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                if !waiting.closed {
                    let gathered = self.more.wait_timeout(waiting, GATHERING);
                    waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
                }
                std::mem::swap(&mut lines, &mut waiting.lines);
                (std::mem::take(&mut waiting.lost), waiting.closed)
            };
            if lost > 0 {
                lines.extend_from_slice(format!("{{\"lost_lines\":{lost}}}\n").as_bytes());
            }
            // Nobody is left to tell when the stream is gone.
            let _ = stream.write_all(&lines).and_then(|()| stream.flush());
            lines.clear();
            if closed {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_in_order_before_the_writer_is_gone() {
        let written = Written::default();
        let writer = LineWriter::start(written.clone()).unwrap();
        writer.line(&[b"[one] ", b"a"]);
        writer.line(&[b"b"]);
        drop(writer);
        assert_eq!(*written.0.lock().unwrap(), b"[one] a\nb\n");
    }

    #[test]
    fn lines_beyond_the_limit_are_counted() {
        let written = Written::default();
        let blocked = written.0.lock().unwrap();
        let writer = LineWriter::start(written.clone()).unwrap();
        let long = vec![b'x'; WAITING_LIMIT / 2];
        // One may be on its way to the blocked stream, and then one more waits.
        (0..5).for_each(|_| writer.line(&[&long]));
        drop(blocked);
        drop(writer);
        let written = written.0.lock().unwrap();
        let text = std::str::from_utf8(&written).unwrap();
        let lost = text.lines().filter_map(|line| line.strip_prefix("{\"lost_lines\":"));
        let lost: usize =
            lost.map(|count| count.trim_end_matches('}').parse::<usize>().unwrap()).sum();
        assert_eq!(text.lines().filter(|line| line.starts_with('x')).count() + lost, 5);
        assert!(lost > 0);
    }
}
