//! Contents that are told from any other, and how they are sent and read.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use headgate_core::Body;
use http_body::Frame;
use http_body_util::StreamBody;

/// The pieces in which a content comes: not a divisor of any part.
const PIECE: usize = 60_000;

/// Every value of a byte, in an order that does not come again within a part.
pub(crate) fn content(length: usize) -> Bytes {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    bytes.extend((0..=u8::MAX).take(length));
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

/// The content as a stream whose length is not told by it.
pub(crate) fn streamed(bytes: &Bytes) -> Body {
    let bytes = bytes.clone();
    let pieces = (0..bytes.len()).step_by(PIECE).map(move |from| {
        Ok::<_, Infallible>(Frame::data(bytes.slice(from..(from + PIECE).min(bytes.len()))))
    });
    Body::stream(StreamBody::new(stream::iter(pieces)))
}

/// The content as a stream that breaks off before its end.
pub(crate) fn broken(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let frames = [Ok(Frame::data(half)), Err(std::io::Error::other("the source is gone"))];
    Body::stream(StreamBody::new(stream::iter(frames)))
}

/// Reads to the end.
pub(crate) async fn read(body: Body) -> Bytes {
    body.read(1 << 30).await.unwrap()
}
