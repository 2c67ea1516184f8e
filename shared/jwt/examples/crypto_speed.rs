//! Measures signature verification, and SHA-256, inside a component: built for `wasm32-wasip2`, run by the example `run_component`.
//!
//! It prints the median of many rounds for each algorithm, in microseconds, and for SHA-256 in MiB per second too.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measuring program: it reads a clock, prints, and stops when its own vectors are wrong"
)]

use std::hint::black_box;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_jwt::crypto::{Curve, VerifyingKey};
use headgate_jwt::token::Algorithm;
use sha2::{Digest as _, Sha256};

const ROUNDS: usize = 301;
const PER_ROUND: u32 = 10;

const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn main() {
    // RFC 7515 appendix A.2 and A.3, RFC 8037 appendix A.
    let rsa = || {
        VerifyingKey::rsa(&decode("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"), &[1, 0, 1])
        .expect("the published key is good")
    };
    measure(
        "RS256",
        rsa,
        Algorithm::Rs256,
        &format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}"),
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
    // RFC 7520 §4.2.
    let pss = || {
        VerifyingKey::rsa(&decode("n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"), &[1, 0, 1])
            .expect("the published key is good")
    };
    measure(
        "PS384",
        pss,
        Algorithm::Ps384,
        "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4",
        "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
    );
    let es256 = || {
        VerifyingKey::ec(
            Curve::P256,
            &decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            &decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
        )
        .expect("the published key is good")
    };
    measure(
        "ES256",
        es256,
        Algorithm::Es256,
        &format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}"),
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
    let ed25519 = || {
        VerifyingKey::ed25519(&decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
            .expect("the published key is good")
    };
    measure(
        "EdDSA",
        ed25519,
        Algorithm::EdDsa,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
    measure_sha256();
}

/// 64 KiB at once, as a stream brings them.
fn measure_sha256() {
    let content = vec![7; 64 * 1024];
    let rounds = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(Sha256::digest(black_box(&content)));
            start.elapsed().as_nanos()
        })
        .collect();
    let microseconds = median(rounds);
    let speed = 1_000_000.0 / 16.0 / microseconds;
    println!("SHA-256 of 64 KiB {microseconds:.1} µs, {speed:.0} MiB/s");
}

fn measure(
    name: &str,
    make: impl Fn() -> VerifyingKey,
    algorithm: Algorithm,
    message: &str,
    signature: &str,
) {
    let (key, signature) = (make(), decode(signature));
    assert!(key.verify(algorithm, message.as_bytes(), &signature));
    let rounds = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..PER_ROUND {
                let message = black_box(message.as_bytes());
                assert!(key.verify(algorithm, message, black_box(&signature)));
            }
            start.elapsed().as_nanos()
        })
        .collect();
    println!("{name} {:.1} µs", median(rounds) / f64::from(PER_ROUND));
    // As in an instance that serves one request: the key is new.
    let rounds = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            assert!(make().verify(algorithm, message.as_bytes(), black_box(&signature)));
            start.elapsed().as_nanos()
        })
        .collect();
    println!("{name} {:.1} µs with a new key", median(rounds));
}

/// The median of these times, from nanoseconds to microseconds.
fn median(mut rounds: Vec<u128>) -> f64 {
    rounds.sort_unstable();
    rounds.get(ROUNDS / 2).copied().unwrap_or_default() as f64 / 1000.0
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("the published vectors are base64url")
}
