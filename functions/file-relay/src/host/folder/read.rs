use std::io::{self, Read, Seek, SeekFrom};

use bytes::{Bytes, BytesMut};
use cap_std::fs::{Dir, File};
use futures_util::{StreamExt, stream};
use headgate_core::Body;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::sync::mpsc;

use super::PIECE;
use super::failure::of_io;
use super::known::Known;
use crate::file_path::FilePath;
use crate::place::{Opened, PlaceError, Range};

/// A file that is open at the byte where reading begins.
pub(super) struct Found {
    file: File,
    known: Known,
    from: u64,
    until: u64,
}

/// The file became another one while it was read.
#[derive(Debug, thiserror::Error)]
#[error("the file changed while it was read")]
struct Changed;

pub(super) fn open(
    dir: &Dir,
    path: &FilePath,
    range: Range,
    validator: Option<&str>,
) -> Result<Found, PlaceError> {
    // Looked at before it is opened: opening a pipe would wait for whoever writes to it.
    Known::of(dir, path.as_str())?;
    let mut file = dir.open(path.as_str()).map_err(|error| of_io(&error))?;
    let known = Known::from(&file.metadata().map_err(|error| of_io(&error))?);
    let is_other = validator.is_some_and(|validator| validator != known.etag());
    if is_other || range.from > known.length {
        return Err(PlaceError::Changed);
    }
    file.seek(SeekFrom::Start(range.from)).map_err(|error| of_io(&error))?;
    let until = range.until.unwrap_or(u64::MAX).min(known.length).max(range.from);
    Ok(Found { file, known, from: range.from, until })
}

impl Found {
    /// Reads ahead by two pieces at most, on a thread of its own, which ends when the body is dropped.
    pub(super) fn read(self) -> Opened {
        let (stat, from) = (self.known.stat(), self.from);
        if from == self.until {
            return Opened { stat, from, body: Body::empty() };
        }
        let (sender, receiver) = mpsc::channel(1);
        tokio::task::spawn_blocking(move || self.send(&sender));
        let frames = stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        let frames = frames.map(|piece: io::Result<Bytes>| piece.map(Frame::data));
        Opened { stat, from, body: Body::stream(StreamBody::new(frames)) }
    }

    fn send(mut self, sender: &mpsc::Sender<io::Result<Bytes>>) {
        let mut left = self.until - self.from;
        while left > 0 {
            let piece = self.piece(left);
            let length = piece.as_ref().map_or(0, Bytes::len) as u64;
            left -= length;
            let is_over = piece.is_err();
            if sender.blocking_send(piece).is_err() || is_over {
                return;
            }
        }
        // What was read of a file that changed meanwhile is neither the one nor the other.
        let is_same =
            self.file.metadata().is_ok_and(|metadata| Known::from(&metadata) == self.known);
        if !is_same {
            let _ = sender.blocking_send(Err(io::Error::other(Changed)));
        }
    }

    fn piece(&mut self, left: u64) -> io::Result<Bytes> {
        let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let mut piece = BytesMut::zeroed(length);
        match self.file.read(&mut piece)? {
            0 => Err(io::Error::other(Changed)),
            read => {
                piece.truncate(read);
                Ok(piece.freeze())
            }
        }
    }
}
