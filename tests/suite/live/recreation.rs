//! Lossless recreation: containers with random options are cured by the steps that the doctor prints, and the
//! new one's inspect document is the old one's but for what `sameness.rs` lists.
//!
//! `SYSDOCK_SEED` is the seed of the options, which a failure names; `SYSDOCK_LIVE_ONLY` holds the lanes that
//! are wanted.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::lab::{Container, Lane, fresh_name, lab, required, turn};
use super::launches::{Launch, launches};
use super::program::{announce, clock, project, sysdock};
use super::sameness::differences;
use super::tally;

/// Containers on each lane.
const EACH: usize = 10;
const SEED: u64 = 20_261_125;

/// An image with settings that an option may repeat, change or take away.
const OWN: &str = r#"
ENV OWN=1 TWICE=image
LABEL own=1 plain=image
WORKDIR /opt
EXPOSE 4000 81
VOLUME /declared
HEALTHCHECK --interval=60s CMD ["true"]
STOPSIGNAL SIGUSR2
ENTRYPOINT ["/sbin/init", "--log-level=info"]
CMD ["--show-status=no"]
"#;

/// What the containers of a lane need beside them; gone when dropped.
struct Stage<'l> {
    lane: &'l Lane,
    /// A container that runs all the time.
    other: Container<'l>,
    network: String,
    image: String,
    folder: tempfile::TempDir,
    /// The folder's path where the engine runs.
    place: String,
}

impl<'l> Stage<'l> {
    fn set(lane: &'l Lane) -> Self {
        let shared = ["--ipc", "shareable", "-v", "/from/other"];
        let other = Container::start(lane, "other", &shared, "bookworm", &["sleep", "900"]);
        let network = fresh_name("network");
        if !lane.is_in_host() {
            let said = lane.client(&["network", "create", "--internal", &network]);
            assert!(said.good, "{}: {}", lane.name, said.stderr);
        }
        let (folder, place) = lane.shared_folder();
        std::fs::create_dir_all(folder.path().join("with space")).expect("a folder can be made");
        let image = fresh_name("own");
        let from = if lane.engine == "podman" { "localhost/" } else { "" };
        std::fs::write(folder.path().join("Dockerfile"), format!("FROM {from}deb-systemd:bookworm\n{OWN}"))
            .expect("a file can be written");
        let said = lane.client(&[
            "build",
            "--network",
            "none",
            "-q",
            "-t",
            &image,
            &folder.path().display().to_string(),
        ]);
        assert!(said.good, "{}: {}", lane.name, said.stderr);
        Self { lane, other, network, image, folder, place }
    }

    /// The words that start a container.
    fn words(&self, launch: &Launch, name: &str) -> Vec<String> {
        let own = [
            ("@name@", name),
            ("@other@", &self.other.name),
            ("@folder@", &self.place),
            ("@network@", &self.network),
        ];
        let filled = launch
            .flags
            .iter()
            .map(|flag| own.iter().fold(flag.clone(), |flag, (mark, text)| flag.replace(mark, text)));
        let mut words: Vec<String> = ["run", "-d", "--name", name].map(str::to_owned).to_vec();
        words.extend((self.lane.engine == "podman").then(|| "--systemd=false".to_owned()));
        words.extend(filled);
        words.push(if launch.own_image { self.image.clone() } else { "deb-systemd:bookworm".to_owned() });
        words.extend(launch.command.iter().cloned());
        words
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        self.lane.client(&["rm", "-f", "-v", &self.other.name]);
        self.lane.client(&["network", "rm", &self.network]);
        self.lane.client(&["rmi", "-f", &self.image]);
    }
}

/// Two containers and what they were started with; all gone when dropped.
struct Pair<'l> {
    lane: &'l Lane,
    name: String,
}

impl Drop for Pair<'_> {
    fn drop(&mut self) {
        let mine = format!("name={}", self.name);
        let listed = self.lane.client(&["ps", "-a", "--filter", &mine, "--format", "{{.Names}}"]).stdout;
        let mut names: Vec<&str> = listed.lines().collect();
        // The new one first: a volume that it took over goes with the old one.
        names.sort_unstable();
        names.iter().for_each(|name| drop(Container { lane: self.lane, name: (*name).to_owned() }));
        let volumes = self.lane.client(&["volume", "ls", "-q", "--filter", &mine]).stdout;
        volumes.lines().for_each(|volume| drop(self.lane.client(&["volume", "rm", "-f", volume])));
    }
}

fn inspect(lane: &Lane, name: &str) -> Value {
    let said = lane.client(&["container", "inspect", name]);
    let document: Value =
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{name}: {error}: {}", said.stderr));
    document[0].clone()
}

/// A step's command, run in the folder of its files: where the engine of a lane is, by the client of that
/// place, which is of the engine's own version.
fn command(lane: &Lane, argv: &[&str], folder: &Path, place: &str) -> Command {
    let Some((program, rest)) = argv.split_first().filter(|_| !lane.is_in_host()) else {
        let mut command = Command::new(project("tests/lab/lab"));
        command.args(["enter", &lane.name, "sh", "-c", "cd \"$0\" && exec \"$@\"", place]);
        let socket = format!("unix://{}", lane.own_socket());
        command.args(argv.iter().map(|word| word.replace(&lane.address, &socket)));
        return command;
    };
    let mut command = Command::new(program);
    command.args(rest).current_dir(folder);
    command
}

/// Runs a command of a step; what it says when it fails is the error.
fn carry_out(lane: &Lane, argv: &[&str], folder: &Path, place: &str) -> Result<(), String> {
    let output = command(lane, argv, folder, place).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{argv:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{argv:?}: {said}")) }
}

/// Performs the steps of a prescription as the contract says.
fn perform(lane: &Lane, steps: &[Value]) -> Result<(), String> {
    let (folder, place) = lane.shared_folder();
    // The user of a rootless engine writes files of secrets there.
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("the folder is the test's");
    for step in steps {
        for (path, text) in step["files"].as_object().into_iter().flatten() {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(folder.path()))
                .map_err(|error| error.to_string())?;
            std::fs::write(path, text.as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
        }
        let argv: Vec<&str> =
            step["argv"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if argv.is_empty() {
            continue;
        }
        let once = || carry_out(lane, &argv, folder.path(), &place);
        // Podman may start a container that fails all the time between the steps that stop and update it,
        // and has then nothing to update where the container ends at that moment.
        let again = lane.engine == "podman" && step["kind"] == "retire-container";
        once().or_else(|said| {
            std::thread::sleep(Duration::from_secs(1));
            if again { once() } else { Err(said) }
        })?;
    }
    Ok(())
}

/// The doctor's report. One that is being restarted may be seen in the moment before it fails again.
fn examined(lane: &Lane, name: &str) -> Value {
    let look = || sysdock(["doctor", "--host", &lane.address, name, "--format", "json"]).run().report(0);
    let mut report = look();
    for _ in 0..5 {
        if !report["prescription"].is_null() {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
        report = look();
    }
    report
}

/// Cures one container and compares; says what is wrong.
fn recreate(stage: &Stage<'_>, launch: &Launch) -> Vec<String> {
    let _turn = turn();
    let lane = stage.lane;
    let pair = Pair { lane, name: fresh_name("again") };
    let at = if lane.engine == "podman" { "--url" } else { "-H" };
    let words = stage.words(launch, &pair.name);
    let argv: Vec<&str> =
        [&lane.engine, at, &lane.address].into_iter().chain(words.iter().map(String::as_str)).collect();
    if let Err(said) = carry_out(lane, &argv, stage.folder.path(), &stage.place) {
        return vec![format!("could not be set up: {said}")];
    }
    let container = Container { lane, name: pair.name.clone() };
    if !launch.flags.iter().any(|flag| flag == "--restart") {
        container.await_end(Duration::from_secs(3));
    }
    std::mem::forget(container);
    let old = inspect(lane, &pair.name);
    let report = examined(lane, &pair.name);
    let prescription = &report["prescription"];
    let steps = prescription["steps"].as_array().cloned().unwrap_or_default();
    if !steps.iter().any(|step| step["kind"] == "run-container") {
        return vec![format!("no cure: {report}")];
    }
    match perform(lane, &steps) {
        Ok(()) => differences(
            &old,
            &inspect(lane, &pair.name),
            prescription["summary"].as_str().unwrap_or_default(),
        ),
        Err(said) => vec![said],
    }
}

fn run_lane(lane: &Lane, seed: u64) -> Vec<String> {
    let stage = Stage::set(lane);
    let mut wrong = Vec::new();
    for (number, launch) in launches(lane, EACH, seed).iter().enumerate() {
        let problems = recreate(&stage, launch);
        if !problems.is_empty() {
            let words = stage.words(launch, "NAME");
            wrong.push(format!("{} number {number}: {words:?}\n  {}", lane.name, problems.join("\n  ")));
        }
    }
    wrong
}

#[test]
fn a_container_is_made_again_without_loss() {
    clock();
    let seed = std::env::var("SYSDOCK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let only = std::env::var("SYSDOCK_LIVE_ONLY").unwrap_or_default();
    let wanted = |lane: &&Lane| only.is_empty() || only.split_whitespace().any(|word| lane.name == word);
    let (lanes, others): (Vec<&Lane>, Vec<&Lane>) =
        lab().lanes.iter().filter(wanted).partition(|lane| lane.is_own() && !lane.maps_users());
    others.iter().for_each(|lane| tally::left_out(lane, "options of users' namespaces are not dealt"));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = lanes.iter().map(|lane| scope.spawn(move || run_lane(lane, seed))).collect();
        running.into_iter().flat_map(|lane| lane.join().expect("a lane's containers do not panic")).collect()
    });
    lanes.iter().for_each(|lane| tally::ran(lane, EACH));
    announce(&format!("live: {EACH} containers made again on each of {} lanes, seed {seed}", lanes.len()));
    assert!(!required() || !lanes.is_empty(), "the lab is required but no lane answers");
    assert!(wrong.is_empty(), "seed {seed}: {} of them are not the same:\n{}", wrong.len(), wrong.join("\n"));
}
