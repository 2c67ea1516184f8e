use std::cell::Cell;
use std::future::pending;

use bytes::Bytes;
use headgate_core::{Body, HttpClient, Timeout};
use headgate_spin::OutboundHttp;
use http_body_util::BodyExt;
use spin_sdk::http::{Request, Response, StatusCode, send};
use spin_sdk::http_service;

use crate::bindings::fermyon::spin::variables as spin_2;
use crate::bindings::headgate::digest::sha256;
use crate::bindings::spin::key_value::key_value as spin_store;
use crate::bindings::spin::variables::variables as spin_3;
use crate::bindings::wasi::config::store as config;
use crate::bindings::wasi::keyvalue::{atomics, batch, store};

thread_local! {
    static SERVED: Cell<u32> = const { Cell::new(0) };
}

/// `/…/ACTION[/ARGUMENT…]`: the path behind the route that the host tells says what to do.
#[http_service]
async fn answer(request: Request) -> Response<String> {
    let path = request.headers()["spin-path-info"].to_str().unwrap().to_owned();
    let mut parts = path.trim_start_matches('/').split('/');
    let action = parts.next().unwrap_or_default();
    let arguments: Vec<&str> = parts.collect();
    let body = match (action, arguments.as_slice()) {
        ("count", []) => count().to_string(),
        ("trap", []) => panic!("as asked"),
        ("spin", []) => spin(),
        ("grow", []) => grow(),
        ("hang", []) => pending().await,
        ("headers", []) => headers(&request),
        ("length", []) => length(request).await,
        ("print", [text]) => print(text),
        ("time", []) => time().to_string(),
        ("file", [name]) => file(name),
        ("path", [folder, name]) => file(&format!("{folder}/{name}")),
        ("variable", [name]) => variable(name).await,
        ("outbound", [scheme, authority]) => outbound(scheme, authority).await,
        ("wait", [scheme, authority]) => wait(scheme, authority).await,
        ("send", [method, length, authority]) => send_body(method, length, authority).await,
        ("set", [key, value]) => set(key, value).await,
        ("get", [key]) => get(key).await,
        ("add", [key]) => add(key).to_string(),
        ("open", [label]) => open(label),
        ("hash", [message]) => hash(message),
        ("hash-zeros", [length]) => hash_zeros(length),
        ("tick", []) => add("ticks").to_string(),
        _ => {
            let mut response = Response::new(format!("no action {path}"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        }
    };
    Response::new(body)
}

/// The state before the first block (FIPS 180-4 §5.3.3).
const SHA_256: sha256::State = (
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
);

/// The digest of a message that fits one block with its padding (FIPS 180-4 §5.1.1).
fn hash(message: &str) -> String {
    let mut block = message.as_bytes().to_vec();
    block.push(0x80);
    block.resize(56, 0);
    block.extend((message.len() as u64 * 8).to_be_bytes());
    let words: [u32; 8] = sha256::compress(SHA_256, &block).into();
    words.map(|word| format!("{word:08x}")).concat()
}

fn hash_zeros(length: &str) -> String {
    format!("{:?}", sha256::compress(SHA_256, &vec![0; length.parse().unwrap()]))
}

fn count() -> u32 {
    SERVED.with(|served| {
        served.set(served.get() + 1);
        served.get()
    })
}

fn spin() -> String {
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(3));
    }
}

fn grow() -> String {
    let mut hoard = Vec::new();
    loop {
        hoard.push(std::hint::black_box(vec![1_u8; 1024 * 1024]));
    }
}

fn headers(request: &Request) -> String {
    let line = |(name, value): (&spin_sdk::http::HeaderName, &spin_sdk::http::HeaderValue)| {
        format!("{name}: {}\n", value.to_str().unwrap_or("?"))
    };
    request.headers().iter().map(line).collect()
}

async fn length(request: Request) -> String {
    match request.into_body().collect().await {
        Ok(body) => body.to_bytes().len().to_string(),
        Err(_) => "broken off".to_owned(),
    }
}

#[expect(clippy::print_stdout, reason = "this is what is tested")]
fn print(text: &str) -> String {
    println!("{text}");
    eprintln!("{text}");
    String::new()
}

#[expect(clippy::disallowed_methods, reason = "this is what is tested")]
fn time() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn file(name: &str) -> String {
    std::fs::read_to_string(format!("/{name}")).unwrap_or_else(|error| error.kind().to_string())
}

async fn variable(name: &str) -> String {
    let three = spin_3::get(name.to_owned()).await;
    let two = spin_2::get(name);
    let config = config::get(name);
    format!("{three:?} {two:?} {config:?}")
}

async fn outbound(scheme: &str, authority: &str) -> String {
    match call(scheme, authority).await {
        Ok((status, body)) => format!("{status} {}", String::from_utf8_lossy(&body)),
        Err(error) => error,
    }
}

/// Like `outbound`, and counts the request once the other side has answered.
async fn wait(scheme: &str, authority: &str) -> String {
    match call(scheme, authority).await {
        Ok(_) => count().to_string(),
        Err(error) => error,
    }
}

async fn call(scheme: &str, authority: &str) -> Result<(u16, Bytes), String> {
    let uri = format!("{scheme}://{authority}/called");
    let request = spin_sdk::http::Request::get(uri).body(String::new()).unwrap();
    let response = send(request).await.map_err(|error| format!("{error:?}"))?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(|error| format!("{error:?}"))?;
    Ok((status, body.to_bytes()))
}

/// Sends a body of known length by the port that functions call out by.
async fn send_body(method: &str, length: &str, authority: &str) -> String {
    let body = match length.parse().unwrap() {
        0 => Body::empty(),
        length => Body::from(vec![b'x'; length]),
    };
    let request = http::Request::builder().method(method).uri(format!("http://{authority}/called"));
    let timeout = Timeout::each(std::time::Duration::from_secs(20));
    match OutboundHttp.send(request.body(body).unwrap(), timeout).await {
        Ok(response) => response.status().as_u16().to_string(),
        Err(error) => error.to_string(),
    }
}

async fn set(key: &str, value: &str) -> String {
    let store = spin_store::Store::open("default".to_owned()).await.unwrap();
    store.set(key.to_owned(), value.as_bytes().to_vec()).await.unwrap();
    String::new()
}

async fn get(key: &str) -> String {
    let store = spin_store::Store::open("default".to_owned()).await.unwrap();
    let bucket = store::open("default").unwrap();
    let spin = store.get(key.to_owned()).await.unwrap();
    let (mut keys, end) = store.get_keys().await;
    let mut all = Vec::new();
    while let Some(key) = keys.next().await {
        all.push(key);
    }
    end.await.unwrap();
    let wasi = bucket.get(key).unwrap();
    let many = batch::get_many(&bucket, &[key.to_owned()]).unwrap();
    let listed = bucket.list_keys(None).unwrap().keys;
    assert!(spin == wasi && many == [(key.to_owned(), wasi.clone())] && all == listed);
    wasi.map_or("nothing".to_owned(), |value| String::from_utf8_lossy(&value).into_owned())
}

/// Adds one by compare-and-swap, however often that takes.
fn add(key: &str) -> u64 {
    let bucket = store::open("default").unwrap();
    let mut cas = atomics::Cas::new(&bucket, key).unwrap();
    loop {
        let seen = cas.current().unwrap();
        let number: u64 =
            seen.map_or(0, |digits| String::from_utf8(digits).unwrap().parse().unwrap());
        match atomics::swap(cas, (number + 1).to_string().as_bytes()) {
            Ok(()) => return number + 1,
            Err(atomics::CasError::CasFailed(again)) => cas = again,
            Err(atomics::CasError::StoreError(error)) => panic!("{error}"),
        }
    }
}

fn open(label: &str) -> String {
    format!("{:?}", store::open(label).map(|_| "opened"))
}
