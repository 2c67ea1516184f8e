use std::collections::BTreeMap;
use std::time::Duration;

use headgate_tests::relay::Carrier;
use serde_json::Value;

use crate::instance::{Host, Instance};
use crate::long_file::LongFile;
use crate::stop::{Role, Stop};
use crate::table::Table;
use crate::web::Web;

/// How long an answer is waited for; who carries for longer is asked again and again.
const WAIT: u64 = 300;

/// A file-relay with these two places.
pub(crate) fn between(host: Host, from: &Stop, to: &Stop) -> Instance {
    let places = from.table(Role::Source) + &to.table(Role::Destination);
    let own = [("places", places.as_str()), ("access", "anonymous"), ("parallel", "4")];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variables: BTreeMap<String, String> =
        own.into_iter().chain(from.variables()).chain(to.variables()).collect();
    host.start(&variables)
}

/// Carries the small file and the long one from the web to the first stop, from there to the next, and from the last to the web.
/// Each stop is gone with all that it holds once the next has the files.
pub(crate) fn all_the_way(
    host: Host,
    way: &[&'static str],
    (small, long): (LongFile, LongFile),
    table: &Table,
) {
    let web = Web::start(&[small, long]);
    let expected = [small, long].map(LongFile::sha256);
    let mut from = Stop::Web(web.clone());
    let stops = way.iter().map(|name| Some(*name)).chain([None]);
    for stop in stops {
        let to = stop.map_or_else(|| Stop::Web(web.clone()), Stop::start);
        let instance = between(host, &from, &to);
        carry(&instance.carrier, small, &expected[0]);
        let what = format!("{} → {}", from.name(), to.name());
        table.row(&what, long.length, &instance, || carry(&instance.carrier, long, &expected[1]));
        for (file, digest) in [small, long].iter().zip(&expected) {
            assert_eq!(to.sha256(file.name), *digest, "{what}: {} is another file", file.name);
        }
        from = to;
    }
}

/// Carries a file, and looks at the receipt.
pub(crate) fn carry(carrier: &Carrier, file: LongFile, digest: &str) {
    let places = ((Role::Source.name(), file.name), (Role::Destination.name(), file.name));
    let mut receipt = carrier.carry(places.0, places.1, "fail", WAIT).unwrap();
    while ["queued", "running"].contains(&receipt["status"].as_str().unwrap()) {
        carrier.tick();
        std::thread::sleep(Duration::from_millis(200));
        receipt = carrier.receipt(receipt["id"].as_str().unwrap()).unwrap();
    }
    has_arrived(&receipt, file, digest);
}

/// Looks that a receipt is of a whole file.
pub(crate) fn has_arrived(receipt: &Value, file: LongFile, digest: &str) {
    assert_eq!(receipt["status"], "succeeded", "{receipt}");
    assert_eq!(receipt["bytes"], file.length, "{receipt}");
    assert_eq!(receipt["digests"]["sha-256"], digest, "{receipt}");
    assert_eq!(receipt["attempts"], 1, "{receipt}");
}
