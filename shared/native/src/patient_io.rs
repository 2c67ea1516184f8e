use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use tokio::time::Sleep;

use crate::head_deadline::HeadTimer;
use crate::http_server::Limits;
use crate::unread::Unread;

/// How much is taken at once of what nobody reads.
const PIECE: usize = 16 * 1024;

/// A connection that tells its [`HeadTimer`] what arrives, and breaks when its peer takes nothing for so long. It is closed
/// once the peer has ended too, or after a while, if not all of its request was read.
#[derive(Debug)]
pub(crate) struct PatientIo<T> {
    io: T,
    timer: HeadTimer,
    patience: Duration,
    /// Made when the peer first keeps us waiting: most answers fit into the system's buffer.
    stall: Option<Pin<Box<Sleep>>>,
    unread: Unread,
    lingers: Duration,
    /// Made when our side has ended and something is unread.
    linger: Option<Pin<Box<Sleep>>>,
}

impl<T> PatientIo<T> {
    /// Makes the connection.
    pub(crate) const fn new(io: T, timer: HeadTimer, limits: &Limits, unread: Unread) -> Self {
        let (patience, lingers) = (limits.stall, limits.linger);
        Self { io, timer, patience, stall: None, unread, lingers, linger: None }
    }

    fn or_stalled<O>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<O>>,
    ) -> Poll<io::Result<O>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let patience = self.patience;
        let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        stall.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: Read + Unpin> PatientIo<T> {
    /// Takes what the peer still sends, until it ends or has had its time.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let lingers = self.lingers;
        let linger = self.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(lingers)));
        let mut room = [MaybeUninit::uninit(); PIECE];
        while linger.as_mut().poll(context).is_pending() {
            let mut piece = ReadBuf::uninit(&mut room);
            let read = ready!(Pin::new(&mut self.io).poll_read(context, piece.unfilled()));
            if read.is_err() || piece.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(())
    }
}

impl<T: Read + Unpin> Read for PatientIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        if read.is_ready() {
            this.timer.arrived();
        }
        read
    }
}

impl<T: Read + Write + Unpin> Write for PatientIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        this.or_stalled(context, written)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.io).poll_flush(context);
        this.or_stalled(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            let ended = Pin::new(&mut this.io).poll_shutdown(context);
            ready!(this.or_stalled(context, ended))?;
        }
        if this.unread.get() {
            ready!(this.poll_linger(context));
        }
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write_vectored(context, parts);
        this.or_stalled(context, written)
    }
}
