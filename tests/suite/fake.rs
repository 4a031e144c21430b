//! A fake engine: HTTP/1.1 on a Unix socket, recorded documents as answers, and faults where a test
//! wants them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::fixtures;
use super::program::{Call, sysdock};

/// Longest that a hanging answer holds its connection.
const HANG: Duration = Duration::from_mins(1);

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET, POST, …
    pub method: String,
    /// Path and query as sent.
    pub path: String,
}

impl Request {
    /// Whether the path without its version begins so.
    pub fn is(&self, path: &str) -> bool {
        self.bare().starts_with(path)
    }

    /// The path without `/v1.51`.
    pub fn bare(&self) -> &str {
        let versioned = self.path.strip_prefix("/v1.").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
        versioned.unwrap_or(&self.path)
    }
}

/// What the engine answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A JSON document.
    Json(u16, Value),
    /// A whole body.
    Body(Vec<u8>),
    /// Docker's answer to a ping: its API version, in a header.
    Ping(String),
    /// What stands at a path of a container, in a header.
    Stat(Value),
    /// Bytes in place of any HTTP.
    Raw(&'static [u8]),
    /// Nothing, for a long time.
    Hang,
    /// The beginning of a body, then so many pieces; `whole` tells whether the end is marked.
    Stream { head: Vec<u8>, piece: Vec<u8>, times: usize, pause: Duration, whole: bool },
    /// A switch of protocols and then these bytes.
    Upgrade(Vec<u8>),
}

/// The engine's side of an error.
pub fn error(status: u16, message: &str) -> Answer {
    Answer::Json(status, json!({ "message": message }))
}

/// A piece of a log whose container has no terminal.
pub fn frame(stream: u8, text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).expect("a frame is short").to_be_bytes();
    [&[stream, 0, 0, 0], &length[..], text].concat()
}

/// The documents of a container that is well.
#[derive(Debug, Clone)]
pub struct Documents {
    /// `/version`.
    pub version: Value,
    /// `/containers/{id}/json`.
    pub container: Value,
    /// `/images/{id}/json`.
    pub image: Value,
    /// `/info`.
    pub info: Value,
    /// The log as the engine sends it.
    pub log: Vec<u8>,
    /// Files by path; all others are unknown.
    pub files: BTreeMap<&'static str, &'static [u8]>,
    /// What `systemctl is-system-running` says.
    pub state: &'static str,
}

/// Name of the container that the documents describe.
pub const NAME: &str = "web";

/// What a real engine said of a healthy container.
pub fn recorded() -> Documents {
    let docker =
        |fixture: &&fixtures::Fixture| fixture.folder == "healthy" && fixture.label().contains("docker28-v2");
    let all = fixtures::all();
    let fixture = all.iter().find(docker).expect("a healthy container of Docker 28 was recorded");
    let document = |name: &str| fixture.snapshot.documents.get(name).cloned().unwrap_or_default();
    let mut container = document("container");
    container["Name"] = format!("/{NAME}").into();
    container["State"]["Pid"] = 0.into();
    container["State"]["Status"] = "running".into();
    container["State"]["Running"] = true.into();
    container["Config"]["Tty"] = false.into();
    Documents {
        version: json!({"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Components": [{"Name": "Engine"}]}),
        container,
        image: document("image"),
        info: document("engine"),
        log: frame(
            1,
            b"systemd 257.8-1 running in system mode (+PAM).\r\n[  OK  ] Reached target multi-user.target - \
                Multi-User System.\r\n",
        ),
        files: BTreeMap::from([(
            "/etc/os-release",
            &b"ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13 \
            (trixie)\"\n"[..],
        )]),
        state: "running",
    }
}

impl Documents {
    /// The same container with a terminal.
    pub fn with_tty(mut self) -> Self {
        self.container["Config"]["Tty"] = true.into();
        self
    }

    /// The same container after its end.
    pub fn exited(mut self, code: i64) -> Self {
        self.container["State"]["Status"] = "exited".into();
        self.container["State"]["Running"] = false.into();
        self.container["State"]["ExitCode"] = code.into();
        self
    }

    /// The usual answer to a request.
    pub fn answer(&self, request: &Request) -> Answer {
        let id = self.container["Id"].as_str().unwrap_or_default();
        let path = request.bare().split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            ["_ping"] => Answer::Ping(self.version["ApiVersion"].as_str().unwrap_or_default().to_owned()),
            ["version"] => Answer::Json(200, self.version.clone()),
            ["info"] => Answer::Json(200, self.info.clone()),
            ["images", .., "history"] => Answer::Json(200, json!([])),
            ["images", .., "json"] => Answer::Json(200, self.image.clone()),
            ["containers", "json"] => Answer::Json(
                200,
                json!([{"Id": id, "Names": [format!("/{NAME}")], "Labels": self.container["Config"]["Labels"]}]),
            ),
            ["containers", name, "json"] if *name == NAME || *name == id => {
                Answer::Json(200, self.container.clone())
            }
            ["containers", name, ..] if *name != NAME && *name != id => {
                error(404, &format!("No such container: {name}"))
            }
            ["containers", _, "logs"] => Answer::Body(self.log.clone()),
            ["containers", _, "archive"] => self.archive(request),
            ["containers", _, "exec"] => Answer::Json(201, json!({"Id": "e1"})),
            ["exec", _, "start"] => Answer::Upgrade(frame(1, self.state.as_bytes())),
            ["exec", _, "json"] => Answer::Json(200, json!({"ID": "e1", "Running": false, "ExitCode": 0})),
            _ => error(404, "page not found"),
        }
    }

    fn archive(&self, request: &Request) -> Answer {
        let path = &request.path;
        let wanted = path
            .split("path=")
            .nth(1)
            .unwrap_or_default()
            .split('&')
            .next()
            .unwrap_or_default()
            .replace("%2F", "/");
        let Some(text) = self.files.get(wanted.as_str()) else {
            return error(404, &format!("Could not find the file {wanted}"));
        };
        let name = wanted.rsplit('/').next().unwrap_or_default().to_owned();
        if request.method == "HEAD" {
            return Answer::Stat(
                json!({"name": name, "size": text.len(), "mode": 0o644, "mtime": "2026-01-01T00:00:00Z", "linkTarget": ""}),
            );
        }
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *text).expect("a tar can be made");
        Answer::Body(builder.into_inner().expect("a tar can be made"))
    }
}

/// Base64 as in RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let number =
            chunk.iter().chain(&[0; 2]).take(3).fold(0usize, |number, byte| number << 8 | usize::from(*byte));
        let letter = |place: usize| {
            if place <= chunk.len() { char::from(LETTERS[number >> (18 - 6 * place) & 63]) } else { '=' }
        };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// A running fake.
#[derive(Debug)]
pub struct Fake {
    folder: tempfile::TempDir,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    /// Listens; each request is answered by this function.
    pub fn answering(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let listener = UnixListener::bind(folder.path().join("engine.sock")).expect("a socket can be made");
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (seen, answer) = (requests.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (seen.clone(), answer.clone());
                // A client that goes away in the middle is part of the tests.
                std::thread::spawn(move || drop(serve(stream, &seen, answer.as_ref())));
            }
        });
        Self { folder, requests }
    }

    /// Listens with the usual answers.
    pub fn usual(documents: Documents) -> Self {
        Self::answering(move |request| documents.answer(request))
    }

    /// Listens with the usual answers but for those that `odd` gives.
    pub fn but(
        documents: Documents,
        odd: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        Self::answering(move |request| odd(request).unwrap_or_else(|| documents.answer(request)))
    }

    /// Path of its socket.
    pub fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("engine.sock")
    }

    /// Calls sysdock against it.
    pub fn call(&self, line: &str) -> Call {
        sysdock(line.split_whitespace()).env("DOCKER_HOST", format!("unix://{}", self.socket().display()))
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(
    stream: UnixStream,
    seen: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&Request) -> Answer,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(()) };
    let request = Request { method: method.to_owned(), path: path.to_owned() };
    read_rest(&mut reader)?;
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    send(stream, answer(&request))
}

/// Headers, and a body of the length that they announce.
fn read_rest(reader: &mut BufReader<UnixStream>) -> std::io::Result<()> {
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line)? > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; length])
}

fn send(mut stream: UnixStream, answer: Answer) -> std::io::Result<()> {
    match answer {
        Answer::Json(status, value) => {
            whole(&mut stream, status, "application/json", value.to_string().as_bytes())
        }
        Answer::Body(bytes) => whole(&mut stream, 200, "application/octet-stream", &bytes),
        Answer::Ping(api) => stream.write_all(
            format!(
                "HTTP/1.1 200 OK\r\nApi-Version: {api}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"
            )
            .as_bytes(),
        ),
        Answer::Stat(stat) => {
            let stat = base64(stat.to_string().as_bytes());
            stream.write_all(
                format!(
                    "HTTP/1.1 200 OK\r\nX-Docker-Container-Path-Stat: {stat}\r\nContent-Length: \
                    0\r\nConnection: close\r\n\r\n"
                )
                .as_bytes(),
            )
        }
        Answer::Raw(bytes) => stream.write_all(bytes),
        Answer::Hang => {
            std::thread::sleep(HANG);
            Ok(())
        }
        Answer::Stream { head, piece, times, pause, whole } => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: \
                application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            )?;
            for part in std::iter::once(&head)
                .chain(std::iter::repeat_n(&piece, times))
                .filter(|part| !part.is_empty())
            {
                stream.write_all(format!("{:x}\r\n", part.len()).as_bytes())?;
                stream.write_all(part)?;
                stream.write_all(b"\r\n")?;
                std::thread::sleep(pause);
            }
            if whole { stream.write_all(b"0\r\n\r\n") } else { Ok(()) }
        }
        Answer::Upgrade(bytes) => {
            stream.write_all(
                b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: \
                    Upgrade\r\nUpgrade: tcp\r\n\r\n",
            )?;
            stream.write_all(&bytes)
        }
    }
}

fn whole(stream: &mut UnixStream, status: u16, kind: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}
