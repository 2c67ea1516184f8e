//! Storage services that answer as Azurite and moto never do: errors that come late, answers that were lost, checksums.

use bytes::Bytes;
use headgate_core::{Body, Secret};
use headgate_file_relay::digest::{Algorithm, Digest, Hasher};
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::azure_blob::{
    AzureBlob, AzureBlobAccess, AzureBlobSettings, ContainerName,
};
use headgate_file_relay::place::s3::{BucketName, S3, S3Access, S3Keys, S3Settings};
use headgate_file_relay::place::{Conflict, Part, PlaceError, Storage, Upload};
use headgate_tests::host::RUNTIME;
use http::request::Parts;
use http::{HeaderValue, Method, Response};
use url::Url;

use crate::content::{content, streamed};
use crate::odd_server::OddServer;
use crate::scenes::{self, target};
use crate::world::{Native, reach};

const FILE: &str = "a.bin";

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body.to_owned())).unwrap()
}

/// The first 16 bytes of SHA-256, as the places mark what a relay wrote.
fn mark(relay: &str) -> String {
    let mut hasher = Hasher::new(&[]);
    hasher.update(relay.as_bytes());
    hasher.finish_one(Algorithm::Sha256).unwrap().hex()[..32].to_owned()
}

fn crc64(content: &Bytes) -> Digest {
    let mut hasher = Hasher::new(&[Algorithm::Crc64Nvme]);
    hasher.update(content);
    hasher.finish_one(Algorithm::Crc64Nvme).unwrap()
}

async fn bucket(server: &OddServer) -> S3<Native> {
    let settings = S3Settings {
        endpoint: Url::parse(&server.url()).unwrap(),
        region: "eu-west-1".to_owned(),
        bucket: BucketName::parse("files").unwrap(),
        path_style: true,
        root: FilePath::default(),
        private_network: true,
        access: S3Access::Keys(S3Keys {
            access_key_id: "id-of-the-test".to_owned(),
            secret_access_key: Secret::new("of-the-test"),
            session_token: Some(Secret::new("token-of-the-test")),
        }),
        checksums: true,
    };
    S3::new(settings, reach().await)
}

async fn container(server: &OddServer) -> AzureBlob<Native> {
    container_with(server, true).await
}

async fn container_with(server: &OddServer, checksums: bool) -> AzureBlob<Native> {
    let settings = AzureBlobSettings {
        account: Url::parse(&server.url()).unwrap(),
        container: ContainerName::parse("files").unwrap(),
        root: FilePath::default(),
        private_network: true,
        access: AzureBlobAccess::Sas(Secret::new("?sig=of-the-test")),
        checksums,
    };
    AzureBlob::new(settings, reach().await)
}

/// An S3 that holds one part of ten bytes; `complete` and `head` say how those requests are answered.
async fn s3(
    complete: impl Fn() -> Response<Body> + Send + Sync + 'static,
    head: impl Fn() -> Response<Body> + Send + Sync + 'static,
) -> OddServer {
    OddServer::start(move |request: &Parts, content: &Bytes| {
        let query = request.uri.query().unwrap_or_default();
        match (&request.method, query) {
            (&Method::POST, "uploads") => answer(200, &[], "<R><UploadId>u+1/=</UploadId></R>"),
            (&Method::POST, _) => complete(),
            (&Method::PUT, _) => {
                let crc64 = crc64(content).base64();
                answer(200, &[("etag", "\"p\""), ("x-amz-checksum-crc64nvme", &crc64)], "")
            }
            (&Method::GET, _) => {
                let part =
                    "<Part><PartNumber>1</PartNumber><ETag>\"p\"</ETag><Size>10</Size></Part>";
                answer(200, &[], &format!("<R><IsTruncated>false</IsTruncated>{part}</R>"))
            }
            (&Method::HEAD, _) => head(),
            (&Method::DELETE, _) => answer(204, &[], ""),
            _ => answer(400, &[], ""),
        }
    })
    .await
}

fn none() -> Response<Body> {
    answer(404, &[], "")
}

/// The object of the relay `r`.
fn ours() -> Response<Body> {
    let mark = mark("r");
    let said = [
        ("x-amz-meta-headgate-relay", mark.as_str()),
        ("etag", "\"o-1\""),
        ("content-length", "10"),
    ];
    answer(200, &said, "")
}

async fn begin_and_write(place: &impl Storage, conflict: Conflict) -> (Upload, Vec<Digest>) {
    let content = content(10);
    let mut upload = place.begin(&target("r", FILE, &content, conflict)).await.unwrap();
    let part = Part { index: 0, offset: 0, length: Some(10), last: true };
    let digests = place.write(&mut upload, part, streamed(&content)).await.unwrap();
    (upload, digests)
}

#[test]
fn an_upload_to_s3_says_what_its_checksums_are() {
    RUNTIME.block_on(async {
        let made = || {
            let etag = "<ETag>\"o-1\"</ETag>";
            let text = format!(
                "  \n<CompleteMultipartUploadResult>{etag}</CompleteMultipartUploadResult>"
            );
            answer(200, &[], &text)
        };
        let server = s3(made, ours).await;
        let place = bucket(&server).await;
        let (upload, digests) = begin_and_write(&place, Conflict::Replace).await;
        let content = content(10);
        assert_eq!(digests, [crc64(&content)]);
        let whole = scenes::whole(&place, &content, scenes::PART);
        let written = place.commit(&upload, &whole).await.unwrap();
        assert_eq!((written.length, written.etag.as_deref()), (Some(10), Some("\"o-1\"")));
        let came = server.came.lock().unwrap();
        let (begin, _) = &came[0];
        assert_eq!(begin.headers["x-amz-checksum-algorithm"], "CRC64NVME");
        assert_eq!(begin.headers["x-amz-checksum-type"], "FULL_OBJECT");
        assert_eq!(begin.headers["content-type"], "application/vnd.test; a=\"b\"");
        let (part, _) = &came[1];
        assert_eq!(part.uri.query(), Some("partNumber=1&uploadId=u%2B1%2F%3D"));
        assert_eq!(part.headers["content-length"], "10");
        assert_eq!(part.headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
        assert_eq!(part.headers["x-amz-security-token"], "token-of-the-test");
        assert!(!part.headers.contains_key("x-amz-checksum-crc64nvme"));
        let (complete, body) = came.iter().rfind(|(head, _)| head.method == Method::POST).unwrap();
        assert_eq!(complete.headers["x-amz-checksum-crc64nvme"], crc64(&content).base64());
        assert_eq!(complete.headers["x-amz-checksum-type"], "FULL_OBJECT");
        assert_eq!(complete.headers["x-amz-mp-object-size"], "10");
        assert!(!complete.headers.contains_key("if-none-match"));
        assert!(
            String::from_utf8_lossy(body).contains("<PartNumber>1</PartNumber><ETag>\"p\"</ETag>")
        );
    });
}

#[test]
fn an_error_of_s3_that_comes_with_status_200_is_one() {
    RUNTIME.block_on(async {
        for (code, said) in [
            ("InternalError", "the place does not answer as it should: 200 InternalError"),
            ("SlowDown", "the place asks for a pause"),
            ("BadDigest", "the content is not the same: 200 BadDigest"),
            ("PreconditionFailed", "a file of this name is there already"),
            ("InvalidPart", "the place no longer knows the upload"),
        ] {
            let late = move || {
                answer(
                    200,
                    &[],
                    &format!("\n <?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>"),
                )
            };
            let server = s3(late, none).await;
            let place = bucket(&server).await;
            let (upload, _) = begin_and_write(&place, Conflict::Fail).await;
            let whole = scenes::whole(&place, &content(10), scenes::PART);
            let refused = place.commit(&upload, &whole).await.unwrap_err();
            assert_eq!(refused.to_string(), said);
        }
    });
}

#[test]
fn an_object_of_s3_whose_answer_was_lost_is_known_again() {
    RUNTIME.block_on(async {
        for (status, code) in [
            (412, "PreconditionFailed"),
            (404, "NoSuchUpload"),
            (409, "ConditionalRequestConflict"),
        ] {
            let refusal =
                move || answer(status, &[], &format!("<Error><Code>{code}</Code></Error>"));
            let server = s3(refusal, ours).await;
            let place = bucket(&server).await;
            // Nothing was there when the upload began.
            let (upload, _) = begin_and_write(&place, Conflict::Replace).await;
            let mut upload = upload;
            upload.target.conflict = Conflict::Fail;
            let whole = scenes::whole(&place, &content(10), scenes::PART);
            let written = place.commit(&upload, &whole).await.unwrap();
            assert_eq!((written.length, written.etag.as_deref()), (Some(10), Some("\"o-1\"")));
            // Of another relay it is another's.
            upload.target.relay = "other".to_owned();
            let refused = place.commit(&upload, &whole).await;
            assert!(
                matches!(refused, Err(PlaceError::Exists | PlaceError::UploadLost)),
                "{refused:?}"
            );
        }
    });
}

#[test]
fn what_azure_computed_of_a_block_is_given_to_be_compared() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|request, content| match request.method {
            Method::PUT => {
                let crc64 = crc64(content).azure_crc64().unwrap();
                answer(201, &[("x-ms-content-crc64", &crc64)], "")
            }
            _ => answer(503, &[("x-ms-error-code", "ServerBusy"), ("retry-after", "3")], ""),
        })
        .await;
        let place = container(&server).await;
        let (upload, digests) = begin_and_write(&place, Conflict::Replace).await;
        assert_eq!(digests, [crc64(&content(10))]);
        let busy = place.held(&upload).await.unwrap_err();
        let pause = Some(std::time::Duration::from_secs(3));
        assert!(matches!(busy, PlaceError::Throttled { retry_after } if retry_after == pause));
        assert!(!busy.to_string().contains("of-the-test"));
    });
}

/// Writes the file and commits it where nobody may look at it, and gives its entity tag.
async fn committed_unseen(place: &impl Storage) -> Option<String> {
    let (upload, _) = begin_and_write(place, Conflict::Fail).await;
    let whole = scenes::whole(place, &content(10), scenes::PART);
    let written = place.commit(&upload, &whole).await.unwrap();
    assert_eq!(written.length, None);
    written.etag
}

#[test]
fn who_may_write_and_not_read_has_written_once_it_is_committed() {
    RUNTIME.block_on(async {
        let made = || {
            let etag = "<ETag>\"o-1\"</ETag>";
            answer(
                200,
                &[],
                &format!("<CompleteMultipartUploadResult>{etag}</CompleteMultipartUploadResult>"),
            )
        };
        let server = s3(made, || answer(403, &[], "")).await;
        let place = bucket(&server).await;
        assert_eq!(committed_unseen(&place).await.as_deref(), Some("\"o-1\""));
        let code = ("x-ms-error-code", "AuthorizationPermissionMismatch");
        let server = OddServer::start(move |request, _| match request.method {
            Method::PUT => answer(201, &[("etag", "\"b-1\"")], ""),
            Method::GET => answer(200, &[], "<BlockList/>"),
            _ => answer(403, &[code], ""),
        })
        .await;
        let place = container(&server).await;
        assert_eq!(committed_unseen(&place).await.as_deref(), Some("\"b-1\""));
        let (upload, _) = begin_and_write(&place, Conflict::Fail).await;
        assert_eq!(place.held(&upload).await.unwrap(), 0);
    });
}

#[test]
fn a_look_that_fails_is_no_failure_of_what_is_committed() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|request, _| match request.method {
            Method::PUT => answer(201, &[("etag", "\"b-1\"")], ""),
            _ => answer(503, &[("x-ms-error-code", "ServerBusy")], ""),
        })
        .await;
        let place = container(&server).await;
        let (upload, _) = begin_and_write(&place, Conflict::Replace).await;
        let whole = scenes::whole(&place, &content(10), scenes::PART);
        let written = place.commit(&upload, &whole).await.unwrap();
        assert_eq!((written.etag.as_deref(), written.length), (Some("\"b-1\""), None));
    });
}

#[test]
fn a_blob_is_not_deleted_by_an_entity_tag_that_none_ever_matches() {
    RUNTIME.block_on(async {
        let server = OddServer::start(|_, _| answer(202, &[], "")).await;
        let place = container(&server).await;
        let kept = place.delete(&scenes::path(FILE), Some("W/\"b-1\"")).await;
        assert!(matches!(kept, Err(PlaceError::Unsupported(_))), "{kept:?}");
        assert!(server.methods().is_empty());
    });
}

#[test]
fn what_a_service_computes_of_a_block_is_left_alone_where_that_is_said() {
    RUNTIME.block_on(async {
        // Another polynomial than ours, as the service of somebody else may have.
        let server =
            OddServer::start(|_, _| answer(201, &[("x-ms-content-crc64", "AAAAAAAAAAE=")], ""))
                .await;
        for (checksums, count) in [(true, 1), (false, 0)] {
            let place = container_with(&server, checksums).await;
            let (_, digests) = begin_and_write(&place, Conflict::Replace).await;
            assert_eq!((digests.len(), place.part_algorithms().len()), (count, count));
        }
    });
}

#[test]
fn an_upload_of_s3_begins_again_with_the_type_that_came_late() {
    RUNTIME.block_on(async {
        let server = s3(|| answer(200, &[], ""), none).await;
        let place = bucket(&server).await;
        let mut untyped = target("r", FILE, &content(10), Conflict::Replace);
        untyped.content_type = None;
        let mut upload = place.begin(&untyped).await.unwrap();
        let first = upload.clone();
        let before = place.retype(&mut upload, "text/csv").await.unwrap();
        // It is there until what it has become is noted.
        assert_eq!(before, Some(first));
        assert_eq!(upload.target.content_type.as_deref(), Some("text/csv"));
        let came = server.came.lock().unwrap();
        let sent: Vec<_> = came
            .iter()
            .map(|(head, _)| (head.method.as_str(), head.headers.get("content-type")))
            .collect();
        let typed = |text: &'static str| Some(HeaderValue::from_static(text));
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert_eq!((sent[0].0, sent[0].1.cloned()), ("POST", typed("application/octet-stream")));
        assert_eq!((sent[1].0, sent[1].1.cloned()), ("POST", typed("text/csv")));
    });
}

#[test]
fn parts_are_no_longer_than_what_comes_at_once_where_the_service_takes_such() {
    RUNTIME.block_on(async {
        let server = s3(|| answer(200, &[], ""), none).await;
        let (blob, bucket) = (container(&server).await, bucket(&server).await);
        let mebibyte = 1024 * 1024;
        let size = |place: &dyn Fn(u64, u64) -> u64| {
            [(100 * mebibyte, 4_500_000), (1 << 39, 4_500_000), (100 * mebibyte, u64::MAX)]
                .map(|(length, most)| place(length, most))
        };
        let blob = size(&|length, most| blob.cut_within(length, most).unwrap().size.unwrap());
        assert_eq!(blob, [4_500_000, (1_u64 << 39).div_ceil(50_000), 8 * mebibyte]);
        let bucket = size(&|length, most| bucket.cut_within(length, most).unwrap().size.unwrap());
        assert_eq!(bucket, [5 * mebibyte, (1_u64 << 39).div_ceil(10_000), 8 * mebibyte]);
    });
}
