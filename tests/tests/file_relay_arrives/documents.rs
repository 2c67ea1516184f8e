use std::fs;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use headgate_tests::host::installed;
use tempfile::TempDir;

/// Documents of every kind that people send to each other, written by openpyxl, python-docx and pypdf (PyPI).
pub(crate) struct Documents {
    written: TempDir,
    /// A folder for each way that they came.
    arrived: TempDir,
}

const NAMES: [&str; 4] = ["books.xlsx", "letter.docx", "page.pdf", "all.zip"];

impl Documents {
    pub(crate) fn write() -> Self {
        let (written, arrived) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(written.path().join("all")).unwrap();
        run("write", &written.path().join("all"));
        Self { written, arrived }
    }

    pub(crate) fn files(&self) -> Vec<(String, Bytes)> {
        let folder = self.written.path().join("all");
        let read = |name: &str| (name.to_owned(), fs::read(folder.join(name)).unwrap().into());
        NAMES.into_iter().map(read).collect()
    }

    /// Keeps what came, if it is a document.
    pub(crate) fn arrived(&self, way: &str, name: &str, content: &Bytes) {
        if NAMES.contains(&name) {
            let folder = self.arrived.path().join(way);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), content).unwrap();
        }
    }

    /// Opens the documents that came in so many ways: they hold what was written.
    pub(crate) fn open_all(&self, ways: usize) {
        assert_eq!(fs::read_dir(self.arrived.path()).unwrap().count(), ways);
        let held = run("read", self.written.path());
        assert!(held.contains("Größe 1999") || held.contains("Gr\\u00f6\\u00dfe 1999"));
        assert!(run("read", self.arrived.path()) == held);
    }
}

fn run(what: &str, folder: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/documents.py");
    let mut command = Command::new(installed("venv/bin/python").unwrap());
    let output = command.env_clear().arg(script).arg(what).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
