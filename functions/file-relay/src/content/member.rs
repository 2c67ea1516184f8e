/// The longest name, in bytes.
const LONGEST: usize = 256;

/// Where in a body a file stands: the name of a form's field or of a JSON object's member, or with a slash at its beginning a JSON
/// pointer (RFC 6901) through objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    text: String,
    path: Vec<String>,
}

/// Why a text names no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// Nothing, or too much.
    #[error("member is empty, or longer than {LONGEST} bytes")]
    Length,
    /// A pointer with a tilde that stands for nothing.
    #[error("member is a JSON pointer in which ~ is followed by neither 0 nor 1")]
    Pointer,
}

impl Member {
    /// Reads the name of a member, or a pointer.
    ///
    /// # Errors
    ///
    /// [`MemberError`].
    pub fn new(text: &str) -> Result<Self, MemberError> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(MemberError::Length);
        }
        let path = match text.strip_prefix('/') {
            None => vec![text.to_owned()],
            Some(rest) => rest.split('/').map(unescaped).collect::<Result<_, _>>()?,
        };
        Ok(Self { text: text.to_owned(), path })
    }

    /// The names of members, from the outermost object on.
    pub(super) fn path(&self) -> &[String] {
        &self.path
    }

    /// The name of a form's field.
    pub(super) fn field(&self) -> &str {
        &self.text
    }
}

fn unescaped(token: &str) -> Result<String, MemberError> {
    let mut parts = token.split('~');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.strip_prefix('0').map(|rest| ('~', rest));
        let rest = rest.or_else(|| part.strip_prefix('1').map(|rest| ('/', rest)));
        let (character, rest) = rest.ok_or(MemberError::Pointer)?;
        name.push(character);
        name.push_str(rest);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_as_it_is_and_a_pointer_leads_through_objects() {
        assert_eq!(Member::new("a.b~2").unwrap().path(), ["a.b~2"]);
        assert_eq!(Member::new("/body/a~1b~0c~01//").unwrap().path(), ["body", "a/b~c~1", "", ""]);
        for (text, error) in [
            ("", MemberError::Length),
            (&"a".repeat(257), MemberError::Length),
            ("/a~", MemberError::Pointer),
            ("/a~2", MemberError::Pointer),
        ] {
            assert_eq!(Member::new(text), Err(error), "{text}");
        }
    }
}
