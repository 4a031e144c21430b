//! A lane of the atlas: its engine, in the words that launches ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::{self, Lane};

/// What is known of an engine, as `docker info` and `podman info` say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// `docker` or `podman`.
    pub kind: String,
    /// Its version.
    pub version: String,
    /// Control group version, `v1` or `v2`.
    pub cgroup: String,
    /// Control group driver.
    pub driver: String,
    /// Controllers that the engine can limit with, of those that launches ask for.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Whether it runs as an ordinary user.
    pub rootless: bool,
    /// Image store or storage driver.
    pub store: String,
    /// Control group namespace of a container that asks for none.
    pub namespace: String,
    /// Security options.
    pub security: Vec<String>,
    /// Runtime of containers.
    pub runtime: String,
    /// Kernel.
    pub kernel: String,
}

/// A lane, its tags, and the images that were made on it.
pub struct Place {
    /// The lane.
    pub lane: Lane,
    /// Its engine.
    pub engine: Engine,
    /// Words that values of the launch space ask for.
    pub tags: BTreeSet<String>,
    /// Whether containers see a tree that was mounted with `nsdelegate`; none on v1.
    pub nsdelegate: Option<bool>,
    /// Versions of systemd of its guests.
    pub systemd: BTreeMap<String, i64>,
    images: Mutex<BTreeSet<String>>,
}

impl Place {
    /// Looks at the lane of that name.
    pub fn find(name: &str) -> Result<Self> {
        let lane = Lane::find(name)?;
        let said = lane.client(&["info", "--format", "{{json .}}"])?;
        let info: Value = serde_json::from_str(&said.stdout)
            .with_context(|| format!("{name}: no information: {}", said.stderr))?;
        let engine = if lane.kind == "podman" { podman(&info) } else { docker(&info) };
        let tags = tags(&engine);
        let systemd = lane
            .guests
            .iter()
            .map(|guest| Ok((guest.clone(), lane.systemd(guest)?)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        ensure!(!systemd.is_empty(), "{name} has no guest: run tests/lab/lab images {name}");
        let mut place = Self { lane, engine, tags, nsdelegate: None, systemd, images: Mutex::default() };
        place.nsdelegate = place.options()?;
        Ok(place)
    }

    /// Looks at lanes, all at the same time.
    pub fn find_all(names: &[String]) -> Result<Vec<Self>> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = names.iter().map(|name| scope.spawn(|| Self::find(name))).collect();
            let places = threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a look at a lane broke off"))));
            places.collect()
        })
    }

    /// Whether the tree is mounted with `nsdelegate` now, as a container sees it.
    pub fn options(&self) -> Result<Option<bool>> {
        let guest = engine::image(&self.lane.guests[0]);
        let cat = ["run", "--rm", "--network", "none", &guest, "cat", "/proc/self/mountinfo"];
        let said = self.lane.client(&cat)?;
        ensure!(said.good, "{}: no look at mounts: {}", self.lane.name, said.stderr.trim());
        Ok(nsdelegate(&said.stdout))
    }

    /// The image of a guest with some lines of a Dockerfile, made once.
    pub fn image(&self, guest: &str, derived: Option<&(String, Vec<String>)>) -> Result<String> {
        let base = engine::image(guest);
        let Some((name, lines)) = derived else { return Ok(base) };
        let image = format!("sysdock-atlas-{name}:{guest}");
        let mut made = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.contains(&image) {
            let folder = tempfile::tempdir()?;
            std::fs::write(folder.path().join("Dockerfile"), format!("FROM {base}\n{}\n", lines.join("\n")))?;
            let folder = folder.path().display().to_string();
            let said =
                self.lane.client_within("300", &["build", "--network", "none", "-t", &image, &folder])?;
            ensure!(said.good, "{}: {image} cannot be built: {}", self.lane.name, said.stderr.trim());
            made.insert(image.clone());
        }
        Ok(image)
    }

    /// Removes containers, derived images and control groups of this and of interrupted runs.
    pub fn clear(&self) {
        let list = |words: &[&str]| self.lane.client(words).map(|said| said.stdout).unwrap_or_default();
        let left = list(&["ps", "-a", "--filter", "label=sysdock-atlas", "--format", "{{.Names}}"]);
        left.lines().for_each(|name| self.lane.remove(name));
        let format = "{{.Repository}}:{{.Tag}}";
        for image in list(&["images", "--filter", "reference=*sysdock-atlas-*", "--format", format]).lines() {
            let _ = self.lane.client(&["rmi", "-f", image]);
        }
        if self.tags.contains("systemd") && !self.engine.rootless {
            let _ = self.lane.enter(&["sh", "-c", GROUPS]);
        }
    }
}

/// Slices that a parent of their own left in the host.
const GROUPS: &str = "systemctl stop 'satlas*.slice'; \
                      find /sys/fs/cgroup -depth -type d -path '*/satlas*.slice*' -exec rmdir {} +";

/// Whether the cgroup2 mounts of a process have `nsdelegate`; none without such a mount.
pub fn nsdelegate(mountinfo: &str) -> Option<bool> {
    mountinfo.lines().find(|line| line.contains(" - cgroup2 ")).map(|line| line.contains("nsdelegate"))
}

fn text(info: &Value, pointer: &str) -> String {
    info.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn docker(info: &Value) -> Engine {
    let options = info["SecurityOptions"].as_array().into_iter().flatten();
    let security: Vec<String> = options.filter_map(|option| Some(option.as_str()?.to_owned())).collect();
    let private = security.iter().any(|option| option == "name=cgroupns");
    let limit = |field: &str, name: &str| (info[field] == true).then(|| name.to_owned());
    Engine {
        kind: "docker".to_owned(),
        version: text(info, "/ServerVersion"),
        cgroup: format!("v{}", info["CgroupVersion"].as_str().unwrap_or("1")),
        driver: text(info, "/CgroupDriver"),
        limits: [limit("MemoryLimit", "memory"), limit("PidsLimit", "pids")].into_iter().flatten().collect(),
        rootless: security.iter().any(|option| option == "name=rootless"),
        store: text(info, "/Driver"),
        namespace: if private { "private" } else { "host" }.to_owned(),
        security,
        runtime: text(info, "/DefaultRuntime"),
        kernel: text(info, "/KernelVersion"),
    }
}

fn podman(info: &Value) -> Engine {
    let controllers = info.pointer("/host/cgroupControllers").map(Value::to_string).unwrap_or_default();
    let security = info.pointer("/host/security").and_then(Value::as_object);
    let cgroup = text(info, "/host/cgroupVersion");
    Engine {
        kind: "podman".to_owned(),
        version: text(info, "/version/Version"),
        driver: text(info, "/host/cgroupManager"),
        limits: ["memory", "pids"]
            .map(str::to_owned)
            .into_iter()
            .filter(|it| controllers.contains(it))
            .collect(),
        rootless: info.pointer("/host/security/rootless") == Some(&Value::Bool(true)),
        store: text(info, "/store/graphDriverName"),
        namespace: if cgroup == "v2" { "private" } else { "host" }.to_owned(),
        cgroup,
        security: security
            .into_iter()
            .flatten()
            .filter(|(_, value)| **value == Value::Bool(true))
            .map(|(name, _)| name.clone())
            .collect(),
        runtime: text(info, "/host/ociRuntime/name"),
        kernel: text(info, "/host/kernel"),
    }
}

/// The tags of an engine.
pub fn tags(engine: &Engine) -> BTreeSet<String> {
    let major: u32 = engine.version.split('.').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let docker = engine.kind == "docker";
    let users = engine.security.iter().any(|option| option == "name=userns");
    let limit = |name: &str| engine.limits.iter().any(|limit| limit == name);
    let all = [
        (engine.kind.as_str(), true),
        (engine.cgroup.as_str(), true),
        (engine.driver.as_str(), true),
        ("rootless", engine.rootless),
        ("root", !engine.rootless),
        ("writable", docker && major >= 28 && !engine.rootless && engine.cgroup == "v2" && !users),
        ("userns", users),
        ("memory", limit("memory")),
        ("pids", limit("pids")),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(tag, _)| tag.to_owned()).collect()
}
