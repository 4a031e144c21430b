//! The engine's documents of a container → a [`Recipe`], without loss: what is not at a default becomes a
//! flag or is refused by name. Pure.

use serde_json::{Map, Value};

use super::flags::{FIELDS, Field, FlagValue, is_default, known};
use super::recipe::Recipe;
use super::{created, endpoint, flag_values, screen, unseen};
use crate::facts::{Config, signal};
use crate::snapshot::{EngineKind, Redactor, Snapshot, TargetKind};

/// The documents of one container, evened out between the engines.
pub struct Inspected<'s> {
    /// The inspect document and its helpers.
    pub config: Config<'s>,
    /// Section `Config` of the image.
    pub(super) image: Option<&'s Value>,
    image_document: Option<&'s Value>,
    /// The engine's info.
    pub(super) info: Option<&'s Value>,
    /// Sections `Config` and `HostConfig`, Podman's own fields included.
    sections: [(&'static str, Map<String, Value>); 2],
    /// What Podman was called with.
    pub asked: created::Asked<'s>,
    /// What of a file's words is secret; documents of a live engine have no secrets left in them.
    secrets: Option<Redactor>,
}

impl<'s> Inspected<'s> {
    /// Reads a snapshot; `None` without a whole inspect document, as for pasted text.
    pub fn of(snapshot: &'s Snapshot) -> Option<Self> {
        let documents = &snapshot.documents;
        let inspect = documents.get("container").filter(|document| document.get("Id").is_some())?;
        let native = documents.get("podman");
        let kind = match snapshot.target.engine.as_ref()?.name.as_str() {
            "podman" => EngineKind::Podman,
            _ => EngineKind::Docker,
        };
        let section = |name: &str| inspect.get(name).and_then(Value::as_object).cloned();
        let own = |name: &str| {
            native.and_then(|native| native.get(name)).and_then(Value::as_object).cloned().unwrap_or_default()
        };
        let mut host = section("HostConfig")?;
        host.extend(own("HostConfig"));
        let mut settings = own("Config");
        settings.extend(section("Config")?);
        Some(Self {
            config: Config::live(inspect, native, kind),
            image: documents.get("image").and_then(|image| image.get("Config")),
            image_document: documents.get("image"),
            info: documents.get("engine"),
            sections: [("Config", settings), ("HostConfig", host)],
            asked: created::Asked::of(native),
            secrets: (snapshot.target.kind != TargetKind::Container).then(|| secrets_of(inspect)),
        })
    }

    pub(super) fn value(&self, path: &str) -> Option<&Value> {
        let (section, key) = path.split_once('.')?;
        self.sections.iter().find(|(name, _)| *name == section)?.1.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, path: &str) -> &str {
        self.value(path).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn number(&self, path: &str) -> i64 {
        self.value(path).and_then(Value::as_i64).unwrap_or(0)
    }

    pub(super) fn is_podman(&self) -> bool {
        self.config.kind == EngineKind::Podman
    }

    /// A list of texts of the image's configuration; `None` where the image is not known.
    pub(super) fn of_image(&self, key: &str) -> Option<Vec<String>> {
        let list = self.image?.get(key).and_then(Value::as_array);
        Some(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Labels that the image brings.
    pub(super) fn image_labels(&self) -> Option<&'s Value> {
        self.image.and_then(|image| image.get("Labels"))
    }

    /// The user that the image asks for.
    pub(super) fn image_user(&self) -> &'s str {
        self.image.and_then(|image| image.get("User")).and_then(Value::as_str).unwrap_or_default()
    }

    /// The recipe that makes a container like this one.
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
        endpoint::networks(&self.config, self.asked, &mut recipe);
        self.podman_only(&mut recipe);
        screen::words(&mut recipe);
        self.without_secrets(&mut recipe);
        recipe.unseen = unseen::places(self);
        secrets(&mut recipe);
        recipe
    }

    /// A word with tokens in place of its secrets.
    pub(super) fn told(&self, word: &str) -> String {
        self.secrets.as_ref().map_or_else(|| word.to_owned(), |secrets| secrets.redact(word))
    }

    /// Puts tokens in place of the secrets of a recipe.
    pub(super) fn without_secrets(&self, recipe: &mut Recipe) {
        if self.secrets.is_none() {
            return;
        }
        let words = recipe.command.iter_mut().chain(recipe.entrypoint.iter_mut().flatten());
        let values = recipe.flags.iter_mut().filter_map(|flag| flag.value.as_mut());
        let texts = words.chain(values).chain(recipe.mounts.iter_mut().map(|(_, text)| text));
        texts.for_each(|text| *text = self.told(text));
    }

    /// The reference that the container was made with, unless it now leads to another image.
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

    fn carry(&self, field: &Field, recipe: &mut Recipe) {
        let Some(value) = self.value(field.path).filter(|value| !is_default(value, Some(field))) else {
            return;
        };
        if self.is_the_images(field.path, value) || self.is_the_engines(field, value) {
            return;
        }
        let values = match field.value {
            FlagValue::Elsewhere => return,
            FlagValue::Switch => return recipe.push(field.flag, None),
            FlagValue::Either if value == &Value::Bool(true) => return recipe.push(field.flag, None),
            // Another value than a truth value would become a word of its own.
            FlagValue::Either if !value.is_boolean() => None,
            FlagValue::Either | FlagValue::Text | FlagValue::Number | FlagValue::Whole => {
                flag_values::scalar(value).map(|text| vec![text])
            }
            FlagValue::Each => {
                value.as_array().and_then(|list| list.iter().map(flag_values::scalar).collect())
            }
            FlagValue::Pairs => flag_values::pairs(value),
            FlagValue::Made(make) => make(value),
        };
        match values {
            Some(values) => {
                let wanted = values.into_iter().filter(|value| self.is_wanted(field.path, value));
                wanted.for_each(|value| recipe.push(field.flag, Some(value)));
            }
            None => recipe.refused.push(format!("{}: no flag is known for this value", field.path)),
        }
    }

    /// Whether the image brings the same value by itself.
    fn is_the_images(&self, path: &str, value: &Value) -> bool {
        let Some(key) = path.strip_prefix("Config.") else { return false };
        matches!(key, "User" | "WorkingDir")
            && self.image.and_then(|image| image.get(key)).is_some_and(|own| own == value)
    }

    /// Whether the engine filled the value in.
    fn is_the_engines(&self, field: &Field, value: &Value) -> bool {
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
            // Podman 5 shows them here too.
            "HostConfig.Annotations" => self.value("Config.Annotations").is_some(),
            "HostConfig.IpcMode" if !self.is_podman() => value == "private",
            "HostConfig.ShmSize" if !self.is_podman() => value == 64 << 20,
            _ => self.is_podman() && !self.asked.has(&[field.flag]) && is_podmans(field.path, value),
        }
    }

    /// Whether one of several values was asked for, and is not the image's or the engine's.
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
            "HostConfig.Ulimits" if self.asked.knows() => {
                let name = value.split('=').next().unwrap_or_default();
                self.asked.values(&["--ulimit"]).iter().any(|asked| asked.starts_with(name))
            }
            _ => true,
        }
    }

    fn unknown_fields(&self, recipe: &mut Recipe) {
        for (section, fields) in &self.sections {
            for (key, value) in fields {
                let path = format!("{section}.{key}");
                // Its flags are taken from Podman's command line.
                let asked = key == "StartupHealthCheck" && self.asked.has(&["--health-startup-cmd"]);
                if known(&path).is_none() && !asked && !is_default(value, None) {
                    recipe.refused.push(format!("{path}: no flag is known for it"));
                }
            }
        }
    }

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

    /// Entrypoint and command, said only where they are not the image's own.
    fn program(&self, recipe: &mut Recipe) {
        let (entrypoint, command) = (self.config.entrypoint(), self.config.list("/Config/Cmd"));
        let (own_entrypoint, own_command) = (self.of_image("Entrypoint"), self.of_image("Cmd"));
        let same = own_entrypoint.as_ref().map_or(entrypoint.is_empty(), |own| *own == entrypoint);
        // Without words the image's command would come back.
        let emptied = command.is_empty() && own_command.as_ref().is_some_and(|own| !own.is_empty());
        if !same || emptied {
            recipe.entrypoint = Some(entrypoint);
        } else if own_command.as_ref() == Some(&command) {
            return;
        }
        recipe.command = command;
    }

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

    fn podman_only(&self, recipe: &mut Recipe) {
        if !self.is_podman() {
            return;
        }
        let annotation = |name: &str| {
            self.value("Config.Annotations")
                .and_then(|all| all.get(format!("io.podman.annotations.{name}")))
                .and_then(Value::as_str)
                == Some("TRUE")
        };
        for (name, flag) in [("init", "--init"), ("publish-all", "--publish-all"), ("autoremove", "--rm")] {
            if annotation(name) && !recipe.has(flag) {
                recipe.push(flag, None);
            }
        }
        let starts_init = self.config.argv().first().is_some_and(|first| created::knows_as_init(first));
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
        self.asked.carry(recipe);
    }
}

/// What Podman writes into its documents where nothing was asked for (containers.conf(5); seen with 4.3).
fn is_podmans(path: &str, value: &Value) -> bool {
    match path {
        "Config.WorkingDir" => value == "/",
        "Config.StopTimeout" => value == 10,
        "HostConfig.IpcMode" => value == "private" || value == "shareable",
        "HostConfig.ShmSize" => value == 65_536_000,
        "HostConfig.PidsLimit" => value == 2048,
        "HostConfig.MemorySwappiness" => value == 0,
        _ => false,
    }
}

fn secrets_of(inspect: &Value) -> Redactor {
    let mut secrets = Redactor::default();
    secrets.learn(inspect);
    secrets
}

/// Flags whose value was taken out of the documents cannot be written unless it can be fetched.
fn secrets(recipe: &mut Recipe) {
    let names = unseen::unfetched(recipe);
    recipe
        .refused
        .extend(names.into_iter().map(|name| format!("{name}: the value is secret and is not printed")));
}
