use std::future::poll_fn;

use bytes::Bytes;
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
        let mut source = Source::new(body);
        let (seen, is_all) = read_ahead(&mut source, most).await?;
        let length = is_all.then(|| seen.iter().map(|piece| piece.len() as u64).sum());
        source.take_back(seen);
        Ok(Self { content_type, name, length, body: Body::stream(source) })
    }

    /// Reads the file to its end, and leaves it to be read once more; none of one that is longer than it says, which is read no
    /// further and is left as it came.
    ///
    /// # Errors
    ///
    /// A [`ContentError`] for what is wrong with it.
    pub async fn keep(&mut self) -> Result<Option<Bytes>, ContentError> {
        let most = self.length.and_then(|length| usize::try_from(length).ok());
        let mut source = Source::new(std::mem::take(&mut self.body));
        let (seen, is_all) = read_ahead(&mut source, most.unwrap_or(usize::MAX)).await?;
        if is_all {
            let bytes = Bytes::from(seen.concat());
            self.body = Body::from(bytes.clone());
            return Ok(Some(bytes));
        }
        source.take_back(seen);
        self.body = Body::stream(source);
        Ok(None)
    }
}

/// Reads to the end, or until there are more than `most` bytes; says which of the two.
async fn read_ahead(source: &mut Source, most: usize) -> Result<(Vec<Bytes>, bool), ContentError> {
    let (mut seen, mut bytes) = (Vec::new(), 0_usize);
    while bytes <= most {
        match poll_fn(|context| source.poll_piece(context)).await.transpose().map_err(own)? {
            Some(piece) => {
                bytes = bytes.saturating_add(piece.len());
                seen.push(piece);
            }
            None => return Ok((seen, true)),
        }
    }
    Ok((seen, false))
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
    fn what_is_kept_is_the_whole_file_and_may_be_read_once_more() {
        let mut found = content(vec![Ok("abc"), Ok("defg")]);
        found.length = Some(7);
        assert_eq!(now(found.keep()).unwrap().unwrap(), "abcdefg");
        assert_eq!(now(found.body.read(100)).unwrap(), "abcdefg");
        // What is longer than it says is no file of that length: whoever reads it says so.
        let mut longer = content(vec![Ok("abc"), Ok("defg")]);
        longer.length = Some(2);
        assert!(now(longer.keep()).unwrap().is_none());
        assert_eq!(
            (now(longer.body.read(100)).unwrap(), longer.length),
            ("abcdefg".into(), Some(2))
        );
    }

    #[test]
    fn what_is_wrong_with_the_form_is_said() {
        let broken = || content(vec![Ok("abc"), Err(ContentError::NotBase64)]);
        assert!(matches!(now(broken().look_ahead(9)), Err(ContentError::NotBase64)));
        assert!(matches!(now(broken().keep()), Err(ContentError::NotBase64)));
    }
}
