//! A long file of random bytes arrives as it left: from one place to the next, once around all of them; out of a request in every form
//! and in the chunks of Logic Apps; and into an answer, whole and in ranges. By the native binary, and by the component wherever it
//! reaches. Each arrival's SHA-256 is the one in the receipt, and of what is read back past file-relay; no relay needs a second
//! attempt, and none takes 32 MiB of memory above what its process had after a file of one MiB.
//!
//! `FILE_RELAY_MIB` says how long the file is: 48 MiB, unless it does, which are several parts of every place. `just carry` takes
//! 5,121, in the binaries that ship; what that showed is in `docs/benchmarks/file-relay-long.md`. It needs room for two such files on the
//! disk, and for two in memory, where moto joins the parts.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod instance;
mod legs;
mod long_file;
mod pushes;
mod serving;
mod stop;
mod table;
mod web;

use instance::Host;
use legs::{all_the_way, between};
use long_file::LongFile;
use stop::{OVER_HTTP, Stop, WAY};
use table::Table;
use web::Web;

const MIB: u64 = 1024 * 1024;

/// The file that shows what a process needs at rest, and the long one, which ends within a part.
#[expect(clippy::disallowed_methods, reason = "who runs the test chooses it")]
fn files() -> (LongFile, LongFile) {
    let mib: u64 = std::env::var("FILE_RELAY_MIB").map_or(48, |mib| mib.parse().expect("a number"));
    let small = LongFile { name: "small", length: MIB };
    (small, LongFile { name: "long", length: mib * MIB + 5 })
}

/// Sends the long file to `forms` in every form, and to `chunks` in chunks, and reads it from there.
fn takes_and_serves(host: Host, forms: &Stop, chunks: &Stop, table: &Table) {
    let files = files();
    let digests = [files.0, files.1].map(LongFile::sha256);
    let instance = between(host, &Stop::Web(Web::start(&[])), forms);
    pushes::every_form(&instance, forms, files, &digests, table);
    drop(instance);
    let instance = between(host, &Stop::Web(Web::start(&[])), chunks);
    pushes::in_chunks(&instance, chunks, files, &digests, table);
    serving::whole_and_in_ranges(&instance, chunks, files.1, &digests[1], table);
}

#[test]
fn a_long_file_arrives_at_every_place() {
    let table = Table::of(Host::Native);
    all_the_way(Host::Native, &[], files(), &table);
    all_the_way(Host::Native, &WAY, files(), &table);
    table.print();
}

#[test]
fn a_long_file_arrives_at_every_place_that_the_component_reaches() {
    let table = Table::of(Host::Component);
    all_the_way(Host::Component, &[], files(), &table);
    all_the_way(Host::Component, &OVER_HTTP, files(), &table);
    table.print();
}

#[test]
fn a_long_file_is_taken_in_every_form_and_served() {
    let (table, folder) = (Table::of(Host::Native), Stop::start("folder"));
    takes_and_serves(Host::Native, &folder, &folder, &table);
    table.print();
}

#[test]
fn a_long_file_is_taken_in_every_form_and_served_by_the_component() {
    let table = Table::of(Host::Component);
    let web = Stop::Web(Web::start(&[]));
    takes_and_serves(Host::Component, &web, &Stop::start("Azure Blob (Azurite)"), &table);
    table.print();
}
