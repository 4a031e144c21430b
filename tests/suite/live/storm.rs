//! The storm: hundreds of containers die while their engine is killed and started again, and `watch` tells of
//! each death once.
//!
//! It has an engine of its own, which it may kill. Every run has a small storm; `SYSDOCK_STORM=500` makes it
//! a great one, of some minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::lab::lane;
use super::program::{announce, project, sysdock};
use crate::own_schemas;

const LANE: &str = "docker20-v2";
/// Growth of the watch's own memory that is allowed, in KiB.
const GROWTH_KIB: u64 = 5 * 1024;
/// Containers of a storm that nobody asked to be greater.
const USUAL: usize = 60;
/// Clients that start containers at the same time.
const CLIENTS: usize = 3;

/// An engine that may be killed: a lane of a lab of its own, which shares only the guests' archives.
struct Engine {
    lab: PathBuf,
}

impl Engine {
    fn start() -> Self {
        let home = Command::new(project("tests/lab/lab")).arg("home").output().unwrap().stdout;
        let home = PathBuf::from(String::from_utf8(home).unwrap().trim());
        let lab = home.with_file_name("sysdock-stormlab");
        std::fs::create_dir_all(&lab).unwrap();
        let _ = std::os::unix::fs::symlink(home.join("tar"), lab.join("tar"));
        let engine = Self { lab };
        engine.script("up");
        engine.script("images");
        engine.remove_all();
        engine
    }

    fn script(&self, command: &str) {
        let mut script = Command::new(project("tests/lab/lab"));
        script.args([command, LANE]).env("SYSDOCK_LAB", &self.lab).env("SYSDOCK_LAB_SUITES", "bookworm");
        assert!(
            script.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success(),
            "lab {command}"
        );
    }

    fn address(&self) -> String {
        format!("unix://{}", self.lab.join("lane").join(LANE).join("engine.sock").display())
    }

    fn kill(&self) {
        let pid = std::fs::read_to_string(self.lab.join("lane").join(LANE).join("pid")).unwrap();
        assert!(Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap().success());
    }

    fn client(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("timeout")
            .args(["30", "docker", "-H", &self.address()])
            .args(words)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn remove_all(&self) {
        let ids = self.client(&["ps", "-aq"]).unwrap_or_default();
        for some in ids.split_whitespace().collect::<Vec<_>>().chunks(50) {
            self.client(&[&["rm", "-f"], some].concat());
        }
    }

    /// Makes a container that dies soon after its start, with as little as the engine may do for it.
    fn victim(&self, name: &str) -> Option<String> {
        let cheap = ["--network", "none", "--security-opt", "seccomp=unconfined", "--ipc", "host"];
        self.client(
            &[
                &["create", "--name", name][..],
                &cheap,
                &["deb-systemd:bookworm", "sh", "-c", "sleep 2; exit 3"],
            ]
            .concat(),
        )
    }

    /// Starts a victim; one whose start was cut off when the engine was killed is made anew.
    fn strike(&self, name: &str) {
        for _ in 0..20 {
            if self.client(&["start", name]).is_some() {
                return;
            }
            std::thread::sleep(Duration::from_secs(1));
            self.client(&["rm", "-f", name]);
            self.victim(name);
        }
        panic!("{name} cannot be started");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.remove_all();
        self.script("down");
    }
}

/// The watch under test; ended when dropped.
struct Watch(Child);

impl Watch {
    /// Memory of its own and all that is resident, in KiB.
    fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let of = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.split_whitespace().find_map(|word| word.parse().ok()).unwrap()
        };
        (of("RssAnon:"), of("VmRSS:"))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Deaths that reports stand for, by the container's id.
fn deaths(path: &std::path::Path) -> BTreeMap<String, u64> {
    let mut deaths = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(own_schemas::line(&line), [""; 0]);
        if line["event"]["kind"] == "died" {
            *deaths.entry(line["target"]["id"].as_str().unwrap().to_owned()).or_default() +=
                line["event"]["deaths"].as_u64().unwrap();
        }
    }
    deaths
}

/// What each of some clients does with the containers that fall to it, and what is done meanwhile.
fn shared_out(number: usize, each: impl Fn(&str) + Sync, meanwhile: impl FnOnce()) {
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let each = &each;
            scope.spawn(move || {
                (client..number).step_by(CLIENTS).for_each(|turn| each(&format!("storm-{turn}")));
            });
        }
        meanwhile();
    });
}

#[test]
fn storm_of_deaths_around_a_killed_engine() {
    // Where that lane runs, an engine of the same kind can be started beside it.
    if lane("storm_of_deaths_around_a_killed_engine", LANE).is_none() {
        return;
    }
    let number: usize =
        std::env::var("SYSDOCK_STORM").ok().and_then(|number| number.parse().ok()).unwrap_or(USUAL);
    let engine = Engine::start();
    shared_out(number, |name| assert!(engine.victim(name).is_some(), "{name} cannot be made"), || {});
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let mut command = sysdock(["watch", "--format", "json", "-H", &engine.address()]).command();
    let mut watch =
        Watch(command.stdin(Stdio::null()).stdout(std::fs::File::create(&told).unwrap()).spawn().unwrap());
    std::thread::sleep(Duration::from_secs(3));
    let (before, began) = (watch.memory(), Instant::now());
    shared_out(
        number,
        |name| engine.strike(name),
        || {
            // Lines are counted, not read: that costs the engine no time.
            while std::fs::read_to_string(&told).unwrap().lines().count() < number / 2 {
                assert!(began.elapsed() < Duration::from_mins(10), "the storm does not begin");
                std::thread::sleep(Duration::from_millis(500));
            }
            engine.kill();
            std::thread::sleep(Duration::from_secs(2));
            engine.script("up");
        },
    );
    let dead =
        || engine.client(&["ps", "-aq", "--no-trunc", "--filter", "status=exited"]).unwrap_or_default();
    let names = |ids: String| ids.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    let end = Instant::now() + Duration::from_mins(2);
    while Instant::now() < end
        && (names(dead()).len() < number || !names(dead()).iter().all(|id| deaths(&told).contains_key(id)))
    {
        std::thread::sleep(Duration::from_secs(1));
    }
    let took = began.elapsed();
    // What would be told twice has time to come.
    std::thread::sleep(Duration::from_secs(5));
    let (after, told) = (watch.memory(), deaths(&told));
    let dead = names(dead());
    announce(&format!(
        "storm: {} dead in {} s, {} told of; memory of its own {} -> {} KiB, resident {} -> {} KiB",
        dead.len(),
        took.as_secs(),
        told.len(),
        before.0,
        after.0,
        before.1,
        after.1
    ));
    assert!(watch.0.try_wait().unwrap().is_none(), "the watch has ended");
    assert_eq!(dead.len(), number);
    let missing: Vec<_> = dead.iter().filter(|id| !told.contains_key(*id)).collect();
    assert!(missing.is_empty(), "not told of: {missing:?}");
    let twice: Vec<_> = told.iter().filter(|(_, deaths)| **deaths != 1).collect();
    assert!(twice.is_empty(), "told more than once: {twice:?}");
    assert!(after.0 < before.0 + GROWTH_KIB, "memory grew from {} to {} KiB", before.0, after.0);
}
