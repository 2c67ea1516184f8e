//! A content that is exactly as long as was said.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use headgate_core::{Body, BodyError};
use http_body::{Frame, SizeHint};

/// Makes a content that breaks off where it is shorter or longer than `length`.
pub(crate) fn exact(body: Body, length: u64) -> Body {
    Body::stream(Exact { body, left: length })
}

/// A content's length is not what was said.
#[derive(Debug, thiserror::Error)]
enum NotAsSaid {
    #[error("content is {0} bytes shorter than was said")]
    Shorter(u64),
    #[error("content is longer than was said")]
    Longer,
}

struct Exact {
    body: Body,
    left: u64,
}

impl http_body::Body for Exact {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            return Poll::Pending;
        };
        Poll::Ready(match frame {
            None if this.left > 0 => Some(Err(NotAsSaid::Shorter(this.left).into())),
            None => None,
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                match this.left.checked_sub(length) {
                    Some(left) => {
                        this.left = left;
                        Some(Ok(frame))
                    }
                    None => Some(Err(NotAsSaid::Longer.into())),
                }
            }
            Some(Err(BodyError::BrokenOff(source))) => Some(Err(source)),
            Some(Err(error)) => Some(Err(error.into())),
        })
    }

    /// Never before the end was seen: what comes too much has to be seen as well.
    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use headgate_fakes::now;

    use super::*;

    #[test]
    fn a_content_is_as_long_as_was_said_or_breaks_off() {
        assert_eq!(now(exact(Body::from("abc"), 3).read(10)).unwrap(), "abc");
        assert_eq!(now(exact(Body::empty(), 0).read(10)).unwrap(), "");
        for (text, length) in [("abc", 4), ("abc", 2), ("", 1), ("a", 0)] {
            let read = now(exact(Body::from(text), length).read(10));
            assert!(matches!(read, Err(BodyError::BrokenOff(_))), "{text} {length}");
        }
    }
}
