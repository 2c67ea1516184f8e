use std::convert::Infallible;
use std::net::SocketAddr;

use http::{Response, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// A server that guests call: each call waits until the test answers it.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    calls: mpsc::UnboundedReceiver<Call>,
}

/// A call that waits for its answer; dropping it answers 500.
pub(crate) struct Call(oneshot::Sender<StatusCode>);

impl Call {
    pub(crate) fn answer(self, status: StatusCode) {
        // A caller that is gone needs no answer.
        let _ = self.0.send(status);
    }
}

impl Backend {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (arrive, calls) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let arrive = arrive.clone();
                let service = service_fn(move |_| {
                    let (answer, answered) = oneshot::channel();
                    let arrived = arrive.send(Call(answer));
                    async move {
                        let mut response = Response::new(String::new());
                        *response.status_mut() = match (arrived, answered.await) {
                            (Ok(()), Ok(status)) => status,
                            _ => StatusCode::INTERNAL_SERVER_ERROR,
                        };
                        response.headers_mut().insert("location", "/elsewhere".parse().unwrap());
                        Ok::<_, Infallible>(response)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, calls }
    }

    /// The next call, once it is there.
    pub(crate) async fn call(&mut self) -> Call {
        self.calls.recv().await.unwrap()
    }

    pub(crate) fn has_no_further_call(&mut self) -> bool {
        self.calls.try_recv().is_err()
    }
}
