//! What every place has to do, whatever its kind.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use headgate_file_relay::digest::{Digest, Hasher, differing};
use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::place::{
    Conflict, Part, PlaceError, Range, Storage, Target, Upload, Whole, Written,
};

use crate::content::{broken, content, read, streamed};

/// The length of a part of the files here.
pub(crate) const PART: usize = 8 * 1024 * 1024;

pub(crate) fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

pub(crate) fn target(relay: &str, file: &str, content: &Bytes, conflict: Conflict) -> Target {
    Target {
        relay: relay.to_owned(),
        path: path(file),
        length: Some(content.len() as u64),
        content_type: Some("application/vnd.test; a=\"b\"".to_owned()),
        conflict,
    }
}

/// What a relay knows of a content that it has carried.
pub(crate) fn whole(place: &impl Storage, content: &Bytes, size: usize) -> Whole {
    let mut hasher = Hasher::new(place.algorithms());
    hasher.update(content);
    Whole {
        length: content.len() as u64,
        parts: u32::try_from(content.len().div_ceil(size)).unwrap(),
        digests: hasher.finish(),
    }
}

/// Writes the parts from `first` on, and compares the digests of each.
pub(crate) async fn write(
    place: &impl Storage,
    upload: &mut Upload,
    content: &Bytes,
    parts: std::ops::Range<usize>,
) -> Result<(), PlaceError> {
    for index in parts {
        let bytes = content.slice(index * PART..((index + 1) * PART).min(content.len()));
        let part = part(content, index);
        let said = place.write(upload, part, streamed(&bytes)).await?;
        let mut hasher = Hasher::new(place.part_algorithms());
        hasher.update(&bytes);
        assert_eq!(differing(&hasher.finish(), &said), None);
    }
    Ok(())
}

fn part(content: &Bytes, index: usize) -> Part {
    let until = ((index + 1) * PART).min(content.len());
    Part {
        index: u32::try_from(index).unwrap(),
        offset: (index * PART) as u64,
        length: Some((until - index * PART) as u64),
        last: until == content.len(),
    }
}

/// Carries a content to a place.
pub(crate) async fn carry(
    place: &impl Storage,
    relay: &str,
    file: &str,
    content: &Bytes,
    conflict: Conflict,
) -> Result<Written, PlaceError> {
    let mut upload = place.begin(&target(relay, file, content, conflict)).await?;
    let whole = whole(place, content, PART);
    write(place, &mut upload, content, 0..whole.parts as usize).await?;
    let written = place.commit(&upload, &whole).await?;
    assert_eq!(differing(&whole.digests, &written.digests), None);
    assert!(written.length.is_none_or(|length| length == whole.length));
    Ok(written)
}

/// Reads a file whole.
pub(crate) async fn fetch(place: &impl Storage, file: &str) -> Bytes {
    let opened = place.open(&path(file), Range::default(), None).await.unwrap();
    assert_eq!(opened.from, 0);
    read(opened.body).await
}

pub(crate) async fn every_length_arrives_identical(place: &impl Storage) {
    let cut = place.cut(Some(1)).unwrap();
    assert_eq!(cut.size, Some(PART as u64));
    for length in [0, 1, PART - 1, PART, PART + 1, 2 * PART + 1] {
        let content = content(length);
        let file = format!("lengths/{length}.bin");
        let written = carry(place, &format!("l{length}"), &file, &content, Conflict::Fail).await;
        let written = written.unwrap();
        let stat = place.stat(&path(&file)).await.unwrap();
        assert_eq!(written.length, Some(length as u64));
        assert_eq!((stat.length, &stat.etag), (Some(length as u64), &written.etag));
        assert!(stat.validator.is_some());
        assert_eq!(stat.content_type.as_deref(), Some("application/vnd.test; a=\"b\""));
        let found: Vec<Digest> = stat.digests;
        let mut hasher =
            Hasher::new(&found.iter().map(|digest| digest.algorithm).collect::<Vec<_>>());
        hasher.update(&content);
        assert_eq!(differing(&hasher.finish(), &found), None);
        assert!(fetch(place, &file).await == content, "{length} bytes are not the same");
    }
}

pub(crate) async fn a_file_that_is_there_stays_or_is_replaced(place: &impl Storage) {
    let (first, second) = (content(10), content(20));
    let file = "conflict/a.txt";
    carry(place, "c1", file, &first, Conflict::Fail).await.unwrap();
    let refused = carry(place, "c2", file, &second, Conflict::Fail).await;
    assert!(matches!(refused, Err(PlaceError::Exists)), "{refused:?}");
    assert_eq!(fetch(place, file).await, first);
    carry(place, "c3", file, &second, Conflict::Replace).await.unwrap();
    assert_eq!(fetch(place, file).await, second);
    // The empty file as well.
    let refused = carry(place, "c4", file, &Bytes::new(), Conflict::Fail).await;
    assert!(matches!(refused, Err(PlaceError::Exists)), "{refused:?}");
    carry(place, "c5", file, &Bytes::new(), Conflict::Replace).await.unwrap();
    assert_eq!(fetch(place, file).await, "");
}

pub(crate) async fn who_comes_first_while_another_uploads_wins(place: &impl Storage) {
    let (first, second) = (content(10), content(20));
    let file = "race/a.txt";
    let mut late = place.begin(&target("r1", file, &second, Conflict::Fail)).await.unwrap();
    write(place, &mut late, &second, 0..1).await.unwrap();
    carry(place, "r2", file, &first, Conflict::Fail).await.unwrap();
    let refused = place.commit(&late, &whole(place, &second, PART)).await;
    assert!(matches!(refused, Err(PlaceError::Exists)), "{refused:?}");
    assert_eq!(fetch(place, file).await, first);
}

/// `again` is the same place in another process.
pub(crate) async fn an_upload_is_gone_on_with_by_another_process(
    place: &impl Storage,
    again: &impl Storage,
) {
    let content = content(2 * PART + 1);
    let file = "resumed/a.bin";
    let mut upload = place.begin(&target("u1", file, &content, Conflict::Fail)).await.unwrap();
    assert_eq!(place.held(&upload).await.unwrap(), 0);
    write(place, &mut upload, &content, 0..1).await.unwrap();
    assert_eq!(place.held(&upload).await.unwrap(), PART as u64);
    // The second part breaks off: it counts for nothing.
    let bytes = content.slice(PART..2 * PART);
    let broken = place.write(&mut upload, part(&content, 1), broken(&bytes)).await;
    assert!(matches!(broken, Err(PlaceError::Content(_) | PlaceError::Http(_))), "{broken:?}");
    assert!(matches!(place.stat(&path(file)).await, Err(PlaceError::NotFound)));
    // Only what is plain data goes over.
    let text = serde_json::to_string(&upload).unwrap();
    let mut upload: Upload = serde_json::from_str(&text).unwrap();
    assert_eq!(again.held(&upload).await.unwrap(), PART as u64);
    // A part may be written twice.
    write(again, &mut upload, &content, 0..3).await.unwrap();
    assert_eq!(again.held(&upload).await.unwrap(), content.len() as u64);
    again.commit(&upload, &whole(again, &content, PART)).await.unwrap();
    assert!(fetch(place, file).await == content);
}

pub(crate) async fn committing_twice_does_it_once(place: &impl Storage) {
    for conflict in [Conflict::Fail, Conflict::Replace] {
        for length in [0, 1, PART + 1] {
            let content = content(length);
            let file = format!("twice/{conflict:?}{length}.bin");
            let relay = format!("t{conflict:?}{length}");
            let target = target(&relay, &file, &content, conflict);
            let mut upload = place.begin(&target).await.unwrap();
            let whole = whole(place, &content, PART);
            write(place, &mut upload, &content, 0..whole.parts as usize).await.unwrap();
            let first = place.commit(&upload, &whole).await.unwrap();
            let second = place.commit(&upload, &whole).await.unwrap();
            assert_eq!(second.length, Some(length as u64), "{file}");
            let stat = place.stat(&path(&file)).await.unwrap();
            assert_eq!(stat.etag, second.etag, "{file}");
            if conflict == Conflict::Fail {
                assert_eq!(first.etag, second.etag, "{file}");
            }
            // What is asked for after the commit is there, and no less.
            if length > 0 {
                assert_eq!(place.held(&upload).await.unwrap(), length as u64, "{file}");
            }
            assert!(fetch(place, &file).await == content);
        }
    }
}

/// `keeps`: whether the place keeps what was written until it forgets it by itself.
pub(crate) async fn an_upload_that_is_given_up_leaves_no_file(place: &impl Storage, keeps: bool) {
    let content = content(PART + 1);
    let file = "aborted/a.bin";
    let mut upload = place.begin(&target("a1", file, &content, Conflict::Fail)).await.unwrap();
    write(place, &mut upload, &content, 0..1).await.unwrap();
    place.abort(&upload).await.unwrap();
    place.abort(&upload).await.unwrap();
    assert!(matches!(place.stat(&path(file)).await, Err(PlaceError::NotFound)));
    if !keeps {
        assert!(matches!(place.held(&upload).await, Err(PlaceError::UploadLost)));
        let late = place.commit(&upload, &whole(place, &content, PART)).await;
        assert!(matches!(late, Err(PlaceError::UploadLost)), "{late:?}");
    }
}

pub(crate) async fn two_relays_to_one_name_do_not_mix(place: &impl Storage) {
    let (one, other) = (content(PART + 1), content(PART + 7).slice(6..));
    let file = "mixed/a.bin";
    let mut first = place.begin(&target("m1", file, &one, Conflict::Replace)).await.unwrap();
    let mut second = place.begin(&target("m2", file, &other, Conflict::Replace)).await.unwrap();
    write(place, &mut first, &one, 0..1).await.unwrap();
    write(place, &mut second, &other, 0..1).await.unwrap();
    write(place, &mut second, &other, 1..2).await.unwrap();
    assert_eq!(place.held(&first).await.unwrap(), PART as u64);
    assert_eq!(place.held(&second).await.unwrap(), other.len() as u64);
    write(place, &mut first, &one, 1..2).await.unwrap();
    place.commit(&first, &whole(place, &one, PART)).await.unwrap();
    assert!(fetch(place, file).await == one);
    // Either the second comes after it, or what it wrote is gone and it begins again.
    match place.commit(&second, &whole(place, &other, PART)).await {
        Ok(_) => assert!(fetch(place, file).await == other),
        Err(PlaceError::UploadLost) => assert!(fetch(place, file).await == one),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) async fn a_list_of_more_than_one_page_is_complete(place: &impl Storage) {
    let names: Vec<String> = (0..1_003).map(|number| format!("list/in/{number:04}.txt")).collect();
    let empty = Bytes::new();
    let carried =
        stream::iter(&names).map(|name| carry(place, name, name, &empty, Conflict::Replace));
    carried.buffer_unordered(16).for_each(async |written| drop(written.unwrap())).await;
    carry(place, "o", "list/inner.txt", &empty, Conflict::Replace).await.unwrap();
    let mut found = Vec::new();
    let (mut after, mut pages) = (None, 0);
    loop {
        let page = place.list(&path("list/in"), after.as_deref()).await.unwrap();
        found.extend(page.files.iter().map(ToString::to_string));
        pages += 1;
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    found.sort_unstable();
    assert!(pages > 1);
    assert!(found == names, "{} files in {pages} pages", found.len());
}

pub(crate) async fn a_name_of_any_characters_arrives(place: &impl Storage) {
    let names = [
        "names/a b+c&d=e?f#g%20h.txt",
        "names/ü (1) 日本 'x' \"y\" [z]!~*.txt",
        "names/a:b;c,d@e$f.txt",
    ];
    for name in names {
        let content = content(100);
        carry(place, name, name, &content, Conflict::Fail).await.unwrap();
        assert_eq!(fetch(place, name).await, content, "{name}");
    }
    let listing = place.list(&path("names"), None).await.unwrap();
    let mut found: Vec<_> = listing.files.iter().map(ToString::to_string).collect();
    let mut names = names.map(str::to_owned).to_vec();
    found.sort_unstable();
    names.sort_unstable();
    assert_eq!(found, names);
}

/// The file has to be there.
pub(crate) async fn a_range_is_read(place: &impl Storage, file: &str, content: &Bytes) {
    let length = content.len() as u64;
    let stat = place.stat(&path(file)).await.unwrap();
    let validator = stat.validator.as_deref();
    assert!(validator.is_some());
    for (from, until) in
        [(0, None), (1, None), (length - 1, None), (5, Some(6)), (0, Some(length)), (7, Some(77))]
    {
        let range = Range { from, until };
        let opened = place.open(&path(file), range, validator).await.unwrap();
        assert_eq!((opened.from, opened.stat.length), (from, Some(length)), "{range:?}");
        assert_eq!(opened.stat.validator.as_deref(), validator, "{range:?}");
        let until = usize::try_from(until.unwrap_or(length)).unwrap();
        assert_eq!(read(opened.body).await, content.slice(usize::try_from(from).unwrap()..until));
    }
    // Nothing is left to read at the end.
    let end =
        place.open(&path(file), Range { from: length, until: None }, validator).await.unwrap();
    assert_eq!((end.from, read(end.body).await), (length, Bytes::new()));
    let gone = place.open(&path("no/such.file"), Range::default(), None).await;
    assert!(matches!(gone, Err(PlaceError::NotFound)), "{gone:?}");
    let gone = place.stat(&path("no/such.file")).await;
    assert!(matches!(gone, Err(PlaceError::NotFound)), "{gone:?}");
}

/// `change` writes another content of the same length.
pub(crate) async fn a_file_that_changed_is_not_gone_on_with(
    place: &impl Storage,
    file: &str,
    change: impl Future<Output = ()>,
) {
    let stat = place.stat(&path(file)).await.unwrap();
    let validator = stat.validator.as_deref();
    change.await;
    for from in [0, 3] {
        let range = Range { from, until: None };
        let opened = place.open(&path(file), range, validator).await;
        assert!(matches!(opened, Err(PlaceError::Changed)), "from {from}: {opened:?}");
    }
}

pub(crate) async fn only_the_file_that_was_written_is_deleted(place: &impl Storage) {
    let file = "deleted/a.txt";
    let first = carry(place, "d1", file, &content(10), Conflict::Fail).await.unwrap();
    carry(place, "d2", file, &content(11), Conflict::Replace).await.unwrap();
    let another = place.delete(&path(file), first.etag.as_deref()).await;
    assert!(matches!(another, Err(PlaceError::Changed)), "{another:?}");
    let stat = place.stat(&path(file)).await.unwrap();
    place.delete(&path(file), stat.etag.as_deref()).await.unwrap();
    assert!(matches!(place.stat(&path(file)).await, Err(PlaceError::NotFound)));
    place.delete(&path(file), None).await.unwrap();
}
