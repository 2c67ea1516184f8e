use bytes::Bytes;
use headgate_tests::host::RUNTIME;
use headgate_tests::relay::{digest, exchange};
use http::header::{CONTENT_RANGE, RANGE};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use crate::instance::Instance;
use crate::long_file::LongFile;
use crate::stop::{Role, Stop};
use crate::table::Table;

/// How much of the file a range is.
const SOME: u64 = 100_000;

/// Reads the long file whole, and in ranges of every kind.
pub(crate) fn whole_and_in_ranges(
    instance: &Instance,
    from: &Stop,
    long: LongFile,
    expected: &str,
    table: &Table,
) {
    let what = format!("serve from {}", from.name());
    let whole = table.row(&what, long.length, instance, || {
        RUNTIME.block_on(async {
            let response = ask(instance, long, None).await;
            assert_eq!(response.status(), 200);
            digest::of_stream(response.into_body().into_data_stream()).await.unwrap()
        })
    });
    assert_eq!(whole, expected, "{what}");
    let (end, four_gib) = (long.length, 1 << 32);
    // Around where a number of 32 bits ends, if the file goes on there.
    let middle = if end > four_gib + SOME { four_gib } else { end / 2 };
    let ranges = [(0, 1), (0, SOME), (middle - SOME / 2, middle + SOME / 2), (end - 1, end)];
    let what = format!("serve five ranges from {}", from.name());
    table.row(&what, 3 * SOME + 2, instance, || {
        for (start, end) in ranges {
            in_range(instance, long, &format!("bytes={start}-{}", end - 1), (start, end));
        }
        in_range(instance, long, &format!("bytes=-{SOME}"), (end - SOME, end));
    });
}

fn in_range(instance: &Instance, long: LongFile, range: &str, (start, end): (u64, u64)) {
    RUNTIME.block_on(async {
        let response = ask(instance, long, Some(range)).await;
        assert_eq!(response.status(), 206, "{range}");
        let said = format!("bytes {start}-{}/{}", end - 1, long.length);
        assert_eq!(response.headers()[CONTENT_RANGE], said, "{range}");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert!(bytes == long.bytes(start..end), "{range} is of another file");
    });
}

async fn ask(instance: &Instance, long: LongFile, range: Option<&str>) -> Response<Incoming> {
    let mut request = Request::get(format!("/from/{}/{}", Role::Destination.name(), long.name));
    if let Some(range) = range {
        request = request.header(RANGE, range);
    }
    let request = request.body(Full::<Bytes>::default()).unwrap();
    exchange(instance.carrier.address(), request).await.unwrap()
}
