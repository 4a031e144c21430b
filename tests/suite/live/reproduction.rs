//! The commands of the playbook, run as they stand: on every lane that fits, the doctor must name the
//! diagnosis as a root cause.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use sysdock::rule::{BROKEN, IMAGE, Reproduction, Stage, VersionRange, builtin};

use super::lab::{Container, Lane, lab, required, turn_for};
use super::program::{announce, clock, roots};
use super::tally;

/// The guests and their systemd, the usual one first.
const GUESTS: [(&str, i64); 4] = [("bookworm", 252), ("trixie", 257), ("sid", 262), ("bullseye", 247)];

/// One reproduction on one lane.
struct Run<'l> {
    id: String,
    one: Reproduction,
    lane: &'l Lane,
    guest: &'static str,
}

fn fits(one: &Reproduction, lane: &Lane) -> bool {
    let version = lane.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    one.engine.name() == lane.engine
        && version >= one.since
        && one.cgroup.as_ref().is_none_or(|mode| *mode == lane.cgroup)
        && one.userns_remap == lane.maps_users()
        // It would bind the control groups of the machine itself.
        && (lane.is_own() || !one.run.contains("/sys/fs/cgroup:"))
        // What an engine refuses shows nothing of systemd.
        && !(lane.is_rootless() && one.run.contains("writable-cgroups"))
        // A build as root sets up a network by nft, which hosts of the lab lack (docs/lab.md).
        && !(lane.is_in_host() && lane.engine == "podman" && !lane.is_rootless() && one.dockerfile.is_some())
}

fn guest(one: &Reproduction, lane: &Lane, stage: Stage) -> Option<&'static str> {
    let too_new = |version: i64| lane.cgroup == "v1" && version >= 258 && stage != Stage::Cgroup;
    let says = |range: &VersionRange, version| range.contains(version);
    let mut fitting = GUESTS.iter().filter(|(_, version)| {
        one.systemd.as_ref().is_none_or(|range| says(range, *version)) && !too_new(*version)
    });
    fitting.find(|(name, _)| lane.has(name)).map(|(name, _)| *name)
}

fn runs() -> Vec<Run<'static>> {
    let mut runs = Vec::new();
    for rule in builtin().expect("the rules can be read").rules {
        for one in &rule.page.reproduce {
            for lane in lab().lanes.iter().filter(|lane| fits(one, lane)) {
                if let Some(guest) = guest(one, lane, rule.stage) {
                    runs.push(Run { id: rule.id.clone(), one: one.clone(), lane, guest });
                }
            }
        }
    }
    runs
}

impl Run<'_> {
    fn label(&self) -> String {
        format!("{} on {} {}", self.id, self.lane.name, self.guest)
    }

    /// What went wrong, if anything.
    fn problem(&self) -> Option<String> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let container = Container::named(self.lane, &format!("book-{}", self.id));
        let base = format!(
            "{}deb-systemd:{}",
            if self.lane.engine == "podman" { "localhost/" } else { "" },
            self.guest
        );
        let script = self.one.script();
        let (commands, asked) = script.trim_end().rsplit_once('\n').expect("the last line asks the doctor");
        assert_eq!(asked, format!("sysdock doctor {BROKEN}"));
        self.shell(commands, &base, &container.name, folder.path());
        let run = self.lane.sysdock(&["doctor", &container.name, "--format", "json"]).run();
        self.client(&["rmi", "-f", &image_name(&container.name)]);
        let document: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let roots = roots(&document["reports"][0]);
        (!roots.contains(&self.id)).then(|| format!("the doctor says {roots:?}; {}", run.stderr))
    }

    fn client(&self, words: &[&str]) {
        if self.one.dockerfile.is_some() {
            self.lane.client(words);
        }
    }

    /// Runs the commands of the page in a shell, with the names that are free here. Whether the container
    /// starts is the doctor's matter.
    fn shell(&self, commands: &str, base: &str, name: &str, folder: &Path) {
        let image = image_name(name);
        let commands = commands.replace(&format!("FROM {IMAGE}\n"), &format!("FROM {base}\n"));
        let commands = commands.replace(&format!("-t {BROKEN} -"), &format!("-t {image} -"));
        let commands = commands
            .replace(&format!(" {IMAGE} "), &format!(" {base} "))
            .replace(&format!(" {BROKEN} /"), &format!(" {image} /"));
        let commands = commands.replace(&format!(" {BROKEN} sleep"), &format!(" {image} sleep"));
        let commands = commands.replace(&format!("--name {BROKEN} "), &format!("--name {name} "));
        for (number, piece) in pieces(&commands, &self.one.then).into_iter().enumerate() {
            if number > 0 {
                self.settle(name);
            }
            let piece = piece.replace(&format!(" {BROKEN}\n"), &format!(" {name}\n"));
            let mut shell = Command::new("timeout");
            shell
                .args(["300", "sh", "-c", &piece])
                .current_dir(folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            shell
                .env("DOCKER_HOST", &self.lane.address)
                .env("CONTAINER_HOST", &self.lane.address)
                .env("DOCKER_BUILDKIT", "0");
            let _ = shell.status();
        }
        self.settle(name);
    }

    fn settle(&self, name: &str) {
        let container = std::mem::ManuallyDrop::new(Container { lane: self.lane, name: name.to_owned() });
        container.await_end(Duration::from_secs(5));
    }
}

fn image_name(container: &str) -> String {
    format!("{container}:book")
}

/// The commands up to the start of the container, and each one behind it.
fn pieces(commands: &str, then: &[String]) -> Vec<String> {
    let lines: Vec<&str> = commands.lines().collect();
    let (first, rest) = lines.split_at(lines.len() - then.len());
    std::iter::once(first.join("\n") + "\n").chain(rest.iter().map(|line| format!("{line}\n"))).collect()
}

/// What went wrong, if anything. A machine under load boots guests late: what goes wrong is tried once more.
fn wrong(run: &Run<'_>) -> Option<String> {
    let _turn = turn_for(1);
    let first = run.problem()?;
    announce(&format!("reproduction: {}: {first}", run.label()));
    run.problem().map(|problem| format!("{}: {problem}", run.label()))
}

#[test]
fn every_command_of_the_playbook_shows_its_diagnosis() {
    clock();
    let only = std::env::var("SYSDOCK_LIVE_ONLY").unwrap_or_default();
    let wanted =
        |run: &Run<'_>| only.is_empty() || only.split_whitespace().any(|word| run.label().contains(word));
    let runs: Vec<Run<'_>> = runs().into_iter().filter(wanted).collect();
    for lane in &lab().lanes {
        match runs.iter().filter(|run| run.lane.name == lane.name).count() {
            0 => tally::left_out(lane, "no command of the playbook is for it"),
            count => tally::ran(lane, count),
        }
    }
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let of = |lane: &'static Lane| runs.iter().filter(move |run| run.lane.name == lane.name);
        let lanes = lab().lanes.iter().map(|lane| scope.spawn(move || of(lane).filter_map(wrong).collect()));
        let running: Vec<std::thread::ScopedJoinHandle<'_, Vec<String>>> = lanes.collect();
        running.into_iter().flat_map(|lane| lane.join().expect("a lane's runs do not panic")).collect()
    });
    let rules = builtin().expect("the rules can be read").rules;
    let all: Vec<&str> =
        rules.iter().filter(|rule| !rule.page.reproduce.is_empty()).map(|rule| rule.id.as_str()).collect();
    let left: Vec<&&str> = all.iter().filter(|id| !runs.iter().any(|run| run.id == **id)).collect();
    announce(&format!(
        "reproduction: {} runs of {} diagnoses; not run here: {left:?}",
        runs.len(),
        all.len()
    ));
    assert!(!required() || !runs.is_empty(), "the lab is required but nothing was run");
    assert!(wrong.is_empty(), "{} of {} runs went wrong:\n{}", wrong.len(), runs.len(), wrong.join("\n"));
}
