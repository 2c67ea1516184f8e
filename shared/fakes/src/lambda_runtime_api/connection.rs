use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// One HTTP/1.1 connection, as much of it as a Lambda runtime client uses.
#[derive(Debug)]
pub(super) struct Connection {
    reader: BufReader<TcpStream>,
}

/// One request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// Reads one request, and of its body one byte more than `longest` at the most; `None` when the peer has ended.
    pub(super) fn read(&mut self, longest: usize) -> io::Result<Option<Asked>> {
        let line = self.line()?;
        let mut words = line.split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1")) =
            (words.next(), words.next(), words.next())
        else {
            return if line.is_empty() { Ok(None) } else { Err(malformed()) };
        };
        let (mut length, mut chunked) = (0, false);
        loop {
            let header = self.line()?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').ok_or_else(malformed)?;
            match (name.to_ascii_lowercase().as_str(), value.trim()) {
                ("content-length", value) => length = value.parse().map_err(|_| malformed())?,
                ("transfer-encoding", value) => chunked = value.eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        let body = if chunked { self.chunks()? } else { self.bytes(length)? };
        let body = body.into_iter().take(longest + 1).collect();
        Ok(Some(Asked { method: method.to_owned(), path: path.to_owned(), body }))
    }

    /// Writes one response.
    pub(super) fn write(
        &mut self,
        status: u16,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> io::Result<()> {
        let mut response = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            response.push_str(&format!("{name}: {value}\r\n"));
        }
        response.push_str("\r\n");
        let mut response = response.into_bytes();
        response.extend_from_slice(body);
        self.reader.get_mut().write_all(&response)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.reader.by_ref().take(64 * 1024).read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line()?, 16).map_err(|_| malformed())?;
            body.extend(self.bytes(length)?);
            // The end of the chunk, or of the trailers, of which this client sends none.
            if !self.line()?.is_empty() {
                return Err(malformed());
            }
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "request is malformed")
}
