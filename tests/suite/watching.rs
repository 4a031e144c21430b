//! `watch` against a fake engine: what is reported, how often, and where.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::fake::{Answer, Documents, Fake, NAME, Request, recorded};
use super::program::{Run, sysdock};

/// Longest wait for something that comes within a second on an idle machine.
const PATIENCE: Duration = Duration::from_mins(1);
const BEGIN: &str = "2026-01-01T00:00:00Z";
const STARTED: &str = "2026-01-01T00:00:10Z";
const FINISHED: &str = "2026-01-01T00:00:20Z";
/// Just after [`FINISHED`].
const DIED: i64 = 1_767_225_620_040_000_000;

/// A container that ran and ended while it was watched.
fn dead() -> Documents {
    let mut documents = recorded().exited(255);
    documents.container["State"]["StartedAt"] = STARTED.into();
    documents.container["State"]["FinishedAt"] = FINISHED.into();
    documents.info["SystemTime"] = BEGIN.into();
    documents
}

fn id(documents: &Documents) -> String {
    documents.container["Id"].as_str().unwrap().to_owned()
}

fn event(action: &str, id: &str, name: &str, time: i64) -> Vec<u8> {
    let attributes = json!({"exitCode": "255", "name": name, "image": "debian:12"});
    format!("{}\n", json!({"Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": attributes}, "timeNano": time}))
        .into_bytes()
}

/// A stream that goes on after these bytes.
fn open_stream(head: Vec<u8>) -> Answer {
    Answer::Stream {
        head,
        piece: b"\n".to_vec(),
        times: 6000,
        pause: Duration::from_millis(100),
        whole: false,
    }
}

/// A stream that ends there.
fn broken_stream(head: Vec<u8>) -> Answer {
    Answer::Stream { head, piece: Vec::new(), times: 0, pause: Duration::ZERO, whole: false }
}

/// An engine whose stream of events is what `streams` gives for the first, the second, … connection.
fn engine(documents: Documents, streams: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Fake {
    let connections = AtomicUsize::new(0);
    Fake::but(documents, move |request: &Request| {
        request.is("/events").then(|| streams(connections.fetch_add(1, Ordering::SeqCst)))
    })
}

fn lines(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const WATCH: &str = "watch --format json --no-exec --for 3s";

#[test]
fn a_death_seen_in_several_streams_and_lists_is_reported_once() {
    let documents = dead();
    let (own, whole) = (id(&documents), event("die", &id(&documents), NAME, DIED));
    let fake = engine(documents, move |connection| match connection {
        // It breaks off in the middle of another event.
        0 => broken_stream([&whole[..], &event("start", &own, NAME, DIED + 1)[..50]].concat()),
        _ => open_stream([&whole[..], &whole[..]].concat()),
    });
    let run = fake.call(WATCH).run().ended(0);
    let told = lines(&run);
    assert_eq!(told.len(), 1, "{run:?}");
    let event = json!({"kind": "died", "time": "2026-01-01T00:00:20.04Z", "image": "debian:12", "exit_code": 255, "deaths": 1});
    assert_eq!((&told[0]["event"], &told[0]["target"]["name"]), (&event, &json!(NAME)));
    for said in ["lost the engine", "is back"] {
        assert_eq!(run.stderr.matches(said).count(), 1, "{run:?}");
    }
}

/// Only what is like a trial in every way is passed over: the name, a time that is a few minutes ahead, a
/// label that no image gave it.
#[test]
fn the_container_of_a_trial_is_skipped() {
    let now = jiff::Timestamp::now().as_second();
    let at = |seconds: i64| jiff::Timestamp::from_second(now + seconds).unwrap().to_string();
    let (until, trial) = ((now + 300).to_string(), format!("web-trial-7-{}", now - 30));
    for (name, until, of_image, count) in [
        (trial.as_str(), until.as_str(), None, 0),
        (&trial, &until, Some("1767225600"), 0),
        (&format!("sysdock-probe-7-{}", now + 270), &until, None, 0),
        (NAME, &until, None, 1),
        ("web-trial", &until, None, 1),
        (&trial, "9999999999", None, 1),
        (&trial, &(now + 3600).to_string(), None, 1),
        (&trial, &(now - 60).to_string(), None, 1),
        (&trial, "soon", None, 1),
        (&trial, &until, Some(&until), 1),
    ] {
        let mut documents = dead();
        documents.container["State"]["StartedAt"] = at(-20).into();
        documents.container["State"]["FinishedAt"] = at(-10).into();
        documents.info["SystemTime"] = at(-40).into();
        documents.container["Config"]["Labels"] = json!({"sysdock.trial": until});
        documents.image["Config"]["Labels"] =
            of_image.map_or_else(|| json!({}), |value| json!({"sysdock.trial": value}));
        let told =
            String::from_utf8(event("die", &id(&documents), name, (now - 10) * 1_000_000_000)).unwrap();
        let told = told.replace("\"exitCode\"", &format!("\"sysdock.trial\":\"{until}\",\"exitCode\""));
        let list = json!([{"Id": id(&documents), "Names": [format!("/{name}")], "Image": "debian:12", "Labels": {"sysdock.trial": until}}]);
        let fake = Fake::but(documents, move |request| match request {
            request if request.is("/events") => Some(open_stream(told.clone().into_bytes())),
            request if request.is("/containers/json") => Some(Answer::Json(200, list.clone())),
            _ => None,
        });
        assert_eq!(lines(&fake.call(WATCH).run().ended(0)).len(), count, "{name} {until} {of_image:?}");
    }
}

#[test]
fn a_death_that_the_engine_has_no_event_of_is_found_in_its_list() {
    let fake = engine(dead(), |_| open_stream(Vec::new()));
    let told = lines(&fake.call(WATCH).run().ended(0));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["event"]["time"], &told[0]["event"]["kind"]), (&json!(FINISHED), &json!("died")));
}

#[test]
fn events_before_the_watch_are_reported_only_on_request() {
    let later = || {
        let mut documents = dead();
        documents.info["SystemTime"] = "2026-01-01T01:00:00Z".into();
        engine(documents, |_| open_stream(Vec::new()))
    };
    assert_eq!(lines(&later().call(WATCH).run().ended(0)), Vec::<Value>::new());
    assert_eq!(lines(&later().call(&format!("{WATCH} --since {BEGIN}")).run().ended(0)).len(), 1);
    assert_eq!(
        lines(&later().call(&format!("{WATCH} --since {BEGIN} other")).run().ended(0)),
        Vec::<Value>::new()
    );
}

#[test]
fn a_removed_container_gets_a_report_that_says_so() {
    let mut documents = dead();
    documents.container["State"]["FinishedAt"] = "0001-01-01T00:00:00Z".into();
    documents.container["State"]["StartedAt"] = "0001-01-01T00:00:00Z".into();
    let head =
        [event("die", "ffff", "fleeting", DIED), event("destroy", "ffff", "fleeting", DIED + 5)].concat();
    let fake = engine(documents, move |_| open_stream([b"no JSON\n\n", &head[..]].concat()));
    let run = fake.call(WATCH).run().ended(0);
    let told = lines(&run);
    assert_eq!(told.len(), 1, "{run:?}");
    assert_eq!(
        (&told[0]["target"]["name"], &told[0]["verdict"]),
        (&json!("fleeting"), &json!("undetermined"))
    );
    assert_eq!(
        (&told[0]["event"]["exit_code"], &told[0]["event"]["image"]),
        (&json!(255), &json!("debian:12"))
    );
    assert!(told[0]["gaps"].to_string().contains("removed before it could be examined"), "{told:?}");
}

#[test]
fn a_later_run_resumes_from_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("watch.json");
    let documents = dead();
    let head = event("die", &id(&documents), NAME, DIED);
    let fake = engine(documents, move |_| open_stream(head.clone()));
    let line = format!("{WATCH} --state {}", state.display());
    assert_eq!(lines(&fake.call(&line).run().ended(0)).len(), 1);
    assert_eq!(lines(&fake.call(&line).run().ended(0)), Vec::<Value>::new());
    std::fs::write(&state, "something else").unwrap();
    fake.call(&line).run().refused(3);
    assert_eq!(std::fs::read_to_string(&state).unwrap(), "something else");
}

#[test]
fn what_cannot_begin_is_refused() {
    let fake = engine(dead(), |_| open_stream(Vec::new()));
    for line in [
        "watch --metrics=0.0.0.0:0",
        "watch --webhook ftp://x/secret",
        "watch --for long",
        "watch --since whenever",
    ] {
        let run = fake.call(line).run().refused(2);
        assert!(!run.stderr.contains("secret"), "{run:?}");
    }
    sysdock(["watch", "-H", "unix:///nowhere/engine.sock"]).run().refused(3);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    fake.call(&format!("watch --metrics={}", taken.local_addr().unwrap())).run().refused(3);
}

#[test]
fn a_new_container_that_is_no_business_of_systemd_is_glanced_at_and_no_more() {
    let mut documents = recorded();
    documents.container["State"]["StartedAt"] = STARTED.into();
    documents.info["SystemTime"] = BEGIN.into();
    let head = event("start", &id(&documents), NAME, DIED);
    let watched = |documents: Documents| {
        let head = head.clone();
        let fake = engine(documents, move |_| open_stream(head.clone()));
        let told = lines(&fake.call(WATCH).run().ended(0));
        let asked = fake.requests().into_iter().map(|request| request.bare().to_owned());
        (
            told.len(),
            asked
                .filter(|path| ["/archive", "/logs", "/exec"].iter().any(|part| path.contains(part)))
                .count(),
        )
    };
    let (told, asked) = watched(documents.clone());
    assert!(told == 1 && asked > 10, "{told} {asked}");
    documents.container["Config"] =
        json!({"Cmd": ["sleep", "infinity"], "Image": "debian:12", "Tty": false, "Labels": {}});
    documents.container["HostConfig"] = json!({"NetworkMode": "none"});
    documents.container["Mounts"] = json!([]);
    assert_eq!(watched(documents), (0, 0));
}

/// Answers posts: first with these statuses, then with 204. Gives what was posted, with its head.
fn hook(refusals: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
    hook_behind(refusals, |stream| stream)
}

/// The same behind what is made of each connection.
fn hook_behind<S: Read + Write>(
    refusals: &'static [&'static str],
    wrap: impl Fn(TcpStream) -> S + Send + 'static,
) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let mut stream = wrap(stream);
            // A client that goes away has posted nothing.
            let Ok(posted) = read_post(&mut stream) else { continue };
            let status = refusals.get(number).copied().unwrap_or("204 No Content");
            let _ = stream.write_all(
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
            );
            let _ = stream.flush();
            if sender.send(posted).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn read_post(stream: &mut impl Read) -> std::io::Result<String> {
    let (mut reader, mut head) = (BufReader::new(stream), String::new());
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next()?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(head + &String::from_utf8(body).unwrap())
}

#[test]
fn a_webhook_that_fails_at_first_gets_the_report_later() {
    let documents = dead();
    let head = event("die", &id(&documents), NAME, DIED);
    let fake = engine(documents, move |_| open_stream(head.clone()));
    let (address, posts) = hook(&["503 Busy", "429 Slow\r\nRetry-After: 0"]);
    let run =
        fake.call(&format!("{WATCH} --webhook http://me:secret@{address}/in?token=secret")).run().ended(0);
    let posts: Vec<String> = (0..3).map(|_| posts.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(posts[2].starts_with("POST /in?token=secret HTTP/1.1\r\n"), "{posts:?}");
    let lower = posts[2].to_ascii_lowercase();
    assert!(
        lower.contains("authorization: basic bwu6c2vjcmv0")
            && lower.contains("content-type: application/json"),
        "{posts:?}"
    );
    assert_eq!(posts[2].split("\r\n\r\n").nth(1), Some(run.stdout.as_str()));
    assert!(!run.stderr.contains("secret"), "{run:?}");
}

#[test]
fn a_rejecting_webhook_is_reported_without_its_address() {
    let documents = dead();
    let head = event("die", &id(&documents), NAME, DIED);
    let fake = engine(documents, move |_| open_stream(head.clone()));
    let (address, posts) = hook(&["403 Never"]);
    let run = fake.call(&format!("{WATCH} --webhook http://{address}/secret")).run().ended(0);
    assert!(run.stderr.contains("rejects reports: HTTP 403") && !run.stderr.contains("secret"), "{run:?}");
    assert_eq!(posts.iter().take(1).count(), 1);
}

/// A webhook with a certificate of its own, which is written into a file for clients.
fn encrypted_hook(folder: &Path) -> (String, mpsc::Receiver<String>, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = folder.join("authority.pem");
    std::fs::write(&file, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let server =
        Arc::new(server.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap());
    let (address, posts) = hook_behind(&["503 Busy"], move |stream| {
        StreamOwned::new(ServerConnection::new(Arc::clone(&server)).unwrap(), stream)
    });
    (address.replace("127.0.0.1", "localhost"), posts, file)
}

#[test]
fn a_tls_webhook_is_verified_and_gets_the_report() {
    let documents = dead();
    let head = event("die", &id(&documents), NAME, DIED);
    let fake = engine(documents, move |_| open_stream(head.clone()));
    let folder = tempfile::tempdir().unwrap();
    let (address, posts, authority) = encrypted_hook(folder.path());
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let call = |address: &str, authority: &Path| {
        fake.call(&format!("{WATCH} --webhook https://{address}/secret"))
            .env("SSL_CERT_FILE", authority)
            .env("SSL_CERT_DIR", &empty)
            .run()
    };
    let run = call(&address, &authority).ended(0);
    let posts: Vec<String> = (0..2).map(|_| posts.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(posts[1].starts_with("POST /secret HTTP/1.1\r\n"), "{posts:?}");
    assert_eq!(posts[1].split("\r\n\r\n").nth(1), Some(run.stdout.as_str()));
    // Another name than that of the certificate; another authority; none at all.
    let other = folder.path().join("other.pem");
    std::fs::write(&other, rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem())
        .unwrap();
    for (address, authority) in
        [(address.replace("localhost", "127.0.0.1"), &authority), (address.clone(), &other)]
    {
        let run = call(&address, authority).ended(0);
        assert!(
            run.stderr.contains("rejects reports: invalid peer certificate")
                && !run.stderr.contains("secret"),
            "{run:?}"
        );
    }
    let none = call(&address, &folder.path().join("nothing.pem")).refused(3);
    assert!(none.stderr.contains("SSL_CERT_FILE"), "{none:?}");
}

#[test]
fn the_journal_gets_one_record_with_fields() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("journal");
    let journal = UnixDatagram::bind(&socket).unwrap();
    journal.set_read_timeout(Some(PATIENCE)).unwrap();
    let documents = dead();
    let (own, head) = (id(&documents), event("die", &id(&documents), NAME, DIED));
    let fake = engine(documents, move |_| open_stream(head.clone()));
    fake.call(&format!("{WATCH} --journald={}", socket.display())).run().ended(0);
    let mut bytes = vec![0; 65536];
    let length = journal.recv(&mut bytes).unwrap();
    let record = String::from_utf8(bytes[..length].to_vec()).unwrap();
    for field in [
        "MESSAGE_ID=7d1f0a0c6a7e4d6c9b6f8a50f5f9c2b1\n",
        "SYSLOG_IDENTIFIER=sysdock\n",
        "CONTAINER_NAME=web\n",
        &format!("CONTAINER_ID_FULL={own}\n"),
        "SYSDOCK_EVENT=died\n",
        "SYSDOCK_EXIT_CODE=255\n",
        "SYSDOCK_DEATHS=1\n",
    ] {
        assert!(record.contains(field), "{field} is not in {record}");
    }
    journal.set_nonblocking(true).unwrap();
    assert!(journal.recv(&mut bytes).is_err(), "there is a second record");
}

/// A watch that goes on in the background; ended when dropped.
struct Background(Child);

impl Background {
    fn of(fake: &Fake, line: &str) -> Self {
        let mut command = fake.call(line).command();
        Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn terminate(&self) {
        let killed =
            std::process::Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn numbers_can_be_scraped_and_a_signal_ends_the_watch_in_order() {
    let documents = dead();
    let head = event("die", &id(&documents), NAME, DIED);
    let fake = engine(documents, move |_| open_stream(head.clone()));
    let mut watch = Background::of(&fake, "watch --no-exec --metrics=127.0.0.1:0");
    let mut said = String::new();
    BufReader::new(watch.0.stderr.take().unwrap()).read_line(&mut said).unwrap();
    let address = said
        .trim()
        .split("http://")
        .nth(1)
        .and_then(|rest| rest.strip_suffix("/metrics"))
        .unwrap_or_else(|| panic!("{said}"));
    let mut report = String::new();
    let mut stdout = BufReader::new(watch.0.stdout.take().unwrap());
    stdout.read_line(&mut report).unwrap();
    assert!(report.contains(" web died, exit code 255"), "{report}");
    let get = |path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    // The numbers follow the line.
    let page =
        (0..50).map(|_| get("/metrics")).find(|page| page.contains("\nsysdock_watch_deaths_total 1\n"));
    let page = page.unwrap_or_else(|| panic!("{}", get("/metrics")));
    for sample in [
        "sysdock_watch_connected 1",
        "sysdock_watch_events_total{action=\"die\"} 1",
        "sysdock_watch_occasions_total{kind=\"died\"} 1",
    ] {
        assert!(page.contains(&format!("\n{sample}\n")), "{sample} is not in {page}");
    }
    assert!(page.starts_with("HTTP/1.1 200") && !page.contains("\"web\""), "{page}");
    assert!(get("/").starts_with("HTTP/1.1 404"));
    watch.terminate();
    assert_eq!(watch.0.wait().unwrap().code(), Some(0));
}
