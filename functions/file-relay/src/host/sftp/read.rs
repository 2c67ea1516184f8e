use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use headgate_core::{Body, Timestamp};
use http_body::Frame;
use http_body_util::StreamBody;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{OpenFlags, StatusCode};

use super::connection::{AT_ONCE, Connection, PIECE};
use super::known::Known;
use super::open::Open;
use crate::place::{Opened, PlaceError, Range};

pub(super) async fn open(
    connection: Arc<Connection>,
    path: String,
    range: Range,
    validator: Option<&str>,
    now: Timestamp,
) -> Result<Opened, PlaceError> {
    // Looked at before it is opened: a pipe would keep the server waiting.
    connection.file(&path).await?;
    let file = connection.open_file(&path, OpenFlags::READ).await?;
    let known = file.known().await?;
    let is_other = validator.is_some() && validator != known.etag().as_deref();
    if is_other || range.from > known.length {
        return Err(PlaceError::Changed);
    }
    let until = range.until.unwrap_or(u64::MAX).min(known.length).max(range.from);
    let (stat, from) = (known.stat(now), range.from);
    if from == until {
        return Ok(Opened { stat, from, body: Body::empty() });
    }
    Ok(Opened { stat, from, body: body(file, known, from, until) })
}

/// Asks for many pieces ahead and gives them in their order; at the end, looks whether the file is the same still.
fn body(file: Open, known: Known, from: u64, until: u64) -> Body {
    let file = Arc::new(file);
    let starts = (from..until).step_by(usize::try_from(PIECE).unwrap_or(usize::MAX));
    let pieces = {
        let file = Arc::clone(&file);
        stream::iter(starts).map(move |start| {
            let length = (until - start).min(u64::from(PIECE));
            piece(Arc::clone(&file), start, u32::try_from(length).unwrap_or(PIECE))
        })
    };
    let last = stream::once(async move {
        match file.known().await {
            Ok(found) if found == known => Ok(Bytes::new()),
            Ok(_) => Err(PlaceError::Changed),
            Err(failure) => Err(failure.into()),
        }
    });
    let frames = pieces.buffered(AT_ONCE).chain(last);
    Body::stream(StreamBody::new(frames.map_ok(Frame::data)))
}

/// One piece; a server may give it in several.
async fn piece(file: Arc<Open>, start: u64, length: u32) -> Result<Bytes, PlaceError> {
    let (connection, mut piece) = (&file.connection, Vec::new());
    while piece.len() < length as usize {
        let (at, left) =
            (start + piece.len() as u64, length - u32::try_from(piece.len()).unwrap_or(length));
        match connection.session().read(file.handle(), at, left).await {
            Ok(data) if data.data.is_empty() || data.data.len() > left as usize => {
                return Err(connection.failure(&Error::UnexpectedPacket).into());
            }
            Ok(data) if piece.is_empty() => piece = data.data,
            Ok(data) => piece.extend_from_slice(&data.data),
            Err(Error::Status(status)) if status.status_code == StatusCode::Eof => {
                return Err(PlaceError::Changed);
            }
            Err(error) => return Err(connection.failure(&error).into()),
        }
    }
    Ok(piece.into())
}
