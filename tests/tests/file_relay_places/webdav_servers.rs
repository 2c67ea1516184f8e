//! nginx with its modules for WebDAV, rclone, and servers that do what neither does.

use bytes::Bytes;
use headgate_core::{Body, Secret};
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::http::HttpAuthorization;
use headgate_file_relay::place::webdav::{WebDav, WebDavSettings};
use headgate_file_relay::place::{Conflict, Part, PlaceError, Range, Storage, Upload};
use headgate_tests::host::RUNTIME;
use headgate_tests::peer::WebDavServer;
use headgate_tests::relay::names_below;
use http::Response;
use url::Url;

use crate::at_once::{carry_at_once, target_at_once, whole_at_once, write_at_once};
use crate::content::{broken, content, read, streamed};
use crate::odd_server::OddServer;
use crate::scenes::{self, path};
use crate::world::{Native, reach};

fn password(password: &str) -> HttpAuthorization {
    let (user, password) = (WebDavServer::USER.to_owned(), Secret::new(password));
    HttpAuthorization::Basic { user, password }
}

fn settings(server: &WebDavServer, root: &str) -> WebDavSettings {
    let authorization = match server.has_password() {
        false => HttpAuthorization::None,
        true => password(WebDavServer::PASSWORD),
    };
    let url = Url::parse(&format!("http://{}/", server.address())).unwrap();
    let root = FilePath::new(root).unwrap();
    WebDavSettings { url, root, private_network: true, chunked: true, authorization }
}

/// Does a scene with each server, below a folder that is not there yet.
fn with_each(scene: impl AsyncFn(&WebDavServer, &WebDav<Native>)) {
    for server in [WebDavServer::nginx(), WebDavServer::rclone()] {
        RUNTIME.block_on(async {
            let place = WebDav::new(settings(&server, "a root/ü"), reach().await);
            scene(&server, &place).await;
        });
    }
}

#[test]
fn any_length_arrives_once_whether_it_is_known_or_not() {
    with_each(async |_, place| {
        for length in [0, 1, 70_000, 8 * 1024 * 1024 + 1] {
            for is_known in [true, false] {
                let file = format!("{length}/{is_known} ü+#%.bin");
                let content = content(length);
                let upload =
                    write_at_once(place, &file, &file, &content, Conflict::Fail, is_known).await;
                let upload = upload.unwrap();
                assert_eq!(place.held(&upload).await.unwrap(), length as u64);
                let written = place.commit(&upload, &whole_at_once(&content)).await.unwrap();
                assert_eq!(written.length, Some(length as u64));
                let again = place.commit(&upload, &whole_at_once(&content)).await.unwrap();
                assert_eq!(again, written, "{file}");
                assert_eq!(place.held(&upload).await.unwrap(), length as u64);
                let stat = place.stat(&path(&file)).await.unwrap();
                assert_eq!((stat.etag, stat.length), (written.etag, Some(length as u64)));
                assert!(stat.validator.is_some());
                assert!(scenes::fetch(place, &file).await == content, "{file}");
            }
        }
    });
}

#[test]
fn a_file_that_is_there_stays_or_is_replaced() {
    with_each(async |_, place| scenes::a_file_that_is_there_stays_or_is_replaced(place).await);
}

#[test]
fn who_comes_first_while_another_uploads_wins_and_nothing_else_is_left() {
    with_each(async |server, place| {
        let (first, second) = (content(10), content(20));
        let late =
            write_at_once(place, "1", "race/a", &second, Conflict::Fail, true).await.unwrap();
        carry_at_once(place, "race/a", &first, Conflict::Fail).await.unwrap();
        let refused = place.commit(&late, &whole_at_once(&second)).await;
        assert!(matches!(refused, Err(PlaceError::Exists)), "{refused:?}");
        assert_eq!(scenes::fetch(place, "race/a").await, first);
        place.abort(&late).await.unwrap();
        place.abort(&late).await.unwrap();
        assert!(matches!(place.held(&late).await, Err(PlaceError::UploadLost)));
        assert_eq!(names_below(&server.files()), ["a", "a root", "race", "ü"]);
    });
}

#[test]
fn nobody_sees_the_half_of_a_file() {
    with_each(async |server, place| {
        let content = content(200_000);
        for is_known in [true, false] {
            let file = format!("half/{is_known}");
            let length = is_known.then_some(content.len() as u64);
            let target = target_at_once(&file, &file, length, Conflict::Fail);
            let mut upload = place.begin(&target).await.unwrap();
            let part = Part { index: 0, offset: 0, length, last: true };
            let result = place.write(&mut upload, part, broken(&content)).await;
            assert!(
                matches!(result, Err(PlaceError::Content(_) | PlaceError::Http(_))),
                "{result:?}"
            );
            assert_eq!(place.held(&upload).await.unwrap(), 0);
            let lost = place.commit(&upload, &whole_at_once(&content)).await;
            assert!(matches!(lost, Err(PlaceError::UploadLost)), "{lost:?}");
            // The part is written again.
            place.write(&mut upload, part, streamed(&content)).await.unwrap();
            let none = place.stat(&path(&file)).await;
            assert!(matches!(none, Err(PlaceError::NotFound)), "{none:?}");
            assert_eq!(place.list(&path("half"), None).await.unwrap().files, []);
            let upload: Upload =
                serde_json::from_str(&serde_json::to_string(&upload).unwrap()).unwrap();
            let again = WebDav::new(settings(server, "a root/ü"), reach().await);
            assert_eq!(again.held(&upload).await.unwrap(), 200_000);
            again.commit(&upload, &whole_at_once(&content)).await.unwrap();
            assert!(scenes::fetch(place, &file).await == content);
            place.delete(&path(&file), None).await.unwrap();
        }
        assert_eq!(names_below(&server.files()), ["a root", "half", "ü"]);
    });
}

#[test]
fn a_file_that_is_another_by_now_is_not_taken_for_what_was_moved() {
    with_each(async |_, place| {
        let (first, second) = (content(50), content(100).slice(50..));
        let upload =
            write_at_once(place, "1", "moved", &first, Conflict::Replace, true).await.unwrap();
        place.commit(&upload, &whole_at_once(&first)).await.unwrap();
        carry_at_once(place, "moved", &second, Conflict::Replace).await.unwrap();
        let lost = place.commit(&upload, &whole_at_once(&first)).await;
        // nginx's entity tag is the second of the change and the length: it may be the same.
        let stat = place.stat(&path("moved")).await.unwrap();
        let looks_same = upload.id.contains(&stat.etag.unwrap().replace('"', "\\\""));
        assert!(matches!(lost, Err(PlaceError::UploadLost)) || looks_same, "{lost:?}");
        assert_eq!(scenes::fetch(place, "moved").await, second);
    });
}

#[test]
fn a_range_is_read() {
    with_each(async |_, place| {
        let content = content(100_000);
        carry_at_once(place, "range.bin", &content, Conflict::Fail).await.unwrap();
        scenes::a_range_is_read(place, "range.bin", &content).await;
    });
}

#[test]
fn a_file_that_changed_is_not_gone_on_with() {
    with_each(async |_, place| {
        let content = content(100);
        carry_at_once(place, "changed.bin", &content.slice(..50), Conflict::Fail).await.unwrap();
        let change = async {
            let shorter = content.slice(51..);
            carry_at_once(place, "changed.bin", &shorter, Conflict::Replace).await.unwrap();
        };
        scenes::a_file_that_changed_is_not_gone_on_with(place, "changed.bin", change).await;
    });
}

#[test]
fn only_the_file_that_was_written_is_deleted() {
    with_each(async |_, place| scenes::only_the_file_that_was_written_is_deleted(place).await);
}

#[test]
fn a_folder_is_no_file() {
    with_each(async |server, place| {
        carry_at_once(place, "folder/a", &content(1), Conflict::Fail).await.unwrap();
        assert!(place.stat(&path("folder")).await.is_err());
        assert!(place.delete(&path("folder"), None).await.is_err());
        assert!(place.open(&path("folder"), Range::default(), None).await.is_err());
        assert_eq!(names_below(&server.files()), ["a", "a root", "folder", "ü"]);
    });
}

#[test]
fn a_name_of_any_characters_arrives() {
    with_each(async |_, place| scenes::a_name_of_any_characters_arrives(place).await);
}

#[test]
fn a_tree_is_listed_to_its_end() {
    with_each(async |_, place| {
        let files = ["list/a", "list/b/c", "list/b/d/e f", "list/b/d/ü", "list/g/h", "lists/i"];
        for file in files {
            carry_at_once(place, file, &Bytes::new(), Conflict::Fail).await.unwrap();
        }
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = place.list(&path("list"), after.as_deref()).await.unwrap();
            found.extend(page.files.iter().map(ToString::to_string));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        found.sort_unstable();
        assert_eq!(found, files[..5]);
        let nothing = place.list(&path("nowhere"), None).await.unwrap();
        assert!(nothing.files.is_empty() && nothing.next.is_none());
    });
}

#[test]
fn a_password_opens_what_is_closed() {
    let server = WebDavServer::rclone();
    RUNTIME.block_on(async {
        for authorization in [HttpAuthorization::None, password("another")] {
            let settings = WebDavSettings { authorization, ..settings(&server, "") };
            let closed = WebDav::new(settings, reach().await);
            let refused = closed.stat(&path("a")).await.unwrap_err();
            assert_eq!(refused.to_string(), "the place refuses access: 401");
            let refused =
                carry_at_once(&closed, "b/c", &content(1), Conflict::Replace).await.unwrap_err();
            assert!(matches!(refused, PlaceError::Denied { .. }), "{refused:?}");
            let refused = closed.list(&path("b"), None).await.unwrap_err();
            assert!(matches!(refused, PlaceError::Denied { .. }), "{refused:?}");
        }
    });
}

fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body)).unwrap()
}

async fn odd(server: &OddServer) -> WebDav<Native> {
    let url = Url::parse(&format!("{}dav", server.url())).unwrap();
    let authorization = HttpAuthorization::None;
    let root = FilePath::default();
    let settings =
        WebDavSettings { url, root, private_network: true, chunked: true, authorization };
    WebDav::new(settings, reach().await)
}

#[test]
fn a_file_is_moved_to_an_absolute_address_and_overwrites_only_where_it_may() {
    RUNTIME.block_on(async {
        for (conflict, overwrite) in [(Conflict::Fail, "F"), (Conflict::Replace, "T")] {
            let server = OddServer::start(|head, _| {
                let is_part = head.uri.path().ends_with(".part");
                match head.method.as_str() {
                    "HEAD" if is_part => answer(200, &[("content-length", "10")], ""),
                    "HEAD" => answer(404, &[], ""),
                    _ => answer(201, &[], ""),
                }
            })
            .await;
            let place = odd(&server).await;
            let carried =
                carry_at_once(&place, "a b.txt", &content(10), conflict).await.unwrap_err();
            // It was moved, and nothing is there.
            assert!(matches!(carried, PlaceError::Temporary { .. }), "{carried}");
            let came = server.came.lock().unwrap();
            let moved = came.iter().find(|(head, _)| head.method == "MOVE").unwrap();
            let destination = format!("{}dav/a%20b.txt", server.url());
            assert_eq!(moved.0.headers["destination"], destination.as_str());
            assert_eq!(moved.0.headers["overwrite"], overwrite);
            let name = moved.0.uri.path();
            assert!(name.starts_with("/dav/.headgate-") && name.ends_with(".part"), "{name}");
        }
    });
}

#[test]
fn what_is_not_as_long_as_it_was_is_never_moved() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|head, _| match head.method.as_str() {
            "HEAD" => answer(200, &[("content-length", "9")], ""),
            _ => answer(201, &[], ""),
        })
        .await;
        let carried =
            carry_at_once(&odd(&server).await, "a", &content(10), Conflict::Replace).await;
        assert!(matches!(carried, Err(PlaceError::Corrupt { .. })), "{carried:?}");
        assert_eq!(server.methods(), ["PUT", "HEAD"]);
    });
}

#[test]
fn folders_that_are_missing_are_made_from_the_outermost_in() {
    RUNTIME.block_on(async {
        let made = std::sync::Mutex::new(vec!["/dav/a/".to_owned()]);
        let server = OddServer::start(move |head, _| {
            let (mut made, path) = (made.lock().unwrap(), head.uri.path().to_owned());
            let parent = path.trim_end_matches('/').rsplit_once('/').unwrap().0;
            if made.contains(&path) {
                return answer(405, &[], "");
            }
            if !made.contains(&format!("{parent}/")) {
                return answer(409, &[], "");
            }
            made.push(path);
            answer(201, &[], "")
        })
        .await;
        let target = target_at_once("r", "a/b/c/d", Some(1), Conflict::Replace);
        odd(&server).await.begin(&target).await.unwrap();
        let came = server.came.lock().unwrap();
        let asked: Vec<&str> = came.iter().map(|(head, _)| head.uri.path()).collect();
        assert_eq!(asked, ["/dav/a/b/c/", "/dav/a/b/", "/dav/a/b/c/"]);
    });
}

#[test]
fn a_server_that_is_full_or_locked_or_lists_nothing_says_so() {
    RUNTIME.block_on(async {
        for (status, expected) in [
            (507, "the place has no room for the file"),
            (423, "the place does not answer as it should: 423"),
            (302, "the place refuses: 302, and redirects are not followed"),
        ] {
            let server =
                OddServer::start(move |_, _| answer(status, &[("location", "/")], "")).await;
            let carried =
                carry_at_once(&odd(&server).await, "a", &content(10), Conflict::Replace).await;
            assert_eq!(carried.unwrap_err().to_string(), expected);
        }
        let server = OddServer::start(|_, _| answer(405, &[], "")).await;
        let listed = odd(&server).await.list(&FilePath::default(), None).await.unwrap_err();
        assert_eq!(listed.to_string(), "the place cannot list its files");
    });
}

#[test]
fn a_lost_answer_to_the_move_is_found_by_the_content() {
    RUNTIME.block_on(async {
        for (there, is_it) in [("abcdefghij", true), ("abcdefghiJ", false)] {
            let server = OddServer::start(move |head, _| match head.method.as_str() {
                "PUT" => answer(201, &[("etag", "\"before\"")], ""),
                "HEAD" | "GET" if head.uri.path().ends_with(".part") => answer(404, &[], ""),
                _ => answer(200, &[("etag", "\"after\""), ("content-length", "10")], there),
            })
            .await;
            let content = Bytes::from_static(b"abcdefghij");
            let place = odd(&server).await;
            let upload =
                write_at_once(&place, "r", "a", &content, Conflict::Replace, true).await.unwrap();
            match place.commit(&upload, &whole_at_once(&content)).await {
                Ok(written) => assert!(is_it && written.etag.as_deref() == Some("\"after\"")),
                Err(error) => assert!(!is_it && matches!(error, PlaceError::UploadLost), "{error}"),
            }
            assert!(!server.methods().contains(&"MOVE".to_owned()));
        }
    });
}

#[test]
fn the_rest_is_read_from_where_it_was_asked_for() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|head, _| {
            assert_eq!(head.headers["if-range"], "\"a\"");
            let said = [("content-range", "bytes 2-4/5"), ("etag", "\"a\"")];
            answer(206, &said, "cde")
        })
        .await;
        let range = Range { from: 2, until: None };
        let opened = odd(&server).await.open(&path("a"), range, Some("\"a\"")).await.unwrap();
        assert_eq!((opened.from, read(opened.body).await), (2, Bytes::from("cde")));
    });
}
