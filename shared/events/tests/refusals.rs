//! What is wrong with a message is said, with the event and the member.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

use headgate_events::read;
use http::{HeaderMap, HeaderName, HeaderValue};

fn refusal(headers: &[(&'static str, &'static str)], body: &str) -> (u16, String) {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().map(pair) {
        map.append(name, value);
    }
    let error = read(&map, body.as_bytes()).expect_err(body);
    (error.status().as_u16(), error.to_string())
}

fn structured(members: &str) -> String {
    let body = format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t"{members}}}"#);
    let (status, text) = refusal(&[("content-type", "application/cloudevents+json")], &body);
    assert_eq!(status, 400);
    text
}

#[test]
fn a_bad_member_of_a_structured_event_is_named() {
    for (members, says) in [
        (r#","subject":"""#, "\"subject\" is empty"),
        (r#","subject":5"#, "\"subject\" must be a string"),
        (r#","subject":"a\u0007""#, "\"subject\" holds a control character or a noncharacter"),
        (r#","subject":"a\ud800""#, "\"subject\" must be a string"),
        (r#","id":"2""#, "\"id\" is there twice"),
        (
            r#","time":"yesterday""#,
            "\"time\" must be an RFC 3339 time, as 2025-04-02T00:47:48.8269769Z",
        ),
        (r#","Upper":1"#, "\"Upper\" is no name for an extension attribute: use a to z and 0 to 9"),
        (r#","Type":"u""#, "\"Type\" is no name for an extension attribute: use a to z and 0 to 9"),
        (r#","ext":1.5"#, "\"ext\" must be a string, a boolean or a 32-bit integer"),
        (r#","ext":2147483648"#, "\"ext\" must be a string, a boolean or a 32-bit integer"),
        (r#","ext":{}"#, "\"ext\" must be a string, a boolean or a 32-bit integer"),
        (r#","data":1,"data_base64":"AA==""#, "\"data\" and \"data_base64\" exclude each other"),
        (r#","data_base64":"A""#, "\"data_base64\" must be base64"),
        (
            r#","datacontenttype":"text/plain","data":{}"#,
            "\"data\" must be a string, because \"datacontenttype\" is not JSON",
        ),
        (
            r#","datacontenttype":"plain""#,
            "\"datacontenttype\" must be a media type, as application/json",
        ),
    ] {
        assert_eq!(structured(members), says, "{members}");
    }
}

#[test]
fn a_bad_event_of_an_array_is_counted_from_0() {
    let good = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#;
    let batch = &[("content-type", "application/cloudevents-batch+json")];
    for (bad, says) in [
        (
            r#"{"specversion":"1.0","id":"1","source":"","type":"t"}"#,
            "event 2: \"source\" is empty",
        ),
        (r#"{"specversion":"1.0","source":"/s","type":"t"}"#, "event 2: \"id\" is missing"),
        (r#"{"id":"1","source":"/s","type":"t"}"#, "event 2: \"specversion\" is missing"),
        (
            r#"{"specversion":"0.3","id":"1","source":"/s","type":"t"}"#,
            "event 2: \"specversion\" must be \"1.0\"",
        ),
        ("5", "event 2: an event must be a JSON object"),
    ] {
        assert_eq!(refusal(batch, &format!("[{good},{good},{bad}]")), (400, says.to_owned()));
    }
    assert_eq!(refusal(batch, good), (400, "a batch must be a JSON array".to_owned()));
    let (_, says) = refusal(batch, "[1,\n2");
    assert_eq!(says, "the body is not JSON: see line 2, column 1");

    let json = &[("content-type", "application/json")];
    let grid = r#"{"id":"1","topic":"/t","eventType":"t","eventTime":"2025-04-02T00:47:48Z"}"#;
    for (bad, says) in [
        (grid.replace("/t", ""), "event 1: \"topic\" is empty"),
        (
            grid.replace(r#""eventType":"t""#, r#""eventType":"""#),
            "event 1: \"eventType\" is empty",
        ),
        (grid.replace(r#""topic":"/t","#, ""), "event 1: \"topic\" is missing"),
        (
            grid.replace("2025", "25"),
            "event 1: \"eventTime\" must be an RFC 3339 time, as 2025-04-02T00:47:48.8269769Z",
        ),
    ] {
        assert_eq!(refusal(json, &format!("[{grid},{bad}]")), (400, says.to_owned()));
    }
}

#[test]
fn a_bad_header_of_a_binary_event_is_named() {
    let good = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "t")];
    let with = |more: &[(&'static str, &'static str)], body| {
        refusal(&[good.as_slice(), more].concat(), body).1
    };
    assert_eq!(with(&[("ce-id", "2")], ""), "the header \"ce-id\" is there twice");
    assert_eq!(
        with(&[("ce-my-ext", "2")], ""),
        "\"my-ext\" is no name for an extension attribute: use a to z and 0 to 9"
    );
    assert_eq!(
        with(&[("ce-data", "2")], ""),
        "\"data\" is no name for an extension attribute: use a to z and 0 to 9"
    );
    assert_eq!(with(&[("ce-subject", "")], ""), "\"subject\" is empty");
    assert_eq!(
        with(&[("ce-subject", "%00")], ""),
        "\"subject\" holds a control character or a noncharacter"
    );
    assert_eq!(
        with(&[("ce-subject", "%C0%A0")], ""),
        "the header \"ce-subject\" is not UTF-8 once its percent-encoding is undone"
    );
    assert_eq!(
        with(&[("ce-datacontenttype", "text/plain")], ""),
        "the header ce-datacontenttype may not be sent; the data's type is content-type"
    );
    assert_eq!(
        with(&[("content-type", "application/json")], "{"),
        "the data is not JSON, which its content type says that it is"
    );
    assert_eq!(
        with(&[("content-type", "a/b"), ("content-type", "c/d")], ""),
        "the header content-type is there twice"
    );
    for missing in 0..good.len() {
        let mut headers = good.to_vec();
        let (name, _) = headers.remove(missing);
        assert_eq!(refusal(&headers, "").1, format!("\"{name}\" is missing"));
    }
}

#[test]
fn what_is_no_event_and_what_has_an_unknown_format_is_told_apart() {
    for content_type in [
        "application/cloudevents+xml",
        "application/cloudevents-batch+avro",
        "application/cloudevents",
    ] {
        assert_eq!(refusal(&[("content-type", content_type)], "{}").0, 415, "{content_type}");
    }
    let json = &[("content-type", "application/json")];
    let unlabelled = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#;
    for body in ["", "5", "hello", "{}", unlabelled] {
        let (status, says) = refusal(json, body);
        assert_eq!(status, 400);
        assert!(says.starts_with("there is no event: send content-type"), "{body}: {says}");
    }
    let (_, says) = refusal(json, &format!("[{unlabelled}]"));
    assert!(says.starts_with("event 0: there is no event"), "{says}");
    assert!(refusal(json, "[1").1.starts_with("the body is not JSON"));
}

#[test]
fn no_refusal_shows_a_value() {
    for members in [
        r#","time":"hunter2""#,
        r#","subject":"hunter2\u0000""#,
        r#","ext":["hunter2"]"#,
        r#","data_base64":"hunter2!""#,
        r#","datacontenttype":"hunter2""#,
        r#","data":"hunter2","data_base64":"AA==""#,
    ] {
        assert!(!structured(members).contains("hunter2"), "{members}");
    }
}

#[test]
fn an_event_with_more_attributes_than_a_message_has_headers_is_refused() {
    let members: String = (0..40_000).map(|number| format!(",\"x{number}\":1")).collect();
    assert_eq!(structured(&members), "there are more than 64 extension attributes");
}
