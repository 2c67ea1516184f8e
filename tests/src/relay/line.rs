use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, pending, select};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::host::RUNTIME;

/// A line to a server, in which a connection can be made to break, or to fall silent, within what it carries.
#[derive(Clone, Debug)]
pub struct Line(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: SocketAddr,
    server: OnceLock<SocketAddr>,
    troubles: Mutex<Vec<(Way, u64, Trouble)>>,
    troubled: AtomicUsize,
    pause: Option<Duration>,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    Up,
    /// From the server.
    Down,
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is closed at both ends.
    Cut,
    /// It stays open, and carries nothing more either way.
    Silence,
}

/// How much is carried at once.
const PIECE: usize = 16 * 1024;

impl Line {
    /// Listens. Whoever connects waits until it leads somewhere.
    #[must_use]
    pub fn open() -> Self {
        Self::listen(None)
    }

    /// A line to this server.
    #[must_use]
    pub fn to(server: SocketAddr) -> Self {
        let line = Self::open();
        line.lead_to(server);
        line
    }

    /// A line to this server on which there is a pause after every 16 KiB from it.
    #[must_use]
    pub fn slow(server: SocketAddr, pause: Duration) -> Self {
        let line = Self::listen(Some(pause));
        line.lead_to(server);
        line
    }

    fn listen(pause: Option<Duration>) -> Self {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let line = Self(Arc::new(Inner {
            address: listener.local_addr().unwrap(),
            server: OnceLock::new(),
            troubles: Mutex::default(),
            troubled: AtomicUsize::new(0),
            pause,
        }));
        let inner = Arc::clone(&line.0);
        RUNTIME.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(Arc::clone(&inner), client));
            }
        });
        line
    }

    /// Says where it leads, once.
    pub fn lead_to(&self, server: SocketAddr) {
        self.0.server.set(server).unwrap();
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Makes trouble for the connection that carries the byte after so many more, this way: each trouble once.
    pub fn after(&self, bytes: u64, way: Way, trouble: Trouble) {
        self.0.troubles().push((way, bytes, trouble));
    }

    /// Makes no trouble that has not been made by now.
    pub fn be_well(&self) {
        self.0.troubles().clear();
    }

    /// How many connections were in trouble.
    #[must_use]
    pub fn troubled(&self) -> usize {
        self.0.troubled.load(SeqCst)
    }
}

impl Inner {
    fn troubles(&self) -> MutexGuard<'_, Vec<(Way, u64, Trouble)>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of so many bytes go through, and what happens then.
    fn allow(&self, way: Way, length: usize) -> (usize, Option<Trouble>) {
        let mut troubles = self.troubles();
        let mut due = None;
        for (number, (its, left, trouble)) in troubles.iter_mut().enumerate() {
            if *its != way {
                continue;
            }
            if *left < length as u64 && due.is_none() {
                due = Some((number, usize::try_from(*left).unwrap(), *trouble));
            } else {
                *left = left.saturating_sub(length as u64);
            }
        }
        let Some((number, left, trouble)) = due else { return (length, None) };
        troubles.remove(number);
        self.troubled.fetch_add(1, SeqCst);
        (left, Some(trouble))
    }
}

async fn carry(inner: Arc<Inner>, client: TcpStream) {
    let Some(server) = inner.server.get() else { return };
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = pin!(pass(&inner, Way::Up, from_client, to_server));
    let down = pin!(pass(&inner, Way::Down, from_server, to_client));
    let passed = match select(up, down).await {
        // The other way may have more to carry.
        Either::Left((Passed::All, down)) => down.await,
        Either::Right((Passed::All, up)) => up.await,
        Either::Left((passed, _)) | Either::Right((passed, _)) => passed,
    };
    if matches!(passed, Passed::Silence) {
        pending().await
    }
}

enum Passed {
    All,
    Silence,
    Broken,
}

async fn pass(
    inner: &Inner,
    way: Way,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> Passed {
    let mut piece = vec![0; PIECE];
    loop {
        let length = match from.read(&mut piece).await {
            Ok(0) => {
                let _ = to.shutdown().await;
                return Passed::All;
            }
            Ok(length) => length,
            Err(_) => return Passed::Broken,
        };
        let (length, trouble) = inner.allow(way, length);
        if to.write_all(&piece[..length]).await.is_err() {
            return Passed::Broken;
        }
        match trouble {
            Some(Trouble::Cut) => return Passed::Broken,
            Some(Trouble::Silence) => return Passed::Silence,
            None => {}
        }
        if let (Way::Down, Some(pause)) = (way, inner.pause) {
            tokio::time::sleep(pause).await;
        }
    }
}
