use std::sync::Arc;

use headgate_core::Secret;
use headgate_file_relay::host::sftp::Sftp;
use headgate_file_relay::place::{PlaceError, Storage};
use headgate_file_relay::places::{SftpProof, SftpSettings};
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{self, Auth};
use tokio::net::TcpListener;

use crate::contract::path;

/// A server that takes one password, and has no SFTP.
struct OnlyPassword;

impl server::Handler for OnlyPassword {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let is_right = user == "me" && password == "hunter2";
        Ok(if is_right { Auth::Accept } else { Auth::reject() })
    }
}

#[tokio::test]
async fn a_user_is_known_by_a_password() {
    let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).unwrap();
    let host_key = key.public_key().to_openssh().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(server::Config {
        keys: vec![key],
        auth_rejection_time: std::time::Duration::ZERO,
        ..server::Config::default()
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let config = Arc::clone(&config);
            tokio::spawn(async move {
                if let Ok(session) = server::run_stream(config, stream, OnlyPassword).await {
                    let _ = session.await;
                }
            });
        }
    });
    let stat = async |password: &str| {
        let settings = SftpSettings {
            host: "127.0.0.1".to_owned(),
            port,
            user: "me".to_owned(),
            proof: SftpProof::Password(Secret::new(password)),
            host_keys: vec![host_key.clone()],
            root: String::new(),
            private_network: false,
        };
        Sftp::new(settings, Arc::new(headgate_native::SystemClock))
            .unwrap()
            .stat(&path("a"))
            .await
            .unwrap_err()
    };
    assert!(matches!(stat("wrong").await, PlaceError::Denied { .. }));
    // It came as far as a session, which this server has none of.
    assert!(matches!(stat("hunter2").await, PlaceError::Temporary { .. }));
}
