//! What systemd inside the container reports about itself: read-only commands in a running container.

use super::collect_options::CollectOptions;
use super::manager_answers::{Answers, Said};
use super::snapshot_builder::InspectedContainer;
use super::wait_for_boot::{Waits, is_offline, settled_state};
use crate::docker::{Engine, EngineError, ExecOutput};
use crate::snapshot::vocabulary::{BusState, ManagerState};
use crate::snapshot::{Facts, Gap, key};

/// Properties of a failed unit that are queried.
const PROPERTIES: &str = "--property=Id,Result,ExecMainStatus,ExecMainCode,Description";

/// Query for the warnings of this boot.
const JOURNAL: [&str; 9] = ["journalctl", "--no-pager", "-b", "-p", "warning", "-n", "400", "-o", "short"];
/// All transports but the kernel's: a container that has /dev/kmsg shares the kernel log with its host, where
/// systemd of the host and of other containers write under the same name (systemd.journal-fields(7)).
const OWN_TRANSPORTS: [&str; 4] =
    ["_TRANSPORT=driver", "_TRANSPORT=journal", "_TRANSPORT=stdout", "_TRANSPORT=syslog"];

/// Asks the manager of a running container, unless that is forbidden.
pub(super) async fn ask(
    engine: &Engine,
    inspected: &InspectedContainer,
    options: &CollectOptions,
) -> Answers {
    let mut answers = Answers::default();
    if inspected.config().flag("/State/Paused") {
        answers.gap("manager.*", "the container is paused".to_owned());
    } else if !inspected.runs() {
        let source = "container inspect: State, it does not run";
        answers.facts.set_absent(key::MANAGER_BUS, source);
        answers.facts.set_absent(key::MANAGER_FAILED_UNITS, source);
        answers.facts.set_absent(key::MANAGER_PENDING_UNITS, source);
        answers.facts.set_absent(key::MANAGER_STATE, source);
    } else if options.exec {
        let waits = Waits::of(inspected, options.patience);
        Box::pin(collect(engine, &inspected.id, waits, &mut answers)).await;
    } else {
        answers.gap("manager.*", "--no-exec is set".to_owned());
    }
    answers
}

/// Asks the manager, waiting for one that is still starting.
async fn collect(engine: &Engine, container: &str, waits: Waits, answers: &mut Answers) {
    let answer = match settled_state(engine, container, waits).await {
        Ok(settled) => {
            answers.frozen_in = settled.frozen_in;
            settled.answer
        }
        Err(error) => return unanswered(engine, container, &error, answers).await,
    };
    state_facts(&answer, &mut answers.facts);
    answers.said.exec.extend(answer.stderr.lines().map(str::to_owned));
    if answers.facts.get(key::MANAGER_BUS) == Some(BusState::Ok) {
        Box::pin(units(engine, container, answers)).await;
    } else if matches!(answer.exit_code, Some(126 | 127))
        || answer.stdout.contains("executable file not found")
    {
        answers.gap(key::MANAGER_STATE.name(), "systemctl cannot be run inside".to_owned());
    }
}

/// Records why there is no answer: the manager hangs although other commands end, or no command can be run.
async fn unanswered(engine: &Engine, container: &str, error: &EngineError, answers: &mut Answers) {
    if matches!(error, EngineError::Deadline { .. }) && others_answer(engine, container).await {
        let source = "exec: systemctl is-system-running, which did not end";
        answers.facts.set(key::MANAGER_BUS, BusState::Hangs, source);
        answers.facts.set_absent(key::MANAGER_STATE, source);
    }
    answers.gap("manager.*", format!("no command can be run inside: {}", error.brief()));
}

/// Asks a manager that answers for its units and its journal.
async fn units(engine: &Engine, container: &str, answers: &mut Answers) {
    const LIST: [&str; 4] = ["systemctl", "--no-pager", "--plain", "--no-legend"];
    let failed = [&LIST[..], &["list-units", "--state=failed", "--all"]].concat();
    let jobs = [&LIST[..], &["list-jobs"]].concat();
    let journal = [&JOURNAL[..], &OWN_TRANSPORTS].concat();
    let (failed, jobs, journal) = tokio::join!(
        engine.exec(container, &failed),
        engine.exec(container, &jobs),
        engine.exec(container, &journal),
    );
    unit_facts(&failed, &jobs, &mut answers.facts, &mut answers.gaps);
    details(engine, container, &answers.facts, &mut answers.said).await;
    match journal {
        Ok(output) => {
            let is_own = |line: &&str| !line.starts_with("-- ");
            answers.said.journal.extend(output.stdout.lines().filter(is_own).map(str::to_owned));
        }
        Err(error) => answers.gap("journal", error.brief()),
    }
}

/// Returns whether a command inside that does not need the manager ends in time. Only then is it the manager
/// that hangs, and not the engine or an overloaded machine.
async fn others_answer(engine: &Engine, container: &str) -> bool {
    engine.exec(container, &["systemctl", "--version"]).await.is_ok()
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
    facts.set(key::MANAGER_BUS, bus, source);
    match state.filter(|_| bus == BusState::Ok) {
        Some(state) => facts.set(key::MANAGER_STATE, state, source),
        None => facts.set_absent(key::MANAGER_STATE, source),
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
            key::MANAGER_FAILED_UNITS,
            first_word(&output.stdout, 0),
            "exec: systemctl list-units --state=failed",
        ),
        Err(error) => {
            gaps.push(Gap { fact: key::MANAGER_FAILED_UNITS.name().to_owned(), reason: error.brief() });
        }
    }
    match jobs {
        Ok(output) => {
            let units: Vec<_> =
                first_word(&output.stdout, 1).into_iter().filter(|unit| unit.contains('.')).collect();
            facts.set(key::MANAGER_PENDING_UNITS, units, "exec: systemctl list-jobs");
        }
        Err(error) => {
            gaps.push(Gap { fact: key::MANAGER_PENDING_UNITS.name().to_owned(), reason: error.brief() });
        }
    }
}

/// Queries result and exit status of each failed unit, in systemd's own words.
async fn details(engine: &Engine, container: &str, facts: &Facts, said: &mut Said) {
    let units = facts.list(key::MANAGER_FAILED_UNITS);
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
