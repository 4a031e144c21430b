//! What systemd inside says of itself: read-only commands in a running container.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::CollectOptions;
use super::draft::Patient;
use crate::docker::{Engine, EngineError, ExecOutput};
use crate::facts::program;
use crate::snapshot::vocabulary::{BusState, ManagerState};
use crate::snapshot::{Facts, Gap};

/// Words of `systemctl is-system-running` (systemctl(1)).
/// Properties of a failed unit that are asked for.
const PROPERTIES: &str = "--property=Id,Result,ExecMainStatus,ExecMainCode,Description";

/// Wait for an init to make /run/systemd/system, by which systemctl knows that systemd booted
/// (`sd_booted(3)`); on a busy machine a container was met that had not made it yet.
const EARLY: Duration = Duration::from_secs(5);

/// What the commands printed, as extra lines for the rules to read.
#[derive(Debug, Default)]
pub struct Said {
    /// Lines of systemctl.
    pub exec: Vec<String>,
    /// Warnings and errors of this boot from the journal.
    pub journal: Vec<String>,
}

/// Everything that came of asking.
#[derive(Debug, Default)]
pub struct Answers {
    /// Facts of the manager.
    pub facts: Facts,
    /// What could not be asked.
    pub gaps: Vec<Gap>,
    /// What was printed.
    pub said: Said,
}

/// Asks the manager of a running container, unless that is forbidden.
pub(super) async fn ask(engine: &Engine, patient: &Patient, options: &CollectOptions) -> Answers {
    let mut answers = Answers::default();
    if patient.config().flag("/State/Paused") {
        answers.gaps.push(Gap { fact: "manager.*".to_owned(), reason: "the container is paused".to_owned() });
    } else if !patient.runs() {
        for key in ["manager.bus", "manager.failed_units", "manager.pending_units", "manager.state"] {
            answers.facts.set(key, serde_json::Value::Null, "container inspect: State, it does not run");
        }
    } else if options.exec {
        let waits = Waits {
            patience: options.patience,
            early: if is_young(patient) { EARLY } else { Duration::ZERO },
        };
        answers.said =
            Box::pin(collect(engine, &patient.id, waits, &mut answers.facts, &mut answers.gaps)).await;
    } else {
        answers.gaps.push(Gap { fact: "manager.*".to_owned(), reason: "--no-exec is set".to_owned() });
    }
    answers
}

/// How long is waited for an answer that may change.
#[derive(Debug, Clone, Copy)]
struct Waits {
    /// For a manager that is still starting.
    patience: Duration,
    /// For an init that says nothing of itself yet; within the patience.
    early: Duration,
}

/// Whether the container was started a moment ago, with a command that leads to an init, or a script that
/// may: it may not have come to tell that it boots.
fn is_young(patient: &Patient) -> bool {
    let started = patient.config().text("/State/StartedAt").and_then(|time| time.parse::<Timestamp>().ok());
    let age = started.map(|started| Timestamp::now().as_second() - started.as_second());
    let program = program::of_argv(&patient.config().argv(), None);
    age.is_some_and(|age| age <= 2 * EARLY.as_secs().cast_signed())
        && (program.init.is_some() || program.script.is_some())
}

/// Asks the manager; waits for one that is still starting.
async fn collect(
    engine: &Engine,
    container: &str,
    waits: Waits,
    facts: &mut Facts,
    gaps: &mut Vec<Gap>,
) -> Said {
    let mut said = Said::default();
    let answer = match settled_state(engine, container, waits).await {
        Ok(answer) => answer,
        Err(error) => {
            if matches!(error, EngineError::Deadline { .. }) && others_answer(engine, container).await {
                facts.set(
                    "manager.bus",
                    BusState::Hangs,
                    "exec: systemctl is-system-running, which did not end",
                );
                facts.set(
                    "manager.state",
                    serde_json::Value::Null,
                    "exec: systemctl is-system-running, which did not end",
                );
            }
            gaps.push(Gap {
                fact: "manager.*".to_owned(),
                reason: format!("no command can be run inside: {}", error.brief()),
            });
            return said;
        }
    };
    state_facts(&answer, facts);
    said.exec.extend(answer.stderr.lines().map(str::to_owned));
    if facts.text("manager.bus") != Some("ok") {
        if answer.exit_code == Some(126)
            || answer.exit_code == Some(127)
            || answer.stdout.contains("executable file not found")
        {
            gaps.push(Gap {
                fact: "manager.state".to_owned(),
                reason: "systemctl cannot be run inside".to_owned(),
            });
        }
        return said;
    }
    let (failed, jobs, journal) = tokio::join!(
        engine.exec(
            container,
            &["systemctl", "--no-pager", "--plain", "--no-legend", "list-units", "--state=failed", "--all"]
        ),
        engine.exec(container, &["systemctl", "--no-pager", "--plain", "--no-legend", "list-jobs"]),
        engine.exec(
            container,
            &["journalctl", "--no-pager", "-b", "-p", "warning", "-n", "400", "-o", "short"]
        ),
    );
    unit_facts(&failed, &jobs, facts, gaps);
    details(engine, container, facts, &mut said).await;
    match journal {
        Ok(output) => {
            said.journal.extend(
                output
                    .stdout
                    .lines()
                    .filter(|line| !line.starts_with("-- ") && !is_kernel(line))
                    .map(str::to_owned),
            );
        }
        Err(error) => gaps.push(Gap { fact: "journal".to_owned(), reason: error.brief() }),
    }
    said
}

/// Whether a command inside that asks no manager ends in time: only then it is the manager that hangs, and
/// not the engine or a machine under load.
async fn others_answer(engine: &Engine, container: &str) -> bool {
    engine.exec(container, &["systemctl", "--version"]).await.is_ok()
}

/// Asks until the answer is no longer `initializing` or `starting`, or patience ends.
async fn settled_state(engine: &Engine, container: &str, waits: Waits) -> Result<ExecOutput, EngineError> {
    let began = Instant::now();
    let end = began + waits.patience;
    let mut pause = Duration::from_millis(200);
    loop {
        let answer = engine.exec(container, &["systemctl", "is-system-running"]).await?;
        let may = may_settle(&answer) || is_offline(&answer) && began.elapsed() < waits.early;
        if !may || Instant::now() + pause > end {
            return Ok(answer);
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// Whether another answer may come soon.
fn may_settle(answer: &ExecOutput) -> bool {
    let word = answer.stdout.trim();
    // A manager that has just been started may not have its socket yet.
    let no_socket = word.is_empty()
        && (answer.stderr.contains("Failed to connect") || answer.stderr.contains("Failed to get D-Bus"));
    // The runtime could not start the command, though it is there: a container at its limits is busy for a
    // moment.
    let busy = word.starts_with("OCI runtime exec failed") && word.contains("connection reset by peer");
    matches!(word, "initializing" | "starting") || no_socket || busy
}

/// Whether it says that systemd did not boot; that is also true of one that has just been started.
fn is_offline(answer: &ExecOutput) -> bool {
    answer.stderr.contains("not been booted with systemd")
        || (answer.stdout.trim() == "offline" && answer.stderr.is_empty())
}

fn state_facts(answer: &ExecOutput, facts: &mut Facts) {
    let source = "exec: systemctl is-system-running";
    let state: Option<ManagerState> = answer.stdout.trim().parse().ok();
    let errors = answer.stderr.as_str();
    let bus = if is_offline(answer) {
        BusState::NotBooted
    } else if errors.contains("Failed to connect to") || errors.contains("Failed to get D-Bus") {
        BusState::Refused
    } else if state.is_some() {
        BusState::Ok
    } else {
        return;
    };
    facts.set("manager.bus", bus, source);
    match state.filter(|_| bus == BusState::Ok) {
        Some(state) => facts.set("manager.state", state, source),
        None => facts.set("manager.state", serde_json::Value::Null, source),
    }
}

fn unit_facts(
    failed: &Result<ExecOutput, EngineError>,
    jobs: &Result<ExecOutput, EngineError>,
    facts: &mut Facts,
    gaps: &mut Vec<Gap>,
) {
    let first_word = |text: &str, column: usize| {
        text.lines()
            .filter_map(|line| {
                line.trim_start_matches(['●', '*', ' ']).split_whitespace().nth(column).map(str::to_owned)
            })
            .collect::<Vec<_>>()
    };
    match failed {
        Ok(output) => facts.set(
            "manager.failed_units",
            first_word(&output.stdout, 0),
            "exec: systemctl list-units --state=failed",
        ),
        Err(error) => gaps.push(Gap { fact: "manager.failed_units".to_owned(), reason: error.brief() }),
    }
    match jobs {
        Ok(output) => {
            let units: Vec<_> =
                first_word(&output.stdout, 1).into_iter().filter(|unit| unit.contains('.')).collect();
            facts.set("manager.pending_units", units, "exec: systemctl list-jobs");
        }
        Err(error) => gaps.push(Gap { fact: "manager.pending_units".to_owned(), reason: error.brief() }),
    }
}

/// Result and exit status of each failed unit, in the words that systemd itself uses.
async fn details(engine: &Engine, container: &str, facts: &Facts, said: &mut Said) {
    let units = facts.list("manager.failed_units");
    if units.is_empty() {
        return;
    }
    let mut argv = vec!["systemctl", "--no-pager", "show", PROPERTIES, "--"];
    argv.extend(units.iter().copied().take(50));
    let Ok(output) = engine.exec(container, &argv).await else { return };
    for block in output.stdout.split("\n\n") {
        let value = |key: &str| {
            block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default()
        };
        if value("Id").is_empty() {
            continue;
        }
        let status = match value("ExecMainStatus") {
            "" | "0" => String::new(),
            status => format!(", main process exit status {status}"),
        };
        said.exec.push(format!("{}: failed unit, result {}{status}", value("Id"), value("Result")));
    }
}

/// A line of the kernel log, which a privileged container shares with its host: it may speak of other
/// containers.
fn is_kernel(line: &str) -> bool {
    line.split_whitespace().take(5).any(|word| word == "kernel:")
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
}
