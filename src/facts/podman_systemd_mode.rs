//! Podman's systemd mode: whether Podman prepares a container for systemd, with a tmpfs on /run, /run/lock
//! and /tmp, its own control groups writable, and SIGRTMIN+3 as its stop signal (podman-run(1), `--systemd`).
//! Pure.
//!
//! Podman records its decision. For a command line only the rule is known: the mode is on if
//! `--systemd=always` was given, or if the command is one of a few paths.

use serde_json::Value;

use crate::snapshot::EngineKind;

/// Commands for which Podman turns the mode on by default.
const INITS: [&str; 5] = ["/sbin/init", "/usr/sbin/init", "/usr/local/sbin/init", "init", "systemd"];

/// Returns what Podman's own inspect document says; `None` if there is no such document, and for Docker,
/// which has no such mode.
#[must_use]
pub fn of_inspect(kind: EngineKind, native: Option<&Value>) -> Option<bool> {
    match kind {
        EngineKind::Docker => None,
        EngineKind::Podman => {
            Some(native?.pointer("/Config/SystemdMode").and_then(Value::as_bool).unwrap_or(false))
        }
    }
}

/// Returns what the options of a command line imply: the value of `--systemd`, and the program that is
/// started if it is known.
#[must_use]
pub fn of_command_line(option: Option<&str>, program: Option<&str>) -> Option<bool> {
    match option {
        Some("always") => Some(true),
        Some("false" | "0") => Some(false),
        _ => program.map(|program| INITS.contains(&program) || program.ends_with("/systemd")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn podman_s_own_word_counts() {
        let on = json!({"Config": {"SystemdMode": true}});
        assert_eq!(of_inspect(EngineKind::Podman, Some(&on)), Some(true));
        assert_eq!(of_inspect(EngineKind::Podman, Some(&json!({"Config": {}}))), Some(false));
        assert_eq!(of_inspect(EngineKind::Podman, None), None);
        assert_eq!(of_inspect(EngineKind::Docker, Some(&on)), None);
    }

    #[test]
    fn a_command_line_tells_by_its_option_or_its_program() {
        for (option, program, mode) in [
            (None, Some("/sbin/init"), Some(true)),
            (None, Some("/usr/lib/systemd/systemd"), Some(true)),
            (Some("true"), Some("/bin/bash"), Some(false)),
            (Some("always"), Some("/bin/bash"), Some(true)),
            (Some("always"), None, Some(true)),
            (Some("false"), Some("/sbin/init"), Some(false)),
            (None, None, None),
        ] {
            assert_eq!(of_command_line(option, program), mode, "{option:?} {program:?}");
        }
    }
}
