//! The least function there is: what a host costs by itself.

use std::process::ExitCode;

use headgate_core::{Body, Handler, Outcome};
use headgate_native::{Function, NativePorts};
use http::{Request, Response};

struct Hello;

impl Handler for Hello {
    async fn handle(&self, _: Request<Body>) -> Response<Body> {
        let mut response = Response::new(Body::from("hello"));
        response.extensions_mut().insert(Outcome { route: "hello", result: "ok" });
        response
    }
}

const FUNCTION: Function = Function {
    name: "hello",
    version: env!("CARGO_PKG_VERSION"),
    about: "Says hello.",
    variables: &[],
    computes_beside: false,
    commands: &[],
};

fn main() -> ExitCode {
    headgate_native::run(&FUNCTION, async |_: NativePorts| Ok::<_, String>(Hello))
}
