use headgate_core::Body;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::Body as _;
use spin_sdk::wasip3::http::types;
use spin_sdk::wasip3::http_compat::BodyWriter;
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen;

/// Hands a response to the host, which reads its body while it is written.
///
/// An answer without content has no stream, and its length is said when it is known: the host would send it in chunks.
pub(crate) fn hand_over(response: Response<Body>) -> Result<types::Response, types::ErrorCode> {
    let (parts, mut body) = response.into_parts();
    let mut fields: Vec<(String, Vec<u8>)> = Vec::with_capacity(parts.headers.len() + 1);
    for (name, value) in &parts.headers {
        fields.push((name.as_str().to_owned(), value.as_bytes().to_vec()));
    }
    if let Some(length) = body.size_hint().exact()
        && !parts.headers.contains_key(CONTENT_LENGTH)
    {
        fields.push((CONTENT_LENGTH.as_str().to_owned(), length.to_string().into_bytes()));
    }
    let fields = types::Fields::from_list(&fields)
        .map_err(|error| types::ErrorCode::InternalError(Some(error.to_string())))?;
    let (answer, _sent) = if body.is_end_stream() {
        let (trailers, reader) = wit_future::new(|| Ok(None));
        // Whether the host reads the news that there are no trailers is its own affair.
        wit_bindgen::spawn(async move { drop(trailers.write(Ok(None)).await) });
        types::Response::new(fields, None, reader)
    } else {
        let (writer, content, trailers) = BodyWriter::new();
        // A reader that is gone has been told; a body that broke off is told to the reader.
        wit_bindgen::spawn(async move { drop(writer.send_http_body(&mut body).await) });
        types::Response::new(fields, Some(content), trailers)
    };
    // The status has three digits, which is all that is asked of it.
    let _ = answer.set_status_code(parts.status.as_u16());
    Ok(answer)
}
