//! The faults of `faults.toml` and one trial of one of them: break a container, ask the doctor, compare.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::engine_info::Where;
use super::lab::{Container, Lane};
use super::program::{project, roots};

/// One way to break a container, or to leave it whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    pub id: String,
    pub expect: Vec<String>,
    pub verdict: Option<String>,
    pub absent: Vec<String>,
    pub base: String,
    pub drop: Vec<String>,
    pub args: Vec<String>,
    pub command: Vec<String>,
    pub suites: Vec<String>,
    pub lanes: Vec<String>,
    pub engine: Option<String>,
    pub cgroup: Option<String>,
    pub at: Where,
    pub variants: Vec<String>,
    pub dockerfile: Option<String>,
    pub files: BTreeMap<String, String>,
    pub host_files: BTreeMap<String, String>,
    pub create: bool,
    pub then: Vec<Vec<String>>,
    pub settle: u64,
    pub own: bool,
    pub record: Vec<String>,
}

impl Default for Fault {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Self {
            id: String::new(),
            expect: Vec::new(),
            verdict: None,
            absent: Vec::new(),
            base: "good".to_owned(),
            drop: Vec::new(),
            args: Vec::new(),
            command: words(&["/sbin/init"]),
            suites: words(&["bookworm"]),
            lanes: Vec::new(),
            engine: None,
            cgroup: None,
            at: Where::default(),
            variants: words(&["tty", "silent"]),
            dockerfile: None,
            files: BTreeMap::new(),
            host_files: BTreeMap::new(),
            create: false,
            then: Vec::new(),
            settle: 3,
            own: false,
            record: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
struct FaultFile {
    fault: Vec<Fault>,
}

/// All faults.
pub fn faults() -> Vec<Fault> {
    let text =
        std::fs::read_to_string(project("tests/suite/live/faults.toml")).expect("faults.toml can be read");
    toml::from_str::<FaultFile>(&text).expect("faults.toml has the shape of a list of faults").fault
}

/// One fault on one guest of one lane.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What is broken.
    pub fault: Fault,
    /// The guest.
    pub suite: String,
    /// `tty` or `silent`.
    pub variant: String,
}

/// What came of a trial.
#[derive(Debug)]
pub enum Outcome {
    /// The doctor said what was expected.
    Right,
    /// It said something else.
    Wrong(String),
    /// The container could not be set up.
    NotRun(String),
}

impl Fault {
    /// Its trials on a lane; one of tty and silent in turn for each guest, or both.
    pub fn trials(&self, lane: &Lane, both: bool) -> Vec<Trial> {
        let is_named = self.lanes.contains(&lane.name);
        let is_drawn = !is_named && !self.lanes.is_empty();
        if !self.can_happen(lane) || is_drawn && !self.is_drawn_for(lane) && !self.is_recorded(lane) {
            return Vec::new();
        }
        // The newest guest boots on no v1 tree; only faults that are about that are tried there.
        let too_new = |suite: &str| {
            suite == "sid"
                && lane.cgroup == "v1"
                && !self.expect.iter().any(|id| id == "cgroup-v1-host-new-systemd")
        };
        let suites = self.suites.iter().filter(|suite| lane.has(suite) && !too_new(suite));
        let most = if is_drawn { 1 } else { usize::MAX };
        let mut trials = Vec::new();
        for (number, suite) in suites.enumerate() {
            for (place, variant) in self.variants.iter().enumerate() {
                let trial = Trial { fault: self.clone(), suite: suite.clone(), variant: variant.clone() };
                let turn = (number + lane.name.len() + self.id.len()) % self.variants.len();
                let takes_turn = (both || turn == place) && number < most;
                if takes_turn || trial.is_recorded(lane) {
                    trials.push(trial);
                }
            }
        }
        trials
    }

    /// Whether it is a fault on that lane.
    fn can_happen(&self, lane: &Lane) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        // An engine with userns-remap is there for the faults that are about that.
        let users = !lane.maps_users() || self.lanes.contains(&lane.name);
        let own = !self.own || lane.is_own();
        // Podman's engine has the file alone, in its host; the doctor reads none of there.
        let files = self.host_files.is_empty() || lane.engine != "podman" || !lane.is_in_host();
        users
            && own
            && files
            && same(&self.engine, &lane.engine)
            && same(&self.cgroup, &lane.cgroup)
            && lane.meets(&self.at)
    }

    /// Whether a fault of a sample is tried on a lane in a host too: on a third of them, which its id decides.
    fn is_drawn_for(&self, lane: &Lane) -> bool {
        let of_engine = self.lanes.iter().any(|name| name.starts_with(lane.engine.as_str()));
        let letters = self.id.bytes().chain(lane.name.bytes());
        let number = letters.fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        lane.is_in_host() && of_engine && number % 3 == 0
    }

    fn is_recorded(&self, lane: &Lane) -> bool {
        self.record.iter().any(|trial| trial.split(' ').next() == Some(&lane.name))
    }
}

impl Trial {
    /// What it is called in messages.
    pub fn label(&self, lane: &Lane) -> String {
        format!("{} on {} {} {}", self.fault.id, lane.name, self.suite, self.variant)
    }

    /// Whether a fixture is made of it.
    pub fn is_recorded(&self, lane: &Lane) -> bool {
        self.fault.record.contains(&format!("{} {} {}", lane.name, self.suite, self.variant))
    }

    /// Runs it; `keep` is called with the container while it is still there.
    pub fn run(&self, lane: &Lane, images: &Images, keep: impl FnOnce(&Container<'_>, &Value)) -> Outcome {
        // Docker's client reads files here, Podman's leaves it to the engine.
        let (files, there) = lane.shared_folder();
        let here = files.path().display().to_string();
        let place = if lane.engine == "podman" { there } else { here };
        let container = match self.set_up(lane, images, files.path(), &place) {
            Ok(container) => container,
            Err(reason) => return Outcome::NotRun(reason),
        };
        let run = lane.sysdock(&["doctor", &container.name, "--format", "json"]).run();
        let Ok(document) = serde_json::from_str::<Value>(&run.stdout) else {
            return Outcome::Wrong(format!("no report: {run:?}"));
        };
        let report = &document["reports"][0];
        let outcome = self.judge(report);
        if matches!(outcome, Outcome::Right) {
            keep(&container, report);
        }
        outcome
    }

    fn set_up<'l>(
        &self,
        lane: &'l Lane,
        images: &Images,
        files: &Path,
        place: &str,
    ) -> Result<Container<'l>, String> {
        let fault = &self.fault;
        let image = images.of(self, lane)?;
        let container = Container::named(lane, &format!("{}-{}", fault.id, self.suite));
        for (name, text) in &fault.host_files {
            std::fs::write(files.join(name), text).map_err(|error| error.to_string())?;
        }
        let mut words = vec![if fault.create { "create" } else { "run" }.to_owned()];
        words.extend((!fault.create).then(|| "-d".to_owned()));
        words.extend((self.variant == "tty").then(|| "-t".to_owned()));
        words.extend(["--network", "none", "--name", &container.name].map(str::to_owned));
        if fault.base == "good" {
            words.extend(without(&lane.flags(&container.name), &fault.drop));
        }
        words.extend(fault.args.iter().map(|word| word.replace("@FILES@", place)));
        words.push(image);
        words.extend(fault.command.iter().cloned());
        let said = lane.client(&words);
        let exists = lane.client(&["inspect", "-f", "{{.Name}}", &container.name]).good;
        if !exists {
            return Err(format!("no container: {}", said.stderr.trim()));
        }
        if !fault.create && said.good {
            container.await_end(Duration::from_secs(fault.settle));
        }
        for command in &fault.then {
            let words: Vec<String> =
                command.iter().map(|word| word.replace("@NAME@", &container.name)).collect();
            let said = lane.client(&words);
            if !said.good {
                return Err(format!("{words:?}: {}", said.stderr.trim()));
            }
        }
        Ok(container)
    }

    fn judge(&self, report: &Value) -> Outcome {
        let roots = roots(report);
        let verdict = report["verdict"].as_str().unwrap_or_default();
        let first = match roots.first() {
            Some(first) => self.fault.expect.contains(first),
            None => self.fault.expect.is_empty(),
        };
        let wanted = self.fault.verdict.as_deref().or(self.fault.expect.is_empty().then_some("healthy"));
        let said = wanted.is_none_or(|wanted| wanted == "any" || wanted == verdict);
        let absent = !roots.iter().any(|root| self.fault.absent.contains(root));
        if first && said && absent {
            return Outcome::Right;
        }
        let expected = if self.fault.expect.is_empty() {
            "no root cause".to_owned()
        } else {
            self.fault.expect.join(" or ")
        };
        let state = report["state"].as_str().unwrap_or_default();
        let gaps = &report["gaps"];
        Outcome::Wrong(format!(
            "expected {expected} ({}), got {roots:?} ({verdict}); {state}; gaps {gaps}",
            wanted.unwrap_or("any verdict")
        ))
    }
}

/// The flags without those that hold one of the words; `=word` means a flag that is exactly this word.
fn without(flags: &[String], dropped: &[String]) -> Vec<String> {
    let mut units: Vec<Vec<String>> = Vec::new();
    for flag in flags {
        match units.last_mut() {
            Some(unit) if !flag.starts_with('-') => unit.push(flag.clone()),
            _ => units.push(vec![flag.clone()]),
        }
    }
    let goes = |unit: &Vec<String>, word: &String| match word.strip_prefix('=') {
        Some(exact) => unit.iter().any(|flag| flag == exact),
        None => unit.iter().any(|flag| flag.contains(word.as_str())),
    };
    units.into_iter().filter(|unit| !dropped.iter().any(|word| goes(unit, word))).flatten().collect()
}

/// Whether an image has been built; held while it is being built.
type Building = Mutex<bool>;

/// Images of faults that need one of their own; built once for each lane and guest, removed when dropped. One
/// that could not be built is built anew when it is asked for again.
#[derive(Debug)]
pub struct Images {
    lane: Lane,
    built: Mutex<BTreeMap<String, Arc<Building>>>,
}

impl Images {
    /// None yet.
    pub fn on(lane: &Lane) -> Self {
        Self { lane: lane.clone(), built: Mutex::default() }
    }

    fn of(&self, trial: &Trial, lane: &Lane) -> Result<String, String> {
        let Some(dockerfile) = &trial.fault.dockerfile else {
            return Ok(format!("deb-systemd:{}", trial.suite));
        };
        let image = format!("sysdock-test-{}-{}:{}", std::process::id(), trial.fault.id, trial.suite);
        let cell = self
            .built
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(image.clone())
            .or_default()
            .clone();
        let mut is_built = cell.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_built {
            build(lane, &image, dockerfile, trial)?;
            *is_built = true;
        }
        Ok(image)
    }
}

fn build(lane: &Lane, image: &str, dockerfile: &str, trial: &Trial) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let from = if lane.engine == "podman" { "localhost/" } else { "" };
    let text = format!("FROM {from}deb-systemd:{}\n{}\n", trial.suite, dockerfile.trim());
    std::fs::write(folder.path().join("Dockerfile"), text).map_err(|error| error.to_string())?;
    for (name, text) in &trial.fault.files {
        std::fs::write(folder.path().join(name), text).map_err(|error| error.to_string())?;
    }
    let folder = folder.path().display().to_string();
    let said = lane.client(&["build", "--network", "none", "-q", "-t", image, &folder]);
    if said.good { Ok(()) } else { Err(format!("the image cannot be built: {}", said.stderr.trim())) }
}

impl Drop for Images {
    fn drop(&mut self) {
        for image in self.built.lock().unwrap_or_else(PoisonError::into_inner).keys() {
            self.lane.client(&["rmi", "-f", image]);
        }
    }
}
