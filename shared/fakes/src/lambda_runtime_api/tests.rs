use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::{InvocationError, LambdaRuntimeApi};

fn ask(api: &LambdaRuntimeApi, method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(api.address).unwrap();
    let length = body.len();
    let head =
        format!("{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// Polls, and gives the event's id.
fn poll(api: &LambdaRuntimeApi) -> String {
    let (status, answer) = ask(api, "GET", "invocation/next", b"");
    assert_eq!(status, 200);
    let id = answer.lines().find_map(|line| line.strip_prefix("Lambda-Runtime-Aws-Request-Id: "));
    id.unwrap().to_owned()
}

#[test]
fn an_event_goes_out_and_its_result_comes_back() {
    let api = LambdaRuntimeApi::start().unwrap();
    std::thread::scope(|scope| {
        let results = scope.spawn(|| (api.invoke("1"), api.invoke("2")));
        let id = poll(&api);
        assert_eq!(ask(&api, "POST", &format!("invocation/{id}/response"), b"one").0, 202);
        let id = poll(&api);
        let error = br#"{"errorType":"T","errorMessage":"M"}"#;
        assert_eq!(ask(&api, "POST", &format!("invocation/{id}/error"), error).0, 202);
        let (first, second) = results.join().unwrap();
        assert_eq!(first.unwrap(), b"one");
        let failed = InvocationError::Failed { kind: "T".to_owned(), message: "M".to_owned() };
        assert_eq!(second.unwrap_err(), failed);
    });
    assert_eq!(api.refusals(), Vec::<String>::new());
}

#[test]
fn what_the_real_api_refuses_is_refused_and_remembered() {
    let api = LambdaRuntimeApi::start().unwrap();
    std::thread::scope(|scope| {
        let result = scope.spawn(|| api.invoke("1"));
        let id = poll(&api);
        let of = |what: &str| format!("invocation/{id}/{what}");
        assert_eq!(ask(&api, "GET", "invocation/next", b"").0, 403);
        assert_eq!(ask(&api, "POST", "invocation/other/response", b"").0, 400);
        assert_eq!(ask(&api, "POST", &of("error"), b"{}").0, 400);
        assert_eq!(ask(&api, "POST", &of("response"), &vec![0; 7 * 1024 * 1024]).0, 413);
        assert_eq!(ask(&api, "POST", "init/error", b"{}").0, 403);
        assert_eq!(ask(&api, "PUT", &of("response"), b"").0, 405);
        assert_eq!(ask(&api, "GET", "nothing", b"").0, 404);
        assert_eq!(ask(&api, "POST", &of("response"), b"one").0, 202);
        assert_eq!(ask(&api, "POST", &of("response"), b"two").0, 403);
        assert_eq!(result.join().unwrap().unwrap(), b"one");
    });
    assert_eq!(api.refusals().len(), 8, "{:?}", api.refusals());
}

#[test]
fn a_function_that_reports_that_it_cannot_start_fails_its_event() {
    let api = LambdaRuntimeApi::start().unwrap();
    assert_eq!(ask(&api, "POST", "init/error", b"why").0, 202);
    assert_eq!(api.invoke("1").unwrap_err(), InvocationError::NotStarted("why".to_owned()));
}
