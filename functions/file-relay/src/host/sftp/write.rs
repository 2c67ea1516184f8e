use bytes::BytesMut;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use headgate_core::Body;
use http_body_util::BodyExt;

use super::connection::{AT_ONCE, PIECE};
use super::open::Open;
use crate::place::PlaceError;

/// Writes a content from a byte on, and gives the byte behind its last once the server has answered for all of it.
pub(super) async fn write(file: &Open, offset: u64, mut content: Body) -> Result<u64, PlaceError> {
    let connection = &file.connection;
    let (mut pending, mut at) = (FuturesUnordered::new(), offset);
    let (mut buffer, most) = (BytesMut::new(), PIECE as usize);
    let mut has_ended = false;
    while !has_ended {
        match content.frame().await {
            None => has_ended = true,
            Some(frame) => {
                let frame = frame.map_err(PlaceError::Content)?;
                buffer.extend_from_slice(&frame.into_data().unwrap_or_default());
            }
        }
        while buffer.len() >= most || (has_ended && !buffer.is_empty()) {
            if pending.len() >= AT_ONCE
                && let Some(done) = pending.next().await
            {
                done?;
            }
            let piece = buffer.split_to(buffer.len().min(most)).to_vec();
            let (start, handle) = (at, file.handle());
            at += piece.len() as u64;
            pending.push(async move {
                let done = connection.session().write(handle, start, piece).await;
                done.map(|_| ()).map_err(|error| connection.failure(&error))
            });
            // A request is sent when it is first looked at.
            if let Some(Some(done)) = pending.next().now_or_never() {
                done?;
            }
        }
    }
    while let Some(done) = pending.next().await {
        done?;
    }
    Ok(at)
}
