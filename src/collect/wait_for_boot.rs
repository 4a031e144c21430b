//! How long to wait for a container that is still starting.
//!
//! `docker run -d` returns long before systemd has booted, and a report on a boot in progress says little. So
//! a question whose answer may soon change is asked again, with growing pauses, until the answer is final or
//! the time is over. Only systemctl's own output says whether it may change: a container that shows no sign
//! of a manager is not waited for, unless it was started a moment ago and its command leads to an init. A
//! PID 1 that has frozen answers as one that has just started does; its wait channel tells them apart.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::snapshot_builder::InspectedContainer;
use crate::docker::{Engine, EngineError, ExecOutput};
use crate::facts::program;

/// Longest wait for a container that is still starting, unless the user sets another.
pub const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// How long to wait for an init to create /run/systemd/system, by which systemctl knows that systemd booted
/// (`sd_booted(3)`); on a busy machine this can take a while.
const EARLY: Duration = Duration::from_secs(5);

/// First pause between two attempts; each one doubles, up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Longest pause between two attempts.
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// How long to wait for an answer that may change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    /// For a manager that is still starting.
    patience: Duration,
    /// For an init that has not shown itself yet; at most `patience`.
    early: Duration,
}

impl Waits {
    /// Returns how long to wait for a container.
    pub(super) fn of(inspected: &InspectedContainer, patience: Duration) -> Self {
        Self { patience, early: if is_young(inspected) { EARLY } else { Duration::ZERO } }
    }
}

/// Returns whether the container was started a moment ago with a command that leads to an init, or with a
/// script that may: it may not have had time to show that it boots.
fn is_young(inspected: &InspectedContainer) -> bool {
    let started = inspected.config().text("/State/StartedAt").and_then(|time| time.parse::<Timestamp>().ok());
    let age = started.map(|started| Timestamp::now().as_second() - started.as_second());
    let program = program::of_argv(&inspected.config().argv(), None);
    age.is_some_and(|age| age <= 2 * EARLY.as_secs().cast_signed())
        && (program.init.is_some() || program.script.is_some())
}

/// The last answer of systemctl.
pub(super) struct Settled {
    /// What it printed.
    pub answer: ExecOutput,
    /// Where in the kernel PID 1 waits, if it has frozen.
    pub frozen_in: Option<String>,
}

/// Asks until the answer is no longer `initializing` or `starting`, PID 1 has frozen, or the time is over.
pub(super) async fn settled_state(
    engine: &Engine,
    container: &str,
    waits: Waits,
) -> Result<Settled, EngineError> {
    let began = Instant::now();
    let end = began + waits.patience;
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = engine.exec(container, &["systemctl", "is-system-running"]).await?;
        let may = may_settle(&answer) || is_offline(&answer) && began.elapsed() < waits.early;
        if !may || Instant::now() + pause > end {
            return Ok(Settled { answer, frozen_in: None });
        }
        if let Some(channel) = frozen_in(engine, container, &answer).await {
            return Ok(Settled { answer, frozen_in: Some(channel) });
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// Returns the wait channel of a PID 1 that has frozen; looked for only if it did not answer. It is read
/// inside the container, since the engine may run on another machine.
async fn frozen_in(engine: &Engine, container: &str, answer: &ExecOutput) -> Option<String> {
    if matches!(answer.stdout.trim(), "initializing" | "starting") {
        return None;
    }
    let seen = engine.exec(container, &["cat", "/proc/1/comm", "/proc/1/wchan"]).await.ok()?;
    paused(&seen.stdout).map(str::to_owned)
}

/// Returns the wait channel in the contents of /proc/1/comm and /proc/1/wchan, if a system manager calls
/// pause(2) there: it does so only once it has given up.
fn paused(seen: &str) -> Option<&str> {
    let (command, channel) = seen.trim().split_once('\n')?;
    (matches!(command.trim(), "systemd" | "init") && channel.contains("pause")).then_some(channel.trim())
}

/// Returns whether another answer may come soon.
fn may_settle(answer: &ExecOutput) -> bool {
    let word = answer.stdout.trim();
    // A manager that has just started may not have its socket yet.
    let no_socket = word.is_empty()
        && (answer.stderr.contains("Failed to connect") || answer.stderr.contains("Failed to get D-Bus"));
    // The runtime could not start the command although it exists: a container at its limits is busy for a
    // moment.
    let busy = word.starts_with("OCI runtime exec failed") && word.contains("connection reset by peer");
    matches!(word, "initializing" | "starting") || no_socket || busy
}

/// Returns whether the answer says that systemd did not boot, which also holds for a container that has just
/// started.
pub(super) fn is_offline(answer: &ExecOutput) -> bool {
    answer.stderr.contains("not been booted with systemd")
        || (answer.stdout.trim() == "offline" && answer.stderr.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stdout: &str, stderr: &str) -> ExecOutput {
        ExecOutput { stdout: stdout.to_owned(), stderr: stderr.to_owned(), exit_code: Some(1) }
    }

    #[test]
    fn what_may_change_soon_is_asked_again() {
        for (stdout, stderr, again) in [
            ("starting\n", "", true),
            ("", "Failed to connect to bus: No such file or directory\n", true),
            (
                "OCI runtime exec failed: exec failed: unable to start container process: read init-p: \
                    connection reset by peer: unknown",
                "",
                true,
            ),
            (
                "OCI runtime exec failed: exec failed: unable to start container process: \
                    exec: \"systemctl\": executable file not found in $PATH",
                "",
                false,
            ),
            ("running\n", "", false),
            (
                "offline\n",
                "System has not been booted with systemd as init system (PID 1). Can't operate.\n",
                false,
            ),
        ] {
            assert_eq!(may_settle(&answer(stdout, stderr)), again, "{stdout}{stderr}");
        }
    }

    #[test]
    fn only_a_manager_that_has_given_up_pauses() {
        for (seen, channel) in [
            ("systemd\n__do_sys_pause", Some("__do_sys_pause")),
            ("init\r\nsys_pause\r\n", Some("sys_pause")),
            ("systemd\n__x64_sys_pause\n", Some("__x64_sys_pause")),
            ("systemd\ndo_epoll_wait", None),
            ("pause\n__do_sys_pause", None),
            ("catatonit\n__do_sys_pause", None),
            ("systemd\n0", None),
            ("systemd\n", None),
            ("OCI runtime exec failed: exec: \"cat\": executable file not found in $PATH", None),
        ] {
            assert_eq!(paused(seen), channel, "{seen:?}");
        }
    }
}
