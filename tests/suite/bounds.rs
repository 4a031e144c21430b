//! Inputs that would take gigabytes: engines, snapshots, archives, folders and events without end. Each meets
//! a limit that is named, and none takes more than a quarter of a gigabyte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fake::{Answer, Documents, Fake, NAME, Request, recorded};
use super::program::{Run, announce, sysdock};

/// Most memory that any input may take, in KiB.
const MEMORY_KIB: u64 = 256 * 1024;
/// Bytes of an answer without end, as far as it is sent: more than the program may hold.
const FLOOD: usize = 400 << 20;

/// An answer that goes on and on.
fn flood(head: &[u8], piece: &[u8]) -> Answer {
    let piece = piece.repeat(64 * 1024 / piece.len());
    let times = FLOOD / piece.len();
    Answer::Stream { head: head.to_vec(), piece, times, pause: Duration::ZERO, whole: true }
}

#[track_caller]
fn small(run: Run, what: &str) -> Run {
    assert!(run.peak_kib < MEMORY_KIB, "{what} took {} MiB: {} {}", run.peak_kib >> 10, run.code, run.stderr);
    run
}

/// What the gaps of the only report say.
fn gaps(run: &Run) -> String {
    run.report(0)["gaps"].to_string()
}

#[test]
fn an_answer_without_end_is_refused_by_name() {
    for (head, piece) in [("{\"x\":[", "[0],"), ("[{\"a\":\"", "aaaa"), ("", "[{\"\":["), ("{", "\"k\":{},")]
    {
        for (path, line) in [("/containers/web/json", "doctor web"), ("/containers/json", "doctor --all")] {
            let fake = Fake::but(recorded(), move |request| {
                request.is(path).then(|| flood(head.as_bytes(), piece.as_bytes()))
            });
            let run = small(fake.call(line).run(), path).ended(3);
            assert!(
                run.stderr.contains("too large: it has more than") && run.stderr.contains("next: "),
                "{path}: {run:?}"
            );
        }
        for path in ["/info", "/images/"] {
            let fake = Fake::but(recorded(), move |request| {
                request.is(path).then(|| flood(head.as_bytes(), piece.as_bytes()))
            });
            let run = small(fake.call("doctor web --format json --no-exec").run(), path);
            assert!(gaps(&run).contains("too large: it has more than"), "{path}: {run:?}");
        }
    }
}

/// Puts a list into one of the documents.
type Set = fn(&mut Documents, Value);

#[test]
fn an_answer_of_many_values_is_refused_though_it_is_short() {
    let wide = |entry: &str| format!("[{}]", vec![entry; 20_000].join(","));
    let documents: [(&str, Set); 4] = [
        ("[0]", |documents, list| documents.container["Mounts"] = list),
        ("\"A=\"", |documents, list| documents.container["Config"]["Env"] = list),
        ("{}", |documents, list| documents.image["History"] = list),
        ("{\"a\":\"\"}", |documents, list| documents.info["Plugins"] = list),
    ];
    for (entry, set) in documents {
        let mut documents = recorded();
        set(&mut documents, serde_json::from_str(&wide(entry)).unwrap());
        let run = small(Fake::usual(documents).call("doctor web --format json --no-exec").run(), entry);
        let said = format!("{} {}", run.stderr, run.stdout);
        assert!(said.contains("more than 12000 values"), "{entry}: {said}");
    }
    let history = wide("{\"Id\":\"x\",\"Tags\":[\"a\"]}");
    let fake = Fake::but(recorded(), move |request| {
        request.bare().ends_with("/history").then(|| Answer::Body(history.clone().into_bytes()))
    });
    assert!(
        gaps(&small(fake.call("doctor web --format json --no-exec").run(), "history"))
            .contains("more than 12000 values")
    );
}

#[test]
fn a_frame_that_promises_gigabytes_is_not_held() {
    let mut head = vec![2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    head.extend_from_slice(
        b"Failed to mount tmpfs (type tmpfs) on /run (MS_NOSUID \"mode=0755\"): Operation not permitted\n",
    );
    let fake = Fake::but(recorded().exited(255), move |request| {
        request.path.contains("/logs").then(|| flood(&head, b"no end of it "))
    });
    let run = small(fake.call("doctor web --format json --timeout 60").run(), "a log");
    assert!(run.report(0)["findings"].to_string().contains("Failed to mount tmpfs"), "{run:?}");
}

#[test]
fn a_command_that_prints_for_ever_is_left() {
    for head in [vec![1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], b"words without a header ".to_vec()] {
        let fake = Fake::but(recorded(), move |request| {
            request.path.ends_with("/start").then(|| flood(&head, b"running "))
        });
        let run = small(fake.call("doctor web --format json").run(), "a command");
        assert!(run.report(0)["verdict"].is_string() && run.took < Duration::from_secs(20), "{run:?}");
    }
}

/// A tar whose first entry has a name, or attributes, without end.
fn endless_entry(kind: tar::EntryType) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path("init").unwrap();
    header.set_entry_type(kind);
    header.set_size(2 << 30);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn a_file_of_a_container_without_end_is_cut() {
    for kind in [tar::EntryType::Regular, tar::EntryType::GNULongName, tar::EntryType::XHeader] {
        let head = endless_entry(kind);
        let mut documents = recorded();
        documents.files.insert("/usr/lib/systemd/systemd", b"");
        let fake = Fake::but(documents, move |request| {
            (request.method == "GET" && request.path.contains("/archive")).then(|| flood(&head, b"aaaaaaaa"))
        });
        let run = small(fake.call("doctor web --format json --no-exec").run(), "a file");
        assert!(run.report(0)["verdict"].is_string(), "{kind:?}: {run:?}");
        assert!(gaps(&run).contains("/etc/systemd/system` is too large"), "{kind:?}: {}", gaps(&run));
    }
}

#[test]
fn units_of_a_dead_container_are_read_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let (upper, lower) = (folder.path().join("upper"), folder.path().join("lower"));
    let units = upper.join("etc/systemd/system");
    std::fs::create_dir_all(&units).unwrap();
    std::fs::create_dir_all(&lower).unwrap();
    std::fs::write(units.join("0.service"), "x".repeat(64 * 1024)).unwrap();
    (1..20_000).for_each(|n| {
        std::fs::hard_link(units.join("0.service"), units.join(format!("{n}.service"))).unwrap();
    });
    let mut documents = recorded().exited(255);
    documents.container["GraphDriver"] =
        json!({"Name": "overlay2", "Data": {"UpperDir": upper, "LowerDir": lower}});
    documents.container["Mounts"] = json!([]);
    documents.container["HostConfig"]["Binds"] = json!([]);
    let run = small(Fake::usual(documents).call("doctor web --format json").run(), "units");
    assert!(gaps(&run).contains("/etc/systemd/system` is too large"), "{}", gaps(&run));
}

#[test]
fn many_containers_take_little_memory() {
    // A great one by hand: SYSDOCK_MANY=10000.
    let many = std::env::var("SYSDOCK_MANY").ok().and_then(|number| number.parse().ok()).unwrap_or(600);
    let documents = recorded().exited(255);
    let id = |n: usize| format!("{n:064x}");
    let list: Vec<Value> = (0..many)
        .map(|n| json!({"Id": id(n), "Names": [format!("/c{n}")], "Labels": {"a": "b".repeat(2000)}}))
        .collect();
    let fake = Fake::answering(move |request: &Request| {
        if request.is("/containers/json") {
            return Answer::Json(200, list.clone().into());
        }
        let other = request.bare().strip_prefix("/containers/").and_then(|rest| rest.split('/').next());
        let path = other.map_or_else(|| request.path.clone(), |name| request.path.replacen(name, NAME, 1));
        documents.answer(&Request { path, method: request.method.clone() })
    });
    for format in ["json", "human"] {
        let run = fake.call(&format!("doctor --all --format {format} --no-exec")).run();
        if format == "json" {
            assert_eq!(run.json()["reports"].as_array().map(Vec::len), Some(many));
        }
        announce(&format!("bounds: {many} containers as {format} take {} MiB", run.peak_kib >> 10));
        // What the program takes by itself, and so much for each report and its cure.
        assert!(run.peak_kib < 48 * 1024 + 40 * many as u64, "{format}: {} KiB", run.peak_kib);
    }
}

fn saved(folder: &Path, name: &str, json: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, zstd::encode_all(json.as_bytes(), 19).unwrap()).unwrap();
    path.display().to_string()
}

#[test]
fn a_small_snapshot_that_becomes_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let list = |entry: &str, times: usize| vec![entry; times].join(",");
    for (name, json, said) in [
        (
            "wide",
            format!("{{\"schema_version\":1,\"documents\":{{\"a\":[{}]}}}}", list("[0]", 3 << 20)),
            "more than 100000 values",
        ),
        (
            "lines",
            format!("{{\"schema_version\":1,\"gaps\":[{}]}}", list("{\"fact\":\"\"}", 1 << 20)),
            "more than 100000 values",
        ),
        (
            "large",
            format!("{{\"schema_version\":1,\"derived\":\"{}\"}}", "x".repeat(300 << 20)),
            "larger than 16 MiB",
        ),
        ("deep", "[".repeat(4 << 20), "recursion limit"),
    ] {
        let run =
            small(sysdock(["doctor", "--from", &saved(folder.path(), name, &json)]).run(), name).refused(3);
        assert!(run.stderr.contains(said), "{name}: {run:?}");
    }
}

#[test]
fn names_in_archives_are_read_up_to_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [tar::EntryType::GNULongName, tar::EntryType::GNULongLink, tar::EntryType::XHeader] {
        let path = folder.path().join("x.tar.zst");
        let mut packed = zstd::Encoder::new(std::fs::File::create(&path).unwrap(), 1).unwrap();
        packed.write_all(&endless_entry(kind)).unwrap();
        std::io::copy(&mut std::io::repeat(b'a').take(FLOOD as u64), &mut packed).unwrap();
        packed.finish().unwrap();
        let run = small(sysdock(["triage", &path.display().to_string()]).run(), "a name");
        assert!(
            format!("{run:?}").contains("names and attributes of more than 1024 KiB"),
            "{kind:?}: {run:?}"
        );
    }
}

/// A watch that goes on in the background; ended when dropped.
struct Background(Child);

impl Background {
    fn of(fake: &Fake, line: &str) -> Self {
        let mut command = fake.call(line).command();
        Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Most memory that it held so far, in KiB.
    fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    /// The address at which it tells its numbers.
    fn metrics(&mut self) -> String {
        let mut said = String::new();
        BufReader::new(self.0.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
        said.trim()
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.strip_suffix("/metrics"))
            .unwrap_or_else(|| panic!("{said}"))
            .to_owned()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn scrape(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Events of other containers each, or of one whose words are long.
fn events(kind: &str) -> Vec<u8> {
    let event = |n: usize, name: String, image: &str| {
        let attributes =
            json!({"name": name, "image": image, "exitCode": "255", "health_status": "unhealthy"});
        format!(
            "{}\n",
            json!({"Type": "container", "Action": kind, "Actor": {"ID": format!("{n:064x}"), "Attributes": attributes}, "timeNano": 1_767_225_620_040_000_000_u64 + n as u64})
        )
    };
    let long = "x".repeat(500_000);
    let many = (0..150_000).map(|n| event(n, format!("c{n}"), "debian:12"));
    many.chain((0..100).map(|n| event(n + 1_000_000, "c".to_owned(), &long))).collect::<String>().into_bytes()
}

#[test]
fn events_without_a_reader_of_reports_take_little_memory() {
    for kind in ["die", "start", "health_status: unhealthy", "health_status: healthy"] {
        let (mut documents, told) = (recorded(), events(kind));
        documents.info["SystemTime"] = "2026-01-01T00:00:00Z".into();
        let fake =
            Fake::but(documents, move |request| request.is("/events").then(|| Answer::Body(told.clone())));
        let mut watch = Background::of(&fake, "watch --no-exec --format json --metrics=127.0.0.1:0");
        let address = watch.metrics();
        let end = Instant::now() + Duration::from_secs(6);
        while Instant::now() < end {
            assert!(watch.peak_kib() < MEMORY_KIB / 2, "{kind}: {} MiB", watch.peak_kib() >> 10);
            std::thread::sleep(Duration::from_millis(200));
        }
        assert!(scrape(&address).contains("sysdock_watch_events_total"), "{kind}");
    }
}

#[test]
fn a_line_of_events_without_end_is_refused() {
    let mut documents = recorded();
    documents.info["SystemTime"] = "2026-01-01T00:00:00Z".into();
    let fake = Fake::but(documents, |request| request.is("/events").then(|| flood(b"{\"Type\":\"", b"x")));
    let run = small(fake.call("watch --no-exec --for 2s").run(), "a line").ended(0);
    assert!(run.stderr.contains("too large: a line has more than 1 MiB"), "{run:?}");
}

#[test]
fn a_scrape_is_answered_at_once_with_other_clients_connected() {
    let fake = Fake::but(recorded(), |request| request.is("/events").then_some(Answer::Hang));
    let heads: [&[u8]; 4] =
        [b"", b"GET /metrics HTTP/1.1\r\nHost: x\r\n", b"GET", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"];
    for head in heads {
        let mut watch = Background::of(&fake, "watch --no-exec --metrics=127.0.0.1:0");
        let address = watch.metrics();
        let idle: Vec<TcpStream> = (0..200)
            .map(|_| {
                let mut stream = TcpStream::connect(&address).unwrap();
                stream.write_all(head).unwrap();
                stream
            })
            .collect();
        for _ in 0..5 {
            let began = Instant::now();
            assert!(scrape(&address).starts_with("HTTP/1.1 200"));
            assert!(
                began.elapsed() < Duration::from_secs(2),
                "{:?} behind {} connections",
                began.elapsed(),
                idle.len()
            );
        }
    }
}

#[test]
fn a_head_without_end_is_not_held() {
    let fake = Fake::but(recorded(), |request| request.is("/events").then_some(Answer::Hang));
    let mut watch = Background::of(&fake, "watch --no-exec --metrics=127.0.0.1:0");
    let address = watch.metrics();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    let line = format!("X: {}\r\n", "y".repeat(1000));
    let sent = (0..200_000).take_while(|_| stream.write_all(line.as_bytes()).is_ok()).count();
    assert!(sent < 20_000 && watch.peak_kib() < MEMORY_KIB / 4, "{sent} lines, {} KiB", watch.peak_kib());
    let many = TcpStream::connect(&address).and_then(|mut stream| {
        stream.write_all(format!("GET /metrics HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(1000)).as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    });
    assert!(!many.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")));
}
