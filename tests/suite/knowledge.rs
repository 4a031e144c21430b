//! No good verdict without knowledge: nothing to judge, what was cut or left out, what an engine refused,
//! units that nobody asked for.

use std::io::{Cursor, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::cli::fixture;
use super::fake::{Documents, Fake, recorded};
use super::program::{Run, project, roots, sysdock, with_role};

const BAD: &str = "Failed to mount tmpfs at /run: Operation not permitted\n";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// Writes a file; its path.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("the file can be written");
    path.display().to_string()
}

fn triage(text: &[u8]) -> Run {
    sysdock(["triage", "--format", "json", "-"]).run_with(text)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

/// A zip file of one file, which says of itself that it is encrypted.
fn encrypted() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("boot.log", zip::write::SimpleFileOptions::default()).expect("a file can be begun");
    writer.write_all(BAD.as_bytes()).expect("memory can be written");
    let mut bytes = writer.finish().expect("memory can be written").into_inner();
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = bytes.windows(4).position(|window| window == signature).expect("the header is there");
        bytes[at + flags] |= 1;
    }
    bytes
}

/// Text that is long enough for a cut to be in its middle, and does not compress well.
fn noise() -> String {
    let step = |n: u64| format!("step {n} took {} ms", n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 100_003);
    (0..40_000).map(step).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn is_unjudged(run: &Run, reason: &str) {
    assert_eq!(run.code, 4, "{run:?}");
    let report = run.report(0);
    assert_eq!(
        (report["verdict"].as_str(), roots(&report)),
        (Some("undetermined"), Vec::new()),
        "{report:#}"
    );
    assert!(report["state"].as_str().is_some_and(|state| state.contains(reason)), "{reason}: {report:#}");
}

#[test]
fn a_text_without_words_is_undetermined() {
    is_unjudged(&triage(b""), "the text is empty");
    for text in [
        &b"\n"[..],
        b" \t \r\n\r\n",
        b"\xef\xbb\xbf",
        b"\x1b[0m\x1b[2J\x1b]0;title\x07\n",
        b"2026-05-06T07:08:09.123Z \n2026-05-06T07:08:10.000Z\n",
        b"[07:08:09]\n[07:08:10] \n",
        b"May  6 07:08:09 host guest[77]:\n",
        b"2026-05-06T07:08:09.1234567Z stdout F \n",
        b"{\"log\":\"\\n\",\"stream\":\"stdout\",\"time\":\"2026-05-06T07:08:09Z\"}\n",
        b"----------\n==========\n",
        b"[]\n",
    ] {
        is_unjudged(&triage(text), "contains no words");
    }
}

#[test]
fn an_unrelated_text_gets_no_root_cause() {
    for text in [
        "hello\n",
        "npm ERR! code ELIFECYCLE\n",
        "ERROR: relation \"users\" does not exist at character 15\n",
        "こんにちは\n",
    ] {
        let run = triage(text.as_bytes()).ended(0);
        assert_eq!(
            (run.report(0)["subject"].clone(), run.report(0)["verdict"].clone()),
            (json!("not-systemd"), json!("healthy")),
            "{text}"
        );
    }
}

#[test]
fn each_format_says_why_there_is_no_verdict() {
    let folder = folder();
    let empty = file(folder.path(), "empty.log", b"");
    let run = |format: &str| sysdock(["triage", "--format", format, &empty]).run().ended(4).stdout;
    let human = run("human");
    assert!(
        human.contains("UNDETERMINED") && human.contains("nothing to diagnose: the text is empty"),
        "{human}"
    );
    assert!(!human.contains("no systemd here (nothing to diagnose)"), "{human}");
    let junit = run("junit");
    assert!(
        junit.contains("<skipped message=\"nothing to diagnose: the text is empty\"")
            && junit.contains("skipped=\"1\""),
        "{junit}"
    );
    let gitlab: Value = serde_json::from_str(&run("gitlab")).expect("it is JSON");
    assert_eq!(
        (gitlab[0]["severity"].as_str(), gitlab[0]["check_name"].as_str()),
        (Some("info"), Some("undetermined"))
    );
    assert!(
        gitlab[0]["description"].as_str().is_some_and(|said| said.contains("the text is empty")),
        "{gitlab}"
    );
    let github = run("github");
    assert!(
        github.starts_with("::notice title=no verdict::") && github.contains("the text is empty"),
        "{github}"
    );
    assert!(run("sarif").contains("the text is empty") && run("markdown").contains("the text is empty"));
    assert!(run("prometheus").contains("sysdock_reports{verdict=\"undetermined\"} 1"));
}

#[test]
fn what_is_left_out_is_a_target_without_a_verdict() {
    let folder = folder();
    let at = |name: &str, bytes: &[u8]| file(folder.path(), name, bytes);
    let made = |name: &str| {
        std::fs::create_dir_all(folder.path().join(name)).expect("a folder can be made");
        folder.path().join(name)
    };
    made("empty");
    std::os::unix::fs::symlink("/etc/hostname", made("links").join("link")).expect("a link can be made");
    file(&made("binary"), "core", b"\x7fELF\0\0\0");
    let deepest = (0..40).fold("deep".to_owned(), |path, _| format!("{path}/d"));
    file(&made(&deepest), "boot.log", BAD.as_bytes());
    let deep = (0..9).fold(BAD.as_bytes().to_vec(), |bytes, _| gz(&bytes));
    let folders =
        ["empty", "links", "binary", "deep"].map(|name| folder.path().join(name).display().to_string());
    let files = [
        (at("locked.zip", &encrypted()), "assword"),
        (at("deep.gz", &deep), "deeper than"),
        (at("dense.gz", &gz(&vec![b'x'; 80 << 20])), "times its size"),
        (at("nothing.tar", &[0; 1024]), "it contains no files"),
        (at("photo", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "binary file"),
    ];
    let reasons = ["no files in this folder", "no files in this folder", "binary file", "deeper than"];
    for (path, reason) in folders
        .iter()
        .map(String::as_str)
        .zip(reasons)
        .chain(files.iter().map(|(path, reason)| (path.as_str(), *reason)))
    {
        is_unjudged(&sysdock(["triage", "--format", "json", path]).run(), reason);
    }
}

#[test]
fn a_truncated_file_is_diagnosed_and_reported_as_truncated() {
    let folder = folder();
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let (innocent, bad) = (noise(), format!("{BAD}{}", noise()));
    let zst = |text: &str| zstd::encode_all(text.as_bytes(), 0).expect("memory can be written");
    let short = gz(b"a short text\n");
    for (name, bytes) in [
        ("a.gz", half(gz(innocent.as_bytes()))),
        ("a.zst", half(zst(&innocent))),
        ("b.gz", short[..short.len() - 6].to_vec()),
    ] {
        let path = file(folder.path(), name, &bytes);
        is_unjudged(&sysdock(["triage", "--format", "json", &path]).run(), "cut off after");
    }
    let path = file(folder.path(), "bad.gz", &half(gz(bad.as_bytes())));
    let run = sysdock(["triage", "--format", "json", &path]).run().ended(1);
    assert_eq!(roots(&run.report(0)), ["run-tmpfs-missing"]);
    assert!(run.report(0)["gaps"].to_string().contains("cut off after"), "{run:?}");
    assert!(sysdock(["triage", &path]).run().ended(1).stdout.contains("cut off after"));
    sysdock(["triage", &file(folder.path(), "no.gz", b"\x1f\x8b\x08\0no such stream")]).run().ended(3);
}

#[test]
fn among_several_inputs_the_strongest_code_wins() {
    let folder = folder();
    let at = |name: &str, bytes: &[u8]| file(folder.path(), name, bytes);
    let (empty, innocent, bad) = (at("empty", b""), at("innocent", b"hello\n"), at("bad", BAD.as_bytes()));
    let none = "/no/such/file.log".to_owned();
    for (inputs, code) in [
        (vec![&innocent, &empty], 4),
        (vec![&empty, &bad], 1),
        (vec![&empty, &empty, &innocent, &bad], 1),
        (vec![&bad, &empty, &none], 3),
        (vec![&none, &empty], 3),
    ] {
        sysdock(["triage"].into_iter().chain(inputs.iter().map(|input| input.as_str()))).run().ended(code);
    }
    let run = sysdock(["triage", "--format", "json", &innocent, &empty, &bad]).run().ended(1);
    let verdicts: Vec<String> =
        (0..3).map(|index| run.report(index)["verdict"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(verdicts, ["failed", "undetermined", "healthy"]);
    assert_eq!(run.json()["summary"]["undetermined"], 1);
    sysdock(["triage", &fixture("healthy")]).run().ended(0);
    sysdock(["triage", &fixture("run-tmpfs-missing")]).run().ended(1);
}

/// Words of engines that say of no known cause.
const REFUSALS: [&str; 16] = [
    "Error response from daemon: option WritableCgroups conflicts with user namespaces and rootless mode",
    "docker: Error response from daemon: namespace {\"time\" \"\"} does not exist.",
    "Error response from daemon: client version 1.30 is too old. Minimum supported API version is 1.44, \
        please upgrade your client",
    "docker: Error response from daemon: failed to set up container networking: network sandbox join failed",
    "Error response from daemon: Conflict. The container name \"/web\" is already in use by \
        container \"0123\".",
    "docker: Error response from daemon: unknown or invalid runtime name: crun2.",
    "docker: invalid restart policy 'often'.",
    "Error: Cgroups v1 not supported",
    "Error: open /sys/fs/cgroup/user.slice/user-1001.slice/cgroup.subtree_control: no such file or directory",
    "Error: crun: setns `/proc/1/ns/time`: Invalid argument: OCI runtime error",
    "Error: runc: runc create failed: unable to start container process: can't get final child's PID from \
        pipe: EOF: OCI runtime error",
    "Error: netavark: iptables: No chain/target/match by that name",
    "FATA[0000] failed to create shim task: OCI runtime create failed: runc create failed: nobody knows: \
        unknown",
    "  Message: failed to create containerd task: failed to create shim task: nobody knows: unknown",
    " \u{2718} Container lab-web-1  Error",
    "OCI runtime create failed: hostname too long: unknown",
];

#[test]
fn an_engine_that_refuses_is_quoted_first_and_never_healthy() {
    for line in REFUSALS {
        for text in [
            format!("{line}\n"),
            format!("$ docker run -d --name web acme/tool:1\n{line}\n"),
            format!("> hello,\n> it says:\n> {line}\n"),
        ] {
            let run = triage(text.as_bytes()).ended(1);
            let report = run.report(0);
            assert_eq!(
                (report["verdict"].as_str(), roots(&report)),
                (Some("failed"), vec!["engine-refused".to_owned()]),
                "{text}: {report:#}"
            );
            let quoted =
                report["findings"][0]["evidence"][0]["text"].as_str().unwrap_or_default().trim().to_owned();
            assert_eq!(quoted, line.trim(), "{text}");
        }
    }
}

#[test]
fn a_known_reason_keeps_its_diagnosis() {
    for (text, root) in [
        (
            "docker: Error response from daemon: exec: \"/sbin/init\": stat /sbin/init: no such file or \
                directory: unknown.\n",
            "systemd-not-installed",
        ),
        (
            "docker: Error response from daemon: exec: \"/lib/systemd/sytemd\": stat /lib/systemd/sytemd: no \
                such file or directory: unknown.\n",
            "systemd-not-installed",
        ),
        (
            "Error: crun: executable file `/usr/sbin/inti` not found: No such file or directory: OCI runtime \
                attempted to invoke a command that was not found\n",
            "systemd-not-installed",
        ),
        (
            "docker: Error response from daemon: cgroups: cannot find cgroup mount destination: unknown.\n",
            "host-lacks-systemd-cgroup",
        ),
    ] {
        let report = triage(text.as_bytes()).ended(1).report(0);
        assert_eq!(roots(&report), [root], "{text}: {report:#}");
        assert!(!report["findings"].to_string().contains("engine-refused"), "{text}: {report:#}");
    }
}

#[test]
fn later_needs_of_systemd_do_not_cause_a_refused_start() {
    let text = "$ docker run -d --device /dev/nope debian:12 /sbin/init\ndocker: Error response from daemon: \
        error gathering device information while adding custom device \"/dev/nope\": no such file or \
        directory.\n";
    let report = triage(text.as_bytes()).ended(1).report(0);
    assert_eq!(
        (roots(&report), with_role(&report, "risk").contains(&"run-tmpfs-missing".to_owned())),
        (vec!["engine-refused".to_owned()], true)
    );
    assert!(
        report["findings"][0]["evidence"]
            .to_string()
            .contains("a requested device does not exist on the host"),
        "{report:#}"
    );
}

#[test]
fn a_request_that_starts_nothing_is_neither_a_cause_nor_health() {
    for text in [
        "Error response from daemon: No such container: web\n",
        "Error response from daemon: Container 0123abcd is not running\n",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
        "Error response from daemon: pull access denied for acme/tool, repository does not exist or may \
            require 'docker login'\n",
    ] {
        is_unjudged(&triage(text.as_bytes()), "the engine's answer");
    }
    // Who asked for systemd was refused all the same.
    let text = "$ docker run -d debian:12 /sbin/init\ndocker: Cannot connect to the Docker daemon at \
        unix:///x. Is the docker daemon running?.\n";
    assert_eq!(roots(&triage(text.as_bytes()).ended(1).report(0)), ["engine-refused"]);
    // Another program is nobody's business here.
    for run in ["docker run -d redis:7", "docker run --rm debian:12 echo hello"] {
        let text = format!(
            "$ {run}\ndocker: Error response from daemon: Bind for 0.0.0.0:6379 failed: port is already \
                allocated.\n"
        );
        assert_eq!(triage(text.as_bytes()).ended(0).report(0)["subject"], "not-systemd", "{text}");
    }
}

/// The documents of a container that the engine did not start.
fn refused(command: &[&str], code: i64, error: &str) -> Documents {
    let mut documents = recorded();
    documents.log = Vec::new();
    documents.container["Path"] = command[0].into();
    documents.container["Args"] = json!(command[1..]);
    documents.container["Config"]["Entrypoint"] = Value::Null;
    documents.container["Config"]["Cmd"] = json!(command);
    let state = &mut documents.container["State"];
    state["Status"] = "created".into();
    state["Running"] = false.into();
    state["ExitCode"] = code.into();
    state["Error"] = error.into();
    documents
}

#[test]
fn a_refused_live_start_shows_the_engines_message() {
    for (code, error, meaning) in [
        (
            128,
            "failed to create shim task: OCI runtime create failed: unable to start container process: \
                unable to apply caps: operation not permitted: unknown",
            "capability",
        ),
        (
            127,
            "error mounting \"/etc/motd\" to rootfs at \"/usr\": not a directory: unknown",
            "a file is mounted over a directory",
        ),
        (
            128,
            "error gathering device information while adding custom device \"/dev/vfio9\": no such file or \
                directory",
            "device",
        ),
        (126, "a reason that nobody has met", ""),
    ] {
        let mut documents = refused(&["/sbin/init"], code, error);
        documents.container["HostConfig"]["SecurityOpt"] = Value::Null;
        documents.container["HostConfig"]["Privileged"] = true.into();
        documents.container["HostConfig"]["Tmpfs"] = Value::Null;
        documents.container["HostConfig"]["Binds"] = json!(["/sys/fs/cgroup:/sys/fs/cgroup:ro"]);
        documents.files.insert("/sbin/init", b"\x7fELF");
        let fake = Fake::usual(documents);
        let report = fake.call("doctor web --format json").run().ended(1).report(0);
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let certain: Vec<&Value> = findings
            .iter()
            .filter(|one| one["confidence"] == "certain" && one["role"] == "root-cause")
            .map(|one| &one["id"])
            .collect();
        assert!(certain.iter().all(|id| **id == "engine-refused"), "{error}: {report:#}");
        assert_eq!(
            findings[0]["evidence"][0],
            json!({"kind": "log", "text": error, "line": 1, "stream": "engine"}),
            "{report:#}"
        );
        assert!(findings[0]["evidence"].to_string().contains(meaning), "{error}: {report:#}");
        let human = fake.call("doctor web").env("COLUMNS", "400").run().stdout;
        assert!(
            human.contains("│ ")
                && human
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .contains(error.get(..40).unwrap_or(error)),
            "{human}"
        );
    }
}

#[test]
fn a_misspelt_init_is_one_that_is_not_installed() {
    for word in ["/sbin/initt", "/usr/sbin/inti", "/lib/systemd/sytemd"] {
        let error = format!(
            "OCI runtime create failed: unable to start container process: exec: \"{word}\": stat {word}: no \
                such file or directory"
        );
        let fake = Fake::usual(refused(&[word], 127, &error));
        let report = fake.call("doctor web --format json").run().ended(1).report(0);
        assert_eq!(roots(&report), ["systemd-not-installed"], "{report:#}");
        assert_eq!(report["findings"][0]["evidence"][0]["text"], error.as_str(), "{report:#}");
    }
}

#[test]
fn the_engines_words_are_shown_for_any_container() {
    let fake = Fake::usual(refused(&["/usr/sbin/nginx"], 128, "a reason that nobody has met"));
    let run = fake.call("doctor web").run();
    assert!(run.stdout.contains("a reason that nobody has met"), "{run:?}");
}

#[test]
fn healthy_needs_a_query_for_failed_units() {
    let fake = Fake::usual(recorded());
    assert!(fake.call("doctor web").run().ended(0).stdout.contains("HEALTHY"));
    let run = fake.call("doctor web --no-exec").run().ended(0);
    let flat = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!flat.contains("HEALTHY") && flat.contains("failed units not checked"), "{run:?}");
    for format in ["markdown", "html", "github-summary"] {
        let text = fake.call(&format!("doctor web --no-exec --format {format}")).run().ended(0).stdout;
        assert!(
            text.contains("no failure seen") && text.contains("failed units not checked"),
            "{format}: {text}"
        );
    }
    let report = fake.call("doctor web --no-exec --format json").run().ended(0).report(0);
    let gaps = report["gaps"].to_string();
    assert_eq!(report["verdict"], "healthy");
    assert!(gaps.contains("manager.failed_units") && gaps.contains("--no-exec is set"), "{gaps}");
    // An engine that lets nobody run a command says as much.
    let fake = Fake::but(recorded(), |request| {
        request.bare().ends_with("/exec").then(|| super::fake::error(500, "no execs here"))
    });
    let run = fake.call("doctor web").run();
    assert!(!run.stdout.contains("HEALTHY"), "{run:?}");
    // What has ended can be asked no more.
    let ended = project("fixtures/healthy/docker28-v2-bookworm-stopped-in-order-tty.json");
    let ended = ended.display().to_string();
    assert!(!sysdock(["doctor", "--from", &ended]).run().ended(0).stdout.contains("HEALTHY"));
}
