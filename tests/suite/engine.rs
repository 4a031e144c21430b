//! Engines that hang, lie, break off, know less or more than ours: the program ends in time with a clear line
//! or a report with gaps.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::fake::{Answer, Documents, Fake, NAME, Request, error, frame, recorded};
use super::program::{Run, announce, roots, sysdock};

/// In time: many deadlines of a second one after the other, on a machine that does other things too.
const IN_TIME: Duration = Duration::from_secs(25);
/// Most memory that a diagnosis may take, in KiB.
const MEMORY_KIB: u64 = 48 * 1024;

const DOCTOR: &str = "doctor web --format json --timeout 1";

fn in_time(run: Run) -> Run {
    assert!(run.took < IN_TIME, "it took {:?}: {run:?}", run.took);
    run
}

fn reasons(report: &Value) -> String {
    report["gaps"].to_string()
}

#[test]
fn looking_only_reads_and_names_the_version_in_every_path() {
    let fake = Fake::usual(recorded());
    let run = in_time(fake.call("doctor web --format json --no-exec").run());
    assert_eq!(
        run.report(0)["target"]["engine"],
        json!({"name": "docker", "version": "28.5.2", "api": "1.51"}),
        "{run:?}"
    );
    fake.call("snapshot web --no-exec").run().ended(0);
    fake.call("doctor --all --no-exec").run();
    let requests = fake.requests();
    assert!(requests.len() > 10, "{requests:#?}");
    let odd: Vec<_> = requests.iter().filter(|r| !matches!(r.method.as_str(), "GET" | "HEAD")).collect();
    assert!(odd.is_empty(), "{odd:#?}");
    let odd: Vec<_> =
        requests.iter().filter(|r| !r.path.starts_with("/v1.51/") && r.path != "/_ping").collect();
    assert!(odd.is_empty(), "{odd:#?}");
}

#[test]
fn with_exec_only_execs_are_made() {
    let fake = Fake::usual(recorded());
    let run = in_time(fake.call("doctor web --format json").run());
    assert_eq!(run.report(0)["verdict"], "healthy", "{run:?}");
    let posts: Vec<Request> = fake
        .requests()
        .into_iter()
        .filter(|request| !matches!(request.method.as_str(), "GET" | "HEAD"))
        .collect();
    assert!(!posts.is_empty(), "{run:?}");
    let is_exec = |request: &Request| {
        request.bare().ends_with("/exec") || request.is("/exec/") && request.bare().ends_with("/start")
    };
    assert!(
        posts.iter().all(|request| request.method == "POST"
            && is_exec(request)
            && request.path.starts_with("/v1.51/")),
        "{posts:#?}"
    );
}

#[test]
fn an_engine_that_hangs_at_the_start_is_named() {
    for path in ["/_ping", "/containers/web/json"] {
        let fake = Fake::but(recorded(), move |request| request.is(path).then_some(Answer::Hang));
        let run = in_time(fake.call("doctor web --timeout 1").run()).refused(3);
        assert!(run.stderr.contains("did not answer") && run.stderr.contains("--timeout"), "{run:?}");
    }
}

#[test]
fn a_call_that_hangs_is_a_gap() {
    let calls = [
        ("/version", "engine.version"),
        ("/info", "engine"),
        ("/images/", "image"),
        ("/logs", "log"),
        ("/archive", "guest."),
        ("/exec", "manager"),
    ];
    for (path, gap) in calls {
        let fake = Fake::but(recorded(), move |request| request.path.contains(path).then_some(Answer::Hang));
        let run = in_time(fake.call(DOCTOR).run());
        let report = run.report(0);
        let gaps = report["gaps"].as_array().cloned().unwrap_or_default();
        let told = gaps.iter().any(|one| {
            one["fact"].as_str().is_some_and(|fact| fact.starts_with(gap))
                && reasons(&report).contains("within 1 s")
        });
        assert!(told, "{path}: {report:#}");
    }
}

/// A manager that hangs is told from an engine that does: then a command that asks no manager hangs too, and
/// the log decides.
#[test]
fn only_a_manager_that_hangs_alone_is_blamed() {
    for (hanging, verdict) in [(1, "undetermined"), (usize::MAX, "healthy")] {
        let starts = AtomicUsize::new(0);
        let odd = move |request: &Request| {
            (request.path.ends_with("/start") && starts.fetch_add(1, Ordering::Relaxed) < hanging)
                .then_some(Answer::Hang)
        };
        let report = in_time(Fake::but(recorded(), odd).call(DOCTOR).run()).report(0);
        assert_eq!((report["verdict"].as_str(), hanging), (Some(verdict), hanging), "{report:#}");
    }
}

/// What systemctl says of an init that was started a moment ago is asked for again; of one that has had its
/// time it is believed.
#[test]
fn an_init_that_has_just_been_started_is_given_time_to_say_so() {
    let offline = || {
        [
            frame(1, b"offline\n"),
            frame(2, b"System has not been booted with systemd as init system (PID 1).\n"),
        ]
        .concat()
    };
    for (started, healthy) in
        [(jiff::Timestamp::now().to_string(), true), ("2026-01-01T00:00:00Z".to_owned(), false)]
    {
        let mut documents = recorded();
        documents.container["State"]["StartedAt"] = started.into();
        let starts = AtomicUsize::new(0);
        let odd = move |request: &Request| {
            (request.path.ends_with("/start") && starts.fetch_add(1, Ordering::Relaxed) < 2)
                .then(|| Answer::Upgrade(offline()))
        };
        let report = in_time(Fake::but(documents, odd).call("doctor web --format json").run()).report(0);
        assert_eq!(report["verdict"] == "healthy", healthy, "{report:#}");
    }
}

#[test]
fn garbage_at_the_start_is_named() {
    for (body, part) in [
        (Answer::Raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "not HTTP"),
        (Answer::Raw(b""), "was cut off"),
        (Answer::Body(b"<html><body>It works!</body></html>".to_vec()), "not the expected JSON"),
        (Answer::Json(200, json!([1, 2, 3])), "ApiVersion"),
        (Answer::Json(200, json!({"ApiVersion": "new"})), "ApiVersion"),
        (error(503, "the engine is restarting"), "restarting"),
    ] {
        let shown = format!("{body:?}");
        let fake = Fake::but(recorded(), move |request| {
            (request.is("/_ping") || request.is("/version")).then(|| body.clone())
        });
        let run = in_time(fake.call("doctor web --timeout 2").run()).ended(3);
        assert!(
            run.stdout.is_empty() && run.stderr.starts_with("sysdock: ") && run.stderr.contains(part),
            "{shown}: {run:?}"
        );
        assert!(run.stderr.contains("\n  next: "), "{shown}: no next step: {run:?}");
    }
}

#[test]
fn garbage_later_is_a_gap() {
    for (path, gap) in [("/info", "engine"), ("/images/", "image"), ("/archive", "guest.")] {
        for body in [
            Answer::Raw(b"\x00\x01\x02 no\n"),
            Answer::Body(vec![0xff; 2048]),
            Answer::Json(200, json!("text")),
        ] {
            let shown = format!("{path} {body:?}");
            let fake =
                Fake::but(recorded(), move |request| request.path.contains(path).then(|| body.clone()));
            let run = in_time(fake.call(DOCTOR).run());
            let report = run.report(0);
            assert!(report["verdict"].is_string(), "{shown}: {report:#}");
            let told = reasons(&report).contains(gap) || shown.contains("text");
            assert!(told, "{shown}: no gap of {gap}: {report:#}");
        }
    }
}

#[test]
fn a_container_document_of_another_shape_does_no_harm() {
    for document in [
        json!([]),
        json!({}),
        json!({"Id": 3, "Name": [], "State": "up", "Config": {"Env": "x", "Cmd": 7}, "HostConfig": null, "Mounts": {}}),
    ] {
        let shown = document.to_string();
        let fake = Fake::but(recorded(), move |request| {
            request.is("/containers/").then(|| Answer::Json(200, document.clone()))
        });
        let run = in_time(fake.call(DOCTOR).run());
        assert!([0, 1, 3, 4].contains(&run.code) && !run.stderr.contains("panicked"), "{shown}: {run:?}");
    }
}

#[test]
fn a_newer_engine_is_spoken_to_in_our_version() {
    let mut documents = recorded();
    documents.version = json!({"Version": "99.0.0", "ApiVersion": "1.99", "MinAPIVersion": "1.44", "Components": [{"Name": "Engine"}], "Soul": {"a": [1]}});
    documents.container["State"]["Status"] = "hibernating".into();
    documents.container["State"]["Dreams"] = json!([{"of": "sheep"}]);
    documents.container["HostConfig"]["CgroupnsMode"] = "shared-with-moon".into();
    documents.container["HostConfig"]["RestartPolicy"]["Name"] = "sometimes".into();
    documents.container["Mounts"] = json!([{"Type": "hologram", "Destination": "/run", "Future": true}]);
    documents.info["CgroupVersion"] = "3".into();
    documents.image["Config"]["Healthcheck"] = json!({"Test": "telepathy"});
    let fake = Fake::usual(documents);
    let run = in_time(fake.call(DOCTOR).run());
    assert_eq!(run.report(0)["target"]["engine"]["version"], "99.0.0", "{run:?}");
    let ours = fake
        .requests()
        .iter()
        .filter_map(|r| r.path.strip_prefix("/v1.")?.split('/').next()?.parse::<u32>().ok())
        .collect::<Vec<_>>();
    assert!(
        !ours.is_empty() && ours.iter().all(|minor| *minor == ours[0] && (44..99).contains(minor)),
        "{ours:?}"
    );
}

#[test]
fn an_engine_that_no_longer_speaks_our_version_is_named() {
    let mut documents = recorded();
    documents.version["ApiVersion"] = "1.99".into();
    documents.version["MinAPIVersion"] = "1.90".into();
    let fake = Fake::usual(documents);
    let run = in_time(fake.call("doctor web").run()).refused(3);
    assert!(run.stderr.contains("1.90") && run.stderr.contains("update sysdock"), "{run:?}");
    let asked: Vec<_> = fake.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/_ping", "/version"]);
}

fn broken_log(tty: bool) -> Answer {
    let said = b"Failed to mount tmpfs at /run: Operation not permitted\r\n[!!!!!!] Failed to mount API \
        filesystems.\r\n";
    let head = if tty { said.to_vec() } else { frame(2, said) };
    Answer::Stream { head, piece: Vec::new(), times: 0, pause: Duration::ZERO, whole: false }
}

#[test]
fn a_log_that_breaks_off_counts_as_far_as_it_came() {
    for tty in [true, false] {
        let documents = if tty { recorded().with_tty() } else { recorded() }.exited(255);
        let fake =
            Fake::but(documents, move |request| request.path.contains("/logs").then(|| broken_log(tty)));
        let run = in_time(fake.call(DOCTOR).run()).ended(1);
        let report = run.report(0);
        assert_eq!(roots(&report).first().map(String::as_str), Some("run-tmpfs-missing"), "{report:#}");
        assert!(reasons(&report).contains("the log cannot be read"), "{report:#}");
    }
}

#[test]
fn a_log_that_never_ends_is_left() {
    let drip = |_: &Request| Answer::Stream {
        head: Vec::new(),
        piece: b"x".to_vec(),
        times: 400,
        pause: Duration::from_millis(250),
        whole: true,
    };
    let fake = Fake::but(recorded().with_tty(), move |request| {
        request.path.contains("/logs").then(|| drip(request))
    });
    let run = fake.call(DOCTOR).run();
    assert!(run.took < Duration::from_mins(1), "a log that drips was read for {:?}", run.took);
}

#[test]
fn refusals_are_gaps() {
    for (path, status, gap) in [
        ("/archive", 403, "guest."),
        ("/archive", 500, "guest."),
        ("/exec", 403, "manager"),
        ("/exec", 409, "manager"),
        ("/logs", 501, "log"),
        ("/info", 500, "engine"),
    ] {
        let fake = Fake::but(recorded(), move |request| {
            request.path.contains(path).then(|| error(status, "forbidden by policy"))
        });
        let run = in_time(fake.call(DOCTOR).run());
        let report = run.report(0);
        let gaps = report["gaps"].as_array().cloned().unwrap_or_default();
        let told = |one: &Value| {
            one["fact"].as_str().is_some_and(|f| f.starts_with(gap))
                && one["reason"].as_str().is_some_and(|r| r.contains("forbidden by policy"))
        };
        assert!(gaps.iter().any(told), "{path} {status}: {report:#}");
    }
}

#[test]
fn a_container_that_is_removed_meanwhile_still_gets_a_report() {
    let seen = AtomicUsize::new(0);
    let documents = recorded().exited(255);
    let fake = Fake::answering(move |request: &Request| {
        if !request.is("/containers/")
            || request.bare().ends_with("/json") && seen.fetch_add(1, Ordering::Relaxed) == 0
        {
            return documents.answer(request);
        }
        error(404, "No such container: web")
    });
    let run = in_time(fake.call(DOCTOR).run());
    let report = run.report(0);
    assert!(reasons(&report).contains("removed while being examined"), "{report:#}");
    assert_eq!(report["target"]["name"], NAME);
}

#[test]
fn an_unknown_container_is_answered_with_near_names() {
    let fake = Fake::usual(recorded());
    let run = in_time(fake.call("doctor wev").run()).refused(3);
    assert!(
        run.stderr.contains("no container named wev") && run.stderr.contains("did you mean web?"),
        "{run:?}"
    );
    let run = fake.call("snapshot wev").run().refused(3);
    assert!(run.stderr.contains("did you mean web?"), "{run:?}");
}

#[test]
fn both_kinds_of_log_are_read() {
    let said = b"Failed to create /init.scope control group: Read-only file system\r\n";
    for (documents, log, stream) in [
        (recorded().with_tty(), said.to_vec(), "console"),
        (recorded(), frame(1, said), "stdout"),
        (recorded(), [frame(2, &said[..20]), frame(2, &said[20..])].concat(), "stderr"),
    ] {
        let fake = Fake::usual(Documents { log, ..documents.exited(255) });
        let report = in_time(fake.call(DOCTOR).run()).report(0);
        let quoted = report["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|finding| finding["evidence"].as_array().into_iter().flatten());
        let line =
            quoted.clone().find(|one| one["text"].as_str().is_some_and(|text| text.contains("init.scope")));
        assert_eq!(line.map(|one| one["stream"].clone()), Some(stream.into()), "{report:#}");
    }
}

/// Some 64 MiB of a log, the telling line at its end.
fn long_log(tty: bool, piece: &[u8]) -> Answer {
    let wrap = |bytes: &[u8]| if tty { bytes.to_vec() } else { frame(1, bytes) };
    let mut head = b"systemd 257.8-1 running in system mode (+PAM).\r\n".to_vec();
    head.extend_from_slice(
        b"Failed to mount tmpfs (type tmpfs) on /run (MS_NOSUID \"mode=0755\"): Operation not permitted\r\n",
    );
    let piece = wrap(piece);
    Answer::Stream {
        head: wrap(&head),
        times: (64 << 20) / piece.len(),
        piece,
        pause: Duration::ZERO,
        whole: true,
    }
}

fn reads_in_little_memory(tty: bool, piece: &'static [u8], shown: &str) {
    let documents = if tty { recorded().with_tty() } else { recorded() }.exited(255);
    let fake = Fake::but(documents, move |request| {
        request.path.contains("/logs").then(|| long_log(tty, &piece.repeat(32 * 1024 / piece.len())))
    });
    let run = fake.call("doctor web --format json --timeout 30").run().ended(1);
    let report = run.report(0);
    assert_eq!(roots(&report).first().map(String::as_str), Some("run-tmpfs-missing"), "{shown}: {report:#}");
    assert!(run.peak_kib > 0 && run.peak_kib < MEMORY_KIB, "{shown}: {} KiB", run.peak_kib);
    announce(&format!(
        "engine: 64 MiB of {shown} read in {:.1} s with {} MiB",
        run.took.as_secs_f32(),
        run.peak_kib / 1024
    ));
}

#[test]
fn a_long_log_takes_little_memory() {
    let line = b"Jan 01 00:00:00 web app[42]: GET /index.html 200 in 3 ms, all is well here\r\n";
    reads_in_little_memory(true, line, "console");
    reads_in_little_memory(false, line, "multiplexed log");
}

#[test]
fn a_log_without_a_newline_takes_little_memory() {
    reads_in_little_memory(true, b"0123456789abcdef", "console without a newline");
}

#[test]
fn no_socket_and_a_dead_socket_are_told_apart_from_a_closed_one() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let dead = folder.path().join("dead.sock");
    drop(UnixListener::bind(&dead).expect("a socket can be made"));
    for path in [folder.path().join("none.sock"), dead] {
        let run = in_time(sysdock(["doctor", "web", "--host", &format!("unix://{}", path.display())]).run())
            .refused(3);
        assert!(
            run.stderr.contains("cannot connect") && run.stderr.contains(&path.display().to_string()),
            "{run:?}"
        );
    }
}

#[test]
fn a_socket_that_refuses_this_user_is_named() {
    let fake = Fake::usual(recorded());
    std::fs::set_permissions(fake.socket(), PermissionsExt::from_mode(0o000))
        .expect("the socket's mode can be set");
    std::fs::set_permissions(
        fake.socket().parent().expect("it has a folder"),
        PermissionsExt::from_mode(0o755),
    )
    .expect("the folder's mode can be set");
    let program = fake.socket().with_file_name("sysdock");
    std::fs::copy(env!("CARGO_BIN_EXE_sysdock"), &program).expect("the program can be copied");
    let as_nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"].map(str::to_owned);
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0);
    let mut command = std::process::Command::new(if is_root {
        std::path::PathBuf::from("setpriv")
    } else {
        program.clone()
    });
    if is_root {
        command.args(as_nobody).arg(&program);
    }
    command.args(["doctor", "web", "--host", &format!("unix://{}", fake.socket().display())]);
    match command.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                said.contains("permission denied")
                    && said.contains("next: ")
                    && output.status.code() == Some(3),
                "{said}"
            );
        }
        Err(error) => {
            announce(&format!("engine: a_socket_that_refuses_this_user_is_named not run: setpriv: {error}"));
        }
    }
}

#[test]
fn an_empty_engine_has_nothing_wrong() {
    let fake =
        Fake::but(recorded(), |request| request.is("/containers/json").then(|| Answer::Json(200, json!([]))));
    let run = in_time(fake.call("doctor --all --format json").run()).ended(0);
    assert_eq!(run.json()["reports"], json!([]));
    assert!(run.stderr.contains("no containers"), "{run:?}");
}

#[test]
fn hostile_text_never_reaches_the_terminal() {
    let said = b"Failed to create /init.scope control group: Read-only file \
        system \x1b]0;owned\x07\x1b[2J\x1b[31m\r\n";
    let mut documents = Documents { log: said.to_vec(), ..recorded().with_tty().exited(255) };
    documents.container["State"]["Error"] =
        "exec: \"/sbin/init\u{1b}[2J\u{9b}1m\u{202e}\": stat /sbin/init: no such file or directory".into();
    documents.container["Config"]["Cmd"] = json!(["/sbin/init", "\u{1b}[31mred"]);
    let fake = Fake::usual(documents);
    for line in ["doctor web", "doctor web --format json", "snapshot web"] {
        let run = fake.call(line).run();
        let odd: Vec<char> = run
            .stdout
            .chars()
            .filter(|c| c.is_control() && *c != '\n' || matches!(c, '\u{202a}'..='\u{202e}'))
            .collect();
        assert!(odd.is_empty() && !run.stdout.is_empty(), "{line}: {odd:?} in {}", run.stdout);
    }
}
