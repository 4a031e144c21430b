//! What an engine says of itself: the conditions of live tests are made of it, not of lanes' names.

use serde::Deserialize;
use serde_json::Value;

/// Facts of an engine that decide what can happen on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineInfo {
    /// Whether it runs as an ordinary user.
    pub rootless: bool,
    /// Whether it maps root of containers to another user of its machine (`userns-remap`).
    pub maps_users: bool,
    /// Its cgroup driver: `cgroupfs`, `systemd` or `none`.
    pub driver: String,
    /// The first number of its version.
    pub major: i64,
}

impl EngineInfo {
    /// Reads what `docker info` or `podman info` prints as JSON.
    pub fn read(document: &Value) -> Self {
        let options = document["SecurityOptions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let options: Vec<&str> = options.collect();
        let has = |name: &str| options.iter().any(|option| option.split(',').next() == Some(name));
        let text = |docker: &Value, podman: &Value| {
            docker.as_str().or(podman.as_str()).unwrap_or_default().to_owned()
        };
        let host = &document["host"];
        let version = text(&document["ServerVersion"], &document["version"]["Version"]);
        Self {
            rootless: has("name=rootless") || host["security"]["rootless"] == true,
            maps_users: has("name=userns"),
            driver: text(&document["CgroupDriver"], &host["cgroupManager"]),
            major: version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0),
        }
    }
}

/// Where something may happen; what is left out holds everywhere.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Where {
    /// `docker` or `podman`.
    pub engine: Option<String>,
    /// `v1` or `v2`.
    pub cgroup: Option<String>,
    /// The cgroup driver.
    pub driver: Option<String>,
    /// Whether the engine runs as an ordinary user.
    pub rootless: Option<bool>,
    /// The first major version of the engine.
    pub since: Option<i64>,
    /// The last one.
    pub until: Option<i64>,
    /// Whether the engine runs in a host of the lab, whose engines have no network but `none` and `host`.
    pub in_host: Option<bool>,
}

impl Where {
    /// Whether it holds for an engine.
    pub fn holds(&self, engine: &str, cgroup: &str, in_host: bool, info: &EngineInfo) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        same(&self.engine, engine)
            && same(&self.cgroup, cgroup)
            && same(&self.driver, &info.driver)
            && self.rootless.is_none_or(|wanted| wanted == info.rootless)
            && self.since.is_none_or(|first| info.major >= first)
            && self.until.is_none_or(|last| info.major <= last)
            && self.in_host.is_none_or(|wanted| wanted == in_host)
    }
}

#[test]
fn both_engines_say_what_they_are() {
    let docker = serde_json::json!({
        "ServerVersion": "28.5.2+dfsg4", "CgroupDriver": "systemd",
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
    });
    let driver = "systemd".to_owned();
    let rootless = EngineInfo { rootless: true, maps_users: false, driver, major: 28 };
    assert_eq!(EngineInfo::read(&docker), rootless);
    let podman = serde_json::json!({
        "host": {"cgroupManager": "cgroupfs", "security": {"rootless": false}}, "version": {"Version": "5.8.6"},
    });
    let driver = "cgroupfs".to_owned();
    let podman = EngineInfo::read(&podman);
    assert_eq!(podman, EngineInfo { rootless: false, maps_users: false, driver, major: 5 });
    let mapped = serde_json::json!({"ServerVersion": "20.10.24", "SecurityOptions": ["name=userns"]});
    assert!(EngineInfo::read(&mapped).maps_users);
}

#[test]
fn a_condition_names_what_it_needs_and_nothing_else() {
    let info = EngineInfo { rootless: true, maps_users: false, driver: "systemd".to_owned(), major: 28 };
    let holds = |text: &str| {
        let condition: Where = toml::from_str(text).expect("a condition");
        condition.holds("docker", "v2", true, &info)
    };
    assert!(holds("") && holds("engine = 'docker'\nrootless = true\nsince = 28\nuntil = 28"));
    for other in ["engine = 'podman'", "cgroup = 'v1'", "driver = 'cgroupfs'", "rootless = false"] {
        assert!(!holds(other), "{other}");
    }
    assert!(!holds("since = 29") && !holds("until = 27") && !holds("in_host = false"));
}
