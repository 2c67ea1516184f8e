use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// The call for which this task is at work, so that the connector knows whose connection it makes.
    static CALL: Call;
}

/// One call, as the connector sees it.
#[derive(Clone, Debug)]
struct Call {
    connect: Duration,
    phase: watch::Sender<Phase>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// A connection is being made, under a deadline of its own.
    Connecting,
    /// The request is on its way, since then.
    Sent(Instant),
}

/// Runs `call` for at most `first_byte`, not counting the time in which a connection is made, which may take `connect`.
/// `None`: `first_byte` ran out.
///
/// reqwest has one connect timeout for all of a client's calls, and none that begins when the connection stands.
pub(crate) async fn in_phases<F: Future>(
    call: F,
    connect: Duration,
    first_byte: Duration,
) -> Option<F::Output> {
    // A connection from the pool is there at once, so a call begins as if it had one.
    let (sender, receiver) = watch::channel(Phase::Sent(Instant::now()));
    let call = CALL.scope(Call { connect, phase: sender }, call);
    tokio::select! {
        biased;
        output = call => Some(output),
        () = run_out(receiver, first_byte) => None,
    }
}

async fn run_out(mut phase: watch::Receiver<Phase>, first_byte: Duration) {
    loop {
        let current = *phase.borrow_and_update();
        let changed = match current {
            Phase::Connecting => phase.changed().await,
            Phase::Sent(since) => match timeout_at(since + first_byte, phase.changed()).await {
                Ok(changed) => changed,
                Err(_) => return,
            },
        };
        if changed.is_err() {
            // Nobody makes connections for this call any more.
            return sleep_until(Instant::now() + first_byte).await;
        }
    }
}

/// Puts each connection under the deadline of the call that needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectDeadline;

impl<S> Layer<S> for ConnectDeadline {
    type Service = Connecting<S>;

    fn layer(&self, connector: S) -> Connecting<S> {
        Connecting { connector }
    }
}

/// A connector under [`ConnectDeadline`].
#[derive(Clone, Debug)]
pub(crate) struct Connecting<S> {
    connector: S,
}

type BoxError = Box<dyn Error + Send + Sync>;

impl<S, R> Service<R> for Connecting<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let connecting = self.connector.call(destination);
        let Ok(call) = CALL.try_with(Clone::clone) else {
            return Box::pin(connecting);
        };
        call.phase.send_replace(Phase::Connecting);
        Box::pin(async move {
            let connection = timeout(call.connect, connecting).await;
            call.phase.send_replace(Phase::Sent(Instant::now()));
            connection.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}
