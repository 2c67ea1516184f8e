use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::line_writer::LineWriter;

/// Which of its two outputs a guest wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Takes a line that a guest wrote: the component's name, the stream, and the line without its end.
pub type LineSink = Arc<dyn Fn(&str, Stream, &[u8]) + Send + Sync>;

/// Passes lines on to the host's own streams, with the component's name in front.
pub(crate) fn inherited() -> std::io::Result<LineSink> {
    let stdout = LineWriter::start(std::io::stdout())?;
    let stderr = LineWriter::start(std::io::stderr())?;
    Ok(Arc::new(move |component, stream, line| {
        let writer = match stream {
            Stream::Stdout => &stdout,
            Stream::Stderr => &stderr,
        };
        writer.line(&[b"[", component.as_bytes(), b"] ", line]);
    }))
}

/// One output of one instance, cut into lines.
#[derive(Clone)]
pub(crate) struct GuestOutput {
    component: Arc<str>,
    stream: Stream,
    sink: LineSink,
    line: Arc<Mutex<Vec<u8>>>,
}

/// A longer line is passed on in pieces, so that a guest cannot fill the host's memory with one.
const LINE_LIMIT: usize = 16 * 1024;

impl GuestOutput {
    pub(crate) fn new(component: Arc<str>, stream: Stream, sink: LineSink) -> Self {
        Self { component, stream, sink, line: Arc::default() }
    }

    fn take(&self, bytes: &[u8]) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if line.ends_with(b"\n") {
                line.pop();
            } else if line.len() < LINE_LIMIT {
                continue;
            }
            (self.sink)(&self.component, self.stream, &line);
            line.clear();
        }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(64 * 1024)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

impl tokio::io::AsyncWrite for GuestOutput {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.take(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guest_writes_in_pieces_is_passed_on_in_lines() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink: LineSink = Arc::new({
            let lines = Arc::clone(&lines);
            move |component, _, line| {
                let line = String::from_utf8(line.to_vec()).unwrap();
                lines.lock().unwrap().push(format!("{component}: {line}"));
            }
        });
        let output = GuestOutput::new("one".into(), Stream::Stdout, sink);
        output.take(b"a");
        output.take(b"b\n\nc\nd");
        assert_eq!(*lines.lock().unwrap(), ["one: ab", "one: ", "one: c"]);
    }
}
