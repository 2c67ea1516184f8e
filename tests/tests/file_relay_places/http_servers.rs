//! nginx, and servers that do what nginx does not.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use headgate_core::{Body, Secret};
use headgate_file_relay::digest::{Algorithm, Digest, Hasher};
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::http::{Http, HttpAuthorization, HttpSettings, WriteMethod};
use headgate_file_relay::place::{Conflict, Part, Place, PlaceError, Range, Storage, Written};
use headgate_tests::host::RUNTIME;
use http::{HeaderName, HeaderValue, Method, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use crate::at_once::{carry_at_once, target_at_once, whole_at_once, write_at_once};
use crate::content::{broken, content, read};
use crate::odd_server::OddServer;
use crate::scenes::{self, path};
use crate::shared::Shared;
use crate::world::{Native, reach};

/// nginx (Debian) that takes files by `PUT`, without a password below `/files/` and with one below `/closed/`.
struct Nginx {
    directory: TempDir,
    address: SocketAddr,
}

static NGINX: Shared<Nginx> = Shared::new(|| Nginx::start().unwrap());

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.command().args(["-s", "stop"]).status();
    }
}

impl Nginx {
    fn start() -> Result<Self, String> {
        let mut said = String::new();
        // A port that was free a moment ago may be taken.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address = free.map_err(|error| error.to_string())?;
            let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
            // In a container its workers run as somebody else.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            std::fs::create_dir_all(directory.path().join("root/files")).unwrap();
            std::fs::create_dir_all(directory.path().join("root/closed")).unwrap();
            std::fs::set_permissions(directory.path(), mode).unwrap();
            std::fs::write(directory.path().join("users"), "ann:{PLAIN}of the test\n").unwrap();
            std::fs::write(directory.path().join("nginx.conf"), configuration(&directory, address))
                .unwrap();
            let nginx = Self { directory, address };
            // In the background it goes on only after it has bound its socket.
            let status = nginx.command().status();
            let status = status.map_err(|error| format!("{error}: run `just setup-tests`"))?;
            if status.success() {
                return Ok(nginx);
            }
            let log = nginx.directory.path().join("error.log");
            said = std::fs::read_to_string(log).unwrap_or_default();
        }
        Err(said)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("nginx");
        command
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .arg("-p")
            .arg(self.directory.path())
            .args(["-c", "nginx.conf", "-e", "error.log"]);
        command
    }
}

fn configuration(directory: &TempDir, address: SocketAddr) -> String {
    let directory = directory.path().display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {directory}/{name};"))
        .join("\n    ");
    let user = match std::fs::metadata("/root").is_ok() && std::env::consts::OS == "linux" {
        true => "user root;",
        false => "",
    };
    format!(
        r#"{user}
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen {address};
        root {directory}/root;
        client_max_body_size 0;
        dav_methods PUT DELETE;
        create_full_put_path on;
        location /files/ {{}}
        location /closed/ {{
            auth_basic "closed";
            auth_basic_user_file {directory}/users;
        }}
    }}
}}
"#
    )
}

fn settings(url: &str) -> HttpSettings {
    HttpSettings {
        url: Url::parse(url).unwrap(),
        private_network: true,
        method: WriteMethod::Put,
        chunked: true,
        headers: Vec::new(),
        authorization: HttpAuthorization::None,
    }
}

async fn place(settings: HttpSettings) -> Http<Native> {
    Http::new(settings, reach().await)
}

fn nginx_settings(below: &str) -> HttpSettings {
    settings(&format!("http://{}/{below}", NGINX.get().address))
}

/// Does a scene with nginx running.
fn with_nginx(scene: impl Future<Output = ()>) {
    let nginx = NGINX.get();
    RUNTIME.block_on(scene);
    drop(nginx);
}

#[test]
fn any_length_arrives_whether_it_is_known_or_not() {
    with_nginx(async {
        let place = place(nginx_settings("files/lengths")).await;
        for length in [0, 1, 70_000, 8 * 1024 * 1024 + 1] {
            for is_known in [true, false] {
                let file = format!("{length}/{is_known} ü+#.bin");
                let content = content(length);
                let upload =
                    write_at_once(&place, "relay", &file, &content, Conflict::Fail, is_known).await;
                let upload = upload.unwrap();
                assert_eq!(place.held(&upload).await.unwrap(), length as u64);
                let written = place.commit(&upload, &whole_at_once(&content)).await.unwrap();
                assert_eq!(written.length, Some(length as u64));
                assert_eq!(place.stat(&path(&file)).await.unwrap().etag, written.etag);
                assert!(scenes::fetch(&place, &file).await == content, "{file}");
                if length > 0 {
                    let again = place.commit(&upload, &whole_at_once(&content)).await.unwrap();
                    assert_eq!(again, written);
                }
            }
        }
    });
}

#[test]
fn a_range_is_read() {
    with_nginx(async {
        let (place, content) = (place(nginx_settings("files/")).await, content(100_000));
        carry_at_once(&place, "range.bin", &content, Conflict::Fail).await.unwrap();
        scenes::a_range_is_read(&place, "range.bin", &content).await;
    });
}

#[test]
fn a_file_that_changed_is_not_gone_on_with() {
    with_nginx(async {
        let (place, content) = (place(nginx_settings("files/")).await, content(100));
        carry_at_once(&place, "changed.bin", &content.slice(..50), Conflict::Fail).await.unwrap();
        let change = async {
            let shorter = content.slice(51..);
            carry_at_once(&place, "changed.bin", &shorter, Conflict::Replace).await.unwrap();
        };
        scenes::a_file_that_changed_is_not_gone_on_with(&place, "changed.bin", change).await;
    });
}

#[test]
fn a_file_that_is_there_stays_or_is_replaced_or_is_taken_back() {
    with_nginx(async {
        let place = place(nginx_settings("files/")).await;
        let (first, second) = (content(10), content(20));
        carry_at_once(&place, "conflict.txt", &first, Conflict::Fail).await.unwrap();
        let refused = carry_at_once(&place, "conflict.txt", &second, Conflict::Fail).await;
        assert!(matches!(refused, Err(PlaceError::Exists)), "{refused:?}");
        assert_eq!(scenes::fetch(&place, "conflict.txt").await, first);
        let upload =
            write_at_once(&place, "relay", "conflict.txt", &second, Conflict::Replace, true).await;
        assert_eq!(scenes::fetch(&place, "conflict.txt").await, second);
        place.abort(&upload.unwrap()).await.unwrap();
        let gone = place.stat(&path("conflict.txt")).await;
        assert!(matches!(gone, Err(PlaceError::NotFound)), "{gone:?}");
        place.delete(&path("conflict.txt"), None).await.unwrap();
    });
}

#[test]
fn a_content_that_breaks_off_leaves_no_file() {
    with_nginx(async {
        let (place, content) = (place(nginx_settings("files/")).await, content(200_000));
        for is_known in [true, false] {
            let length = is_known.then_some(content.len() as u64);
            let target = target_at_once("relay", "broken.bin", length, Conflict::Fail);
            let mut upload = place.begin(&target).await.unwrap();
            let part = Part { index: 0, offset: 0, length, last: true };
            let broken = place.write(&mut upload, part, broken(&content)).await;
            assert!(
                matches!(broken, Err(PlaceError::Content(_) | PlaceError::Http(_))),
                "{broken:?}"
            );
            assert_eq!(place.held(&upload).await.unwrap(), 0);
            let lost = place.commit(&upload, &whole_at_once(&content)).await;
            assert!(matches!(lost, Err(PlaceError::UploadLost)), "{lost:?}");
            place.abort(&upload).await.unwrap();
            let none = place.stat(&path("broken.bin")).await;
            assert!(matches!(none, Err(PlaceError::NotFound)), "{none:?}");
        }
    });
}

#[test]
fn a_password_opens_what_is_closed() {
    with_nginx(async {
        let with = |password: &str| HttpSettings {
            authorization: HttpAuthorization::Basic {
                user: "ann".to_owned(),
                password: Secret::new(password),
            },
            ..nginx_settings("closed/")
        };
        let content = content(10);
        let open = place(with("of the test")).await;
        carry_at_once(&open, "a.txt", &content, Conflict::Fail).await.unwrap();
        assert_eq!(scenes::fetch(&open, "a.txt").await, content);
        for settings in [with("another"), nginx_settings("closed/")] {
            let closed = place(settings).await;
            let refused = closed.stat(&path("a.txt")).await.unwrap_err();
            assert_eq!(refused.to_string(), "the place refuses access: 401");
            let refused =
                carry_at_once(&closed, "b.txt", &content, Conflict::Replace).await.unwrap_err();
            assert!(matches!(refused, PlaceError::Denied { .. }), "{refused:?}");
        }
    });
}

#[test]
fn a_server_says_no_list() {
    with_nginx(async {
        let place = place(nginx_settings("files/")).await;
        let refused = place.list(&FilePath::default(), None).await.unwrap_err();
        assert_eq!(refused.to_string(), "the place cannot list its files");
    });
}

/// An answer of these headers.
fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body.into())).unwrap()
}

async fn odd(server: &OddServer) -> Http<Native> {
    place(settings(&server.url())).await
}

#[test]
fn where_head_is_refused_the_first_byte_is_asked_for() {
    RUNTIME.block_on(async {
        for refusal in [400, 403, 405, 501] {
            let server = OddServer::start(move |head, _| match head.method {
                Method::GET => {
                    assert_eq!(head.headers["range"], "bytes=0-0");
                    let said = [("content-range", "bytes 0-0/7"), ("etag", "\"a\"")];
                    answer(206, &said, "x")
                }
                _ => answer(refusal, &[], ""),
            })
            .await;
            let stat = odd(&server).await.stat(&path("a")).await.unwrap();
            assert_eq!((stat.length, stat.validator.as_deref()), (Some(7), Some("\"a\"")));
        }
    });
}

#[test]
fn a_server_without_ranges_answers_from_the_beginning() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|_, _| answer(200, &[("etag", "\"a\"")], "abcdefg")).await;
        let range = Range { from: 5, until: None };
        let opened = odd(&server).await.open(&path("a"), range, Some("\"a\"")).await.unwrap();
        assert_eq!((opened.from, read(opened.body).await), (0, Bytes::from("abcdefg")));
        let came = server.came.lock().unwrap();
        assert_eq!(came[0].0.headers["if-range"], "\"a\"");
        assert_eq!(came[0].0.headers["accept-encoding"], "identity");
    });
}

#[test]
fn what_is_not_the_file_itself_is_refused() {
    RUNTIME.block_on(async {
        for (status, headers, text) in [
            (
                200,
                ("content-encoding", "gzip"),
                "the place refuses: its answer has a Content-Encoding",
            ),
            (302, ("location", "/b"), "the place refuses: 302, and redirects are not followed"),
            (500, ("x", "y"), "the place does not answer as it should: 500"),
        ] {
            let server = OddServer::start(move |_, _| answer(status, &[headers], "abc")).await;
            let place = odd(&server).await;
            let refused = place.open(&path("a"), Range::default(), None).await.unwrap_err();
            assert_eq!(refused.to_string(), text);
        }
    });
}

#[test]
fn a_server_that_asks_for_a_pause_says_how_long() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|_, _| answer(429, &[("retry-after", "7")], "")).await;
        let refused =
            carry_at_once(&odd(&server).await, "a", &content(10), Conflict::Replace).await;
        let pause = Some(Duration::from_secs(7));
        let Err(PlaceError::Throttled { retry_after }) = refused else { panic!("{refused:?}") };
        assert_eq!(retry_after, pause);
    });
}

#[test]
fn a_content_that_ends_early_is_no_success() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|_, _| {
            let frames = [Ok(Frame::data(Bytes::from("abc"))), Err(std::io::Error::other("gone"))];
            let mut response = answer(200, &[("content-length", "7")], "");
            // The first is sent before the second comes.
            let frames = stream::iter(frames).then(async |frame| {
                tokio::task::yield_now().await;
                frame
            });
            *response.body_mut() = Body::stream(StreamBody::new(frames));
            response
        })
        .await;
        let opened = odd(&server).await.open(&path("a"), Range::default(), None).await.unwrap();
        assert!(opened.body.read(100).await.is_err());
    });
}

#[test]
fn a_success_before_the_whole_content_was_sent_is_none() {
    RUNTIME.block_on(async {
        let server = OddServer::start_hasty(|_, _| answer(201, &[], "")).await;
        let content = content(32 * 1024 * 1024);
        let refused = carry_at_once(&odd(&server).await, "a", &content, Conflict::Replace).await;
        assert!(
            matches!(refused, Err(PlaceError::Temporary { .. } | PlaceError::Http(_))),
            "{refused:?}"
        );
    });
}

#[test]
fn nothing_is_sent_where_a_file_is_that_stays() {
    RUNTIME.block_on(async {
        // It heeds no condition.
        let server = OddServer::start(|_, _| answer(200, &[("content-length", "0")], "")).await;
        let refused = carry_at_once(&odd(&server).await, "a", &content(10), Conflict::Fail).await;
        assert!(matches!(refused, Err(PlaceError::Exists)), "{refused:?}");
        assert_eq!(server.methods(), ["HEAD"]);
    });
}

#[test]
fn a_file_is_posted_with_the_headers_and_the_query_that_are_configured() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|_, _| answer(202, &[], "{\"length\":99}")).await;
        let key = (HeaderName::from_static("x-key"), HeaderValue::from_static("of-the-test"));
        let url = format!("{}in?tenant=a", server.url());
        let method = WriteMethod::Post;
        let place = place(HttpSettings { method, headers: vec![key], ..settings(&url) }).await;
        let content = content(100);
        let written = carry_at_once(&place, "b c.txt", &content, Conflict::Fail).await.unwrap();
        // Nothing is known of it, and nobody is asked.
        assert_eq!(written, Written::default());
        let came = server.came.lock().unwrap();
        assert_eq!(came.len(), 1);
        let (head, body) = &came[0];
        assert_eq!(
            (head.method.as_str(), head.uri.to_string()),
            ("POST", "/in/b%20c.txt?tenant=a".to_owned())
        );
        assert_eq!(head.headers["x-key"], "of-the-test");
        assert_eq!(head.headers["content-length"], "100");
        assert_eq!(head.headers["content-type"], "application/octet-stream");
        assert!(!head.headers.contains_key("if-none-match"));
        assert_eq!(*body, content);
    });
}

#[test]
fn a_digest_that_the_server_says_is_read() {
    RUNTIME.block_on(async {
        let content = content(100);
        let mut hasher = Hasher::new(&[]);
        hasher.update(&content);
        let digest: Digest = hasher.finish_one(Algorithm::Sha256).unwrap();
        let said = format!("sha-256=:{}:", digest.base64());
        let server = OddServer::start(move |head, _| match head.method {
            Method::HEAD => answer(200, &[("content-length", "100"), ("repr-digest", &said)], ""),
            _ => answer(201, &[("etag", "\"a\"")], ""),
        })
        .await;
        let written =
            carry_at_once(&odd(&server).await, "a", &content, Conflict::Replace).await.unwrap();
        assert_eq!((written.length, written.digests), (Some(100), vec![digest]));
    });
}

#[test]
fn a_server_that_takes_no_unknown_length_is_asked_for_none() {
    RUNTIME.block_on(async {
        let whole = HttpSettings { chunked: false, ..settings("https://a.example/") };
        let place = place(whole).await;
        assert!(matches!(place.cut(None), Err(PlaceError::Refused { .. })));
        let cut = place.cut(Some(1 << 50)).unwrap();
        assert_eq!((cut.size, cut.needs_length), (None, true));
    });
}

#[test]
fn only_what_has_a_strong_entity_tag_of_its_own_is_taken_back() {
    RUNTIME.block_on(async {
        // What the answer to the write says; what a look says.
        for (own, seen, length) in [
            (None, None, "10"),
            (None, Some("W/\"1\""), "10"),
            (Some("W/\"1\""), Some("W/\"1\""), "10"),
            // Somebody else's: it is longer.
            (None, Some("\"2\""), "11"),
        ] {
            let server = OddServer::start(move |head, _| match head.method {
                Method::HEAD => {
                    let etag = seen.map(|etag| ("etag", etag));
                    let fields: Vec<_> =
                        [("content-length", length)].into_iter().chain(etag).collect();
                    answer(200, &fields, "")
                }
                _ => {
                    let etag: Vec<_> = own.map(|etag| ("etag", etag)).into_iter().collect();
                    answer(201, &etag, "")
                }
            })
            .await;
            let (place, content) = (odd(&server).await, content(10));
            let upload =
                write_at_once(&place, "relay", "a", &content, Conflict::Replace, true).await;
            let upload = upload.unwrap();
            let kept = place.abort(&upload).await;
            assert!(matches!(kept, Err(PlaceError::Unsupported(_))), "{own:?} {seen:?} {kept:?}");
            // And what is told of it after the commit takes nobody else's away either.
            let written = place.commit(&upload, &whole_at_once(&content)).await.unwrap();
            if length == "11" {
                assert_eq!((written.length, written.etag), (Some(11), None));
                let kept = Place::<Native>::Http(place).delete(&path("a"), None).await;
                assert!(matches!(kept, Err(PlaceError::Unsupported(_))), "{kept:?}");
            }
            assert!(!server.methods().contains(&"DELETE".to_owned()), "{own:?} {seen:?}");
        }
    });
}

#[test]
fn what_somebody_else_has_put_there_since_is_not_taken_back() {
    RUNTIME.block_on(async {
        // It heeds no condition.
        let server = OddServer::start(|head, _| match head.method {
            Method::HEAD => answer(200, &[("content-length", "10"), ("etag", "\"2\"")], ""),
            _ => answer(201, &[("etag", "\"1\"")], ""),
        })
        .await;
        let place = odd(&server).await;
        let upload =
            write_at_once(&place, "relay", "a", &content(10), Conflict::Replace, true).await;
        let kept = place.abort(&upload.unwrap()).await;
        assert!(matches!(kept, Err(PlaceError::Changed)), "{kept:?}");
        assert_eq!(server.methods(), ["PUT", "HEAD"]);
    });
}

#[test]
fn what_was_posted_is_posted_again_only_where_it_was_surely_not_taken() {
    RUNTIME.block_on(async {
        for (status, may_come_again) in [(500, false), (504, false), (429, true), (503, true)] {
            let server = OddServer::start(move |_, _| answer(status, &[], "")).await;
            let settings =
                HttpSettings { method: WriteMethod::Post, ..settings(&server.url()) };
            let place = place(settings).await;
            let refused = carry_at_once(&place, "a", &content(10), Conflict::Fail).await.unwrap_err();
            match may_come_again {
                true => assert!(matches!(refused, PlaceError::Throttled { .. }), "{refused:?}"),
                false => {
                    let text = "the place refuses: it had the whole file and did not say whether it took it";
                    assert_eq!(refused.to_string(), text);
                }
            }
            // The same key for the same content, as a relay's attempts have it.
            let _ = carry_at_once(&place, "a", &content(10), Conflict::Fail).await;
            let came = server.came.lock().unwrap();
            let keys: Vec<_> = came.iter().map(|(head, _)| &head.headers["idempotency-key"]).collect();
            assert!(keys[0].len() == 34 && keys[0] == keys[1], "{keys:?}");
        }
    });
}

#[test]
fn what_was_posted_and_never_answered_is_not_posted_again() {
    RUNTIME.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut came = Vec::new();
                while !came.windows(14).any(|bytes| bytes == b"\r\n\r\n0123456789") {
                    let mut buffer = [0; 1_024];
                    match stream.read(&mut buffer).await {
                        Ok(read @ 1..) => came.extend_from_slice(&buffer[..read]),
                        _ => break,
                    }
                }
            }
        });
        let settings = HttpSettings { method: WriteMethod::Patch, ..settings(&url) };
        let content = Bytes::from_static(b"0123456789");
        let refused = carry_at_once(&place(settings).await, "a", &content, Conflict::Fail).await;
        assert!(matches!(refused, Err(PlaceError::Refused { .. })), "{refused:?}");
    });
}

#[test]
fn an_answer_that_may_end_anywhere_is_no_file() {
    RUNTIME.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\nhalf of").await;
            }
        });
        let opened = place(settings(&url)).await.open(&path("a"), Range::default(), None).await;
        assert!(matches!(opened, Err(PlaceError::Refused { .. })), "{opened:?}");
    });
}

#[test]
fn an_answer_in_chunks_is_a_file_of_unknown_length() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|_, _| {
            let frames = [Ok::<_, std::io::Error>(Frame::data(Bytes::from("abc")))];
            let mut response = answer(200, &[], "");
            *response.body_mut() = Body::stream(StreamBody::new(stream::iter(frames)));
            response
        })
        .await;
        let opened = odd(&server).await.open(&path("a"), Range::default(), None).await.unwrap();
        assert_eq!((opened.stat.length, read(opened.body).await), (None, Bytes::from("abc")));
    });
}
