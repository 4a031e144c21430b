//! Facts that follow from other facts: whether the container is meant to run systemd, and how far the boot
//! came. Pure.

use super::guest_systemd_version;
use super::program;
use super::refusal::{self, Refused};
use super::refusal_meaning;
use crate::pattern::Pattern;
use crate::snapshot::vocabulary::{BootOutcome, BusState, ContainerStatus, ManagerState};
use crate::snapshot::{EngineKind, Facts, LogExcerpt, key};

/// Lines that only a completed boot prints, and those of its shutdown: only a target that was reached stops.
/// (A login prompt on the console may clear the lines that came last.)
static CAME_UP: Pattern = Pattern::with_one_of(
    &["Startup finished in ", "Reached target ", "Stopped target "],
    r"Startup finished in |(?:Reached|Stopped) target .{0,80}(?:Multi-User System|Graphical Interface|multi-user\.target|graphical\.target|container\.target|Login Prompts|getty\.target)",
);
/// Last messages of a PID 1 that gives up.
static GAVE_UP: Pattern = Pattern::with_one_of(
    &["[!!!!!!]", "Exiting PID 1...", "Freezing execution", "allocate manager object", "start up manager"],
    r"^\W*\[!!!!!!\] |\bExiting PID 1\.\.\.|\bFreezing execution\b|Failed to (?:allocate manager object|start up manager)\b",
);
/// PID 1 froze.
static FROZE: Pattern =
    Pattern::with_one_of(&[", freezing.", "Freezing execution"], r", freezing\.|\bFreezing execution\b");
/// The summary of a manager that is about to freeze.
static FREEZING: Pattern = Pattern::with_one_of(&[", freezing."], r"\[!!!!!!\] .*, freezing\.");
/// What systemd 227 and later print after it.
static FREEZE_LINE: Pattern = Pattern::with_one_of(&["Freezing execution"], r"\bFreezing execution\b");
/// Status lines of units on the console.
static UNITS: Pattern =
    Pattern::with_one_of(&["[  OK  ]", "[FAILED]", "[DEPEND]"], r"^\W*(?:\[  OK  \]|\[FAILED\]|\[DEPEND\]) ");
/// Other messages of PID 1 on its console.
static SPOKE: Pattern = Pattern::with_one_of(
    &["[  OK  ]", "[FAILED]", "Failed to ", "Welcome to "],
    r"^\W*(?:\[  OK  \]|\[FAILED\]|Failed to mount \S+ (?:\(type \w+\) on|at) /|Failed to determine whether /|Welcome to \S.*!$)",
);
/// Steps that follow the check for mount points: a mount that is tried, a control group that is made.
static PAST_MOUNT_CHECK: Pattern = Pattern::with_one_of(
    &["Failed to mount ", "Failed to create "],
    r"Failed to mount \S+ (?:\(type \w+\) on|at) /|Failed to create (?:root cgroup hierarchy|\S+ control group)",
);
/// What is printed where the check itself fails; before 229 nothing but the summary.
static MOUNT_CHECK_FAILED: Pattern = Pattern::with_one_of(
    &["Failed to determine whether /", "Failed to mount API filesystems"],
    r"Failed to determine whether /\S* is a mount point|\[!!!!!!\] Failed to mount API filesystems",
);
/// The program that an engine tried to start and did not find.
static SOUGHT: Pattern = Pattern::with_one_of(
    &["exec", "not found"],
    r"(?:exec:? |executable (?:file )?)[\\\x22'`]*([^\\\x22'`\s]+)[\\\x22'`]*:? (?:stat \S+: )?(?:executable file not found|not found|no such file|in \$PATH)",
);
/// The virtualization that systemd detected.
static VIRTUALIZATION: Pattern =
    Pattern::with_one_of(&["Detected virtualization "], r"\bDetected virtualization '?([\w-]+)");

/// A command that talks to a user manager.
static USER_SCOPE: Pattern = Pattern::with_one_of(
    &["--user"],
    r"\b(?:systemctl|systemd-run|systemd-analyze|journalctl|busctl|systemd)\b.{0,200}\s--user\b",
);
/// A step of an image build that needs a running manager; `enable` and `mask` do not.
static IN_BUILD: Pattern = Pattern::with_one_of(
    &["RUN"],
    r"\bRUN\s.{0,200}\b(?:systemctl\s.{0,80}\b(?:daemon-reload|daemon-reexec|start|restart|stop|reload|status|is-active)|service\s+\S+\s+(?:start|restart|status)|hostnamectl|timedatectl)\b",
);

fn captured<'t>(pattern: &Pattern, text: &'t str) -> Option<&'t str> {
    let captures = pattern.captures(text)?;
    captures.get(1).or(captures.get(0))
}

/// Exit code 128+9: the engine or the kernel killed PID 1.
const SIGKILL_CODE: i64 = 137;

/// Derives every fact that rules use but no source states.
pub fn derive(log: &LogExcerpt, facts: &mut Facts) {
    from_lines(log, facts);
    user_namespace(facts);
    intent(facts);
    refused(log, facts);
    if misspelt(facts) {
        intent(facts);
    }
    outcome(log, facts);
}

/// Records why the engine did not start the container, if a text contains the reason and no output of PID 1;
/// and what the reason means.
fn refused(log: &LogExcerpt, facts: &mut Facts) {
    let spoke = facts.is_known(key::LOG_GAVE_UP);
    let meant = facts.get(key::CONTAINER_MEANT_FOR_SYSTEMD);
    if !facts.is_known(key::CONTAINER_ERROR) && !spoke {
        let counts = |what: Refused| match what {
            Refused::Other => false,
            // A failed request says nothing about systemd, unless the text shows that systemd was wanted.
            Refused::Asking => meant == Some(true),
            Refused::Sum | Refused::Start => true,
        };
        let said = |line| refusal::of_line(line).or_else(|| refusal::of_loose_line(line));
        let all = log.lines.iter().filter_map(|line| Some((line.line, said(&line.text)?)));
        // Among equal ones the last counts.
        if let Some((line, reason)) =
            all.filter(|(_, refusal)| counts(refusal.what)).max_by_key(|(_, refusal)| refusal.what)
        {
            facts.set(key::CONTAINER_ERROR, reason.words, &format!("text line {line}: words of the engine"));
        }
    }
    let meaning = facts.get(key::CONTAINER_ERROR).and_then(refusal_meaning::meaning);
    if let Some(meaning) = meaning {
        facts.set(key::CONTAINER_REFUSAL, meaning, "container.error: what these words mean");
    }
}

/// Returns whether the program looks like a misspelt init, or one at a wrong path. Systemd was wanted then
/// too: where no such program exists, it is missing.
fn misspelt(facts: &mut Facts) -> bool {
    let error = facts.get(key::CONTAINER_ERROR).unwrap_or_default();
    let sought = captured(&SOUGHT, error);
    let argv = facts.list(key::CONTAINER_ARGV);
    let Some(word) = argv.first().copied().or(sought) else { return false };
    let missing = facts.get(key::GUEST_INIT_PRESENT) == Some(false) || sought == Some(word);
    if facts.get(key::CONTAINER_RUNS_SYSTEMD) == Some(true) || !missing || !program::resembles_init(word) {
        return false;
    }
    let source = "container.argv: it resembles the path of an init, and no such program is there";
    facts.set(key::CONTAINER_RUNS_SYSTEMD, true, source);
    facts.set(key::GUEST_INIT_PRESENT, false, source);
    true
}

/// Records what PID 1's own lines say about the boot; a later boot counts more than an earlier one.
fn from_lines(log: &LogExcerpt, facts: &mut Facts) {
    let source = "log: lines of PID 1";
    let says = |pattern: &Pattern| log.lines.iter().rposition(|line| captured(pattern, &line.text).is_some());
    let banner = log.lines.iter().rev().find_map(|line| guest_systemd_version::of_banner(&line.text));
    let virtualization = log.lines.iter().rev().find_map(|line| captured(&VIRTUALIZATION, &line.text));
    let (came_up, gave_up) = (says(&CAME_UP), says(&GAVE_UP));
    if let Some(version) = banner {
        facts.set_if_unknown(key::GUEST_SYSTEMD_VERSION, version, "log: systemd's banner");
    }
    for (key, pattern) in [(key::CLIENT_USER_SCOPE, &USER_SCOPE), (key::CLIENT_IN_BUILD, &IN_BUILD)] {
        if says(pattern).is_some() {
            facts.set(key, true, "text: a command line");
        }
    }
    if banner.is_none() && gave_up.is_none() && came_up.is_none() && says(&SPOKE).is_none() {
        return;
    }
    facts.set(key::LOG_BANNER_SEEN, banner.is_some() || virtualization.is_some(), source);
    if let Some(summary) = says(&FREEZING) {
        facts.set(key::LOG_FREEZE_LINE, says(&FREEZE_LINE) > Some(summary), source);
    }
    let units = says(&UNITS);
    facts.set(key::LOG_UNITS_SEEN, units.is_some(), source);
    let passed = [banner.map(|_| 0), virtualization.map(|_| 0), units, says(&PAST_MOUNT_CHECK)];
    if passed.iter().any(Option::is_some) {
        facts.set(key::LOG_MOUNTS_CHECKED, true, source);
    } else if says(&MOUNT_CHECK_FAILED).is_some() {
        facts.set(key::LOG_MOUNTS_CHECKED, false, source);
    }
    facts.set(key::LOG_CAME_UP, came_up.is_some() && came_up >= gave_up, source);
    facts.set(key::LOG_GAVE_UP, gave_up.is_some() && gave_up > came_up, source);
    if banner.is_some() || virtualization.is_some() {
        facts.set(key::LOG_VIRTUALIZATION, virtualization, source);
        facts.set_if_unknown(key::CONTAINER_RUNS_SYSTEMD, true, source);
        facts.set_if_unknown(key::GUEST_INIT_PRESENT, true, source);
    } else if gave_up.is_some() {
        facts.set_if_unknown(key::CONTAINER_RUNS_SYSTEMD, true, source);
        facts.set_if_unknown(key::GUEST_INIT_PRESENT, true, source);
    }
}

/// Records whether the container's root is another user on the host: with Docker the daemon decides, unless
/// the container opts out; Podman maps users if the container asks for it.
fn user_namespace(facts: &mut Facts) {
    let mapped = match (facts.get(key::ENGINE_NAME), facts.get(key::CONTAINER_USERNS_MODE)) {
        (_, Some("host")) => Some(false),
        (Some(EngineKind::Podman), Some(mode)) => Some(mode != "default"),
        (Some(EngineKind::Docker), Some(_)) => facts.get(key::ENGINE_USERNS),
        _ => None,
    };
    if let Some(mapped) = mapped {
        facts.set(
            key::CONTAINER_USERNS,
            mapped,
            "container inspect: HostConfig.UsernsMode; engine info: SecurityOptions",
        );
    }
}

/// Records whether the container is meant to run systemd: its command reaches an init, or it was given
/// something that only systemd needs.
fn intent(facts: &mut Facts) {
    let reaches = facts.get(key::CONTAINER_RUNS_SYSTEMD);
    // Podman itself sets `container=` and mounts /run when it prepares a container for systemd.
    let of_podman = facts.get(key::ENGINE_NAME) == Some(EngineKind::Podman);
    let asked = facts.get(key::CONTAINER_STOP_SIGNAL_HALTS) == Some(true)
        || facts.get(key::CONTAINER_ENV_CONTAINER).is_some_and(|v| !v.is_empty()) && !of_podman
        || facts.get(key::CONTAINER_WRITABLE_CGROUPS) == Some(true)
        || facts.get(key::MOUNT_RUN) == Some(true)
            && !of_podman
            && facts.get(key::CONTAINER_READ_ONLY) != Some(true);
    let source = "container.runs_systemd, container.stop_signal, container.env_container, \
        container.writable_cgroups, mount.run";
    match reaches {
        Some(reaches) => facts.set(key::CONTAINER_MEANT_FOR_SYSTEMD, reaches || asked, source),
        None if asked => facts.set(key::CONTAINER_MEANT_FOR_SYSTEMD, true, source),
        None => {}
    }
}

/// Records how far the boot came.
fn outcome(log: &LogExcerpt, facts: &mut Facts) {
    use BootOutcome::{
        CouldNotStart, Ended, Frozen, Killed, NeverStarted, NotSystemd, Rescue, Starting, Stopped,
        Unreachable, Up,
    };
    let came_up = facts.get(key::LOG_CAME_UP) == Some(true);
    let outcome = match facts.get(key::CONTAINER_STATUS) {
        Some(ContainerStatus::Created) if facts.get(key::CONTAINER_ERROR).is_some() => CouldNotStart,
        // The engine's own codes: it tried to start the container.
        Some(ContainerStatus::Created)
            if facts.get(key::CONTAINER_EXIT_CODE).is_some_and(|code| (125..=128).contains(&code)) =>
        {
            CouldNotStart
        }
        Some(ContainerStatus::Created) => NeverStarted,
        Some(ContainerStatus::Running | ContainerStatus::Paused) => running(facts, came_up),
        Some(ContainerStatus::Restarting) => Stopped,
        Some(_) => ended(facts, came_up),
        None => match told(log, facts) {
            Some(outcome) => outcome,
            None if facts.get(key::CONTAINER_ERROR).is_some() => CouldNotStart,
            None => return,
        },
    };
    let source = "container.status, container.exit_code, manager.state, pid1.*, log";
    facts.set(key::BOOT_OUTCOME, outcome, source);
    let failed = matches!(outcome, CouldNotStart | Frozen | Stopped | Rescue | NotSystemd);
    match outcome {
        Up | Unreachable => facts.set(key::BOOT_UP, true, source),
        Ended | Killed if came_up => facts.set(key::BOOT_UP, true, source),
        _ if failed || matches!(outcome, NeverStarted | Starting) => facts.set(key::BOOT_UP, false, source),
        _ => {}
    }
    if failed || matches!(outcome, Up | Unreachable | Ended | NeverStarted) {
        facts.set(key::BOOT_FAILED, failed, source);
    }
}

/// Returns the outcome that the text alone shows, without a state from the engine.
fn told(log: &LogExcerpt, facts: &Facts) -> Option<BootOutcome> {
    if facts.get(key::LOG_GAVE_UP) == Some(true) {
        let froze = log.lines.iter().any(|line| captured(&FROZE, &line.text).is_some());
        return Some(if froze { BootOutcome::Frozen } else { BootOutcome::Stopped });
    }
    let says =
        facts.get(key::MANAGER_STATE).filter(|state| *state != ManagerState::Stopping).and_then(by_manager);
    says.or_else(|| (facts.get(key::LOG_CAME_UP) == Some(true)).then_some(BootOutcome::Up))
}

/// Returns the outcome that corresponds to the state reported by the manager.
fn by_manager(state: ManagerState) -> Option<BootOutcome> {
    match state {
        ManagerState::Running | ManagerState::Degraded => Some(BootOutcome::Up),
        ManagerState::Maintenance => Some(BootOutcome::Rescue),
        ManagerState::Initializing | ManagerState::Starting => Some(BootOutcome::Starting),
        ManagerState::Stopping => Some(BootOutcome::Stopping),
        ManagerState::Offline | ManagerState::Unknown => None,
    }
}

fn running(facts: &Facts, came_up: bool) -> BootOutcome {
    if facts.get(key::PID1_FROZEN) == Some(true) {
        return BootOutcome::Frozen;
    }
    if let Some(outcome) = facts.get(key::MANAGER_STATE).and_then(by_manager) {
        return outcome;
    }
    if facts.get(key::PID1_SYSTEMD) == Some(false) {
        return BootOutcome::NotSystemd;
    }
    match (facts.get(key::PID1_ALIVE), facts.get(key::MANAGER_BUS)) {
        (Some(true), Some(BusState::NotBooted | BusState::Refused | BusState::Hangs)) => {
            BootOutcome::Unreachable
        }
        (Some(true), _) | (None, Some(BusState::Ok)) => BootOutcome::Up,
        (None, None) if came_up => BootOutcome::Up,
        (_, Some(BusState::NotBooted)) => BootOutcome::NotSystemd,
        _ => BootOutcome::RunningUnknown,
    }
}

fn ended(facts: &Facts, came_up: bool) -> BootOutcome {
    match facts.get(key::CONTAINER_EXIT_CODE) {
        Some(0 | 130) => BootOutcome::Ended,
        Some(SIGKILL_CODE | 143) => BootOutcome::Killed,
        Some(255) if came_up => BootOutcome::EndedBadly,
        Some(_) if facts.get(key::CONTAINER_ERROR).is_some() => BootOutcome::CouldNotStart,
        Some(_) => BootOutcome::Stopped,
        None => BootOutcome::Unknown,
    }
}

#[cfg(test)]
mod tests;
