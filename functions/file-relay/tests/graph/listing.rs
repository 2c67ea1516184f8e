use headgate_file_relay::place::{PlaceError, Storage};

use crate::town::{Town, path};

async fn all(town: &Town, prefix: &str) -> Result<(Vec<String>, usize), PlaceError> {
    let (mut files, mut pages, mut after) = (Vec::new(), 0, None::<String>);
    loop {
        let page = town.place.list(&path(prefix), after.as_deref()).await?;
        files.extend(page.files.iter().map(ToString::to_string));
        pages += 1;
        after = page.next;
        if after.is_none() {
            files.sort();
            return Ok((files, pages));
        }
    }
}

#[tokio::test]
async fn every_file_below_a_folder_is_listed_once() {
    let town = Town::with(|peer| peer.page = 2, |drive| drive.root = path("root")).await;
    let names = ["a/1", "a/2", "a/3", "a/4", "a/b/c/5", "a/b/6 #%", "a/e/7"];
    for name in names.iter().chain(&["8", "ab/9"]) {
        town.drive().put(&format!("root/{name}"), "x", "text/plain");
    }
    town.drive().put("elsewhere", "x", "text/plain");
    let (files, pages) = all(&town, "a").await.unwrap();
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(files, expected);
    assert!(pages > 4, "{pages}");
    assert_eq!(all(&town, "").await.unwrap().0.len(), names.len() + 2);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_not_found_and_one_that_went_meanwhile_is_passed_over() {
    let town = Town::new().await;
    assert!(matches!(all(&town, "a").await, Err(PlaceError::NotFound)));
    town.drive().put("a/b/1", "x", "text/plain");
    town.drive().put("a/c/2", "x", "text/plain");
    let page = town.place.list(&path("a"), None).await.unwrap();
    town.drive().remove("a/b");
    let next = town.place.list(&path("a"), page.next.as_deref()).await.unwrap();
    assert_eq!((next.files, next.next.is_some()), (vec![], true));
    let last = town.place.list(&path("a"), next.next.as_deref()).await.unwrap();
    assert_eq!((last.files, last.next), (vec![path("a/c/2")], None));
    let wrong = town.place.list(&path("a"), Some("{")).await;
    assert!(matches!(wrong, Err(PlaceError::Refused { .. })), "{wrong:?}");
}
