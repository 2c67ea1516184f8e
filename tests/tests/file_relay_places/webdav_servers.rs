//! nginx with its modules for WebDAV, rclone, and servers that do what neither does.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use headgate_core::{Body, Secret};
use headgate_file_relay::digest::Hasher;
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::http::HttpAuthorization;
use headgate_file_relay::place::webdav::{WebDav, WebDavSettings};
use headgate_file_relay::place::{
    Conflict, Part, PlaceError, Range, Storage, Target, Upload, Whole, Written,
};
use headgate_tests::host::RUNTIME;
use http::Response;
use tempfile::TempDir;
use url::Url;

use crate::content::{broken, content, read, streamed};
use crate::odd_server::OddServer;
use crate::scenes::{self, path};
use crate::world::{Native, reach};

/// Where Debian puts the programs.
const PATH: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";

/// A server of WebDAV over an empty folder. It is stopped when this is dropped.
struct Server {
    directory: TempDir,
    url: Url,
    rclone: Option<Child>,
}

impl Server {
    fn files(&self) -> std::path::PathBuf {
        self.directory.path().join("files")
    }

    /// nginx (Debian), with the module that lists (libnginx-mod-http-dav-ext).
    fn nginx() -> Self {
        let mut said = String::new();
        // A port that was free a moment ago may be taken.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let directory = folder();
            let text = nginx_configuration(directory.path(), &free.to_string());
            fs::write(directory.path().join("nginx.conf"), text).unwrap();
            let url = Url::parse(&format!("http://{free}/")).unwrap();
            let server = Self { directory, url, rclone: None };
            // In the background it goes on only after it has bound its socket.
            let status = server.nginx_command().status();
            if status.expect("nginx does not start: run `just setup-tests`").success() {
                return server;
            }
            said =
                fs::read_to_string(server.directory.path().join("error.log")).unwrap_or_default();
        }
        panic!("nginx: {said}")
    }

    fn nginx_command(&self) -> Command {
        let mut command = Command::new("nginx");
        command.env_clear().env("PATH", PATH).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).arg("-p").arg(self.directory.path());
        command.args(["-c", "nginx.conf", "-e", "error.log"]);
        command
    }

    /// `rclone serve webdav` (Debian), with a password.
    fn rclone() -> Self {
        let directory = folder();
        let mut command = Command::new("rclone");
        command.env_clear().env("PATH", PATH).env("HOME", directory.path());
        command.args(["serve", "webdav", "--config", "/dev/null", "--addr", "127.0.0.1:0"]);
        command
            .args(["--user", "ann", "--pass", "of-the-test"])
            .arg(directory.path().join("files"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("rclone does not start: run `just setup-tests`");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, address) = line.split_once("Server started on ")?;
            Url::parse(address.trim()).ok()
        });
        let url = address.expect("rclone says where it listens");
        // It goes on reading, so that rclone never blocks on what it has to say.
        std::thread::spawn(move || lines.for_each(drop));
        Self { directory, url, rclone: Some(child) }
    }

    fn settings(&self, root: &str) -> WebDavSettings {
        let authorization = match self.rclone {
            None => HttpAuthorization::None,
            Some(_) => password("of-the-test"),
        };
        let (url, root) = (self.url.clone(), FilePath::new(root).unwrap());
        WebDavSettings { url, root, private_network: true, chunked: true, authorization }
    }

    /// The names of all files and folders that are there.
    fn names(&self) -> Vec<String> {
        let (mut names, mut folders) = (Vec::new(), vec![self.files()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                names.push(entry.file_name().into_string().unwrap());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        names.sort_unstable();
        names
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.rclone {
            Some(child) => drop((child.kill(), child.wait())),
            None => drop(self.nginx_command().args(["-s", "stop"]).status()),
        }
    }
}

fn folder() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().join("files");
    fs::create_dir(&files).unwrap();
    // nginx's workers run as somebody else where it is started as root.
    for path in [directory.path(), &files] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    directory
}

fn nginx_configuration(directory: &Path, address: &str) -> String {
    let directory = directory.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {directory}/{name};"))
        .join("\n    ");
    format!(
        "load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen {address};
        root {directory}/files;
        client_max_body_size 0;
        dav_methods PUT DELETE MKCOL MOVE;
        dav_ext_methods PROPFIND;
        dav_access user:rw group:rw all:rw;
    }}
}}
"
    )
}

fn password(password: &str) -> HttpAuthorization {
    HttpAuthorization::Basic { user: "ann".to_owned(), password: Secret::new(password) }
}

/// Does a scene with each server, below a folder that is not there yet.
fn with_each(scene: impl AsyncFn(&Server, &WebDav<Native>)) {
    for server in [Server::nginx(), Server::rclone()] {
        RUNTIME.block_on(async {
            let place = WebDav::new(server.settings("a root/ü"), reach().await);
            scene(&server, &place).await;
        });
    }
}

fn target(relay: &str, file: &str, length: Option<u64>, conflict: Conflict) -> Target {
    let (relay, content_type) = (relay.to_owned(), Some("text/plain".to_owned()));
    Target { relay, path: path(file), length, content_type, conflict }
}

fn whole(content: &Bytes) -> Whole {
    let mut hasher = Hasher::new(&[]);
    hasher.update(content);
    let parts = u32::from(!content.is_empty());
    Whole { length: content.len() as u64, parts, digests: hasher.finish() }
}

/// Begins, and writes all of it.
async fn write(
    place: &impl Storage,
    relay: &str,
    file: &str,
    content: &Bytes,
    conflict: Conflict,
    is_known: bool,
) -> Result<Upload, PlaceError> {
    let length = is_known.then_some(content.len() as u64);
    let mut upload = place.begin(&target(relay, file, length, conflict)).await?;
    if !content.is_empty() {
        let part = Part { index: 0, offset: 0, length, last: true };
        place.write(&mut upload, part, streamed(content)).await?;
    }
    Ok(upload)
}

async fn carry(
    place: &impl Storage,
    file: &str,
    content: &Bytes,
    conflict: Conflict,
) -> Result<Written, PlaceError> {
    let upload = write(place, file, file, content, conflict, true).await?;
    place.commit(&upload, &whole(content)).await
}

#[test]
fn any_length_arrives_once_whether_it_is_known_or_not() {
    with_each(async |_, place| {
        for length in [0, 1, 70_000, 8 * 1024 * 1024 + 1] {
            for is_known in [true, false] {
                let file = format!("{length}/{is_known} ü+#%.bin");
                let content = content(length);
                let upload = write(place, &file, &file, &content, Conflict::Fail, is_known).await;
                let upload = upload.unwrap();
                assert_eq!(place.held(&upload).await.unwrap(), length as u64);
                let written = place.commit(&upload, &whole(&content)).await.unwrap();
                assert_eq!(written.length, Some(length as u64));
                let again = place.commit(&upload, &whole(&content)).await.unwrap();
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
        let late = write(place, "1", "race/a", &second, Conflict::Fail, true).await.unwrap();
        carry(place, "race/a", &first, Conflict::Fail).await.unwrap();
        let refused = place.commit(&late, &whole(&second)).await;
        assert!(matches!(refused, Err(PlaceError::Exists)), "{refused:?}");
        assert_eq!(scenes::fetch(place, "race/a").await, first);
        place.abort(&late).await.unwrap();
        place.abort(&late).await.unwrap();
        assert!(matches!(place.held(&late).await, Err(PlaceError::UploadLost)));
        assert_eq!(server.names(), ["a", "a root", "race", "ü"]);
    });
}

#[test]
fn nobody_sees_the_half_of_a_file() {
    with_each(async |server, place| {
        let content = content(200_000);
        for is_known in [true, false] {
            let file = format!("half/{is_known}");
            let length = is_known.then_some(content.len() as u64);
            let target = target(&file, &file, length, Conflict::Fail);
            let mut upload = place.begin(&target).await.unwrap();
            let part = Part { index: 0, offset: 0, length, last: true };
            let result = place.write(&mut upload, part, broken(&content)).await;
            assert!(
                matches!(result, Err(PlaceError::Content(_) | PlaceError::Http(_))),
                "{result:?}"
            );
            assert_eq!(place.held(&upload).await.unwrap(), 0);
            let lost = place.commit(&upload, &whole(&content)).await;
            assert!(matches!(lost, Err(PlaceError::UploadLost)), "{lost:?}");
            // The part is written again.
            place.write(&mut upload, part, streamed(&content)).await.unwrap();
            let none = place.stat(&path(&file)).await;
            assert!(matches!(none, Err(PlaceError::NotFound)), "{none:?}");
            assert_eq!(place.list(&path("half"), None).await.unwrap().files, []);
            let upload: Upload =
                serde_json::from_str(&serde_json::to_string(&upload).unwrap()).unwrap();
            let again = WebDav::new(server.settings("a root/ü"), reach().await);
            assert_eq!(again.held(&upload).await.unwrap(), 200_000);
            again.commit(&upload, &whole(&content)).await.unwrap();
            assert!(scenes::fetch(place, &file).await == content);
            place.delete(&path(&file), None).await.unwrap();
        }
        assert_eq!(server.names(), ["a root", "half", "ü"]);
    });
}

#[test]
fn a_file_that_is_another_by_now_is_not_taken_for_what_was_moved() {
    with_each(async |_, place| {
        let (first, second) = (content(50), content(100).slice(50..));
        let upload = write(place, "1", "moved", &first, Conflict::Replace, true).await.unwrap();
        place.commit(&upload, &whole(&first)).await.unwrap();
        carry(place, "moved", &second, Conflict::Replace).await.unwrap();
        let lost = place.commit(&upload, &whole(&first)).await;
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
        carry(place, "range.bin", &content, Conflict::Fail).await.unwrap();
        scenes::a_range_is_read(place, "range.bin", &content).await;
    });
}

#[test]
fn a_file_that_changed_is_not_gone_on_with() {
    with_each(async |_, place| {
        let content = content(100);
        carry(place, "changed.bin", &content.slice(..50), Conflict::Fail).await.unwrap();
        let change = async {
            let shorter = content.slice(51..);
            carry(place, "changed.bin", &shorter, Conflict::Replace).await.unwrap();
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
        carry(place, "folder/a", &content(1), Conflict::Fail).await.unwrap();
        assert!(place.stat(&path("folder")).await.is_err());
        assert!(place.delete(&path("folder"), None).await.is_err());
        assert!(place.open(&path("folder"), Range::default(), None).await.is_err());
        assert_eq!(server.names(), ["a", "a root", "folder", "ü"]);
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
            carry(place, file, &Bytes::new(), Conflict::Fail).await.unwrap();
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
    let server = Server::rclone();
    RUNTIME.block_on(async {
        for authorization in [HttpAuthorization::None, password("another")] {
            let settings = WebDavSettings { authorization, ..server.settings("") };
            let closed = WebDav::new(settings, reach().await);
            let refused = closed.stat(&path("a")).await.unwrap_err();
            assert_eq!(refused.to_string(), "the place refuses access: 401");
            let refused = carry(&closed, "b/c", &content(1), Conflict::Replace).await.unwrap_err();
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
            let carried = carry(&place, "a b.txt", &content(10), conflict).await.unwrap_err();
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
        let carried = carry(&odd(&server).await, "a", &content(10), Conflict::Replace).await;
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
        let target = target("r", "a/b/c/d", Some(1), Conflict::Replace);
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
            let carried = carry(&odd(&server).await, "a", &content(10), Conflict::Replace).await;
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
            let upload = write(&place, "r", "a", &content, Conflict::Replace, true).await.unwrap();
            match place.commit(&upload, &whole(&content)).await {
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
