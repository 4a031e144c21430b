//! Progress: seen on a terminal when work is slow, and never elsewhere. The terminal is that of `script` from
//! bsdutils.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::fake::{Answer, Fake, frame, recorded};
use super::program::announce;

/// An engine whose log takes longer than a moment.
fn slow() -> Fake {
    Fake::but(recorded(), |request| {
        let pause = Duration::from_secs(3);
        let log =
            || Answer::Stream { head: frame(1, b"hello\n"), piece: Vec::new(), times: 0, pause, whole: true };
        request.bare().contains("/logs").then(log)
    })
}

/// What a terminal shows of a run; nothing where there is no `script`.
fn on_a_terminal(fake: &Fake, line: &str) -> Option<String> {
    let mut command = Command::new("script");
    command.args([
        "--quiet",
        "--return",
        "--command",
        &format!("{} {line}", env!("CARGO_BIN_EXE_sysdock")),
        "/dev/null",
    ]);
    command.env_clear().env("PATH", std::env::var_os("PATH")?).env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    command.env("DOCKER_HOST", format!("unix://{}", fake.socket().display()));
    let output = command.stdin(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn slow_work_is_shown_on_a_terminal_and_nowhere_else() {
    let fake = slow();
    let Some(seen) = on_a_terminal(&fake, "doctor web") else {
        announce("progress: not tried on a terminal, `script` is not installed");
        return;
    };
    assert!(seen.contains("examining web"), "{seen:?}");
    let plain = on_a_terminal(&fake, "doctor --ascii --color never web").unwrap_or_default();
    assert!(plain.contains("examining web") && plain.is_ascii(), "{plain:?}");
    let quiet = on_a_terminal(&fake, "doctor --quiet web").unwrap_or_default();
    assert!(quiet.contains("web") && !quiet.contains("examining"), "{quiet:?}");
    let piped = fake.call("doctor web").run();
    assert!(piped.stderr.is_empty() && !piped.stdout.contains("examining"), "{piped:?}");
}

#[test]
fn slow_targets_are_counted_and_slow_texts_measured() {
    let Some(seen) = on_a_terminal(&slow(), "doctor web web") else {
        announce("progress: counts not tried on a terminal, `script` is not installed");
        return;
    };
    assert!(seen.contains("of 2 done"), "{seen:?}");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let pipe = folder.path().join("pipe").display().to_string();
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let mut feeder = Command::new("sh")
        .args(["-c", "exec >\"$0\"; echo hello; sleep 3; echo again", &pipe])
        .spawn()
        .expect("sh runs");
    let seen = on_a_terminal(&slow(), &format!("triage {pipe}")).unwrap_or_default();
    assert!(feeder.wait().expect("it ends").success() && seen.contains("reading"), "{seen:?}");
}

#[test]
fn quick_work_shows_nothing() {
    let fake = Fake::usual(recorded());
    let seen = on_a_terminal(&fake, "explain cgroup-read-only").unwrap_or_default();
    assert!(!seen.contains("examining") && !seen.contains("reading:"), "{seen:?}");
}
