use der::asn1::AnyRef;
use der::{Decode, ErrorKind, Result, Tag, TagNumber, Tagged};

/// Elements in DER (X.690 §10) that stand one after the other, read from the front. `der` reads each of them.
///
/// Whoever has read all that belongs there says so with [`end`](Self::end): nothing else may be behind it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(crate) fn of(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// Takes a sequence apart that is all of the bytes.
    pub(crate) fn of_sequence(der: &'a [u8]) -> Result<Self> {
        let mut whole = Self(der);
        let elements = whole.sequence()?;
        whole.end()?;
        Ok(elements)
    }

    /// The next element, of whatever kind.
    pub(crate) fn element(&mut self) -> Result<AnyRef<'a>> {
        let (element, behind) = AnyRef::from_der_partial(self.0)?;
        self.0 = behind;
        Ok(element)
    }

    /// The next element; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<AnyRef<'a>>> {
        if self.0.is_empty() { Ok(None) } else { self.element().map(Some) }
    }

    /// The content of the next element, which must be of this kind.
    pub(crate) fn content(&mut self, tag: Tag) -> Result<&'a [u8]> {
        let element = self.element()?;
        element.tag().assert_eq(tag)?;
        Ok(element.value())
    }

    /// The content of the next element if there is one of this kind.
    pub(crate) fn content_if(&mut self, tag: Tag) -> Result<Option<&'a [u8]>> {
        let mut ahead = *self;
        match ahead.next()? {
            Some(element) if element.tag() == tag => {
                *self = ahead;
                Ok(Some(element.value()))
            }
            _ => Ok(None),
        }
    }

    /// The elements of the next one, which must be a sequence.
    pub(crate) fn sequence(&mut self) -> Result<Self> {
        self.content(Tag::Sequence).map(Self)
    }

    /// The elements of the next one, which must be a sequence; `None` at the end.
    pub(crate) fn next_sequence(&mut self) -> Result<Option<Self>> {
        if self.0.is_empty() { Ok(None) } else { self.sequence().map(Some) }
    }

    /// The bytes that nobody has read.
    pub(crate) fn unread(self) -> &'a [u8] {
        self.0
    }

    /// Refuses what is left.
    pub(crate) fn end(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(ErrorKind::Failed.into()) }
    }
}

/// The kind of an element that has its meaning from where it stands.
pub(crate) const fn context_specific(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_from_the_front_and_none_is_left_out() {
        let mut elements = Elements::of(&[2, 1, 7, 5, 0, 0x30, 3, 0x80, 1, 9]);
        assert!(elements.end().is_err());
        assert_eq!(elements.content_if(Tag::Null), Ok(None));
        assert_eq!(elements.content(Tag::Integer), Ok(&[7][..]));
        assert_eq!(elements.content_if(Tag::Null), Ok(Some(&[][..])));
        let mut inner = elements.next_sequence().unwrap().unwrap();
        assert_eq!(inner.content_if(context_specific(0, true)), Ok(None));
        assert_eq!(inner.unread(), [0x80, 1, 9]);
        assert_eq!(inner.content_if(context_specific(0, false)), Ok(Some(&[9][..])));
        assert_eq!(inner.content_if(context_specific(0, false)), Ok(None));
        assert_eq!((inner.end(), elements.end()), (Ok(()), Ok(())));
        assert_eq!(elements.next(), Ok(None));
        assert!(elements.next_sequence().unwrap().is_none());
        assert!(elements.element().is_err() && elements.content(Tag::Null).is_err());
    }

    #[test]
    fn what_is_not_one_element_in_der_is_no_element() {
        for bytes in [
            &[2][..],
            &[2, 2, 7],
            &[2, 0x80, 7, 0, 0],
            &[2, 0x81, 1, 7],
            &[2, 0x84, 0xff, 0xff, 0xff, 0xff, 7],
            &[2, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1, 7],
            &[0x22, 1, 7],
            &[0x10, 0],
            &[0x1f, 1, 7],
            &[0, 0],
        ] {
            let mut elements = Elements::of(bytes);
            assert!(elements.next().is_err(), "{bytes:x?}");
            assert!(elements.content_if(Tag::Integer).is_err(), "{bytes:x?}");
            assert_eq!(elements.unread(), bytes);
        }
        for bytes in [&[0x30, 0, 0][..], &[0x31, 0], &[]] {
            assert!(Elements::of_sequence(bytes).is_err(), "{bytes:x?}");
        }
    }
}
