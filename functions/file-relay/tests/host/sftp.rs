use std::fs;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use headgate_core::{Clock, Secret, Timestamp};
use headgate_fakes::ManualClock;
use headgate_file_relay::host::sftp::Sftp;
use headgate_file_relay::place::{Conflict, PlaceError, Range, Storage};
use headgate_file_relay::places::{SftpProof, SftpSettings};

use crate::contract::{self, PART, bytes, part, path, read, target, whole};
use crate::cutting::Line;
use crate::sshd::Sshd;

/// So late that every file has been there for long.
fn later() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(4_000_000_000)))
}

fn sftp() -> (Sshd, Sftp) {
    let sshd = Sshd::start();
    let sftp = Sftp::new(sshd.settings(), later()).unwrap();
    (sshd, sftp)
}

contract::tests! { let (sshd, sftp) = sftp(); &sshd.files() }

#[tokio::test]
async fn a_change_of_this_moment_is_told_by_nothing() {
    let sshd = Sshd::start();
    fs::write(sshd.files().join("a"), "abc").unwrap();
    let modified = fs::metadata(sshd.files().join("a")).unwrap().modified().unwrap();
    let modified = modified.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let clock = ManualClock::at(Timestamp::from_secs(modified + 1));
    let sftp = Sftp::new(sshd.settings(), Arc::new(clock.clone())).unwrap();
    let young = sftp.stat(&path("a")).await.unwrap();
    assert_eq!((young.validator, young.etag), (None, Some(format!("W/\"{modified:x}-3\""))));
    clock.advance(Duration::from_secs(1));
    let stat = sftp.stat(&path("a")).await.unwrap();
    assert_eq!(stat.validator, Some(format!("\"{modified:x}-3\"")));
    assert_eq!(stat.etag, stat.validator);
    let opened = sftp.open(&path("a"), Range::default(), stat.validator.as_deref()).await.unwrap();
    assert_eq!(opened.stat, stat);
}

#[tokio::test]
async fn somebody_elses_file_of_the_same_length_and_second_is_not_taken_for_what_was_committed() {
    let (sshd, sftp) = sftp();
    let (content, file) = (bytes(1_000), sshd.files().join("a"));
    let (upload, _) =
        contract::write(&sftp, &target("a", Conflict::Replace), &content).await.unwrap();
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, bytes(2_000).slice(1_000..)).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    let done = sftp.commit(&upload, &whole(&content)).await;
    assert!(matches!(done, Err(PlaceError::UploadLost)), "{done:?}");
}

#[tokio::test]
async fn only_a_server_whose_key_is_known_is_spoken_to() {
    let sshd = Sshd::start();
    let with = |host_keys| SftpSettings { host_keys, ..sshd.settings() };
    fs::write(sshd.files().join("a"), "a").unwrap();
    let others = with(vec![sshd.public("other")]);
    let denied = Sftp::new(others, later()).unwrap().stat(&path("a")).await.unwrap_err();
    let text = "the place refuses access: the server's key is not the one in host-key";
    assert_eq!(denied.to_string(), text);
    // A key of a type that the server has none of.
    let others = with(vec![sshd.public("ecdsa")]);
    let denied = Sftp::new(others, later()).unwrap().stat(&path("a")).await.unwrap_err();
    assert!(matches!(denied, PlaceError::Denied { .. }), "{denied:?}");
    // While a key is replaced, both are known.
    let both = with(vec![sshd.public("other"), sshd.public("host")]);
    Sftp::new(both, later()).unwrap().stat(&path("a")).await.unwrap();
    for key in ["", "ssh-ed25519", "ssh-ed25519 AAAA", &sshd.public("rsa")] {
        let refused = Sftp::new(with(vec![key.to_owned()]), later()).map(|_| ()).unwrap_err();
        assert!(refused.starts_with("needs in host-key the server's key of type Ed25519"));
    }
    assert!(Sftp::new(with(Vec::new()), later()).is_err());
}

#[tokio::test]
async fn a_user_is_known_by_a_key() {
    let sshd = Sshd::start();
    fs::write(sshd.files().join("a"), "a").unwrap();
    let with = |proof| Sftp::new(SftpSettings { proof, ..sshd.settings() }, later());
    with(SftpProof::PrivateKey(sshd.private("ecdsa"), None))
        .unwrap()
        .stat(&path("a"))
        .await
        .unwrap();
    for proof in [
        SftpProof::PrivateKey(sshd.private("other"), None),
        SftpProof::Password(Secret::new("hunter2")),
    ] {
        let denied = with(proof).unwrap().stat(&path("a")).await.unwrap_err();
        let text = "the place refuses access: the server does not take the user's password or key";
        assert_eq!(denied.to_string(), text);
    }
    for key in [Secret::new("hunter2"), sshd.private("rsa")] {
        let refused = with(SftpProof::PrivateKey(key, None)).map(|_| ()).unwrap_err();
        assert!(refused.starts_with("needs in private-key a key of type Ed25519 or ECDSA"));
    }
    assert!(
        !format!("{:?}", with(SftpProof::PrivateKey(sshd.private("user"), None)).unwrap())
            .contains("PRIVATE")
    );
}

#[tokio::test]
async fn one_connection_serves_many_relays_and_is_made_again_when_it_breaks() {
    let sshd = Sshd::start();
    let line = Line::to(sshd.address).await;
    let settings = SftpSettings { port: line.address.port(), ..sshd.settings() };
    let sftp = Sftp::new(settings, later()).unwrap();
    let content = bytes(1_000_000);
    fs::write(sshd.files().join("a"), &content).unwrap();
    let (one, other) = tokio::join!(
        read(&sftp, "a", Range::default(), None),
        read(&sftp, "a", Range { from: 500_000, until: None }, None),
    );
    assert!(one.unwrap() == content && other.unwrap() == content[500_000..]);
    assert_eq!(line.calls(), 1);
    for bytes in [1, 40_000, 400_000] {
        line.cut_after(bytes);
        let broken = read(&sftp, "a", Range::default(), None).await;
        assert!(matches!(broken, Err(PlaceError::Temporary { .. } | PlaceError::Content(_))));
        assert!(read(&sftp, "a", Range::default(), None).await.unwrap() == content);
    }
    assert_eq!(line.calls(), 4);
}

#[tokio::test]
async fn a_part_that_the_line_broke_in_is_written_again() {
    let sshd = Sshd::start();
    let line = Line::to(sshd.address).await;
    let settings = SftpSettings { port: line.address.port(), ..sshd.settings() };
    let sftp = Sftp::new(settings, later()).unwrap();
    let content = bytes(PART + 3_000_000);
    let mut upload = sftp.begin(&target("a", Conflict::Fail)).await.unwrap();
    part(&sftp, &mut upload, &content, 0).await.unwrap();
    for bytes in [1, 200_000, 2_000_000] {
        line.cut_after(bytes);
        let broken = part(&sftp, &mut upload, &content, 1).await;
        assert!(matches!(broken, Err(PlaceError::Temporary { .. })), "{broken:?}");
        // Only what the server answered for counts: there may be gaps in the rest.
        assert_eq!(sftp.held(&upload).await.unwrap(), PART as u64);
    }
    part(&sftp, &mut upload, &content, 1).await.unwrap();
    sftp.commit(&upload, &whole(&content)).await.unwrap();
    assert!(fs::read(sshd.files().join("a")).unwrap() == content);
}

#[tokio::test]
async fn a_server_that_is_not_there_may_be_there_later() {
    let sshd = Sshd::start();
    let settings = sshd.settings();
    drop(sshd);
    let error = Sftp::new(settings, later()).unwrap().stat(&path("a")).await.unwrap_err();
    let text = "the place does not answer as it should: it takes no connection";
    assert_eq!(error.to_string(), text);
}
