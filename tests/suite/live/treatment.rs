//! `prove` and `fix` on the lab's engines: what they make, what they leave alone, and what is left when they
//! are cut off.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::lab::{Container, Lane, lane, turn};
use super::program::{Call, Run, project, roots, sysdock};

/// A container that systemd cannot boot in, with an environment, a label and a volume.
fn broken<'l>(lane: &'l Lane, purpose: &str, more: &[&str]) -> Container<'l> {
    let off = if lane.engine == "podman" { &["--systemd=false"][..] } else { &[] };
    let flags = [
        &["-e", "KEPT=yes", "--label", "kept=yes", "-v", "/data", "--stop-signal", "SIGTERM"][..],
        off,
        more,
    ]
    .concat();
    let container = Container::start(lane, purpose, &flags, "bookworm", &["/sbin/init"]);
    container.await_end(std::time::Duration::from_secs(10));
    container
}

fn inspect(container: &Container<'_>, name: &str, template: &str) -> String {
    container.lane.client(&["container", "inspect", "-f", template, name]).stdout.trim().to_owned()
}

/// Names of containers that begin with this one's.
fn names(container: &Container<'_>) -> Vec<String> {
    let said = container.lane.client(&[
        "ps",
        "-a",
        "--filter",
        &format!("name={}", container.name),
        "--format",
        "{{.Names}}",
    ]);
    let mut names: Vec<String> = said.stdout.lines().map(str::to_owned).collect();
    names.sort();
    names
}

/// The old container under the name that `fix` gave it; gone when dropped.
fn kept<'l>(container: &Container<'l>) -> Container<'l> {
    let name = names(container)
        .into_iter()
        .find(|name| name.contains("-before-"))
        .expect("the old container is kept");
    Container { lane: container.lane, name }
}

/// A folder with a stand-in for the engine's client, to be put first on PATH: it counts its calls and runs
/// `script` before the real one, with the number in `$call`.
fn stand_in(lane: &Lane, script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let count = folder.path().join("count").display().to_string();
    let text = format!(
        "#!/bin/sh\nfolder={count}\necho x >> \"$folder\"\ncall=$(wc -l \
            < \"$folder\")\n{script}\nPATH=${{PATH#*:}}\nexec {} \"$@\"\n",
        lane.engine
    );
    let path = folder.path().join(&lane.engine);
    std::fs::write(&path, text).expect("the stand-in can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .expect("it can be made executable");
    folder
}

fn call(lane: &Lane, arguments: &[&str], first: Option<&Path>) -> Run {
    prepared(lane, arguments, first).run()
}

fn prepared(lane: &Lane, arguments: &[&str], first: Option<&Path>) -> Call {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = first.map_or(path.clone(), |folder| format!("{}:{path}", folder.display()));
    lane.sysdock(arguments).env("PATH", path).env("TMPDIR", std::env::temp_dir())
}

#[test]
fn a_cure_is_proven_beside_the_container() {
    let _turn = turn();
    for name in ["docker20-v2", "docker28-v2", "podman4-v2", "docker20-v1", "docker20-userns"] {
        let Some(lane) = lane("a_cure_is_proven_beside_the_container", name) else { continue };
        let container = broken(lane, "prove", &[]);
        // Podman's word for an ended container changes when its own clean-up is done.
        let parts = "{{.Id}} {{json .Config}} {{json .HostConfig}} {{.RestartCount}}";
        let before = inspect(&container, &container.name, parts);
        let run = call(lane, &["prove", &container.name, "--format", "json"], None).ended(0);
        let trial = &run.report(0)["trial"];
        assert!(
            trial["works"] == true && trial["removed"] == true && trial["stop"]["exit_code"] == 0,
            "{name}: {trial:#}"
        );
        assert_eq!(
            inspect(&container, &container.name, parts),
            before,
            "{name}: the container itself was changed"
        );
        assert_eq!(names(&container), std::slice::from_ref(&container.name), "{name}: something is left");
    }
}

/// Nothing of the cure can be left out; the table in docs/ shows the same for images, on every lane.
#[test]
fn a_cure_has_no_part_too_many() {
    let _turn = turn();
    for (name, guest, off) in [
        ("podman4-v2", "bullseye", &["--systemd=false"][..]),
        ("podman4-v2", "sid", &["--systemd=false"]),
        ("docker20-v2", "bookworm", &[]),
    ] {
        let Some(lane) = lane("a_cure_has_no_part_too_many", name) else { continue };
        let container = Container::start(lane, "minimal", off, guest, &["/sbin/init"]);
        // What is looked at in the moment of its start may not have failed yet.
        container.await_end(std::time::Duration::from_secs(3));
        let run = call(lane, &["prove", &container.name, "--minimal", "--format", "json"], None).ended(0);
        let minimal = &run.report(0)["trial"]["minimal"];
        assert_eq!(minimal["not_needed"], serde_json::json!([]), "{name} {guest}: {minimal:#}");
    }
}

#[test]
fn a_trial_that_was_cut_off_is_swept() {
    let _turn = turn();
    let Some(lane) = lane("a_trial_that_was_cut_off_is_swept", "docker28-v2") else { return };
    let container = broken(lane, "sweep", &[]);
    let deadly = stand_in(lane, "case \"$*\" in *' stop '*|'stop '*) kill -9 $PPID;; esac");
    // Tokens of its own: the trials of other tests are not proven to be left behind, and stay.
    let state = tempfile::tempdir().expect("a temporary folder can be made");
    let own = |arguments: &[&str], first: Option<&Path>| {
        prepared(lane, arguments, first).env("XDG_STATE_HOME", state.path()).run()
    };
    own(&["prove", &container.name], Some(deadly.path()));
    assert_eq!(names(&container).len(), 2, "the trial was not cut off");
    let run = own(&["prove", "--sweep"], None).ended(0);
    assert!(run.stderr.contains("left behind by a trial"), "{run:?}");
    assert_eq!(names(&container), std::slice::from_ref(&container.name));
}

#[test]
fn a_container_is_replaced_and_nothing_is_lost() {
    let _turn = turn();
    for name in ["docker20-v2", "docker28-v2", "podman4-v2", "docker20-v1", "docker20-userns"] {
        let Some(lane) = lane("a_container_is_replaced_and_nothing_is_lost", name) else { continue };
        let container = broken(lane, "fix", &[]);
        let volume = inspect(&container, &container.name, "{{(index .Mounts 0).Name}}");
        let run = call(lane, &["fix", &container.name], None).ended(2);
        assert!(run.stderr.contains("--yes") && names(&container).len() == 1, "{name}: {run:?}");
        let run = call(lane, &["fix", &container.name, "--yes"], None).ended(0);
        let old = kept(&container);
        assert!(run.stdout.contains(&old.name) && run.stdout.contains("to undo"), "{name}: {run:?}");
        let document: Value = serde_json::from_str(&inspect(&container, &container.name, "{{json .}}"))
            .expect("inspect gives JSON");
        // Podman gives a list even so.
        let document = document.as_array().and_then(|list| list.first()).cloned().unwrap_or(document);
        let text = document.to_string();
        assert!(text.contains("KEPT=yes") && document["Config"]["Labels"]["kept"] == "yes", "{name}: {text}");
        assert!(text.contains(&volume) && document["HostConfig"]["Privileged"] == false, "{name}: {text}");
        let report = call(lane, &["doctor", &container.name, "--format", "json"], None).ended(0).report(0);
        assert_eq!(report["verdict"], "healthy", "{name}: {report:#}");
    }
}

#[test]
fn a_cure_that_fails_is_taken_back() {
    let _turn = turn();
    for name in ["docker28-v2", "podman4-v2"] {
        let Some(lane) = lane("a_cure_that_fails_is_taken_back", name) else { continue };
        let container = broken(lane, "back", &[]);
        let id = inspect(&container, &container.name, "{{.Id}}");
        let failing = stand_in(lane, "case \"$*\" in *'run -d '*) echo boom >&2; exit 125;; esac");
        let run = call(lane, &["fix", &container.name, "--yes"], Some(failing.path())).ended(1);
        assert!(run.stderr.contains("boom") && run.stderr.contains("was restored"), "{name}: {run:?}");
        assert_eq!(
            (inspect(&container, &container.name, "{{.Id}}"), names(&container).len()),
            (id, 1),
            "{name}: {run:?}"
        );
    }
}

/// Killed at each of its commands in turn, `fix` leaves a container of before that can be started.
#[test]
fn a_fix_that_is_killed_leaves_the_old_container() {
    let _turn = turn();
    let Some(lane) = lane("a_fix_that_is_killed_leaves_the_old_container", "docker28-v2") else { return };
    for number in 1..=8 {
        let container = broken(lane, "killed", &["--restart", "unless-stopped"]);
        let id = inspect(&container, &container.name, "{{.Id}}");
        let deadly = stand_in(lane, &format!("if test $call = {number}; then kill -9 $PPID; fi"));
        let run = call(lane, &["fix", &container.name, "--yes"], Some(deadly.path()));
        // The command that the stand-in goes on with may still be at work.
        std::thread::sleep(std::time::Duration::from_secs(1));
        let old = names(&container).into_iter().find(|name| inspect(&container, name, "{{.Id}}") == id);
        let old = Container {
            lane,
            name: old.unwrap_or_else(|| panic!("call {number}: the old container is gone: {run:?}")),
        };
        let said = lane.client(&["start", &old.name]);
        assert!(said.good, "call {number}: {}", said.stderr);
        if run.code == 0 {
            assert!(number > 3, "the whole cure takes fewer than {number} commands");
            return;
        }
    }
    panic!("the cure has more commands than were tried");
}

#[test]
fn both_teach_themselves() {
    for (command, words) in [("prove", ["--sweep", "removed"]), ("fix", ["--dry-run", "put back"])] {
        let run = sysdock([command, "--help"]).run().ended(0);
        assert!(words.iter().all(|word| run.stdout.contains(word)), "{run:?}");
    }
}

/// A folder of rules with one that explains a built-in one and names its remedies.
fn rule_of_ones_own(original: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text =
        std::fs::read_to_string(project("rules/mount/run-tmpfs-missing.toml")).expect("the rule can be read");
    let explains = text.lines().find(|line| line.starts_with("explains = ")).expect("it explains something");
    let text = text
        .replace(&format!("id = \"{original}\""), "id = \"house-fault\"")
        .replace(explains, &format!("explains = [\"{original}\"]"));
    std::fs::write(folder.path().join("house-fault.toml"), text).expect("the rule can be written");
    folder
}

#[test]
fn findings_of_a_user_rule_are_cured_by_its_remedies() {
    let _turn = turn();
    let folder = rule_of_ones_own("run-tmpfs-missing");
    let rules = folder.path().display().to_string();
    for name in ["docker28-v2", "docker20-v1"] {
        let Some(lane) = lane("findings_of_a_user_rule_are_cured_by_its_remedies", name) else {
            continue;
        };
        let container = broken(lane, "house", &["-t"]);
        let run =
            call(lane, &["doctor", &container.name, "--rules", &rules, "--format", "json"], None).ended(1);
        let report = run.report(0);
        assert_eq!(roots(&report).first().map(String::as_str), Some("house-fault"), "{report:#}");
        assert_eq!(report["prescription"]["curable"], true, "{report:#}");
        let trial =
            call(lane, &["prove", &container.name, "--rules", &rules, "--format", "json"], None).ended(0);
        assert_eq!(trial.report(0)["trial"]["works"], true, "{trial:?}");
        call(lane, &["fix", &container.name, "--yes", "--rules", &rules], None).ended(0);
        let _old = kept(&container);
        assert_eq!(
            call(lane, &["doctor", &container.name, "--rules", &rules, "--format", "json"], None)
                .ended(0)
                .report(0)["verdict"],
            "healthy"
        );
    }
}
