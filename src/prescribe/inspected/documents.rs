//! Reads the engine's documents of one container through one interface for Docker and Podman.
//!
//! Must not change or judge anything.

use serde_json::{Map, Value};

use super::create_command::CreateCommand;
use crate::facts::Config;
use crate::prescribe::recipe::Recipe;
use crate::snapshot::{EngineKind, Redactor, Snapshot, TargetKind};

/// The documents of one container, with the differences between the engines evened out.
pub struct Inspected<'s> {
    /// The inspect document and its helpers.
    pub config: Config<'s>,
    /// Section `Config` of the image.
    pub image: Option<&'s Value>,
    /// The image's whole document.
    pub image_document: Option<&'s Value>,
    /// The engine's info.
    pub info: Option<&'s Value>,
    /// Sections `Config` and `HostConfig`, Podman's own fields included.
    pub sections: [(&'static str, Map<String, Value>); 2],
    /// Podman's own command line.
    pub asked: CreateCommand<'s>,
    /// Finds secrets in the words of a file; documents of a live engine are already redacted.
    secrets: Option<Redactor>,
}

impl<'s> Inspected<'s> {
    /// Reads a snapshot; returns `None` without a complete inspect document, as for pasted text.
    pub fn of(snapshot: &'s Snapshot) -> Option<Self> {
        let documents = &snapshot.documents;
        let inspect = documents.get("container").filter(|document| document.get("Id").is_some())?;
        let native = documents.get("podman");
        let kind = snapshot.target.engine.as_ref()?.kind();
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
            asked: CreateCommand::of(native),
            secrets: (snapshot.target.kind != TargetKind::Container).then(|| secrets_of(inspect)),
        })
    }

    /// Returns a setting by section and key, such as `HostConfig.Memory`; `None` if it is null.
    pub fn value(&self, path: &str) -> Option<&Value> {
        let (section, key) = path.split_once('.')?;
        self.sections.iter().find(|(name, _)| *name == section)?.1.get(key).filter(|value| !value.is_null())
    }

    /// Returns a string by section and key; empty if there is none.
    pub fn text(&self, path: &str) -> &str {
        self.value(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns an integer by section and key; 0 if there is none.
    pub fn number(&self, path: &str) -> i64 {
        self.value(path).and_then(Value::as_i64).unwrap_or(0)
    }

    /// Returns whether the engine is Podman.
    pub fn is_podman(&self) -> bool {
        self.config.kind == EngineKind::Podman
    }

    /// Returns whether the engine runs without root.
    pub fn is_rootless(&self) -> bool {
        let options = self.info.and_then(|info| info.get("SecurityOptions")).and_then(Value::as_array);
        let parts = options.into_iter().flatten().filter_map(Value::as_str).flat_map(|text| text.split(','));
        parts.into_iter().any(|part| part == "name=rootless")
    }

    /// Returns a list of strings from the image's configuration; `None` if the image is not known.
    pub fn of_image(&self, key: &str) -> Option<Vec<String>> {
        let list = self.image?.get(key).and_then(Value::as_array);
        Some(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Returns the image's labels.
    pub fn image_labels(&self) -> Option<&'s Value> {
        self.image.and_then(|image| image.get("Labels"))
    }

    /// Returns the image's user.
    pub fn image_user(&self) -> &'s str {
        self.image.and_then(|image| image.get("User")).and_then(Value::as_str).unwrap_or_default()
    }

    /// Replaces the secrets of a word with tokens.
    pub fn redacted(&self, word: &str) -> String {
        self.secrets.as_ref().map_or_else(|| word.to_owned(), |secrets| secrets.redact(word))
    }

    /// Replaces the secrets of a recipe with tokens.
    pub fn without_secrets(&self, recipe: &mut Recipe) {
        if self.secrets.is_none() {
            return;
        }
        let words = recipe.command.iter_mut().chain(recipe.entrypoint.iter_mut().flatten());
        let values = recipe.flags.iter_mut().filter_map(|flag| flag.value.as_mut());
        let texts = words.chain(values).chain(recipe.mounts.iter_mut().map(|(_, text)| text));
        texts.for_each(|text| *text = self.redacted(text));
    }
}

fn secrets_of(inspect: &Value) -> Redactor {
    let mut secrets = Redactor::default();
    secrets.learn(inspect);
    secrets
}
