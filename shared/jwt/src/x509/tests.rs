use proptest::prelude::*;

use super::*;

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let header = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        0x100.. => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

fn algorithm() -> Vec<u8> {
    sequence(&[element(6, &[0x2a, 3, 4]), element(5, &[])])
}

/// A name of one attribute.
fn name(value: &[u8]) -> Vec<u8> {
    sequence(&[element(0x31, &sequence(&[element(6, &[0x55, 4, 3]), value.to_vec()]))])
}

fn utc(text: &str) -> Vec<u8> {
    element(0x17, text.as_bytes())
}

fn generalized(text: &str) -> Vec<u8> {
    element(0x18, text.as_bytes())
}

fn alternative_names(names: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[element(6, &[0x55, 0x1d, 0x11]), element(4, &sequence(names))])
}

fn dns(name: &str) -> Vec<u8> {
    element(0x82, name.as_bytes())
}

fn extensions(extensions: &[Vec<u8>]) -> Vec<u8> {
    element(0xa3, &sequence(extensions))
}

const VERSION: usize = 0;
const SERIAL: usize = 1;
const VALIDITY: usize = 4;
const KEY: usize = 6;
const EXTENSIONS: usize = 7;

/// The fields of a certificate that is as it should be.
fn fields() -> Vec<Vec<u8>> {
    vec![
        element(0xa0, &element(2, &[2])),
        element(2, &[0x0a, 0x1b]),
        algorithm(),
        name(&element(0x13, b"issuer")),
        sequence(&[utc("260101000000Z"), generalized("20500101000000Z")]),
        name(&element(0x0c, b"subject")),
        sequence(&[algorithm(), element(3, &[0, 1, 2, 3])]),
        extensions(&[alternative_names(&[dns("a.test")])]),
    ]
}

/// The parts of a certificate that has these fields.
fn parts(fields: &[Vec<u8>]) -> [Vec<u8>; 3] {
    [sequence(fields), algorithm(), element(3, &[0, 9])]
}

fn certificate(fields: &[Vec<u8>]) -> Vec<u8> {
    sequence(&parts(fields))
}

fn with(field: usize, content: Vec<u8>) -> Vec<u8> {
    let mut fields = fields();
    fields[field] = content;
    certificate(&fields)
}

fn is_refused(der: &[u8]) -> bool {
    X509::from_der(der).is_err()
}

#[test]
fn a_certificate_comes_apart() {
    let der = certificate(&fields());
    let parts = X509::from_der(&der).unwrap();
    assert_eq!(parts.serial_number, [0x0a, 0x1b]);
    for (name, value) in
        [(&parts.issuer, element(0x13, b"issuer")), (&parts.subject, element(0x0c, b"subject"))]
    {
        let names = name.relative_names().unwrap();
        assert_eq!((names.len(), names[0].len()), (1, 1));
        assert_eq!((names[0][0].kind, names[0][0].value), (&[0x55, 4, 3][..], value.as_slice()));
    }
    assert_eq!(parts.not_before.seconds(), Ok(1_767_225_600));
    assert_eq!(parts.not_after.seconds(), Ok(2_524_608_000));
    assert_eq!(parts.public_key.algorithm, [0x2a, 3, 4]);
    assert_eq!(parts.public_key.parameters, Some(AnyRef::NULL));
    assert_eq!(parts.public_key.key, [1, 2, 3]);
    assert_eq!(parts.dns_names().unwrap(), ["a.test"]);
}

#[test]
fn every_version_is_read() {
    let mut first = fields();
    first.remove(EXTENSIONS);
    first.remove(VERSION);
    let der = certificate(&first);
    assert!(X509::from_der(&der).unwrap().dns_names().unwrap().is_empty());
    let mut second = fields();
    second[VERSION] = element(0xa0, &element(2, &[1]));
    second.truncate(EXTENSIONS);
    second.extend([element(0x81, &[0, 7]), element(0x82, &[0, 8])]);
    assert!(!is_refused(&certificate(&second)));
    second.swap(EXTENSIONS, EXTENSIONS + 1);
    assert!(is_refused(&certificate(&second)));
}

#[test]
fn serial_numbers_of_issuers_that_do_not_conform_are_read_as_they_stand() {
    for serial in [&[0][..], &[0xff], &[0x80, 0], &[0, 0, 1], &[0x7f; 60]] {
        let der = with(SERIAL, element(2, serial));
        assert_eq!(X509::from_der(&der).unwrap().serial_number, serial);
    }
    assert!(is_refused(&with(SERIAL, element(2, &[]))));
}

#[test]
fn a_part_of_another_kind_and_a_missing_part_are_refused() {
    for field in 0..EXTENSIONS {
        let mut spoilt = fields();
        spoilt[field][0] = 0x04;
        assert!(is_refused(&certificate(&spoilt)), "{field}");
        if field != VERSION {
            let mut fewer = fields();
            fewer.remove(field);
            assert!(is_refused(&certificate(&fewer)), "{field}");
        }
    }
    for tag in [0x30, 0xa4, 0x83] {
        let mut spoilt = fields();
        spoilt[EXTENSIONS][0] = tag;
        assert!(is_refused(&certificate(&spoilt)), "{tag:x}");
    }
    for outer in [
        sequence(&[sequence(&fields())]),
        sequence(&[sequence(&fields()), algorithm()]),
        sequence(&[sequence(&fields()), element(4, &[]), element(3, &[0])]),
        sequence(&[sequence(&fields()), algorithm(), element(4, &[0])]),
        element(0x31, &parts(&fields()).concat()),
    ] {
        assert!(is_refused(&outer));
    }
}

#[test]
fn what_is_behind_the_last_part_is_refused_at_every_level() {
    let null = || element(5, &[]);
    let good = certificate(&fields());
    assert!(is_refused(&[good.as_slice(), &[0]].concat()));
    assert!(is_refused(&[good.as_slice(), &good].concat()));
    assert!(is_refused(&sequence(&[sequence(&fields()), algorithm(), element(3, &[0]), null()])));
    let mut longer = fields();
    longer.push(null());
    assert!(is_refused(&certificate(&longer)));
    let time = || utc("260101000000Z");
    assert!(is_refused(&with(VALIDITY, sequence(&[time(), time(), time()]))));
    assert!(is_refused(&with(KEY, sequence(&[algorithm(), element(3, &[0, 1]), null()]))));
    let two = sequence(&[element(6, &[0x2a]), null(), null()]);
    assert!(is_refused(&with(KEY, sequence(&[two, element(3, &[0, 1])]))));
    assert!(is_refused(&with(VERSION, element(0xa0, &[element(2, &[2]), null()].concat()))));
    let twice = [sequence(&[]), sequence(&[])].concat();
    assert!(is_refused(&with(EXTENSIONS, element(0xa3, &twice))));
}

#[test]
fn a_length_that_is_wrong_or_not_in_der_is_refused() {
    let good = certificate(&fields());
    for end in 0..good.len() {
        assert!(is_refused(&good[..end]), "{end}");
    }
    let content = parts(&fields()).concat();
    let length = u8::try_from(content.len()).unwrap();
    let with_header = |header: &[u8]| [header, &content].concat();
    assert_eq!(with_header(&[0x30, 0x81, length]), good);
    for header in [
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..],
        &[0x30, 0x85, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x30, 0xff],
        &[0x30, 0x80],
        &[0x30, 0x81, length - 1],
        &[0x30, 0x81, length + 1],
        &[0x30, 0x82, 0, length],
    ] {
        assert!(is_refused(&with_header(header)), "{header:x?}");
        assert!(is_refused(&[with_header(header), vec![0, 0]].concat()), "{header:x?}");
    }
    for serial in [&[2, 0x81, 1, 7][..], &[2, 0x84, 0xff, 0xff, 0xff, 0xff, 7], &[2, 9, 7]] {
        assert!(is_refused(&with(SERIAL, serial.to_vec())), "{serial:x?}");
    }
}

#[test]
fn a_key_of_bits_that_make_no_bytes_is_refused() {
    for bits in [&[][..], &[1, 2], &[8, 2], &[0xff, 2]] {
        assert!(is_refused(&with(KEY, sequence(&[algorithm(), element(3, bits)]))), "{bits:?}");
    }
}

#[test]
fn times_are_read_as_rfc_5280_writes_them() {
    let seconds = |time: Vec<u8>| {
        let der = with(VALIDITY, sequence(&[time, utc("260101000000Z")]));
        X509::from_der(&der).unwrap().not_before.seconds().ok()
    };
    assert_eq!(seconds(utc("700101000000Z")), Some(0));
    assert_eq!(seconds(utc("491231235959Z")), Some(2_524_607_999));
    assert_eq!(seconds(utc("240229000000Z")), Some(1_709_164_800));
    assert_eq!(seconds(generalized("19700101000000Z")), Some(0));
    assert_eq!(seconds(generalized("99991231235959Z")), Some(253_402_300_799));
    for time in [
        utc("691231235959Z"),
        utc("250229000000Z"),
        utc("261301000000Z"),
        utc("2601010000Z"),
        utc("260101000000"),
        utc("260101000000+0000"),
        utc("26010100000aZ"),
        utc(""),
        generalized("20260101000000.5Z"),
        generalized("260101000000Z"),
        element(4, b"260101000000Z"),
    ] {
        assert_eq!(seconds(time.clone()), None, "{time:?}");
    }
}

#[test]
fn the_alternative_names_are_found_among_extensions_that_nobody_knows() {
    let names = || alternative_names(&[element(0x81, b"a@b"), dns("A.test"), dns("*.b")]);
    // 2.25 and a UUID, which no 64 bits hold.
    let uuid = [&[0x69][..], &[0x83], &[0xff; 17], &[0x7f]].concat();
    let critical = |value: u8| {
        sequence(&[element(6, &[0x2a, 3]), element(1, &[value]), element(4, b"anything")])
    };
    let der = with(
        EXTENSIONS,
        extensions(&[
            sequence(&[element(6, &uuid), element(4, &[])]),
            critical(0),
            names(),
            critical(1),
            critical(0xff),
        ]),
    );
    assert_eq!(X509::from_der(&der).unwrap().dns_names().unwrap(), ["A.test", "*.b"]);
    let none = with(EXTENSIONS, extensions(&[]));
    assert!(X509::from_der(&none).unwrap().dns_names().unwrap().is_empty());
}

#[test]
fn alternative_names_that_are_malformed_or_stand_twice_are_refused() {
    let kind = || element(6, &[0x55, 0x1d, 0x11]);
    let names = || alternative_names(&[dns("a.test")]);
    for spoilt in [
        extensions(&[names(), names()]),
        extensions(&[sequence(&[kind()])]),
        extensions(&[sequence(&[element(4, &[]), kind()])]),
        extensions(&[sequence(&[kind(), element(4, &sequence(&[])), element(5, &[])])]),
        extensions(&[sequence(&[kind(), element(4, &[sequence(&[]), vec![0]].concat())])]),
        extensions(&[sequence(&[kind(), element(4, &dns("a.test"))])]),
        extensions(&[alternative_names(&[dns("é.test")])]),
        extensions(&[alternative_names(&[vec![0x82, 7, b'a']])]),
        extensions(&[names(), element(5, &[])]),
    ] {
        let der = with(EXTENSIONS, spoilt.clone());
        assert!(X509::from_der(&der).unwrap().dns_names().is_err(), "{spoilt:x?}");
    }
}

#[test]
fn a_malformed_name_is_refused_when_it_is_asked_for() {
    let attribute = || sequence(&[element(6, &[0x55, 4, 3]), element(0x0c, b"a")]);
    for content in [
        attribute(),
        element(0x30, &attribute()),
        element(0x31, &element(0x31, b"")),
        element(0x31, &sequence(&[element(4, &[0x55, 4, 3]), element(0x0c, b"a")])),
        element(0x31, &[attribute(), vec![0]].concat()),
        vec![0x31, 0x7f],
    ] {
        assert!(Name(&content).relative_names().is_err(), "{content:x?}");
    }
    let two = element(0x31, &[attribute(), attribute()].concat());
    assert_eq!(Name(&two).relative_names().unwrap()[0].len(), 2);
    assert!(Name(&[]).relative_names().unwrap().is_empty());
}

/// A revocation list with these fields behind the issuer.
fn list(fields: &[Vec<u8>]) -> Vec<u8> {
    let head = [element(2, &[1]), algorithm(), name(&element(0x0c, b"issuer"))];
    sequence(&[sequence(&[&head, fields].concat()), algorithm(), element(3, &[0, 9])])
}

#[test]
fn a_revocation_list_says_when_the_next_is_due_or_does_not() {
    let (this, next) = (|| utc("260101000000Z"), || generalized("20500101000000Z"));
    let (revoked, extensions) = (|| sequence(&[]), || element(0xa0, &sequence(&[])));
    for (fields, due) in [
        (vec![this(), next()], Some(2_524_608_000)),
        (vec![this(), next(), revoked(), extensions()], Some(2_524_608_000)),
        (vec![this(), this(), extensions()], Some(1_767_225_600)),
        (vec![this()], None),
        (vec![this(), revoked()], None),
        (vec![this(), extensions()], None),
    ] {
        assert_eq!(next_update(&list(&fields)), Ok(due));
    }
    let good = list(&[this(), next()]);
    assert!(next_update(&[good.as_slice(), &[0]].concat()).is_err());
    for end in 0..good.len() {
        assert!(next_update(&good[..end]).is_err(), "{end}");
    }
    for fields in [vec![], vec![next(), utc("26")], vec![revoked(), next()]] {
        assert!(next_update(&list(&fields)).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(
        at in any::<prop::sample::Index>(), byte: u8, length in any::<prop::sample::Index>()
    ) {
        for mut der in [certificate(&fields()), list(&[utc("260101000000Z"), utc("270101000000Z")])] {
            let at = at.index(der.len());
            der[at] = byte;
            for der in [&der[..], &der[..length.index(der.len())]] {
                if let Ok(parts) = X509::from_der(der) {
                    let _ = (parts.dns_names(), parts.not_before.seconds(), parts.not_after.seconds());
                    for name in [parts.issuer, parts.subject] {
                        for attribute in name.relative_names().into_iter().flatten().flatten() {
                            let _ = dotted(attribute.kind);
                        }
                    }
                }
                let _ = next_update(der);
            }
        }
    }
}
