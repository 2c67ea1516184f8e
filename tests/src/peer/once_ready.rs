use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::mpsc;
use std::time::Duration;

/// How long a program may take to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the lines that a program writes to `output` until `ready` finds in one what it looks for, and gives that. A program that does
/// not say it is killed.
///
/// # Errors
///
/// What the program of this name said instead.
pub(super) fn once_ready<T>(
    name: &str,
    child: &mut Child,
    output: impl Read + Send + 'static,
    ready: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let lines = BufReader::new(output).lines();
    let (sender, receiver) = mpsc::channel();
    // It goes on reading, so that the program never blocks on what it has to say.
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut said = String::new();
    while let Ok(line) = receiver.recv_timeout(PATIENCE) {
        if let Some(found) = ready(&line) {
            return Ok(found);
        }
        said.push_str(&line);
        said.push('\n');
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(format!("{name} did not become ready: {said}"))
}
