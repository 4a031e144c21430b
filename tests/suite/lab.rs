//! The lab's lanes and the containers that tests run there; every container is removed again, whatever
//! happens.
//!
//! Lanes are those that `tests/lab/lab status` names. `SYSDOCK_LAB_LANES` (set by scripts/test) holds
//! `LANE=ADDRESS` words, the lanes that are wanted; set but empty it means none. Without it, all that answer are. With `SYSDOCK_REQUIRE_LAB=1` a
//! missing lab is a failure.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::engine_info::{EngineInfo, Where};
use super::live::tally;
use super::program::{Call, announce, project, sysdock};
pub use super::turns::{turn, turn_for};

/// Every lane that the lab knows.
pub const LANES: [&str; 19] = [
    "docker20-v2",
    "docker28-v2",
    "podman4-v2",
    "docker20-v1",
    "docker20-userns",
    "sid-docker",
    "sid-docker-overlay2",
    "sid-docker-rootless",
    "sid-podman",
    "sid-podman-rootless",
    "trixie-docker",
    "trixie-docker-rootless",
    "trixie-podman",
    "trixie-podman-rootless",
    "bookworm-docker",
    "bookworm-docker-rootless",
    "bookworm-podman",
    "bookworm-podman-rootless",
    "host",
];

/// One engine of the lab.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Its address, as `DOCKER_HOST` wants it.
    pub address: String,
    /// `docker` or `podman`.
    pub engine: String,
    /// The engine's version.
    pub version: String,
    /// `v1` or `v2`.
    pub cgroup: String,
    /// What it says of itself.
    pub info: EngineInfo,
    /// Guests that it has.
    pub guests: Vec<String>,
    /// Flags with which systemd boots here, with [`NAME`] for the container's name.
    good: Vec<String>,
}

/// Stands for a container's name.
const NAME: &str = "@name@";

/// The lanes that answer, and why the others do not run.
#[derive(Debug, Default)]
pub struct Lab {
    /// Lanes that answer.
    pub lanes: Vec<Lane>,
    /// Names of the other lanes, with reasons.
    pub missing: Vec<String>,
}

static LAB: LazyLock<Lab> = LazyLock::new(look);

/// The lab, looked at once.
pub fn lab() -> &'static Lab {
    &LAB
}

/// The lane of that name, counted for the caller's suite; says that the test does not run where it is missing.
#[track_caller]
pub fn lane(test: &str, name: &str) -> Option<&'static Lane> {
    let found = lab().lanes.iter().find(|lane| lane.name == name);
    if found.is_none() {
        announce(&format!("live: {test} not run, {}", lab().why_not(name)));
        assert!(!required(), "{test} needs the lane {name}");
    }
    if let Some(lane) = found {
        tally::ran(lane, 1);
    }
    found
}

/// Whether a missing lab is a failure.
pub fn required() -> bool {
    std::env::var("SYSDOCK_REQUIRE_LAB").is_ok_and(|value| value == "1")
}

impl Lab {
    fn why_not(&self, name: &str) -> String {
        let given = |line: &&String| line.split_once(':').is_some_and(|(lane, _)| lane == name);
        self.missing.iter().find(given).cloned().unwrap_or_else(|| format!("{name}: no such lane"))
    }
}

/// The lanes that `SYSDOCK_LAB_LANES` names; none where it is not set.
fn asked_for() -> Option<Vec<String>> {
    let words = std::env::var("SYSDOCK_LAB_LANES").ok()?;
    let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    Some(words.split_whitespace().map(name).collect())
}

fn look() -> Lab {
    let asked = asked_for();
    let is_asked = |name: &str| asked.as_ref().is_none_or(|names| names.iter().any(|own| own == name));
    if asked.as_ref().is_some_and(Vec::is_empty) {
        return Lab {
            lanes: Vec::new(),
            missing: LANES.map(|lane| format!("{lane}: no lane was asked for")).to_vec(),
        };
    }
    let status = script(&["status"]).unwrap_or_default();
    let wanted = status.lines().filter(|line| line.split_whitespace().next().is_some_and(&is_asked));
    let lanes: Vec<Lane> = wanted.filter_map(parse).collect();
    let reasons = script(&["lanes"]).unwrap_or_default();
    let why = |name: &str| {
        if !is_asked(name) {
            return format!("{name}: was not asked for");
        }
        let line = reasons.lines().find(|line| line.split_whitespace().next() == Some(name));
        let reason =
            line.and_then(|line| line.split_once(" no ")).map(|(_, reason)| reason.trim().to_owned());
        format!("{name}: {}", reason.unwrap_or_else(|| "not started, see `tests/lab/lab up`".to_owned()))
    };
    // The machine's own engine may have users whose processes are not seen here.
    lanes.iter().filter(|lane| lane.is_own()).for_each(sweep);
    let missing = LANES
        .iter()
        .filter(|name| !lanes.iter().any(|lane| lane.name == **name))
        .map(|name| why(name))
        .collect();
    Lab { lanes, missing }
}

/// Removes containers and images of test runs that ended without a chance to do so.
fn sweep(lane: &Lane) {
    let gone = |name: &&str| {
        let run =
            name.split("sysdock-test-").nth(1).and_then(|rest| rest.split('-').next()).unwrap_or_default();
        !run.is_empty()
            && run.bytes().all(|byte| byte.is_ascii_digit())
            && !Path::new(&format!("/proc/{run}")).exists()
    };
    for name in lane
        .client(&["ps", "-a", "--filter", "name=sysdock-test-", "--format", "{{.Names}}"])
        .stdout
        .lines()
        .filter(gone)
    {
        drop(Container { lane, name: name.to_owned() });
    }
    for image in lane.client(&["images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout.lines().filter(gone)
    {
        lane.client(&["rmi", "-f", image]);
    }
}

fn parse(line: &str) -> Option<Lane> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let [name, address, engine, version, cgroup, guests @ ..] = words.as_slice() else { return None };
    let (name, address, engine, cgroup) = (name.clone(), address.clone(), engine.clone(), cgroup.clone());
    let version = version.clone();
    let good = script(&["flags", &name, NAME])?.lines().map(str::to_owned).collect();
    let info = EngineInfo::default();
    let mut found = Lane { name, address, engine, version, cgroup, info, guests: guests.to_vec(), good };
    let said = found.client(&["info", "--format", "{{json .}}"]);
    found.info = EngineInfo::read(&serde_json::from_str(&said.stdout).ok()?);
    Some(found)
}

fn script(arguments: &[&str]) -> Option<String> {
    let output = Command::new(project("tests/lab/lab")).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Gives a lane the image `deb-plain:GUEST`: the guest without systemd, the packages for it in a repository
/// of its own.
pub fn plain(lane: &Lane, guest: &str) -> bool {
    script(&["plain", &lane.name, guest]).is_some()
}

/// What a client command printed, and whether it succeeded.
#[derive(Debug)]
pub struct Said {
    /// Whether it succeeded.
    pub good: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Lane {
    /// Runs the engine's own client, for five minutes at most.
    pub fn client<S: AsRef<str>>(&self, arguments: &[S]) -> Said {
        let (program, at) = if self.engine == "podman" { ("podman", "--url") } else { ("docker", "-H") };
        let mut command = Command::new("timeout");
        command.args(["300", program, at, &self.address]).args(arguments.iter().map(AsRef::as_ref));
        command.env("DOCKER_BUILDKIT", "0").stdin(Stdio::null());
        let output = command.output().expect("the engine's client can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { good: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Calls sysdock against this engine, with patience: beside a dozen booting guests an engine may need
    /// longer than usual.
    pub fn sysdock(&self, arguments: &[&str]) -> Call {
        sysdock(arguments).env("DOCKER_HOST", &self.address).env("SYSDOCK_TIMEOUT", "60")
    }

    /// Flags with which systemd boots in a container of that name.
    pub fn flags(&self, container: &str) -> Vec<String> {
        self.good.iter().map(|flag| flag.replace(NAME, container)).collect()
    }

    /// Whether the lab itself started this engine.
    pub fn is_own(&self) -> bool {
        self.name != "host"
    }

    /// Whether it maps root of containers to another user.
    pub fn maps_users(&self) -> bool {
        self.info.maps_users
    }

    /// Whether a condition holds for it.
    pub fn meets(&self, condition: &Where) -> bool {
        condition.holds(&self.engine, &self.cgroup, self.is_in_host(), &self.info)
    }

    /// Whether its engine runs in a host of the lab, under systemd.
    pub fn is_in_host(&self) -> bool {
        self.address.contains("/hosts/")
    }

    /// The path of its socket where its engine runs: a host of the lab sees its sockets in a folder of its own.
    pub fn own_socket(&self) -> String {
        let socket = self.address.trim_start_matches("unix://");
        let name = Path::new(socket).file_name().unwrap_or_default().to_string_lossy();
        if self.is_in_host() { format!("/lab/{name}") } else { socket.to_owned() }
    }

    /// An empty folder for files that containers of the lane see, and its path where the engine runs.
    pub fn shared_folder(&self) -> (tempfile::TempDir, String) {
        let socket = Path::new(self.address.trim_start_matches("unix://"));
        let place = socket.parent().filter(|_| self.is_in_host()).map(Path::to_owned);
        let place = place.unwrap_or_else(std::env::temp_dir);
        let mut builder = tempfile::Builder::new();
        let builder = builder.permissions(std::fs::Permissions::from_mode(0o755));
        let folder = builder.tempdir_in(place).expect("a temporary folder can be made");
        let name = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let there =
            if self.is_in_host() { format!("/lab/{name}") } else { folder.path().display().to_string() };
        (folder, there)
    }

    /// Whether its engine runs as an ordinary user.
    pub fn is_rootless(&self) -> bool {
        self.info.rootless
    }

    /// Whether the lane has that guest.
    pub fn has(&self, guest: &str) -> bool {
        self.guests.iter().any(|own| own == guest)
    }

    /// The folder of its control groups as its engine sees it.
    fn cgroups(&self) -> PathBuf {
        let socket = self.address.trim_start_matches("unix://");
        let pid = std::fs::read_to_string(Path::new(socket).with_file_name("engine.pid")).unwrap_or_default();
        PathBuf::from(if self.is_own() {
            format!("/proc/{}/root/sys/fs/cgroup", pid.trim())
        } else {
            "/sys/fs/cgroup".to_owned()
        })
    }
}

/// A container of a test; gone when dropped.
#[derive(Debug)]
pub struct Container<'l> {
    /// Its engine.
    pub lane: &'l Lane,
    /// Its name.
    pub name: String,
}

static NUMBER: AtomicUsize = AtomicUsize::new(1);

/// A name that no other run and no other test uses.
pub fn fresh_name(purpose: &str) -> String {
    format!("sysdock-test-{}-{}-{purpose}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

impl<'l> Container<'l> {
    /// Claims a name; nothing is started yet.
    pub fn named(lane: &'l Lane, purpose: &str) -> Self {
        Self { lane, name: fresh_name(purpose) }
    }

    /// Starts a guest with these flags and this command, without a network.
    pub fn start(lane: &'l Lane, purpose: &str, flags: &[&str], guest: &str, command: &[&str]) -> Self {
        let container = Self::named(lane, purpose);
        let image = format!("deb-systemd:{guest}");
        let said = container.run(flags, &image, command);
        assert!(said.good, "{} on {}: {}", container.name, lane.name, said.stderr);
        container
    }

    /// Starts a guest with the flags that are right on its lane and those given.
    pub fn good(lane: &'l Lane, purpose: &str, more: &[&str], guest: &str) -> Self {
        let container = Self::named(lane, purpose);
        let flags = lane.flags(&container.name);
        let flags: Vec<&str> = flags.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let said = container.run(&flags, &format!("deb-systemd:{guest}"), &["/sbin/init"]);
        assert!(said.good, "{} on {}: {}", container.name, lane.name, said.stderr);
        container
    }

    fn run(&self, flags: &[&str], image: &str, command: &[&str]) -> Said {
        let head = ["run", "-d", "--network", "none", "--name", &self.name];
        self.lane.client(&[&head[..], flags, &[image], command].concat())
    }

    /// Waits until it no longer runs, at most so long; says whether it ended.
    pub fn await_end(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        loop {
            let state = self.lane.client(&["inspect", "-f", "{{.State.Status}}", &self.name]).stdout;
            if state.trim() != "running" {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Waits until systemd inside says that it has booted.
    pub fn await_boot(&self) {
        let end = Instant::now() + Duration::from_secs(90);
        loop {
            let state = self.lane.client(&["exec", &self.name, "systemctl", "is-system-running"]).stdout;
            if matches!(state.trim(), "running" | "degraded") {
                return;
            }
            assert!(Instant::now() < end, "{} on {} does not boot: {state}", self.name, self.lane.name);
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        self.lane.client(&["rm", "-f", "-v", &self.name]);
        let group = self.lane.cgroups().join(&self.name);
        if group.is_dir() {
            remove_groups(&group);
        }
    }
}

/// Control groups that a bind of them made; the inner ones go first.
fn remove_groups(group: &Path) {
    for entry in std::fs::read_dir(group).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_groups(&entry.path());
        }
    }
    let _ = std::fs::remove_dir(group);
}

/// What needs an engine runs beside others of its kind, which `scripts/test` tells by their path.
#[test]
fn only_live_tests_use_the_lab() {
    for entry in std::fs::read_dir(project("tests/suite")).expect("the folder can be read").flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let own = ["lab.rs", "fixtures.rs"].contains(&name.as_str());
        assert!(own || !text.contains("use super::lab"), "{name} belongs into tests/suite/live/");
    }
}
