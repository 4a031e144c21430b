//! Tests of the facts that follow from other facts.

use serde_json::Value;

use super::*;

fn outcome_of(pairs: &[(&str, Value)]) -> (String, Option<bool>) {
    let mut facts = Facts::default();
    pairs.iter().for_each(|(key, value)| facts.set_named(key, value.clone(), "test"));
    derive(&LogExcerpt::default(), &mut facts);
    (facts.get(key::BOOT_OUTCOME).map_or("", BootOutcome::word).to_owned(), facts.get(key::BOOT_UP))
}

#[test]
fn running_proves_nothing() {
    let running = ("container.status", Value::from("running"));
    assert_eq!(outcome_of(std::slice::from_ref(&running)), ("running-unknown".into(), None));
    assert_eq!(outcome_of(&[running.clone(), ("pid1.frozen", true.into())]), ("frozen".into(), Some(false)));
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
        pairs.iter().for_each(|(key, value)| facts.set_named(key, value.clone(), "test"));
        derive(&LogExcerpt::default(), &mut facts);
        facts.get(key::CONTAINER_MEANT_FOR_SYSTEMD)
    };
    assert_eq!(meant(&[("container.runs_systemd", false.into())]), Some(false));
    assert_eq!(
        meant(&[("container.runs_systemd", false.into()), ("container.stop_signal_halts", true.into())]),
        Some(true)
    );
    assert_eq!(meant(&[("container.runs_systemd", true.into())]), Some(true));
    assert_eq!(meant(&[]), None);
}

fn of_lines(lines: &[&str]) -> Facts {
    let kept = lines.iter().zip(1..).map(|(text, line)| crate::snapshot::KeptLine {
        line,
        source: crate::snapshot::Source::Console,
        text: (*text).to_owned(),
    });
    let mut facts = Facts::default();
    derive(&LogExcerpt { lines: kept.collect(), ..LogExcerpt::default() }, &mut facts);
    facts
}

#[test]
fn a_later_step_shows_that_the_check_for_mount_points_passed() {
    let summary = "[!!!!!!] Failed to mount API filesystems, freezing.";
    for (lines, checked) in [
        (&[summary][..], Some(false)),
        (
            &["Failed to determine whether /sys is a mount point: Operation not permitted", summary],
            Some(false),
        ),
        (&["Failed to mount tmpfs at /run: Operation not permitted", summary], Some(true)),
        (
            &["Failed to mount cgroup at /sys/fs/cgroup/systemd: No such file or directory", summary],
            Some(true),
        ),
        (&["Failed to mount tmpfs at /dev/shm: Permission denied", summary], Some(true)),
        (&["Failed to create root cgroup hierarchy: Read-only file system", summary], Some(true)),
        (&["systemd 229 running in system mode. (+PAM)", summary], Some(true)),
        (&["[  OK  ] Reached target Swap."], Some(true)),
        (&["[!!!!!!] Failed to allocate manager object, freezing."], None),
        (&["Started nginx"], None),
    ] {
        assert_eq!(of_lines(lines).get(key::LOG_MOUNTS_CHECKED), checked, "{lines:?}");
    }
}

#[test]
fn the_line_after_the_summary_tells_old_from_new() {
    let summary = "[!!!!!!] Failed to mount API filesystems, freezing.";
    for (lines, printed) in [
        (&[summary][..], Some(false)),
        (&[summary, "Freezing execution."], Some(true)),
        (&["Freezing execution.", "[!!!!!!] Failed to allocate manager object, freezing."], Some(false)),
        (&["[!!!!!!] Failed to allocate manager object.", "Exiting PID 1..."], None),
    ] {
        assert_eq!(of_lines(lines).get(key::LOG_FREEZE_LINE), printed, "{lines:?}");
    }
}

#[test]
fn a_shutdown_tells_how_far_the_boot_had_come() {
    for (line, up) in [
        ("[  OK  ] Stopped target graphical.target - Graphical Interface.", Some(true)),
        ("[  OK  ] Stopped target Multi-User System.", Some(true)),
        ("systemd[1]: Stopped target Login Prompts.", Some(true)),
        ("[  OK  ] Stopped target basic.target - Basic System.", None),
        ("Stopping target", None),
    ] {
        assert_eq!(of_lines(&[line]).get(key::BOOT_UP), up, "{line}");
    }
}
