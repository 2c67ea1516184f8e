//! Bodies in every form, cut in every way.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::HeaderValue;
use http_body_util::{BodyExt, StreamBody};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;

use super::*;

const BOUNDARY: &str = "----b0undary";

/// A body whose pieces are of this length; nothing says how long it is.
fn streamed(bytes: &[u8], cut: usize) -> Body {
    let pieces: Vec<_> = bytes
        .chunks(cut.max(1))
        .map(|piece| Ok::<_, BodyError>(http_body::Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    Body::stream(StreamBody::new(stream::iter(pieces)))
}

fn headers(content_type: &str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())])
}

fn form_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

fn options(form: Form, member: &str) -> Options {
    let member = (!member.is_empty()).then(|| Member::new(member).unwrap());
    Options { form, member, content_type: None }
}

/// What was said of a file, and its bytes.
type Read = (Option<String>, Option<String>, Vec<u8>);

/// Reads a body to its end; the error as its text.
fn whole(content_type: &str, body: Body, options: &Options) -> Result<Read, String> {
    let content = read(&headers(content_type), body, options).now_or_never().unwrap();
    let content = content.map_err(|error| error.to_string())?;
    let length = content.length;
    let bytes = content.body.collect().now_or_never().unwrap();
    let bytes = bytes.map_err(|error| ContentError::of(&error).unwrap().to_string())?.to_bytes();
    assert!(length.is_none_or(|length| length == bytes.len() as u64), "{length:?}");
    Ok((content.content_type, content.name, bytes.to_vec()))
}

/// Reads it whole, and cut in many ways: all say the same.
fn however_cut(content_type: &str, body: &str, options: &Options) -> Result<Read, String> {
    let expected = whole(content_type, Body::from(body.to_owned()), options);
    for cut in [1, 2, 3, 5, 7, 64, body.len()] {
        assert_eq!(whole(content_type, streamed(body.as_bytes(), cut), options), expected, "{cut}");
    }
    expected
}

fn file(content_type: &str, bytes: &str) -> Result<Read, String> {
    Ok((Some(content_type.to_owned()), None, bytes.as_bytes().to_vec()))
}

fn refused(error: &ContentError) -> Result<Read, String> {
    Err(error.to_string())
}

/// Some bytes of which many look like the end of something.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let delimiter = format!("\r\n--{BOUNDARY}");
    let part = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        (0..delimiter.len()).prop_map(move |end| delimiter.as_bytes()[..end].to_vec()),
        Just(b"\r\n\r\n--".to_vec()),
    ];
    proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// Base64 as a JSON text may have it: some of its characters as escapes.
fn escaped(text: &str, every: usize) -> String {
    let write = |(at, character): (usize, char)| match (at % every, character) {
        (0, '/') => "\\/".to_owned(),
        (0, other) => format!("\\u{:04X}", u32::from(other)),
        (_, other) => other.to_string(),
    };
    text.chars().enumerate().map(write).collect()
}

proptest! {
    #[test]
    fn a_file_comes_out_of_every_form_as_it_went_in(
        bytes in content(),
        cut in 1_usize..90,
        every in 1_usize..40,
        padded in any::<bool>(),
    ) {
        let base64 = if padded { STANDARD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
        let text = escaped(&base64, every);
        let percent = percent_encode(&bytes, NON_ALPHANUMERIC);
        let mut form = format!(
            "a preamble\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--{BOUNDARY}  \r\n\
             content-disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\nContent-Type: x/y\r\n\r\n"
        ).into_bytes();
        form.extend_from_slice(&bytes);
        form.extend(format!("\r\n--{BOUNDARY}--\r\nan epilogue").bytes());
        let json = "application/json; charset=utf-8";
        for (content_type, body, options) in [
            ("x/y", bytes.clone(), options(Form::Auto, "")),
            (json, format!(r#"{{"$content-type":"x/y","$content":"{text}"}}"#).into(), options(Form::Auto, "")),
            (json, format!(r#" {{ "$content" : "{text}" , "$content-type" : "x\/y" }} "#).into(), options(Form::Auto, "")),
            ("text/plain", format!(r#"{{"$content-type":"x/y","a":[1,{{"$content":2}}],"$content":"{text}"}}"#).into(),
                options(Form::Envelope, "")),
            (json, format!(r#"{{"n":null,"body":{{"f":1,"file":{{"$content-type":"x/y","$content":"{text}"}},"g":[]}}}}"#).into(),
                options(Form::Auto, "/body/file")),
            (json, format!(r#"{{"file":"data:x/y;base64,{text}"}}"#).into(), options(Form::Auto, "file")),
            (json, format!("\"data:x/y,{percent}\"").into(), options(Form::DataUri, "")),
            ("text/plain", format!("data:x/y;base64,{base64}").into(), options(Form::DataUri, "")),
            ("text/plain", format!("data:x/y,{percent}").into(), options(Form::DataUri, "")),
            (&form_type(), form.clone(), options(Form::Auto, "")),
            (&form_type(), form, options(Form::Multipart, "file")),
        ] {
            let (said, _, read) = whole(content_type, streamed(&body, cut), &options).unwrap();
            prop_assert_eq!((said.as_deref(), &read), (Some("x/y"), &bytes), "{}", String::from_utf8_lossy(&body));
        }
    }

    #[test]
    fn a_body_that_breaks_off_anywhere_is_never_a_shorter_file(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        end in any::<prop::sample::Index>(),
        cut in 1_usize..50,
    ) {
        let base64 = STANDARD.encode(&bytes);
        let mut form = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
        ).into_bytes();
        form.extend_from_slice(&bytes);
        form.extend(format!("\r\n--{BOUNDARY}--").bytes());
        for (content_type, body, options) in [
            ("application/json", format!(r#"{{"$content-type":"x/y","$content":"{base64}"}}"#).into_bytes(), options(Form::Envelope, "")),
            ("application/json", format!(r#"{{"a":{{"$content":"{base64}","$content-type":"x/y"}}}}"#).into(), options(Form::Auto, "a")),
            ("application/json", format!(r#"{{"a":"data:;base64,{base64}"}}"#).into(), options(Form::Auto, "a")),
            (&form_type(), form, options(Form::Auto, "")),
        ] {
            let body = &body[..end.index(body.len())];
            prop_assert!(whole(content_type, streamed(body, cut), &options).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn json_that_is_no_envelope_goes_through_as_it_is(
        text in r#" ?(\{|\[|"|é)("(\$content|a|\$content-type)" ?: ?(1|\{\}|null|\[),? ?){0,3}[}\] "]?"#,
        cut in 1_usize..9,
    ) {
        let read = whole("application/json", streamed(text.as_bytes(), cut), &options(Form::Auto, ""));
        prop_assert_eq!(read, file("application/json", &text));
    }
}

#[test]
fn a_type_may_stand_behind_no_more_content_than_is_held_back_for_it() {
    let envelope = |length: usize| {
        format!(r#"{{"$content":"{}","$content-type":"x/y"}}"#, STANDARD.encode(vec![7; length]))
    };
    let auto = options(Form::Auto, "");
    let read = |length, options: &Options| {
        whole("application/json", streamed(envelope(length).as_bytes(), 8_192), options)
    };
    assert_eq!(read(60_000, &auto).unwrap().2, vec![7; 60_000]);
    assert_eq!(read(90_000, &auto), refused(&ContentError::TypeLate));
    let given = Options { content_type: Some("a/b".to_owned()), ..auto };
    assert_eq!(read(90_000, &given), Ok((Some("a/b".to_owned()), None, vec![7; 90_000])));
}

#[test]
fn what_is_no_envelope_is_refused_and_says_why() {
    let auto = Form::Auto;
    for (body, form, member, error) in [
        (r#"{"$content-type":"a/b"}"#, auto, "", ContentError::NoEnvelope),
        (r#"{"$content":"QUI="}"#, auto, "", ContentError::NoEnvelope),
        (r#"{"$content":"QUI=","$content-type":1}"#, auto, "", ContentError::NoEnvelope),
        (r#"{"$content-type":"a/b","$content":["QUI="]}"#, auto, "", ContentError::NoEnvelope),
        (
            r#"{"$content-type":"a/b","$content":"QUI=","x":1}"#,
            auto,
            "",
            ContentError::MemberBeside,
        ),
        (
            r#"{"$content-type":"a/b","$content":"QUI=","$content":""}"#,
            auto,
            "",
            ContentError::MemberTwice,
        ),
        (
            r#"{"$content-type":"a/b","$content-type":"a/b","$content":""}"#,
            auto,
            "",
            ContentError::MemberTwice,
        ),
        (r#"{"$content-type":"a/b","$content":"QUI"} x"#, auto, "", ContentError::NotJson),
        (r#"{"$content-type":"a/b","$content":"QU\nI="}"#, auto, "", ContentError::NotBase64),
        (r#"{"$content-type":"a/b","$content":"QUJ="}"#, auto, "", ContentError::NotBase64),
        (r#"{"$content-type":"a/b","$content":"QUI_"}"#, auto, "", ContentError::NotBase64),
        ("{\"$content-type\":\"a/b\",\"$content\":\"QU\nI=\"}", auto, "", ContentError::NotJson),
        (r#"{"$content-type":"a\n: b","$content":""}"#, auto, "", ContentError::TypeMalformed),
        (r#"{"$content-type":"","$content":""}"#, auto, "", ContentError::TypeMalformed),
        (r"[1]", Form::Envelope, "", ContentError::NoEnvelope),
        (r"1", Form::Envelope, "", ContentError::MemberMissing),
        (r"1 ", Form::Envelope, "", ContentError::NoEnvelope),
        (r#""data:,x""#, Form::Envelope, "", ContentError::NoEnvelope),
        ("", Form::Envelope, "", ContentError::NotJson),
        (r#"{"$content-type":"a/b","$content":""}"#, Form::DataUri, "", ContentError::NoEnvelope),
        (r#"{"a":{"file":"data:,x"}}"#, auto, "file", ContentError::MemberMissing),
        (r#"{"a":[{"file":"data:,x"}]}"#, auto, "/a/file", ContentError::MemberMissing),
        (r#"{"a":{"b":{"file":"data:,x"}}}"#, auto, "/a/file", ContentError::MemberMissing),
        (r#"{"a":{},"b":{"file":"data:,x"}}"#, auto, "/a/file", ContentError::MemberMissing),
        (r#"{"a":5}"#, auto, "/a/file", ContentError::MemberMissing),
        (r#"{"file":5}"#, auto, "file", ContentError::NoEnvelope),
        (r#"{"file":"QUI="}"#, auto, "file", ContentError::NotDataUri),
        (r#"{"file":"data:,x","file":"data:,y"}"#, auto, "file", ContentError::MemberTwice),
        (
            r#"{"a":{"file":"data:,x"},"a":{"file":"data:,x"}}"#,
            auto,
            "/a/file",
            ContentError::MemberTwice,
        ),
    ] {
        let read = however_cut("application/json", body, &options(form, member));
        assert_eq!(read, refused(&error), "{body}");
    }
}

#[test]
fn a_form_has_one_file_and_says_its_name() {
    let part =
        |headers: &str, content: &str| format!("--{BOUNDARY}\r\n{headers}\r\n\r\n{content}\r\n");
    let named = |name: &str, content: &str| {
        part(
            &format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{name}.txt\""),
            content,
        )
    };
    let field = |name: &str| part(&format!("Content-Disposition: form-data; name={name}"), "1");
    let end = format!("--{BOUNDARY}--\r\n");
    let read =
        |body: String, member: &str| however_cut(&form_type(), &body, &options(Form::Auto, member));
    let text = |name: Option<&str>, content: &str| {
        Ok((None, name.map(ToOwned::to_owned), content.as_bytes().to_vec()))
    };

    assert_eq!(
        read(format!("{}{}{end}", field("x"), named("a", "A\r")), ""),
        text(Some("a.txt"), "A\r")
    );
    assert_eq!(
        read(format!("{}{}{end}", named("a", "A"), named("b", "")), "b"),
        text(Some("b.txt"), "")
    );
    assert_eq!(read(format!("{}{end}", field("x")), "x"), text(None, "1"));
    for (body, member, error) in [
        (format!("{}{}{end}", named("a", ""), named("b", "")), "", ContentError::PartTwice),
        (format!("{}{}{end}", field("x"), field("x")), "x", ContentError::PartTwice),
        (format!("{}{end}", field("x")), "", ContentError::PartMissing),
        (format!("{}{end}", named("a", "")), "x", ContentError::PartMissing),
        (end.clone(), "", ContentError::PartMissing),
        (named("a", ""), "", ContentError::MultipartCut),
        (String::new(), "", ContentError::MultipartCut),
        (part("Content-Type: a/b", ""), "", ContentError::PartHeaderMalformed),
        (
            part("Content-Disposition: attachment; filename=a", ""),
            "",
            ContentError::PartHeaderMalformed,
        ),
        (
            part("Content-Disposition: form-data; filename=a\r\nno header", ""),
            "",
            ContentError::PartHeaderMalformed,
        ),
        (format!("--{BOUNDARY}x\r\nA: b\r\n\r\n"), "", ContentError::PartHeaderMalformed),
        (
            part(
                "Content-Disposition: form-data; filename=a\r\nContent-Transfer-Encoding: base64",
                "",
            ),
            "",
            ContentError::PartEncoded,
        ),
        (part(&format!("A: {}", "b".repeat(17_000)), ""), "", ContentError::PartHeaderTooLong),
    ] {
        assert_eq!(read(body.clone(), member), refused(&error), "{body:.200}");
    }
}

#[test]
fn a_request_that_names_what_it_has_not_is_refused() {
    let read =
        |content_type: &str, options: &Options| whole(content_type, Body::from("x"), options);
    assert_eq!(read("text/plain", &options(Form::Auto, "a")), refused(&ContentError::MemberUnused));
    assert_eq!(
        read("application/json", &options(Form::Raw, "a")),
        refused(&ContentError::MemberUnused)
    );
    assert_eq!(
        read("text/plain", &options(Form::Multipart, "")),
        refused(&ContentError::NotMultipart)
    );
    assert_eq!(
        read("multipart/form-data", &options(Form::Auto, "")),
        refused(&ContentError::NotMultipart)
    );
    let given = Options { content_type: Some("a\nb".to_owned()), ..Options::default() };
    assert_eq!(read("text/plain", &given), refused(&ContentError::TypeMalformed));
    let mut encoded = headers("text/plain");
    encoded.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let read = super::read(&encoded, Body::empty(), &Options::default()).now_or_never().unwrap();
    assert!(matches!(read, Err(ContentError::Encoded)));
}

#[test]
fn the_file_itself_keeps_its_type_its_name_and_its_length() {
    let mut headers = headers("text/csv; charset=utf-8");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"a.csv\""));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("3"));
    let content = read(&headers, streamed(b"a;b", 1), &Options::default()).now_or_never().unwrap();
    let content = content.unwrap();
    assert_eq!(content.content_type.as_deref(), Some("text/csv; charset=utf-8"));
    assert_eq!((content.name.as_deref(), content.length), (Some("a.csv"), Some(3)));

    let (headers, options) = (self::headers("application/json"), Options::default());
    let json = read(&headers, Body::from(" [1]"), &options).now_or_never().unwrap().unwrap();
    assert_eq!(json.length, Some(4));
}

#[test]
fn no_more_is_held_than_a_piece() {
    let encoded = STANDARD.encode(vec![9; 3_000_000]);
    let mut form = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; filename=a\r\n\r\n");
    form.push_str(&"a".repeat(3_000_000));
    form.push_str(&format!("\r\n--{BOUNDARY}--"));
    let json = format!(r#"{{"$content-type":"x/y","$content":"{encoded}"}}"#);
    for (content_type, body) in [("application/json", json), (&form_type(), form)] {
        let (headers, options) = (headers(content_type), Options::default());
        let content = read(&headers, Body::from(body), &options).now_or_never().unwrap();
        let mut body = content.unwrap().body;
        let mut length = 0;
        while let Some(frame) = body.frame().now_or_never().unwrap() {
            let bytes = frame.unwrap().into_data().unwrap();
            assert!(bytes.len() <= PIECE + 100, "{}", bytes.len());
            length += bytes.len();
        }
        assert_eq!(length, 3_000_000);
    }
}

#[test]
fn a_short_body_is_judged_as_a_whole_before_anything_of_it_is_given_out() {
    let read = |length: usize, says_length: bool| {
        let content = STANDARD.encode(vec![7; length]);
        let body = format!(r#"{{"$content-type":"a/b","$content":"{content}*"}}"#);
        let mut headers = headers("application/json");
        if says_length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        let body = streamed(body.as_bytes(), 1_000);
        super::read(&headers, body, &Options::default()).now_or_never().unwrap()
    };
    assert!(matches!(read(30_000, true), Err(ContentError::NotBase64)));
    // What is longer goes through while it comes, and so does what does not say its length.
    assert!(read(60_000, true).is_ok());
    assert!(read(30_000, false).is_ok());
    let mut headers = headers(&form_type());
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("10"));
    let form = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; filename=a\r\n\r\nfile");
    let options = Options::default();
    let cut = super::read(&headers, streamed(form.as_bytes(), 1), &options);
    assert!(matches!(cut.now_or_never().unwrap(), Err(ContentError::MultipartCut)));
}
