//! What follows from other facts: whether the container is meant to run systemd, and how far the boot came.
//! Pure.

use super::guest_systemd_version;
use super::program;
use super::refusal::{self, Refused};
use crate::pattern::Pattern;
use crate::snapshot::vocabulary::{BootOutcome, BusState, ContainerStatus, ManagerState};
use crate::snapshot::{EngineKind, Facts, LogExcerpt};

/// Lines that only a boot that came up prints.
static CAME_UP: Pattern = Pattern::with_one_of(
    &["Startup finished in ", "Reached target "],
    r"Startup finished in |Reached target .{0,80}(?:Multi-User System|Graphical Interface|multi-user\.target|graphical\.target|container\.target|Login Prompts|getty\.target)",
);
/// Last words of a PID 1 that gives up.
static GAVE_UP: Pattern = Pattern::with_one_of(
    &["[!!!!!!]", "Exiting PID 1...", "Freezing execution", "allocate manager object", "start up manager"],
    r"^\W*\[!!!!!!\] |\bExiting PID 1\.\.\.|\bFreezing execution\b|Failed to (?:allocate manager object|start up manager)\b",
);
/// PID 1 goes on with nothing to do.
static FROZE: Pattern =
    Pattern::with_one_of(&[", freezing.", "Freezing execution"], r", freezing\.|\bFreezing execution\b");
/// Status lines of units on the console.
static UNITS: Pattern =
    Pattern::with_one_of(&["[  OK  ]", "[FAILED]", "[DEPEND]"], r"^\W*(?:\[  OK  \]|\[FAILED\]|\[DEPEND\]) ");
/// Other words of PID 1 on its console.
static SPOKE: Pattern = Pattern::with_one_of(
    &["[  OK  ]", "[FAILED]", "Failed to ", "Welcome to "],
    r"^\W*(?:\[  OK  \]|\[FAILED\]|Failed to mount \S+ (?:\(type \w+\) on|at) /|Failed to determine whether /|Welcome to \S.*!$)",
);
/// The program that an engine looked for and did not find.
static SOUGHT: Pattern = Pattern::with_one_of(
    &["exec", "not found"],
    r"(?:exec:? |executable (?:file )?)[\\\x22'`]*([^\\\x22'`\s]+)[\\\x22'`]*:? (?:stat \S+: )?(?:executable file not found|not found|no such file|in \$PATH)",
);
/// What systemd takes its surroundings for.
static VIRTUALIZATION: Pattern =
    Pattern::with_one_of(&["Detected virtualization "], r"\bDetected virtualization '?([\w-]+)");

/// A command that talks to a user's own manager.
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

/// Signal numbers whose exit code 128+N says that the engine or the kernel ended PID 1.
const SIGKILL_CODE: i64 = 137;

/// Derives everything that rules ask for but no source says as such.
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

/// The engine's reason why the container did not start, where a text holds it and no word of PID 1; and what
/// the reason means.
fn refused(log: &LogExcerpt, facts: &mut Facts) {
    let spoke = facts.get("log.gave_up").is_some();
    let meant = facts.bool("container.meant_for_systemd");
    if facts.get("container.error").is_none() && !spoke {
        let counts = |what: Refused| match what {
            Refused::Other => false,
            // Who cannot ask has not asked for systemd, unless the text says so.
            Refused::Asking => meant == Some(true),
            Refused::Sum | Refused::Start => true,
        };
        let said = |line| refusal::of_line(line).or_else(|| refusal::of_loose_line(line));
        let all = log.lines.iter().filter_map(|line| Some((line.line, said(&line.text)?)));
        // Of equal ones the last is taken.
        if let Some((line, reason)) =
            all.filter(|(_, refusal)| counts(refusal.what)).max_by_key(|(_, refusal)| refusal.what)
        {
            facts.set("container.error", reason.words, &format!("text line {line}: words of the engine"));
        }
    }
    let meaning = facts.text("container.error").and_then(refusal::meaning);
    if let Some(meaning) = meaning {
        facts.set("container.refusal", meaning, "container.error: what these words mean");
    }
}

/// An init that is misspelt, or sought in a wrong place, is asked for all the same: where no such program is,
/// it is missing.
fn misspelt(facts: &mut Facts) -> bool {
    let error = facts.text("container.error").unwrap_or_default();
    let sought = captured(&SOUGHT, error);
    let argv = facts.list("container.argv");
    let Some(word) = argv.first().copied().or(sought) else { return false };
    let missing = facts.bool("guest.init_present") == Some(false) || sought == Some(word);
    if facts.bool("container.runs_systemd") == Some(true) || !missing || !program::resembles_init(word) {
        return false;
    }
    let source = "container.argv: it resembles the path of an init, and no such program is there";
    facts.set("container.runs_systemd", true, source);
    facts.set("guest.init_present", false, source);
    true
}

/// What PID 1's own lines tell of the boot; a later boot counts more than an earlier one.
fn from_lines(log: &LogExcerpt, facts: &mut Facts) {
    let source = "log: lines of PID 1";
    let says = |pattern: &Pattern| log.lines.iter().rposition(|line| captured(pattern, &line.text).is_some());
    let banner = log.lines.iter().rev().find_map(|line| guest_systemd_version::of_banner(&line.text));
    let virtualization = log.lines.iter().rev().find_map(|line| captured(&VIRTUALIZATION, &line.text));
    let (came_up, gave_up) = (says(&CAME_UP), says(&GAVE_UP));
    if let Some(version) = banner {
        facts.set_if_unknown("guest.systemd_version", version, "log: systemd's banner");
    }
    for (key, pattern) in [("client.user_scope", &USER_SCOPE), ("client.in_build", &IN_BUILD)] {
        if says(pattern).is_some() {
            facts.set(key, true, "text: a command line");
        }
    }
    if banner.is_none() && gave_up.is_none() && came_up.is_none() && says(&SPOKE).is_none() {
        return;
    }
    facts.set("log.banner_seen", banner.is_some() || virtualization.is_some(), source);
    facts.set("log.units_seen", says(&UNITS).is_some(), source);
    facts.set("log.came_up", came_up.is_some() && came_up >= gave_up, source);
    facts.set("log.gave_up", gave_up.is_some() && gave_up > came_up, source);
    if banner.is_some() || virtualization.is_some() {
        facts.set("log.virtualization", virtualization, source);
        facts.set_if_unknown("container.runs_systemd", true, source);
        facts.set_if_unknown("guest.init_present", true, source);
    } else if gave_up.is_some() {
        facts.set_if_unknown("container.runs_systemd", true, source);
        facts.set_if_unknown("guest.init_present", true, source);
    }
}

/// Whether root of the container is another user of the host: Docker's daemon decides, unless the container
/// opts out; Podman maps where the container asks for it.
fn user_namespace(facts: &mut Facts) {
    let mapped = match (facts.word("engine.name"), facts.text("container.userns_mode")) {
        (_, Some("host")) => Some(false),
        (Some(EngineKind::Podman), Some(mode)) => Some(mode != "default"),
        (Some(EngineKind::Docker), Some(_)) => facts.bool("engine.userns"),
        _ => None,
    };
    if let Some(mapped) = mapped {
        facts.set(
            "container.userns",
            mapped,
            "container inspect: HostConfig.UsernsMode; engine info: SecurityOptions",
        );
    }
}

/// A container is meant to run systemd when its command reaches an init, or when somebody asked for what only
/// systemd needs.
fn intent(facts: &mut Facts) {
    let reaches = facts.bool("container.runs_systemd");
    // Podman itself sets `container=` and mounts /run where it prepares a container for systemd.
    let of_podman = facts.word("engine.name") == Some(EngineKind::Podman);
    let asked = facts.bool("container.stop_signal_halts") == Some(true)
        || facts.text("container.env_container").is_some_and(|v| !v.is_empty()) && !of_podman
        || facts.bool("container.writable_cgroups") == Some(true)
        || facts.bool("mount.run") == Some(true)
            && !of_podman
            && facts.bool("container.read_only") != Some(true);
    let source = "container.runs_systemd, container.stop_signal, container.env_container, \
        container.writable_cgroups, mount.run";
    match reaches {
        Some(reaches) => facts.set("container.meant_for_systemd", reaches || asked, source),
        None if asked => facts.set("container.meant_for_systemd", true, source),
        None => {}
    }
}

/// How far the boot came.
fn outcome(log: &LogExcerpt, facts: &mut Facts) {
    use BootOutcome::{
        CouldNotStart, Ended, Frozen, Killed, NeverStarted, NotSystemd, Rescue, Starting, Stopped,
        Unreachable, Up,
    };
    let came_up = facts.bool("log.came_up") == Some(true);
    let outcome = match facts.word("container.status") {
        Some(ContainerStatus::Created) if facts.text("container.error").is_some() => CouldNotStart,
        // The engine's own codes: it tried.
        Some(ContainerStatus::Created)
            if facts.int("container.exit_code").is_some_and(|code| (125..=128).contains(&code)) =>
        {
            CouldNotStart
        }
        Some(ContainerStatus::Created) => NeverStarted,
        Some(ContainerStatus::Running | ContainerStatus::Paused) => running(facts, came_up),
        Some(ContainerStatus::Restarting) => Stopped,
        Some(_) => ended(facts, came_up),
        None => match told(log, facts) {
            Some(outcome) => outcome,
            None if facts.text("container.error").is_some() => CouldNotStart,
            None => return,
        },
    };
    let source = "container.status, container.exit_code, manager.state, pid1.*, log";
    facts.set("boot.outcome", outcome, source);
    let failed = matches!(outcome, CouldNotStart | Frozen | Stopped | Rescue | NotSystemd);
    match outcome {
        Up | Unreachable => facts.set("boot.up", true, source),
        Ended | Killed if came_up => facts.set("boot.up", true, source),
        _ if failed || matches!(outcome, NeverStarted | Starting) => facts.set("boot.up", false, source),
        _ => {}
    }
    if failed || matches!(outcome, Up | Unreachable | Ended | NeverStarted) {
        facts.set("boot.failed", failed, source);
    }
}

/// What text alone tells, where nobody asked the engine.
fn told(log: &LogExcerpt, facts: &Facts) -> Option<BootOutcome> {
    if facts.bool("log.gave_up") == Some(true) {
        let froze = log.lines.iter().any(|line| captured(&FROZE, &line.text).is_some());
        return Some(if froze { BootOutcome::Frozen } else { BootOutcome::Stopped });
    }
    let says =
        facts.word("manager.state").filter(|state| *state != ManagerState::Stopping).and_then(by_manager);
    says.or_else(|| (facts.bool("log.came_up") == Some(true)).then_some(BootOutcome::Up))
}

/// What the manager's own word for its state tells.
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
    if facts.bool("pid1.frozen") == Some(true) {
        return BootOutcome::Frozen;
    }
    if let Some(outcome) = facts.word("manager.state").and_then(by_manager) {
        return outcome;
    }
    if facts.bool("pid1.systemd") == Some(false) {
        return BootOutcome::NotSystemd;
    }
    match (facts.bool("pid1.alive"), facts.word("manager.bus")) {
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
    match facts.int("container.exit_code") {
        Some(0 | 130) => BootOutcome::Ended,
        Some(SIGKILL_CODE | 143) => BootOutcome::Killed,
        Some(255) if came_up => BootOutcome::EndedBadly,
        Some(_) if facts.text("container.error").is_some() => BootOutcome::CouldNotStart,
        Some(_) => BootOutcome::Stopped,
        None => BootOutcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn outcome_of(pairs: &[(&str, Value)]) -> (String, Option<bool>) {
        let mut facts = Facts::default();
        pairs.iter().for_each(|(key, value)| facts.set(key, value.clone(), "test"));
        derive(&LogExcerpt::default(), &mut facts);
        (facts.text("boot.outcome").unwrap_or_default().to_owned(), facts.bool("boot.up"))
    }

    #[test]
    fn running_proves_nothing() {
        let running = ("container.status", Value::from("running"));
        assert_eq!(outcome_of(std::slice::from_ref(&running)), ("running-unknown".into(), None));
        assert_eq!(
            outcome_of(&[running.clone(), ("pid1.frozen", true.into())]),
            ("frozen".into(), Some(false))
        );
        assert_eq!(
            outcome_of(&[running.clone(), ("manager.state", "degraded".into())]),
            ("up".into(), Some(true))
        );
        assert_eq!(
            outcome_of(&[running.clone(), ("manager.state", "maintenance".into())]),
            ("rescue".into(), Some(false))
        );
        assert_eq!(
            outcome_of(&[
                running,
                ("pid1.systemd", true.into()),
                ("pid1.alive", true.into()),
                ("manager.bus", "not-booted".into())
            ]),
            ("unreachable".into(), Some(true))
        );
    }

    #[test]
    fn exit_codes_are_read_with_care() {
        let exited = |code: i64| {
            outcome_of(&[("container.status", "exited".into()), ("container.exit_code", code.into())])
        };
        assert_eq!(exited(0), ("ended".into(), None));
        assert_eq!(exited(255), ("stopped".into(), Some(false)));
        assert_eq!(exited(137), ("killed".into(), None));
    }

    #[test]
    fn intent_needs_more_than_a_command() {
        let meant = |pairs: &[(&str, Value)]| {
            let mut facts = Facts::default();
            pairs.iter().for_each(|(key, value)| facts.set(key, value.clone(), "test"));
            derive(&LogExcerpt::default(), &mut facts);
            facts.bool("container.meant_for_systemd")
        };
        assert_eq!(meant(&[("container.runs_systemd", false.into())]), Some(false));
        assert_eq!(
            meant(&[("container.runs_systemd", false.into()), ("container.stop_signal_halts", true.into())]),
            Some(true)
        );
        assert_eq!(meant(&[("container.runs_systemd", true.into())]), Some(true));
        assert_eq!(meant(&[]), None);
    }
}
