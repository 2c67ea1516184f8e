use std::fs;
use std::os::unix::fs::symlink;

use headgate_file_relay::file_path::FilePath;
use headgate_file_relay::host::folder::Folder;
use headgate_file_relay::place::{Conflict, PlaceError, Range, Storage};
use headgate_file_relay::places::FolderSettings;
use tempfile::TempDir;

use crate::contract::{self, bytes, names, path, read, target, write};

fn folder() -> (TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::open(&settings(&dir, "")).unwrap();
    (dir, folder)
}

fn settings(dir: &TempDir, root: &str) -> FolderSettings {
    FolderSettings {
        path: dir.path().to_str().unwrap().to_owned(),
        root: FilePath::new(root).unwrap(),
    }
}

contract::tests! { let (dir, folder) = folder(); dir.path() }

#[tokio::test]
async fn no_link_leads_out_of_the_folder() {
    let (outside, (dir, folder)) = (tempfile::tempdir().unwrap(), folder());
    fs::write(outside.path().join("secret"), "hunter2").unwrap();
    fs::write(dir.path().join("own"), "own").unwrap();
    symlink(outside.path(), dir.path().join("out")).unwrap();
    symlink(outside.path().join("secret"), dir.path().join("secret")).unwrap();
    symlink("own", dir.path().join("within")).unwrap();
    for name in ["out/secret", "secret"] {
        let read = read(&folder, name, Range::default(), None).await;
        assert!(matches!(read, Err(PlaceError::Denied { .. })), "{name}: {read:?}");
    }
    assert_eq!(read(&folder, "within", Range::default(), None).await.unwrap(), "own");
    let begun = folder.begin(&target("out/new", Conflict::Fail)).await;
    assert!(matches!(begun, Err(PlaceError::Refused { .. })), "{begun:?}");
    // A link is replaced as such: what it leads to stays.
    write(&folder, &target("secret", Conflict::Replace), &bytes(3)).await.unwrap();
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"hunter2");
    assert_eq!(names(outside.path()), ["secret"]);
    assert!(folder.delete(&path("out/secret"), None).await.is_err());
}

#[tokio::test]
async fn a_long_folder_is_listed_page_by_page() {
    let (dir, folder) = folder();
    for index in 0..2_500 {
        fs::write(dir.path().join(format!("{index:04}")), "").unwrap();
    }
    fs::create_dir(dir.path().join("0000a")).unwrap();
    fs::write(dir.path().join("0000a/x"), "").unwrap();
    let (mut files, mut pages, mut after) = (Vec::new(), 0, None::<String>);
    loop {
        let page = folder.list(&path(""), after.as_deref()).await.unwrap();
        assert!(page.files.len() <= 1_000);
        files.extend(page.files);
        (pages, after) = (pages + 1, page.next);
        if after.is_none() {
            break;
        }
    }
    files.sort();
    files.dedup();
    assert_eq!((files.len(), pages), (2_501, 4));
}

#[tokio::test]
async fn an_earlier_upload_of_the_same_relay_is_lost_once_another_begins() {
    let (dir, folder) = folder();
    let content = bytes(1_000);
    let target = target("a", Conflict::Fail);
    let mut earlier = folder.begin(&target).await.unwrap();
    contract::part(&folder, &mut earlier, &content, 0).await.unwrap();
    let later = folder.begin(&target).await.unwrap();
    assert!(matches!(folder.held(&earlier).await, Err(PlaceError::UploadLost)));
    let done = folder.commit(&earlier, &contract::whole(&content)).await;
    assert!(matches!(done, Err(PlaceError::UploadLost)), "{done:?}");
    // Both have one name, and nobody has another file of that name.
    folder.abort(&earlier).await.unwrap();
    assert!(matches!(folder.held(&later).await, Err(PlaceError::UploadLost)));
    assert_eq!(names(dir.path()), [""; 0]);
}

#[tokio::test]
async fn what_was_written_by_a_process_that_is_gone_is_taken_away_by_whoever_knows_the_upload() {
    let (dir, folder) = folder();
    let content = bytes(100_000);
    let mut known = folder.begin(&target("a", Conflict::Fail)).await.unwrap();
    contract::part(&folder, &mut known, &content, 0).await.unwrap();
    // The first part is begun again, and nobody writes down what that made of it.
    let mut gone = known.clone();
    contract::part(&folder, &mut gone, &content, 0).await.unwrap();
    assert!(matches!(folder.held(&known).await, Err(PlaceError::UploadLost)));
    folder.abort(&known).await.unwrap();
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_folder_that_is_not_there_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let refused = "names no folder that this process can open";
    assert_eq!(Folder::open(&settings(&dir, "none")).map(|_| ()), Err(refused));
    fs::create_dir(dir.path().join("there")).unwrap();
    assert!(Folder::open(&settings(&dir, "there")).is_ok());
    symlink("/", dir.path().join("out")).unwrap();
    assert_eq!(Folder::open(&settings(&dir, "out")).map(|_| ()), Err(refused));
}
