//! Converts the engine's documents of a container to a recipe without loss: every setting that is not at its
//! default becomes a flag or is refused by name.
//!
//! Must not cure anything: an unedited recipe recreates the container as it is.

use serde_json::Value;

use super::create_command;
use super::documents::Inspected;
use super::field_values::{self, says_nothing};
use super::fields::{FIELDS, Field, FlagValue, known};
use super::networks;
use super::secret_places::{secret_words, unfetched};
use crate::facts::signal;
use crate::prescribe::recipe::{Recipe, checked_names};

impl Inspected<'_> {
    /// Builds the recipe that recreates this container.
    pub fn recipe(&self, name: &str) -> Recipe {
        let mut recipe = Recipe {
            name: name.to_owned(),
            source: name.to_owned(),
            image: self.image_reference(),
            ..Recipe::default()
        };
        for field in FIELDS {
            self.carry(field, &mut recipe);
        }
        self.unknown_fields(&mut recipe);
        self.identity(&mut recipe);
        self.program(&mut recipe);
        self.environment(&mut recipe);
        self.labels(&mut recipe);
        self.health(&mut recipe);
        self.stop_signal(&mut recipe);
        self.security(&mut recipe);
        self.logging(&mut recipe);
        self.volumes(&mut recipe);
        networks::carry(&self.config, self.asked, &mut recipe);
        self.podman_only(&mut recipe);
        checked_names::refuse_words(&mut recipe);
        self.without_secrets(&mut recipe);
        recipe.secret_words = secret_words(self);
        refuse_unfetched(&mut recipe);
        recipe
    }

    /// Returns the image reference that the container was created with, unless it now refers to another
    /// image.
    fn image_reference(&self) -> String {
        let reference = self.text("Config.Image");
        let id = self.config.text("/Image").unwrap_or_default();
        let tags = self.image_document.and_then(|image| image.get("RepoTags")).and_then(Value::as_array);
        let bare = |text: &str| {
            text.trim_start_matches("docker.io/")
                .trim_start_matches("library/")
                .trim_start_matches("localhost/")
                .to_owned()
        };
        let wanted = if reference.rsplit('/').next().is_some_and(|last| last.contains(':')) {
            bare(reference)
        } else {
            format!("{}:latest", bare(reference))
        };
        let moved =
            tags.is_some_and(|tags| !tags.iter().filter_map(Value::as_str).any(|tag| bare(tag) == wanted));
        let by_content = reference.contains('@')
            || id.trim_start_matches("sha256:").starts_with(reference.trim_start_matches("sha256:"));
        if reference.is_empty() || moved && !by_content { id.to_owned() } else { reference.to_owned() }
    }

    /// Converts a field to its flags.
    fn carry(&self, field: &Field, recipe: &mut Recipe) {
        let Some(value) = self.value(field.path).filter(|value| !field.is_default(value)) else {
            return;
        };
        if self.is_image_value(field.path, value) || self.is_engine_default(field, value) {
            return;
        }
        let values = match field.value {
            FlagValue::Elsewhere => return,
            FlagValue::Switch => return recipe.push(field.flag, None),
            FlagValue::Either if value == &Value::Bool(true) => return recipe.push(field.flag, None),
            // A value that is not a boolean would become a separate word.
            FlagValue::Either if !value.is_boolean() => None,
            FlagValue::Either | FlagValue::Text | FlagValue::Number | FlagValue::Whole => {
                field_values::scalar(value).map(|text| vec![text])
            }
            FlagValue::Each => {
                value.as_array().and_then(|list| list.iter().map(field_values::scalar).collect())
            }
            FlagValue::Pairs => field_values::pairs(value),
            FlagValue::Made(make) => make(value),
        };
        match values {
            Some(values) => {
                let wanted = values.into_iter().filter(|value| self.is_wanted(field.path, value));
                wanted.for_each(|value| recipe.push(field.flag, Some(value)));
            }
            None => {
                recipe.refused.push(format!("{}: no flag is known for this value", field.path));
            }
        }
    }

    /// Returns whether the image already sets the same value.
    fn is_image_value(&self, path: &str, value: &Value) -> bool {
        let Some(key) = path.strip_prefix("Config.") else { return false };
        matches!(key, "User" | "WorkingDir")
            && self.image.and_then(|image| image.get(key)).is_some_and(|own| own == value)
    }

    /// Returns whether the engine set the value by itself.
    fn is_engine_default(&self, field: &Field, value: &Value) -> bool {
        match field.path {
            "HostConfig.Ulimits" => self.asked.knows() && !self.asked.has(&["--ulimit"]),
            "HostConfig.Runtime" => {
                self.info.and_then(|info| info.get("DefaultRuntime")).and_then(Value::as_str)
                    == Some(self.text(field.path))
            }
            "HostConfig.MemorySwap" => {
                self.number("HostConfig.Memory") == 0
                    || self.number(field.path) == 2 * self.number("HostConfig.Memory")
            }
            "HostConfig.OomScoreAdj" => self.is_filled_in_score(field, value),
            // Podman 5 also shows them here.
            "HostConfig.Annotations" => self.value("Config.Annotations").is_some(),
            "HostConfig.IpcMode" if !self.is_podman() => value == "private",
            "HostConfig.ShmSize" if !self.is_podman() => value == 64 << 20,
            _ => self.is_podman() && !self.asked.has(&[field.flag]) && is_podman_default(field.path, value),
        }
    }

    /// Returns whether the engine set the OOM score itself: one without root may not go below its own, and
    /// gives that to its containers.
    fn is_filled_in_score(&self, field: &Field, value: &Value) -> bool {
        // Of a service of the user manager, and of that manager (user@.service and DefaultOOMScoreAdjust= of
        // systemd).
        const OF_SERVICES: [i64; 2] = [200, 100];
        if self.asked.knows() {
            return !self.asked.has(&[field.flag]);
        }
        self.is_rootless() && value.as_i64().is_some_and(|score| OF_SERVICES.contains(&score))
    }

    /// Returns whether a value was requested, and is not the image's or the engine's default.
    fn is_wanted(&self, path: &str, value: &str) -> bool {
        match path {
            "Config.ExposedPorts" => {
                let published = self
                    .value("HostConfig.PortBindings")
                    .and_then(Value::as_object)
                    .is_some_and(|bound| bound.contains_key(value));
                let image = self.image.and_then(|image| image.get("ExposedPorts")).and_then(Value::as_object);
                !published && !image.is_some_and(|ports| ports.contains_key(value))
            }
            // What a client of Docker's API has not set, Podman sets to the highest that the kernel allows.
            "HostConfig.Ulimits" if self.is_podman() && !self.asked.knows() => {
                !matches!(value, "nofile=1048576:1048576" | "nproc=4194304:4194304")
            }
            "HostConfig.Ulimits" if self.asked.knows() => {
                let name = value.split('=').next().unwrap_or_default();
                self.asked.values(&["--ulimit"]).iter().any(|asked| asked.starts_with(name))
            }
            _ => true,
        }
    }

    /// Refuses fields without a known flag.
    fn unknown_fields(&self, recipe: &mut Recipe) {
        for (section, fields) in &self.sections {
            for (key, value) in fields {
                let path = format!("{section}.{key}");
                // Its flags are taken from Podman's command line.
                let asked = match key.as_str() {
                    "StartupHealthCheck" => self.asked.has(&["--health-startup-cmd"]),
                    "IDMappings" => self.user_mode().is_some(),
                    _ => false,
                };
                if known(&path).is_none() && !asked && !says_nothing(value) {
                    recipe.refused.push(format!("{path}: no flag is known for it"));
                }
            }
        }
    }

    /// Carries over the host name if it was requested.
    fn identity(&self, recipe: &mut Recipe) {
        let hostname = self.text("Config.Hostname");
        let machine = self.info.and_then(|info| info.get("Name")).and_then(Value::as_str);
        let shared = self.text("HostConfig.NetworkMode").starts_with("container:")
            || self.text("HostConfig.UTSMode") == "host";
        if !hostname.is_empty() && !self.config.is_short_id(hostname) && machine != Some(hostname) && !shared
        {
            recipe.push("--hostname", Some(hostname.to_owned()));
        }
    }

    /// Carries over entrypoint and command if they differ from the image's.
    fn program(&self, recipe: &mut Recipe) {
        let (entrypoint, command) = (self.config.entrypoint(), self.config.list("/Config/Cmd"));
        let (own_entrypoint, own_command) = (self.of_image("Entrypoint"), self.of_image("Cmd"));
        let same = own_entrypoint.as_ref().map_or(entrypoint.is_empty(), |own| *own == entrypoint);
        // Without words, the image's command would come back.
        let emptied = command.is_empty() && own_command.as_ref().is_some_and(|own| !own.is_empty());
        if !same || emptied {
            recipe.entrypoint = Some(entrypoint);
        } else if own_command.as_ref() == Some(&command) {
            return;
        }
        recipe.command = command;
    }

    /// Carries over the stop signal if neither the image nor the engine sets it.
    fn stop_signal(&self, recipe: &mut Recipe) {
        let Some(signal) = self.config.text("/Config/StopSignal").map(signal::canonical) else { return };
        let image = self
            .image
            .and_then(|image| image.get("StopSignal"))
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        let own = match image.map(signal::canonical) {
            Some(own) => own,
            None if self.config.systemd_mode() == Some(true) => "SIGRTMIN+3".to_owned(),
            None => "SIGTERM".to_owned(),
        };
        if signal != own {
            recipe.set("--stop-signal", &signal);
        }
    }

    /// Carries over settings that only Podman has.
    fn podman_only(&self, recipe: &mut Recipe) {
        if !self.is_podman() {
            return;
        }
        let annotation = |name: &str| self.own_annotation(name) == Some("TRUE");
        for (name, flag) in [("init", "--init"), ("publish-all", "--publish-all"), ("autoremove", "--rm")] {
            if annotation(name) && !recipe.has(flag) {
                recipe.push(flag, None);
            }
        }
        let starts_init =
            self.config.argv().first().is_some_and(|first| create_command::recognises_as_init(first));
        match self.config.systemd_mode() {
            Some(true) if !starts_init => recipe.set("--systemd", "always"),
            Some(false) if starts_init => recipe.set("--systemd", "false"),
            _ => {}
        }
        let pod = self
            .config
            .native
            .and_then(|native| native.get("Pod"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !pod.is_empty() {
            recipe.refused.push(
                "Pod: the container is part of a pod, whose network and namespaces it shares".to_owned(),
            );
        }
        self.user_namespace(recipe);
        self.asked.carry(recipe);
    }

    /// Returns an annotation that Podman writes itself.
    pub fn own_annotation(&self, name: &str) -> Option<&str> {
        self.value("Config.Annotations")?.get(format!("io.podman.annotations.{name}"))?.as_str()
    }
}

/// Returns whether Podman writes this value by default (containers.conf(5); observed with 4.3 and 5.8, also
/// for containers that were created over the API of Docker).
fn is_podman_default(path: &str, value: &Value) -> bool {
    match path {
        "Config.WorkingDir" => value == "/",
        "Config.Umask" => value == "0000",
        "HostConfig.HostsFile" => value == "none",
        "HostConfig.CgroupParent" => {
            value.as_str().is_some_and(|parent| PARENTS.contains(&parent.trim_start_matches('/')))
        }
        "Config.StopTimeout" => value == 10,
        "HostConfig.IpcMode" => value == "private" || value == "shareable",
        "HostConfig.ShmSize" => value == 65_536_000,
        "HostConfig.PidsLimit" => value == 2048,
        "HostConfig.MemorySwappiness" => value == 0,
        _ => false,
    }
}

/// Control group parents that Podman chooses: with the driver systemd as root, without root, and with the
/// driver cgroupfs.
const PARENTS: [&str; 3] = ["machine.slice", "user.slice", "libpod_parent"];

/// Refuses flags whose value was redacted and cannot be fetched.
fn refuse_unfetched(recipe: &mut Recipe) {
    let names = unfetched(recipe);
    recipe
        .refused
        .extend(names.into_iter().map(|name| format!("{name}: the value is secret and is not printed")));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{EngineId, Facts, LogExcerpt, SCHEMA_VERSION, Snapshot, Target, TargetKind};

    /// Containers that were started with `--network none IMAGE /sbin/init` alone, as engines describe them.
    const PLAIN: &str = include_str!("plain_containers.json");

    fn plain() -> Vec<(String, Snapshot)> {
        let cases: Vec<Value> = serde_json::from_str(PLAIN).unwrap();
        let snapshot = |case: &Value| {
            let (version, api) = (String::new(), String::new());
            let name = case["engine"].as_str().unwrap().to_owned();
            let target = Target {
                kind: TargetKind::Container,
                name: "plain".to_owned(),
                id: None,
                engine: Some(EngineId { name, version, api }),
            };
            let documents = case["documents"].as_object().unwrap().clone().into_iter().collect();
            let snapshot = Snapshot {
                schema_version: SCHEMA_VERSION,
                target,
                facts: Facts::default(),
                gaps: Vec::new(),
                log: LogExcerpt::default(),
                documents,
                derived: None,
            };
            (case["case"].as_str().unwrap().to_owned(), snapshot)
        };
        cases.iter().map(snapshot).collect()
    }

    fn flags(snapshot: &Snapshot) -> Vec<String> {
        let recipe = Inspected::of(snapshot).unwrap().recipe("plain");
        assert!(recipe.refused.is_empty(), "{:?}", recipe.refused);
        recipe.flags.iter().map(|flag| flag.words().join(" ")).collect()
    }

    #[test]
    fn what_an_engine_fills_in_is_no_flag_of_the_user() {
        for (case, snapshot) in plain() {
            let mut flags = flags(&snapshot);
            // Podman stores limits that come from its own. Over Docker's API, requested ones look the same.
            if case.ends_with("compatible-api") {
                flags.retain(|flag| !flag.starts_with("--ulimit"));
            }
            assert_eq!(flags, ["--network none"], "{case}");
        }
    }

    #[test]
    fn the_same_fields_are_carried_over_when_the_user_sets_them() {
        for (case, mut snapshot) in plain() {
            let podman = snapshot.documents.contains_key("podman");
            for name in ["container", "podman"] {
                let Some(document) = snapshot.documents.get_mut(name) else { continue };
                document["HostConfig"]["OomScoreAdj"] = json!(300);
                document["HostConfig"]["CgroupParent"] = json!("web.slice");
                document["HostConfig"]["ShmSize"] = json!(1_048_576);
                if let Some(words) =
                    document.pointer_mut("/Config/CreateCommand").and_then(Value::as_array_mut)
                {
                    words.splice(2..2, ["--oom-score-adj=300", "--cgroup-parent=web.slice"].map(Value::from));
                }
            }
            let flags = flags(&snapshot);
            for wanted in ["--oom-score-adj 300", "--cgroup-parent web.slice", "--shm-size 1048576"] {
                assert!(flags.iter().any(|flag| flag == wanted), "{case} {podman}: {flags:?}");
            }
        }
    }
}
