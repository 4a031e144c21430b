//! Tests of the diagnosis of pasted texts: what surrounds the output of a container changes nothing, and
//! harmless texts have no cause.

use crate::diagnose::{Report, Role, Subject, diagnose_with};
use crate::intake::{self, Supplied};
use crate::rule;
use crate::scan::Matcher;

/// Returns the root causes and verdicts of a text.
fn judged(text: &str) -> Vec<(Vec<String>, &'static str)> {
    let rules = rule::builtin().unwrap();
    let matcher = Matcher::new(&rules);
    let snapshots = intake::snapshots("text", text.as_bytes(), &Supplied::default(), &matcher).unwrap();
    let roots = |report: &Report| {
        let roots = report.findings.iter().filter(|finding| finding.role == Role::RootCause);
        let subject = if report.subject == Subject::Systemd { "systemd" } else { "not-systemd" };
        (roots.map(|finding| finding.id.clone()).collect(), subject)
    };
    snapshots.iter().map(|snapshot| roots(&diagnose_with(snapshot, &rules, &matcher))).collect()
}

#[test]
fn prose_around_the_output_changes_nothing() {
    let output = include_str!("../intake/samples/docker-run-tty.txt");
    let alone = judged(output);
    assert_eq!(alone[0].0.first().map(String::as_str), Some("cgroup-read-only"));
    let quoted = output.lines().map(|line| format!("> {line}\n")).collect::<Vec<_>>().concat();
    for pasted in [
        format!(
            "Guten Tag,\n\nmein Container startet nicht:\n\n```console\n{output}```\n\nWas fehlt? \
                Danke!\n"
        ),
        format!("こんにちは。次のように失敗します。\n{output}\nよろしくお願いします。\n"),
        format!("On Monday you wrote:\n{quoted}\nDid you try it?\n"),
    ] {
        assert_eq!(judged(&pasted), alone, "{pasted}");
    }
}

/// Returns the root causes of a text of one container, with its subject.
fn first(text: &str) -> String {
    judged(text)[0].0.first().cloned().unwrap_or_default()
}

#[test]
fn recorded_samples_have_their_causes() {
    for (sample, roots) in [
        (
            include_str!("../intake/samples/docker-compose-up.txt"),
            &["cgroup-read-only", "cgroup-read-only"][..],
        ),
        (
            include_str!("../intake/samples/docker-compose-logs.txt"),
            &["cgroup-read-only", "cgroup-read-only"],
        ),
        (include_str!("../intake/samples/molecule-converge.txt"), &["cgroup-read-only"]),
        (include_str!("../intake/samples/docker-build.txt"), &["systemd-not-pid1"]),
        (include_str!("../intake/samples/json-file.txt"), &["cgroup-read-only"]),
        (include_str!("../intake/samples/cri.txt"), &["run-tmpfs-missing"]),
        (include_str!("../intake/samples/pod.yaml"), &["run-tmpfs-missing"]),
    ] {
        let told: Vec<String> =
            judged(sample).into_iter().map(|(found, _)| found.first().cloned().unwrap_or_default()).collect();
        assert_eq!(told, roots, "{sample}");
    }
}

/// The same log, as printed by the runners of the usual CI systems.
#[test]
fn the_wrapping_of_ci_systems_changes_nothing() {
    let log = include_str!("../intake/samples/podman-run-tty.txt");
    let alone = first(log);
    assert_eq!(alone, "run-tmpfs-missing");
    let each = |wrap: &dyn Fn(&str) -> String| log.lines().map(|line| wrap(line) + "\n").collect::<String>();
    let stamp = "2026-01-02T03:04:05.1234567Z";
    for wrapped in [
        format!(
            "{stamp} ##[group]Run tests\n{}{stamp} ##[endgroup]\n",
            each(&|line| format!("{stamp} {line}"))
        ),
        format!(
            "section_start:1767323045:step\r\x1b[0K{}section_end:1767323045:step\r\x1b[0K\n",
            each(&|line| format!("{stamp} 00O {line}"))
        ),
        format!("[Pipeline] sh\n{}", each(&|line| format!("[2026-01-02T03:04:05.123Z] {line}"))),
        format!("travis_fold:start:test\r\x1b[0K\n{}travis_fold:end:test\r\x1b[0K\n", each(&str::to_owned)),
        each(&|line| format!("::error::{line}")),
        each(&|line| format!("{stamp} stdout F {line}")),
        each(&|line| format!("Jan  2 03:04:05 host guest[123]: {line}")),
        each(&|line| format!("10%\r50%\r{line}\x1b]0;title\x07")),
        each(&|line| {
            serde_json::json!({"log": format!("{line}\n"), "stream": "stdout", "time": stamp}).to_string()
        }),
    ] {
        assert_eq!(first(&wrapped), alone, "{wrapped}");
    }
}

#[test]
fn a_silent_container_is_judged_by_its_command_line() {
    let text = "$ docker run -d --name web debian:12 /sbin/init\n$ docker ps -a\n0123 \
        debian:12 \"/sbin/init\" 9 seconds ago   Exited (255) 8 seconds ago   web\n$ docker logs web\n";
    assert_eq!(judged(text)[0].0.first().map(String::as_str), Some("run-tmpfs-missing"));
}

#[test]
fn innocent_text_has_no_cause() {
    for text in [
        "hello\n",
        "2024-08-22 09:50:26.915 UTC [42] FATAL:  lock file \"postmaster.pid\" already exists\n",
        "Traceback (most recent call last):\n  File \"x.py\", line 1\nPermissionError: [Errno 13] \
            Permission denied: '/data'\n",
        "$ docker run -d nginx nginx -g 'daemon off;'\nnginx: [emerg] bind() to 0.0.0.0:80 failed (98: \
            Address already in use)\n",
        "error[E0308]: mismatched types\nerror: could not compile `x` (lib) due to 1 previous error\n",
    ] {
        assert_eq!(judged(text), [(Vec::new(), "not-systemd")], "{text}");
    }
}

#[test]
fn healthy_consoles_have_no_cause() {
    for text in [
        include_str!("../intake/samples/healthy-docker28-v2.txt"),
        include_str!("../intake/samples/healthy-docker20-v1.txt"),
        include_str!("../intake/samples/healthy-podman4-v2.txt"),
    ] {
        assert_eq!(judged(text), [(Vec::new(), "systemd")]);
    }
}
