//! Makes systemd PID 1: removes the engine's init, supervisors, shells that stay and a shared process
//! namespace; and makes it run as root.
//!
//! Must not start any program other than the container's own init.

use crate::facts::program::{self, Wrapper};
use crate::prescribe::recipe::Plan;
use crate::snapshot::key;

/// Removes everything that runs between the engine and systemd.
pub fn pid1(plan: &mut Plan<'_>) {
    engine_init(plan);
    foreign_namespace(plan);
    let argv = plan.inspected.config.argv();
    match program::of_argv(&argv, None).wrapper {
        Wrapper::Supervisor => supervisor(plan, &argv),
        Wrapper::Shell => shell(plan, &argv),
        Wrapper::None | Wrapper::Script => {}
    }
}

/// Removes the engine's built-in init.
fn engine_init(plan: &mut Plan<'_>) {
    if plan.recipe.has("--init") && plan.recipe.values("--init") != ["false"] {
        plan.recipe.drop_flag("--init");
        plan.record(&["no-engine-init"], "systemd as PID 1, without the engine's init (no --init)");
    } else if plan.facts.get(key::CONTAINER_ENGINE_INIT) == Some(true) {
        plan.recipe.set("--init", "false");
        plan.record(&["no-engine-init"], "systemd as PID 1, without the engine's init (--init=false)");
    }
}

/// Gives the container its own process namespace.
fn foreign_namespace(plan: &mut Plan<'_>) {
    if plan.facts.get(key::CONTAINER_PID_HOST) == Some(true) {
        plan.recipe.drop_flag("--pid");
        plan.record(&["systemd-as-pid1"], "a process namespace of its own");
    }
}

/// Removes tini and similar supervisors, with their options.
fn supervisor(plan: &mut Plan<'_>, argv: &[String]) {
    let start = argv.iter().position(|word| program::is_init(word));
    if let Some((first, rest)) = start.and_then(|start| argv[start..].split_first()) {
        set_program(plan, vec![first.clone()], rest.to_vec());
        plan.record(
            &["no-engine-init", "systemd-as-pid1"],
            "systemd as PID 1, without a separate init in front of it",
        );
    }
}

/// Makes a shell that runs init replace itself with it.
fn shell(plan: &mut Plan<'_>, argv: &[String]) {
    if plan.facts.get(key::CONTAINER_WRAPPER_EXECS) == Some(true) {
        return;
    }
    // The script is the word after the option that contains a `c`.
    let after_option =
        |pair: &&[String]| pair[0].starts_with('-') && !pair[0].starts_with("--") && pair[0].contains('c');
    let Some(text) = argv.windows(2).find(after_option).map(|pair| pair[1].as_str()) else { return };
    let Some(better) = with_exec(text) else { return };
    let Some((shell, rest)) = argv.split_first() else { return };
    let rest = rest.iter().map(|word| if word == text { better.clone() } else { word.clone() }).collect();
    set_program(plan, vec![shell.clone()], rest);
    plan.record(&["exec-init", "systemd-as-pid1"], "a shell that execs systemd as PID 1");
}

/// Inserts `exec` before the command that is an init; returns `None` if there is none or if other words
/// precede its name.
fn with_exec(text: &str) -> Option<String> {
    let mut start = 0;
    for piece in program::split_outside_quotes(text) {
        let command = piece.trim_start();
        if command.split_whitespace().next().is_some_and(program::is_init) {
            let (before, from) = text.split_at(start + piece.len() - command.len());
            return Some(format!("{before}exec {from}"));
        }
        // One character separates the pieces.
        start += piece.len() + 1;
    }
    None
}

/// Makes PID 1 run as root.
pub fn root_user(plan: &mut Plan<'_>) {
    if plan.facts.get(key::CONTAINER_RUNS_AS_ROOT) == Some(false) {
        plan.recipe.set("--user", "0");
        plan.record(&["root-user"], "PID 1 as root (--user 0)");
    }
}

/// Sets the program and its arguments so that the image's entrypoint is overridden.
fn set_program(plan: &mut Plan<'_>, entrypoint: Vec<String>, command: Vec<String>) {
    plan.recipe.entrypoint = Some(entrypoint);
    plan.recipe.command = command;
    if plan.is_podman() {
        plan.recipe.set("--systemd", "always");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exec_comes_before_init_and_nowhere_else() {
        assert_eq!(
            with_exec("echo preparing; /lib/systemd/systemd; echo done").as_deref(),
            Some("echo preparing; exec /lib/systemd/systemd; echo done")
        );
        assert_eq!(
            with_exec("mkdir -p /x && /sbin/init --log-level=info").as_deref(),
            Some("mkdir -p /x && exec /sbin/init --log-level=info")
        );
        assert_eq!(with_exec("echo 'run; /sbin/init'"), None);
        assert_eq!(with_exec("sudo /sbin/init"), None);
        assert_eq!(with_exec("/sbin/init").as_deref(), Some("exec /sbin/init"));
    }
}
