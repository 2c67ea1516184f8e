use std::future::poll_fn;

use headgate_core::{Body, BodyError};

use super::source::Source;
use super::{Content, ContentError};

impl Content {
    /// Looks ahead where the length is not known: a file of at most `most` bytes has one then, and is in memory.
    ///
    /// # Errors
    ///
    /// A [`ContentError`] for what is wrong up to there.
    pub async fn look_ahead(self, most: usize) -> Result<Self, ContentError> {
        if self.length.is_some() {
            return Ok(self);
        }
        let Self { content_type, name, body, .. } = self;
        let (mut source, mut seen, mut bytes) = (Source::new(body), Vec::new(), 0);
        let mut length = None;
        while bytes <= most {
            match poll_fn(|context| source.poll_piece(context)).await.transpose().map_err(own)? {
                Some(piece) => {
                    bytes += piece.len();
                    seen.push(piece);
                }
                None => {
                    length = u64::try_from(bytes).ok();
                    break;
                }
            }
        }
        source.take_back(seen);
        Ok(Self { content_type, name, length, body: Body::stream(source) })
    }
}

/// What is wrong with the body's form, if that is what broke it off.
fn own(error: BodyError) -> ContentError {
    match error {
        BodyError::BrokenOff(why) => match why.downcast() {
            Ok(form) => *form,
            Err(why) => ContentError::Unreadable(BodyError::BrokenOff(why)),
        },
        BodyError::TooLong { .. } => ContentError::Unreadable(error),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use headgate_fakes::now;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    fn content(frames: Vec<Result<&'static str, ContentError>>) -> Content {
        let frames = frames.into_iter().map(|frame| frame.map(|text| Frame::data(text.into())));
        let body = Body::stream(StreamBody::new(stream::iter(frames)));
        Content { content_type: None, name: None, length: None, body }
    }

    #[test]
    fn a_file_that_ends_within_reach_has_a_length_and_every_file_is_whole() {
        for (most, expected) in [(0, None), (6, None), (7, Some(7)), (8, Some(7))] {
            let found = now(content(vec![Ok("abc"), Ok(""), Ok("defg")]).look_ahead(most)).unwrap();
            assert_eq!(found.length, expected, "{most}");
            assert_eq!(now(found.body.read(100)).unwrap(), "abcdefg", "{most}");
        }
        let empty = now(content(vec![]).look_ahead(0)).unwrap();
        assert_eq!(empty.length, Some(0));
    }

    #[test]
    fn what_is_wrong_with_the_form_is_said() {
        let broken = content(vec![Ok("abc"), Err(ContentError::NotBase64)]);
        assert!(matches!(now(broken.look_ahead(9)), Err(ContentError::NotBase64)));
    }
}
