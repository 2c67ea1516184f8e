//! What every place of the host does, whichever kind it is: its files are looked at in the folder that they are in.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream;
use headgate_core::Body;
use headgate_file_relay::digest::Hasher;
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::{
    Conflict, Cut, Part, PlaceError, Range, Storage, Target, Upload, Whole, Written,
};
use http_body::Frame;
use http_body_util::StreamBody;

#[path = "../common/content.rs"]
mod content;

pub(crate) const PART: usize = 32 * 1024 * 1024;

/// A test of everything that such a place does: with what is opened, a place and what keeps it, and the folder of its files.
macro_rules! tests {
    (let ($keeper:ident, $place:ident) = $opened:expr; $folder:expr) => {
        $crate::contract::tests! {
            let ($keeper, $place) = $opened; $folder;
            files_of_every_length_arrive_as_they_left
            a_name_is_taken_by_nobody_twice
            an_upload_goes_on_where_a_part_ended
            a_part_that_is_written_by_two_cuts_nothing_off
            what_was_written_of_another_content_is_not_left_behind
            what_is_given_up_leaves_nothing
            a_file_is_read_from_any_byte
            a_file_that_changes_while_it_is_read_has_no_end
            every_file_is_listed_once
        }
    };
    (let ($keeper:ident, $place:ident) = $opened:expr; $folder:expr; $($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() {
            let ($keeper, $place) = $opened;
            $crate::contract::$name(&$place, $folder).await;
        })*
    };
}

pub(crate) use tests;

pub(crate) fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

pub(crate) fn bytes(length: usize) -> Bytes {
    content::bytes(length).into()
}

pub(crate) fn target(name: &str, conflict: Conflict) -> Target {
    Target {
        relay: "relay-1".to_owned(),
        path: path(name),
        length: None,
        content_type: None,
        conflict,
    }
}

pub(crate) fn whole(content: &[u8]) -> Whole {
    let parts = u32::try_from(content.len().div_ceil(PART)).unwrap();
    let mut hasher = Hasher::new(&[]);
    hasher.update(content);
    Whole { length: content.len() as u64, parts, digests: hasher.finish() }
}

/// A content in frames of odd lengths.
pub(crate) fn frames(content: &Bytes) -> Body {
    let lengths = [1, 70_001, 32_768, 3, 200_000].into_iter().cycle();
    let mut rest = content.clone();
    let pieces: Vec<_> = lengths
        .map_while(|length| (!rest.is_empty()).then(|| rest.split_to(rest.len().min(length))))
        .map(|piece| Ok::<_, std::io::Error>(Frame::data(piece)))
        .collect();
    Body::stream(StreamBody::new(stream::iter(pieces)))
}

pub(crate) async fn part(
    place: &impl Storage,
    upload: &mut Upload,
    content: &Bytes,
    index: usize,
) -> Result<(), PlaceError> {
    let (part, range) = content::part(content, PART, index);
    let written = place.write(upload, part, frames(&content.slice(range))).await?;
    assert_eq!(written, []);
    Ok(())
}

pub(crate) async fn write(
    place: &impl Storage,
    target: &Target,
    content: &Bytes,
) -> Result<(Upload, Written), PlaceError> {
    let mut upload = place.begin(target).await?;
    for index in 0..content.len().div_ceil(PART) {
        part(place, &mut upload, content, index).await?;
    }
    let written = place.commit(&upload, &whole(content)).await?;
    Ok((upload, written))
}

pub(crate) async fn read(
    place: &impl Storage,
    name: &str,
    range: Range,
    validator: Option<&str>,
) -> Result<Bytes, PlaceError> {
    let opened = place.open(&path(name), range, validator).await?;
    assert_eq!(opened.from, range.from);
    opened.body.read(usize::MAX).await.map_err(PlaceError::Content)
}

/// The names of what is in a folder, hidden files included.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) async fn files_of_every_length_arrive_as_they_left(place: &impl Storage, dir: &Path) {
    assert_eq!(place.cut(None).unwrap(), Cut { size: Some(PART as u64), needs_length: false });
    for length in [0, 1, 65_535, PART - 1, PART, PART + 1] {
        let (content, name) = (bytes(length), format!("in/{length} ü#%.bin"));
        let (upload, written) =
            write(place, &target(&name, Conflict::Fail), &content).await.unwrap();
        assert!(fs::read(dir.join(&name)).unwrap() == content, "{length}");
        assert_eq!(written.length, Some(length as u64));
        let stat = place.stat(&path(&name)).await.unwrap();
        assert_eq!((&stat.etag, stat.length), (&written.etag, written.length));
        assert!(read(place, &name, Range::default(), None).await.unwrap() == content);
        // Twice is once.
        assert_eq!(place.commit(&upload, &whole(&content)).await.unwrap(), written);
        assert_eq!(place.held(&upload).await.unwrap(), length as u64);
    }
    assert_eq!(names(&dir.join("in")).len(), 6);
}

pub(crate) async fn a_name_is_taken_by_nobody_twice(place: &impl Storage, dir: &Path) {
    let (new, target_of) = (bytes(100_000), |conflict| target("a.bin", conflict));
    fs::write(dir.join("a.bin"), "before").unwrap();
    let begun = place.begin(&target_of(Conflict::Fail)).await;
    assert!(matches!(begun, Err(PlaceError::Exists)), "{begun:?}");
    fs::remove_file(dir.join("a.bin")).unwrap();
    // Taken while the file was on its way.
    let mut upload = place.begin(&target_of(Conflict::Fail)).await.unwrap();
    part(place, &mut upload, &new, 0).await.unwrap();
    fs::write(dir.join("a.bin"), "between").unwrap();
    let done = place.commit(&upload, &whole(&new)).await;
    assert!(matches!(done, Err(PlaceError::Exists)), "{done:?}");
    place.abort(&upload).await.unwrap();
    assert_eq!(fs::read(dir.join("a.bin")).unwrap(), b"between");
    // Nobody sees the new one before it is whole.
    let mut upload = place.begin(&target_of(Conflict::Replace)).await.unwrap();
    part(place, &mut upload, &new, 0).await.unwrap();
    assert_eq!(fs::read(dir.join("a.bin")).unwrap(), b"between");
    for _ in 0..2 {
        place.commit(&upload, &whole(&new)).await.unwrap();
        assert!(fs::read(dir.join("a.bin")).unwrap() == new);
    }
    fs::create_dir(dir.join("folder")).unwrap();
    let begun = place.begin(&target("folder", Conflict::Replace)).await;
    assert!(matches!(begun, Err(PlaceError::Exists)), "{begun:?}");
    assert_eq!(names(dir), ["a.bin", "folder"]);
}

pub(crate) async fn an_upload_goes_on_where_a_part_ended(place: &impl Storage, dir: &Path) {
    let content = bytes(PART + 100_000);
    let mut upload = place.begin(&target("x/a.bin", Conflict::Fail)).await.unwrap();
    assert_eq!(place.held(&upload).await.unwrap(), 0);
    part(place, &mut upload, &content, 0).await.unwrap();
    assert_eq!(place.held(&upload).await.unwrap(), PART as u64);
    // The content of the second part breaks off.
    let part_1 = Part { index: 1, offset: PART as u64, length: Some(100_000), last: true };
    let broken = frames(&content.slice(PART..PART + 50_000));
    let done = place.write(&mut upload, part_1, broken).await;
    assert!(matches!(done, Err(PlaceError::Content(_))), "{done:?}");
    assert!(place.held(&upload).await.unwrap() >= PART as u64);
    // It is not a file yet, and shows in no list.
    assert!(matches!(place.stat(&path("x/a.bin")).await, Err(PlaceError::NotFound)));
    assert_eq!(place.list(&path("x"), None).await.unwrap().files, []);
    let done = place.commit(&upload, &whole(&content)).await;
    assert!(matches!(done, Err(PlaceError::Corrupt { .. })), "{done:?}");
    // Another one in the place of what was not whole, of the same part.
    let kept = serde_json::to_string(&upload).unwrap();
    let mut upload: Upload = serde_json::from_str(&kept).unwrap();
    part(place, &mut upload, &content, 1).await.unwrap();
    place.commit(&upload, &whole(&content)).await.unwrap();
    assert!(fs::read(dir.join("x/a.bin")).unwrap() == content);
}

/// Somebody whose time is over, and who does not know it yet, writes what another has gone on from.
pub(crate) async fn a_part_that_is_written_by_two_cuts_nothing_off(
    place: &impl Storage,
    dir: &Path,
) {
    let content = bytes(300_000);
    let part = |index: u32, length| {
        let offset = u64::from(index) * 100_000;
        Part { index, offset, length, last: false }
    };
    let of = |index: usize, length: usize| {
        frames(&content.slice(index * 100_000..index * 100_000 + length))
    };
    let mut upload = place.begin(&target("a.bin", Conflict::Fail)).await.unwrap();
    let whole_part = Some(100_000);
    place.write(&mut upload, part(0, whole_part), of(0, 100_000)).await.unwrap();
    let mut late = upload.clone();
    place.write(&mut upload, part(1, whole_part), of(1, 100_000)).await.unwrap();
    let broken = place.write(&mut late, part(1, whole_part), of(1, 10)).await;
    assert!(matches!(broken, Err(PlaceError::Content(_))), "{broken:?}");
    // A part may be as long as it turns out to be.
    place.write(&mut upload, part(2, None), of(2, 100_000)).await.unwrap();
    place.write(&mut late, part(1, whole_part), of(1, 100_000)).await.unwrap();
    place.commit(&upload, &whole(&content)).await.unwrap();
    assert!(fs::read(dir.join("a.bin")).unwrap() == content);
    assert_eq!(names(dir), ["a.bin"]);
}

/// Nothing told that the source was another file than the time before.
pub(crate) async fn what_was_written_of_another_content_is_not_left_behind(
    place: &impl Storage,
    dir: &Path,
) {
    let (longer, content) = (bytes(200_000), bytes(300_010).slice(300_000..));
    let part = |length| Part { index: 0, offset: 0, length, last: true };
    let mut upload = place.begin(&target("a.bin", Conflict::Fail)).await.unwrap();
    let broken = place.write(&mut upload, part(Some(200_001)), frames(&longer)).await;
    assert!(matches!(broken, Err(PlaceError::Content(_))), "{broken:?}");
    place.write(&mut upload, part(None), frames(&content)).await.unwrap();
    assert_eq!(place.held(&upload).await.unwrap(), 10);
    place.commit(&upload, &whole(&content)).await.unwrap();
    assert_eq!(fs::read(dir.join("a.bin")).unwrap(), content);
    assert_eq!(names(dir), ["a.bin"]);
}

pub(crate) async fn what_is_given_up_leaves_nothing(place: &impl Storage, dir: &Path) {
    let content = bytes(100_000);
    let mut upload = place.begin(&target("a.bin", Conflict::Fail)).await.unwrap();
    part(place, &mut upload, &content, 0).await.unwrap();
    assert_eq!(names(dir).len(), 1);
    for _ in 0..2 {
        place.abort(&upload).await.unwrap();
        assert_eq!(names(dir), [""; 0]);
        let lost = place.held(&upload).await;
        assert!(matches!(lost, Err(PlaceError::UploadLost)), "{lost:?}");
        let lost = part(place, &mut upload, &content, 0).await;
        assert!(matches!(lost, Err(PlaceError::UploadLost)), "{lost:?}");
        let lost = place.commit(&upload, &whole(&content)).await;
        assert!(matches!(lost, Err(PlaceError::UploadLost)), "{lost:?}");
    }
    let (_, written) = write(place, &target("a.bin", Conflict::Fail), &content).await.unwrap();
    let other = place.delete(&path("a.bin"), Some("\"other\"")).await;
    assert!(matches!(other, Err(PlaceError::Changed)), "{other:?}");
    for _ in 0..2 {
        place.delete(&path("a.bin"), written.etag.as_deref()).await.unwrap();
        assert_eq!(names(dir), [""; 0]);
    }
}

pub(crate) async fn a_file_is_read_from_any_byte(place: &impl Storage, dir: &Path) {
    let content = bytes(1_000_000);
    fs::write(dir.join("a.bin"), &content).unwrap();
    let stat = place.stat(&path("a.bin")).await.unwrap();
    let validator = stat.validator.as_deref();
    for from in [0, 1, 32_768, 65_536, 999_999, 1_000_000] {
        let range = Range { from, until: None };
        let found = read(place, "a.bin", range, validator).await.unwrap();
        assert!(found == content[usize::try_from(from).unwrap()..], "{from}");
    }
    let range = Range { from: 10, until: Some(70_000) };
    assert!(read(place, "a.bin", range, None).await.unwrap() == content[10..70_000]);
    let behind = Range { from: 1_000_001, until: None };
    assert!(matches!(read(place, "a.bin", behind, None).await, Err(PlaceError::Changed)));
    fs::write(dir.join("a.bin"), "another").unwrap();
    let changed = read(place, "a.bin", Range::default(), validator).await;
    assert!(matches!(changed, Err(PlaceError::Changed)), "{changed:?}");
    let missing = read(place, "b.bin", Range::default(), None).await;
    assert!(matches!(missing, Err(PlaceError::NotFound)), "{missing:?}");
    let folder = place.stat(&path("")).await;
    assert!(matches!(folder, Err(PlaceError::Refused { .. })), "{folder:?}");
}

/// One that is dropped in the middle of it does no harm.
pub(crate) async fn a_file_that_changes_while_it_is_read_has_no_end(
    place: &impl Storage,
    dir: &Path,
) {
    let content = bytes(8_000_000);
    fs::write(dir.join("a.bin"), &content).unwrap();
    drop(place.open(&path("a.bin"), Range::default(), None).await.unwrap());
    for change in [&content[..10], &[content.as_ref(), b"more"].concat()] {
        fs::write(dir.join("a.bin"), &content).unwrap();
        let opened = place.open(&path("a.bin"), Range::default(), None).await.unwrap();
        fs::write(dir.join("a.bin"), change).unwrap();
        assert!(opened.body.read(usize::MAX).await.is_err());
    }
}

pub(crate) async fn every_file_is_listed_once(place: &impl Storage, dir: &Path) {
    for name in ["a/1", "a/2", "a/b/c/3", "a/d/4 ü", "5", "ab/6"] {
        fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        fs::write(dir.join(name), "x").unwrap();
    }
    std::os::unix::fs::symlink("/etc", dir.join("a/out")).unwrap();
    let all = async |prefix: &str| {
        let (mut files, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = place.list(&path(prefix), after.as_deref()).await.unwrap();
            files.extend(page.files.iter().map(ToString::to_string));
            after = page.next;
            if after.is_none() {
                return files;
            }
        }
    };
    assert_eq!(all("a").await, ["a/1", "a/2", "a/b/c/3", "a/d/4 ü"]);
    assert_eq!(all("").await.len(), 6);
    let missing = place.list(&path("none"), None).await;
    assert!(matches!(missing, Err(PlaceError::NotFound)), "{missing:?}");
    let wrong = place.list(&path(""), Some("{")).await;
    assert!(matches!(wrong, Err(PlaceError::Refused { .. })), "{wrong:?}");
}
