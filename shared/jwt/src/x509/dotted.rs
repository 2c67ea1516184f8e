/// Writes an object identifier's content with dots, as `2.5.4.3`.
///
/// `None` when it is not in DER (X.690 §8.19) or has a number beyond 64 bits. No two identifiers are written alike, so
/// that a type cannot pass for another by a number that is too large or too long.
pub(crate) fn dotted(identifier: &[u8]) -> Option<String> {
    let mut numbers = Vec::new();
    let mut number = 0_u64;
    for byte in identifier {
        // The highest digit of a number is not zero; below, the number is zero only where one begins.
        if number == 0 && *byte == 0x80 {
            return None;
        }
        number = number.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(std::mem::take(&mut number));
        }
    }
    let (first, others) = numbers.split_first()?;
    if identifier.last()? & 0x80 != 0 {
        return None;
    }
    // The first number stands for two, of which the first is 0, 1 or 2.
    let root = (first / 40).min(2);
    let start = format!("{root}.{}", first - 40 * root);
    Some(others.iter().fold(start, |text, number| format!("{text}.{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_written_with_dots() {
        for (identifier, text) in [
            (&[0x55, 4, 3][..], "2.5.4.3"),
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "1.2.840.113549.1.9.1"),
            (&[9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "0.9.2342.19200300.100.1.1"),
            (&[0x88, 0x37], "2.999"),
            (&[0], "0.0"),
            (&[0x2a, 0x90, 0x80, 0x80, 0x80, 0], "1.2.4294967296"),
            (
                &[0x2a, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
                "1.2.18446744073709551615",
            ),
        ] {
            assert_eq!(dotted(identifier).as_deref(), Some(text));
        }
    }

    #[test]
    fn no_second_way_of_writing_a_number_is_read() {
        for identifier in [
            &[][..],
            &[0x80],
            &[0x55, 4, 0x80, 3],
            &[0x80, 0x55, 4, 3],
            &[0x55, 4, 0x83],
            &[0x2a, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 3],
        ] {
            assert_eq!(dotted(identifier), None, "{identifier:?}");
        }
        assert_ne!(dotted(&[0x55, 4, 0x90, 0x80, 0x80, 0x80, 3]).as_deref(), Some("2.5.4.3"));
    }
}
