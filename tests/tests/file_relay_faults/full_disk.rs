use std::process::Command;

use headgate_tests::host::{Process, environment, native_binary};
use headgate_tests::relay::{Carrier, Kind, RelayPeers, random_bytes};
use serde_json::json;

use crate::MIB;

/// The disk has 8 MiB: what of the first file fitted there has to be gone before the second one fits.
#[test]
fn a_disk_that_is_full_fails_the_relay_and_is_as_empty_as_before() {
    let peers = RelayPeers::start();
    let disk = tempfile::tempdir().unwrap();
    let folder =
        format!("[disk]\nkind = \"folder\"\npath = {}\nwrite = true\n", json!(disk.path()));
    let variables = peers.variables(&[Kind::Http], &folder);
    let program = native_binary().unwrap().with_file_name("file-relay");
    // A file system of its own, which nobody else sees and which goes with the process.
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command.arg("mount -t tmpfs -o size=8m tmpfs \"$0\" && exec \"$1\"");
    command.arg(disk.path()).arg(program).env_clear().envs(environment(&variables));
    let (_process, address) = Process::start_and_wait(command.env("PORT", "0")).unwrap();
    let carrier = Carrier::at(address);
    let (large, small) = (random_bytes(1, 12 * MIB), random_bytes(2, 7 * MIB));
    for (name, content) in [("large", &large), ("small", &small)] {
        peers.put(Kind::Http, name, content);
    }
    let carry = |name: &str| carrier.carry(("http", name), ("disk", name), "fail", 300).unwrap();
    let failed = carry("large");
    assert_eq!(failed["status"], "failed", "{failed}");
    assert_eq!(failed["error"]["code"], "DestinationFull", "{failed}");
    let pushed =
        carrier.ask(http::Method::PUT, "/to/disk/pushed", &[], large.slice(..9 * MIB)).unwrap();
    assert_eq!(pushed.status, 507, "{pushed:?}");
    let arrived = carry("small");
    assert_eq!(arrived["status"], "succeeded", "{arrived}");
    let back = carrier.carry(("disk", "small"), ("http", "back"), "fail", 300).unwrap();
    assert_eq!(back["status"], "succeeded", "{back}");
    assert!(peers.get(Kind::Http, "back").unwrap() == small);
}
