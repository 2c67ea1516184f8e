use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A line to a server that can be cut: once so many bytes have passed in either direction, both ends are closed.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    left: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Line {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line =
            Self { address, left: Arc::new(AtomicUsize::new(usize::MAX)), calls: Arc::default() };
        let serving = line.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                serving.calls.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serving.clone().carry(client, server));
            }
        });
        line
    }

    /// Cuts the line once so many bytes more have passed; the next connection is whole again.
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    /// How many connections were made.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn carry(self, mut client: TcpStream, server: SocketAddr) {
        let Ok(mut server) = TcpStream::connect(server).await else { return };
        let (mut up, mut down) = ([0; 16_384], [0; 16_384]);
        loop {
            let passed = tokio::select! {
                read = client.read(&mut up) => match read {
                    Ok(1..) => server.write_all(&up[..read.unwrap()]).await.map(|()| up.len()),
                    _ => return,
                },
                read = server.read(&mut down) => match read {
                    Ok(1..) => client.write_all(&down[..read.unwrap()]).await.map(|()| down.len()),
                    _ => return,
                },
            };
            let Ok(passed) = passed else { return };
            let left = self.left.load(Ordering::SeqCst);
            if left == usize::MAX {
                continue;
            }
            if left <= passed {
                self.left.store(usize::MAX, Ordering::SeqCst);
                return;
            }
            self.left.store(left - passed, Ordering::SeqCst);
        }
    }
}
