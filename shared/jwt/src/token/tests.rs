use headgate_core::Timestamp;
use proptest::prelude::*;

use super::*;

fn b64(text: impl AsRef<[u8]>) -> String {
    base64url::encode(text.as_ref())
}

fn signed(header: &str, claims: &str) -> String {
    format!("{}.{}.c2ln", b64(header), b64(claims))
}

fn with_header(header: &str) -> Result<(), TokenError> {
    parse(&signed(header, "{}")).map(drop)
}

fn with_claims(claims: impl AsRef<[u8]>) -> Result<Claims, TokenError> {
    let token = format!("{}.{}.c2ln", b64(r#"{"alg":"RS256"}"#), b64(claims));
    match parse(&token)? {
        Token::Signed(token) => Ok(token.claims),
        Token::Encrypted(_) => panic!("three parts are a signed token"),
    }
}

fn encrypted(header: &str) -> String {
    format!("{}.a2V5.aXY.Y2lwaGVydGV4dA.dGFn", b64(header))
}

#[test]
fn a_signed_token_gives_its_header_its_claims_and_what_was_signed() {
    let token = signed(
        r#"{"alg":"RS256","kid":"k1","x5t":"t1","x5t#S256":"t2","typ":"JWT","x5c":["ignored"],"b64":true}"#,
        r#"{"iss":"i","sub":"s","aud":["a","b"],"exp":10,"nbf":1.5,"iat":0,"azp":"c","roles":["r"]}"#,
    );
    let Ok(Token::Signed(read)) = parse(&token) else { panic!("a signed token") };
    assert_eq!(read.header.algorithm, Algorithm::Rs256);
    assert_eq!(read.header.kid.as_deref(), Some("k1"));
    assert_eq!(read.header.x5t.as_deref(), Some("t1"));
    assert_eq!(read.header.x5t_s256.as_deref(), Some("t2"));
    assert_eq!(read.header.typ.as_deref(), Some("JWT"));
    assert_eq!(read.signature, b"sig");
    assert_eq!(read.signing_input, token.rsplit_once('.').unwrap().0.as_bytes());
    assert_eq!(read.claims.issuer(), Some("i"));
    assert_eq!(read.claims.subject(), Some("s"));
    assert_eq!(read.claims.audiences().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(read.claims.client(), Some("c"));
    assert_eq!(read.claims.expires_at(), Some(Timestamp::from_secs(10)));
    assert_eq!(read.claims.not_before().unwrap().as_millis(), 1500);
    assert_eq!(read.claims.issued_at(), Some(Timestamp::from_secs(0)));
    assert_eq!(read.claims.claim("roles"), Some(&serde_json::json!(["r"])));
}

#[test]
fn an_audience_may_be_one_string_and_a_client_a_v1_one() {
    let claims = with_claims(r#"{"aud":"a","appid":"c"}"#).unwrap();
    assert_eq!(claims.audiences().collect::<Vec<_>>(), ["a"]);
    assert_eq!(claims.client(), Some("c"));
    assert_eq!(with_claims("{}").unwrap().audiences().count(), 0);
}

#[test]
fn every_algorithm_is_read_by_its_exact_name() {
    for algorithm in Algorithm::ALL {
        let header = format!(r#"{{"alg":"{}"}}"#, algorithm.name());
        assert_eq!(with_header(&header), Ok(()), "{algorithm:?}");
    }
    for (header, error) in [
        (r#"{"alg":"none"}"#, TokenError::AlgorithmNone),
        (r#"{"alg":"nOnE"}"#, TokenError::AlgorithmNone),
        (r#"{"alg":"rs256"}"#, TokenError::AlgorithmUnknown),
        (r#"{"alg":"RS1"}"#, TokenError::AlgorithmUnknown),
        (r#"{"alg":"ES256K"}"#, TokenError::AlgorithmUnknown),
        (r#"{"alg":"RSA-OAEP"}"#, TokenError::AlgorithmUnknown),
        (r#"{"alg":""}"#, TokenError::AlgorithmUnknown),
        (r#"{"alg":["RS256"]}"#, TokenError::HeaderMalformed("alg")),
        (r#"{"typ":"JWT"}"#, TokenError::AlgorithmMissing),
    ] {
        assert_eq!(with_header(header), Err(error), "{header}");
    }
}

#[test]
fn an_unsigned_token_is_refused_as_such_although_its_signature_is_empty() {
    let token = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64("{}"));
    assert_eq!(parse(&token).unwrap_err(), TokenError::AlgorithmNone);
}

#[test]
fn a_header_that_brings_keys_or_asks_for_extensions_is_refused() {
    for (member, error) in [
        (r#""jwk":{"kty":"RSA"}"#, TokenError::EmbeddedKey),
        (r#""jwk":null"#, TokenError::EmbeddedKey),
        (r#""jku":"https://example.com/keys""#, TokenError::KeySetAddress),
        (r#""x5u":"https://example.com/cert""#, TokenError::CertificateAddress),
        (r#""crit":["exp"]"#, TokenError::CriticalExtension),
        (r#""crit":[]"#, TokenError::CriticalExtension),
        (r#""b64":false"#, TokenError::UnencodedPayload),
        (r#""b64":false,"crit":["b64"]"#, TokenError::UnencodedPayload),
        (r#""b64":"true""#, TokenError::UnencodedPayload),
        (r#""zip":"DEF""#, TokenError::Compressed),
        (r#""kid":7"#, TokenError::HeaderMalformed("kid")),
        (r#""x5t":null"#, TokenError::HeaderMalformed("x5t")),
    ] {
        assert_eq!(with_header(&format!(r#"{{"alg":"RS256",{member}}}"#)), Err(error), "{member}");
        let token = encrypted(&format!(r#"{{"alg":"RSA-OAEP","enc":"A256GCM",{member}}}"#));
        assert_eq!(parse(&token).unwrap_err(), error, "{member}");
    }
}

#[test]
fn a_duplicate_member_is_refused_at_any_depth_and_however_it_is_spelled() {
    for claims in [
        r#"{"iss":"a","iss":"a"}"#,
        r#"{"iss":"a","i\u0073s":"b"}"#,
        r#"{"a":{"b":[{"c":1,"c":2}]}}"#,
    ] {
        assert_eq!(with_claims(claims), Err(TokenError::DuplicateMember(Part::Claims)), "{claims}");
    }
    let error = TokenError::DuplicateMember(Part::Header);
    assert_eq!(with_header(r#"{"alg":"none","alg":"RS256"}"#), Err(error));
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    for (claims, error) in [
        (&b""[..], TokenError::Empty(Part::Claims)),
        (b"[]", TokenError::NotObject(Part::Claims)),
        (b"\"x\"", TokenError::NotObject(Part::Claims)),
        (b"null", TokenError::NotObject(Part::Claims)),
        (b"{", TokenError::NotJson(Part::Claims)),
        (b"{}{}", TokenError::NotJson(Part::Claims)),
        (b"{} x", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":1,}", TokenError::NotJson(Part::Claims)),
        (b"{'a':1}", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":01}", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":NaN}", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":1e999}", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":\"\\ud800\"}", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":\"\\udc00\\ud800\"}", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":\"\n\"}", TokenError::NotJson(Part::Claims)),
        (b"\xef\xbb\xbf{}", TokenError::NotJson(Part::Claims)),
        (b"{\"a\":\"\xff\"}", TokenError::NotText(Part::Claims)),
        (b"{\"a\":\"\xed\xa0\x80\"}", TokenError::NotText(Part::Claims)),
    ] {
        assert_eq!(with_claims(claims), Err(error), "{}", String::from_utf8_lossy(claims));
    }
}

#[test]
fn depth_and_count_of_values_are_bounded() {
    let nested =
        |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(with_claims(nested(32)).is_ok());
    assert_eq!(with_claims(nested(33)), Err(TokenError::TooDeep(Part::Claims)));
    assert_eq!(with_claims(nested(20_000)), Err(TokenError::TooDeep(Part::Claims)));
    let many = |count: usize| format!(r#"{{"a":[{}]}}"#, vec!["0"; count].join(","));
    assert!(with_claims(many(4094)).is_ok());
    assert_eq!(with_claims(many(4095)), Err(TokenError::TooManyValues(Part::Claims)));
}

#[test]
fn registered_claims_have_their_types_and_dates_can_be() {
    for (claims, name) in [
        (r#"{"iss":1}"#, "iss"),
        (r#"{"sub":["s"]}"#, "sub"),
        (r#"{"jti":{}}"#, "jti"),
        (r#"{"aud":1}"#, "aud"),
        (r#"{"aud":["a",1]}"#, "aud"),
        (r#"{"aud":[["a"]]}"#, "aud"),
        (r#"{"aud":null}"#, "aud"),
        (r#"{"exp":"1"}"#, "exp"),
        (r#"{"exp":null}"#, "exp"),
        (r#"{"exp":-1}"#, "exp"),
        (r#"{"exp":-0.5}"#, "exp"),
        (r#"{"exp":1e30}"#, "exp"),
        (r#"{"nbf":99999999999999999999}"#, "nbf"),
        (r#"{"iat":true}"#, "iat"),
    ] {
        assert_eq!(with_claims(claims), Err(TokenError::ClaimMalformed(name)), "{claims}");
    }
}

#[test]
fn base64url_has_one_spelling() {
    let good = signed(r#"{"alg":"RS256"}"#, "{}");
    assert!(parse(&good).is_ok());
    // `{}` is `e30`: the two lowest bits of the last letter must be zero.
    for (from, to) in [
        (".e30.", ".e31."),
        (".e30.", ".e30=."),
        (".e30.", ".e3 0."),
        (".e30.", ".e30\n."),
        (".e30.", ".e3+."),
        (".e30.", ".e3/."),
        (".e30.", ".e."),
        (".e30.", ".é30."),
    ] {
        let token = good.replace(from, to);
        assert_eq!(parse(&token).unwrap_err(), TokenError::NotBase64Url(Part::Claims), "{to}");
    }
    let padded = good.replace(".c2ln", ".c2lnPQ==");
    assert_eq!(parse(&padded).unwrap_err(), TokenError::NotBase64Url(Part::Signature));
    let spaced = format!(" {good}");
    assert_eq!(parse(&spaced).unwrap_err(), TokenError::NotBase64Url(Part::Header));
}

#[test]
fn parts_are_counted_and_must_not_be_empty() {
    for token in ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e.f", "......."] {
        assert_eq!(parse(token).unwrap_err(), TokenError::PartCount, "{token}");
    }
    assert_eq!(parse("..").unwrap_err(), TokenError::Empty(Part::Header));
    let header = b64(r#"{"alg":"RS256"}"#);
    let without = |token: String| parse(&token).unwrap_err();
    assert_eq!(without(format!("{header}..c2ln")), TokenError::Empty(Part::Claims));
    assert_eq!(without(format!("{header}.e30.")), TokenError::Empty(Part::Signature));
    let header = b64(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#);
    assert_eq!(without(format!("{header}..aa.aa.aa")), TokenError::Empty(Part::EncryptedKey));
    assert_eq!(
        without(format!("{header}.aQ..aQ.aQ")),
        TokenError::Empty(Part::InitializationVector)
    );
    assert_eq!(without(format!("{header}.aQ.aQ..aQ")), TokenError::Empty(Part::Ciphertext));
    assert_eq!(without(format!("{header}.aQ.aQ.aQ.")), TokenError::Empty(Part::AuthenticationTag));
}

#[test]
fn a_token_longer_than_the_limit_is_refused_before_it_is_read() {
    assert_eq!(parse(&"a".repeat(TOKEN_LIMIT)).unwrap_err(), TokenError::PartCount);
    assert_eq!(parse(&"a".repeat(TOKEN_LIMIT + 1)).unwrap_err(), TokenError::TooLong);
}

#[test]
fn an_encrypted_token_is_read_by_its_exact_algorithms() {
    for (header, error) in [
        (r#"{"alg":"RSA1_5","enc":"A128GCM"}"#, TokenError::AlgorithmUnknown),
        (r#"{"alg":"RSA-OAEP-512","enc":"A128GCM"}"#, TokenError::AlgorithmUnknown),
        (r#"{"alg":"none","enc":"A128GCM"}"#, TokenError::AlgorithmNone),
        (r#"{"enc":"A128GCM"}"#, TokenError::AlgorithmMissing),
        (r#"{"alg":"RSA-OAEP"}"#, TokenError::EncryptionMissing),
        (r#"{"alg":"RSA-OAEP","enc":"A192GCM"}"#, TokenError::EncryptionUnknown),
        (r#"{"alg":"dir","enc":"A128GCM"}"#, TokenError::EncryptedKeyUnexpected),
    ] {
        assert_eq!(parse(&encrypted(header)).unwrap_err(), error, "{header}");
    }
    let token = encrypted(r#"{"alg":"RSA-OAEP-256","enc":"A256CBC-HS512","kid":"k","cty":"JWT"}"#);
    let Ok(Token::Encrypted(read)) = parse(&token) else { panic!("an encrypted token") };
    assert_eq!(read.header.key_management, KeyManagement::RsaOaep256);
    assert_eq!(read.header.encryption, ContentEncryption::A256CbcHs512);
    assert_eq!(read.header.kid.as_deref(), Some("k"));
    assert_eq!(read.additional_data, token.split_once('.').unwrap().0.as_bytes());
    assert_eq!(read.ciphertext, b"ciphertext");
}

#[test]
fn an_encrypted_token_holds_claims_or_a_signed_token_and_nothing_deeper() {
    let header = |cty: &str| {
        let token = encrypted(&format!(r#"{{"alg":"RSA-OAEP","enc":"A128GCM"{cty}}}"#));
        match parse(&token).unwrap() {
            Token::Encrypted(token) => token.header,
            Token::Signed(_) => panic!("five parts are an encrypted token"),
        }
    };
    let (plain, nested) = (header(""), header(r#","cty":"jwt""#));
    let inner = signed(r#"{"alg":"RS256"}"#, r#"{"iss":"i"}"#);
    for header in [&plain, &nested] {
        assert!(matches!(header.read(inner.as_bytes()), Ok(Plaintext::Signed(_))));
        let deeper = encrypted(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#);
        assert_eq!(header.read(deeper.as_bytes()).unwrap_err(), TokenError::NestedTooDeep);
        assert_eq!(header.read(b"\xff").unwrap_err(), TokenError::NotText(Part::Claims));
    }
    assert!(matches!(plain.read(br#" {"iss":"i"}"#), Ok(Plaintext::Claims(_))));
    assert_eq!(nested.read(br#"{"iss":"i"}"#).unwrap_err(), TokenError::PartCount);
}

#[test]
fn nothing_of_a_token_shows_in_debug_or_in_errors() {
    let secret = "hunter2";
    let token = signed(
        &format!(r#"{{"alg":"RS256","kid":"{secret}"}}"#),
        &format!(r#"{{"iss":"{secret}"}}"#),
    );
    let read = parse(&token).unwrap();
    let encoded = b64(secret);
    let shown = format!("{read:?}");
    assert!(!shown.contains(secret) && !shown.contains(&encoded), "{shown}");
    for bad in [
        signed(r#"{"alg":"hunter2"}"#, "{}"),
        signed(r#"{"alg":"RS256"}"#, r#"{"hunter2":1,"hunter2":2}"#),
        signed(r#"{"alg":"RS256"}"#, r#"{"exp":"hunter2"}"#),
    ] {
        let error = parse(&bad).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,400}") {
        let _ = parse(&text);
    }

    #[test]
    fn arbitrary_parts_never_panic(parts in proptest::collection::vec(any::<Vec<u8>>(), 1..7)) {
        let token: Vec<String> = parts.iter().map(b64).collect();
        let _ = parse(&token.join("."));
    }

    #[test]
    fn a_well_formed_token_with_one_byte_changed_is_read_or_refused_and_never_panics(
        position in any::<prop::sample::Index>(),
        byte in 0x20_u8..0x7f,
        truncate in any::<bool>(),
    ) {
        for token in [
            signed(r#"{"alg":"RS256","kid":"k"}"#, r#"{"iss":"i","aud":["a"],"exp":1.5,"x":{"y":[1]}}"#),
            encrypted(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#),
        ] {
            let mut changed = token.clone().into_bytes();
            let at = position.index(changed.len());
            changed[at] = byte;
            if truncate {
                changed.truncate(at);
            }
            let changed = String::from_utf8(changed).unwrap();
            if let (Ok(Token::Signed(read)), false) = (parse(&changed), changed == token) {
                // Another text of a token is never another spelling of the same one.
                let Ok(Token::Signed(original)) = parse(&token) else { continue };
                prop_assert!(
                    read.signing_input != original.signing_input
                        || read.signature != original.signature
                );
            }
        }
    }

    #[test]
    fn claims_are_what_serde_json_reads_when_there_are_no_duplicates(
        members in proptest::collection::hash_map("[a-z]{4,8}", ".{0,20}", 0..10),
    ) {
        let json = serde_json::to_string(&members).unwrap();
        let claims = Claims::parse(json.as_bytes()).unwrap();
        prop_assert_eq!(serde_json::to_value(&members).unwrap(), serde_json::Value::Object(claims.all().clone()));
    }
}
