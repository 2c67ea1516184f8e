//! temporary baseline
#![allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use wasmtime::component::*;
use wasmtime::*;
use wasmtime_wasi::*;
use wasmtime_wasi_http::handler::*;
use wasmtime_wasi_http::*;
struct H {
    t: ResourceTable,
    w: WasiCtx,
    h: WasiHttpCtx,
    k: Hooks,
}
struct Hooks;
type Io = Box<dyn Future<Output = std::result::Result<(), wasmtime_wasi_http::Error>> + Send>;
impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        _: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Io,
    ) -> Box<
        dyn Future<
                Output = std::result::Result<
                    (http::Response<WasiBody>, Io),
                    wasmtime_wasi_http::Error,
                >,
            > + Send,
    > {
        unimplemented!()
    }
}
impl WasiView for H {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.w, table: &mut self.t }
    }
}
impl WasiHttpView for H {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.k, table: &mut self.t, ctx: &mut self.h }
    }
}
struct S {
    e: Engine,
    p: ProxyPre<H>,
}
struct X(Pin<Box<tokio::time::Sleep>>);
impl WorkerExpiration for X {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        s: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        let t = match s {
            WorkerStatus::Idle => Duration::from_secs(1),
            _ => Duration::MAX,
        };
        if let Some(d) = start.checked_add(t) {
            let d = d.into();
            if d != self.0.deadline() {
                self.0.as_mut().reset(d);
            }
            self.0.as_mut().poll(cx)
        } else {
            Poll::Pending
        }
    }
}
struct W;
impl WorkerState for W {
    type StoreData = H;
    type RequestData = u64;
    fn should_accept_request(&self, c: usize, t: usize) -> ShouldAccept {
        if t >= 128 {
            ShouldAccept::Never
        } else if c >= 16 {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }
    fn on_request_start(
        &self,
        _: StoreContextMut<H>,
        _: u64,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(tokio::time::sleep(Duration::MAX))
    }
    fn drop(&self, s: Store<H>, _: wasmtime::Result<()>) {
        drop(s)
    }
}
impl HandlerState for S {
    type StoreData = H;
    type WorkerExpiration = X;
    type WorkerState = W;
    async fn instantiate(
        &self,
    ) -> wasmtime::Result<wasmtime_wasi_http::handler::Instance<H, X, W>> {
        let mut b = WasiCtxBuilder::new();
        let mut store = Store::new(
            &self.e,
            H { t: ResourceTable::new(), w: b.build(), h: WasiHttpCtx::new(), k: Hooks },
        );
        let proxy = self.p.instantiate_async(&mut store).await?;
        Ok(wasmtime_wasi_http::handler::Instance {
            store,
            proxy,
            view: H::http,
            expiration: X(Box::pin(tokio::time::sleep(Duration::MAX))),
            state: W,
        })
    }
}
#[tokio::main]
async fn main() {
    let mut c = Config::new();
    c.wasm_component_model_async(true);
    c.allocation_strategy(InstanceAllocationStrategy::pooling());
    let e = Engine::new(&c).unwrap();
    let mut l = Linker::new(&e);
    wasmtime_wasi::p2::add_to_linker_async(&mut l).unwrap();
    wasmtime_wasi::p3::add_to_linker(&mut l).unwrap();
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut l).unwrap();
    wasmtime_wasi_http::p3::add_to_linker(&mut l).unwrap();
    let comp = Component::from_file(&e, std::env::args().nth(1).unwrap()).unwrap();
    let p = ProxyPre::P3(
        wasmtime_wasi_http::p3::bindings::ServicePre::new(l.instantiate_pre(&comp).unwrap())
            .unwrap(),
    );
    let t = Instant::now();
    for _ in 0..1000 {
        let mut b = WasiCtxBuilder::new();
        let mut store = Store::new(
            &e,
            H { t: ResourceTable::new(), w: b.build(), h: WasiHttpCtx::new(), k: Hooks },
        );
        p.instantiate_async(&mut store).await.unwrap();
    }
    eprintln!("instantiate+drop {:?}", t.elapsed() / 1000);
    let h = ProxyHandler::new(S { e, p });
    let li = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", li.local_addr().unwrap());
    let sem = Arc::new(tokio::sync::Semaphore::new(1000));
    loop {
        let (s, _) = li.accept().await.unwrap();
        s.set_nodelay(true).unwrap();
        let h = h.clone();
        let sem = sem.clone();
        tokio::spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .keep_alive(true)
                .serve_connection(
                    hyper_util::rt::TokioIo::new(s),
                    hyper::service::service_fn(|r: http::Request<hyper::body::Incoming>| {
                        let h = &h;
                        let sem = &sem;
                        async move {
                            let _p = sem.acquire().await.unwrap();
                            let r = r.map(|b| b.map_err(|e| e.into()).boxed_unsync());
                            Ok::<_, Infallible>(h.handle(1, r).await.unwrap())
                        }
                    }),
                )
                .await;
        });
    }
}
