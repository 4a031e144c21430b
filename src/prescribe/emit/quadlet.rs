//! Writes a recipe as a Quadlet `.container` file.
//!
//! Uses only keys that every Quadlet version knows (since Podman 4.6); all other flags go through
//! `PodmanArgs=`. Must not write a value that systemd would interpret differently: such a value is quoted or
//! passed to Podman as a whole.

use ini::{EscapePolicy, Ini, WriteOption};

use super::emitted::{EmitError, Emitted, Source};
use super::patch::Changes;
use super::remarks::{comment_lines, env_file_note, leave_hidden_labels};
use super::translate;
use super::untranslated::Ledger;
use crate::prescribe::recipe::{Flag, Recipe};
use crate::snapshot::EngineKind;
use crate::visible::is_hidden;

const CONTAINER: &str = "Container";
/// Flags and their keys; systemd takes the values literally.
const RAW: [(&str, &str); 22] = [
    ("--hostname", "HostName"),
    ("--user", "User"),
    ("--workdir", "WorkingDir"),
    ("--userns", "UserNS"),
    ("--network", "Network"),
    ("--ip", "IP"),
    ("--ip6", "IP6"),
    ("--publish", "PublishPort"),
    ("--expose", "ExposeHostPort"),
    ("--device", "AddDevice"),
    ("--mount", "Mount"),
    ("--secret", "Secret"),
    ("--log-driver", "LogDriver"),
    ("--tz", "Timezone"),
    ("--cap-add", "AddCapability"),
    ("--cap-drop", "DropCapability"),
    ("--sysctl", "Sysctl"),
    ("--health-interval", "HealthInterval"),
    ("--health-timeout", "HealthTimeout"),
    ("--health-retries", "HealthRetries"),
    ("--health-start-period", "HealthStartPeriod"),
    ("--health-on-failure", "HealthOnFailure"),
];
/// Flags and their keys; systemd splits the values into words first.
const WORDS: [(&str, &str); 2] = [("--label", "Label"), ("--annotation", "Annotation")];

/// Entries in order: section, key, value.
type Entries = Vec<(&'static str, &'static str, String)>;

/// Writes the file for a recipe.
///
/// # Errors
/// Returns [`EmitError::Ini`] if it cannot be written.
pub fn write(source: &Source<'_>) -> Result<Emitted, EmitError> {
    let (recipe, notes) = translate::to(source.recipe, source.kind, EngineKind::Podman);
    let (entries, ledger) = entries(&recipe);
    Ok(Emitted::of(written(&entries)?, ledger).after(notes))
}

/// Compares the files for two recipes, entry by entry.
///
/// # Errors
/// Returns [`EmitError::Ini`] if they cannot be written.
pub fn changes(before: &Recipe, after: &Recipe, kind: EngineKind) -> Result<Changes, EmitError> {
    let podmans = |recipe| translate::to(recipe, kind, EngineKind::Podman).0;
    let (before, after) = (podmans(before), podmans(after));
    let (old, new) = (entries(&before).0, entries(&after).0);
    let gone = old.iter().filter(|entry| !new.contains(entry));
    let gone = gone.map(|(_, key, value)| format!("{key}={value}")).collect();
    let text = written(&new.into_iter().filter(|entry| !old.contains(entry)).collect())?;
    Ok(Changes { text, gone })
}

/// Returns the entries for a recipe that is valid for Podman, and what they cannot express.
fn entries(recipe: &Recipe) -> (Entries, Ledger<'_>) {
    let mut ledger = Ledger::new(recipe);
    let mut unit = Unit::default();
    let name = comment_lines(&recipe.name).join(" ");
    unit.add("Unit", "Description", literal(&format!("{name} with systemd in it")));
    unit.raw("ContainerName", "--name", &recipe.name);
    unit.raw("Image", "", &recipe.image);
    unit.program(recipe);
    unit.tell(recipe, &mut ledger);
    unit.store(recipe);
    unit.security(&mut ledger);
    for (flag, key) in RAW {
        ledger.texts(flag).into_iter().for_each(|value| unit.raw(key, flag, value));
    }
    for (flag, key) in WORDS {
        ledger.texts(flag).into_iter().for_each(|value| unit.add(CONTAINER, key, word(value)));
    }
    if ledger.switch("--read-only") == Some(true) {
        unit.add(CONTAINER, "ReadOnly", "true".to_owned());
    }
    if ledger.switch("--rm") == Some(true) {
        ledger.note("Quadlet removes the container when it stops, like --rm");
    }
    let restart = restart(&mut ledger);
    let slice = slice(&mut ledger);
    unit.rest(&mut ledger);
    unit.networks(recipe, &mut ledger);
    unit.entries.extend(slice.map(|name| ("Service", "Slice", literal(name))));
    unit.entries.extend(restart.map(|policy| ("Service", "Restart", policy.to_owned())));
    unit.add("Install", "WantedBy", "multi-user.target default.target".to_owned());
    (unit.entries, ledger)
}

/// Writes entries as a file.
///
/// # Errors
/// Returns [`EmitError::Ini`] if it cannot be written.
fn written(entries: &Entries) -> Result<String, EmitError> {
    let mut ini = Ini::new();
    for (section, key, value) in entries {
        ini.with_section(Some(*section)).add(*key, value.as_str());
    }
    let mut bytes = Vec::new();
    // systemd has its own quoting rules, which the values follow already.
    let options = WriteOption { escape_policy: EscapePolicy::Nothing, ..WriteOption::default() };
    ini.write_to_opt(&mut bytes, options)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Default)]
struct Unit {
    entries: Entries,
}

impl Unit {
    /// Adds an entry.
    fn add(&mut self, section: &'static str, key: &'static str, value: String) {
        self.entries.push((section, key, value));
    }

    /// Adds a literal value; one that cannot be written literally goes through `PodmanArgs=`.
    fn raw(&mut self, key: &'static str, flag: &str, value: &str) {
        let awkward = value.trim() != value
            || value.is_empty()
            || value.contains(|c: char| is_hidden(c) || "\\\"'".contains(c))
            || value.contains("##[");
        if awkward && !flag.is_empty() {
            self.add(CONTAINER, "PodmanArgs", word(&format!("{flag}={value}")));
        } else {
            self.add(CONTAINER, key, literal(&comment_lines(value).join(" ")));
        }
    }

    /// Adds entrypoint and command.
    fn program(&mut self, recipe: &Recipe) {
        match recipe.entrypoint.as_deref() {
            None => {}
            Some([one]) if !one.starts_with('[') => {
                self.add(CONTAINER, "PodmanArgs", word(&format!("--entrypoint={one}")));
            }
            Some([]) => self.add(CONTAINER, "PodmanArgs", "--entrypoint=".to_owned()),
            Some(words) => {
                let list = serde_json::to_string(words).unwrap_or_default();
                self.add(CONTAINER, "PodmanArgs", word(&format!("--entrypoint={list}")));
            }
        }
        if !recipe.command.is_empty() {
            let words: Vec<String> = recipe.command.iter().map(|text| word(text)).collect();
            self.add(CONTAINER, "Exec", words.join(" "));
        }
    }

    /// Adds environment and labels.
    fn tell(&mut self, recipe: &Recipe, ledger: &mut Ledger<'_>) {
        if recipe.variables.is_some() {
            self.raw("EnvironmentFile", "--env-file", &recipe.env_file());
            ledger.note(env_file_note(recipe));
            ledger.note("EnvironmentFile= is relative to the .container file");
        }
        for (name, value) in &recipe.environment {
            self.add(CONTAINER, "Environment", word(&format!("{name}={value}")));
        }
        leave_hidden_labels(recipe, ledger);
    }

    /// Adds mounts.
    fn store(&mut self, recipe: &Recipe) {
        recipe.tmpfs_texts().iter().for_each(|mount| self.raw("Tmpfs", "--tmpfs", mount));
        recipe.volumes.iter().for_each(|volume| self.raw("Volume", "--volume", &volume.text()));
        recipe.mounts.iter().for_each(|(_, text)| self.raw("Mount", "--mount", text));
    }

    /// Passes all other flags to Podman as they are.
    fn rest(&mut self, ledger: &mut Ledger<'_>) {
        for flag in ledger.rest() {
            if flag.name == "--runtime" {
                ledger.leave(&flag.words().join(" "), "a global podman option: use GlobalArgs= (Podman 4.8)");
            } else {
                self.add(CONTAINER, "PodmanArgs", tied(flag));
            }
        }
    }

    /// Adds further networks.
    fn networks(&mut self, recipe: &Recipe, ledger: &mut Ledger<'_>) {
        for network in &recipe.networks {
            self.raw("Network", "--network", &network.name);
            for flag in &network.flags {
                ledger.leave(
                    &format!("{} of the network {}", flag.words().join(" "), network.name),
                    "write it as Network=NAME:option",
                );
            }
        }
    }

    /// Adds the seccomp profile, which has its own key, and `--health-cmd`, whose value is one text.
    fn security(&mut self, ledger: &mut Ledger<'_>) {
        for path in ledger.after("--security-opt", "seccomp=") {
            self.raw("SeccompProfile", "--security-opt", path);
        }
        if let Some(command) = ledger.text("--health-cmd") {
            self.raw("HealthCmd", "--health-cmd", command);
        }
    }
}

/// Returns the restart policy of the unit, since systemd restarts the container.
fn restart(ledger: &mut Ledger<'_>) -> Option<&'static str> {
    let policy = ledger.text("--restart")?;
    let (name, count) = policy.split_once(':').map_or((policy, None), |(name, count)| (name, Some(count)));
    if count.is_some() {
        ledger.leave(
            &format!("--restart {policy}"),
            "use StartLimitBurst= and StartLimitIntervalSec= of the unit",
        );
    }
    match name {
        "always" | "unless-stopped" => Some("always"),
        "on-failure" => Some("on-failure"),
        _ => None,
    }
}

/// Returns the slice of the unit. Quadlet runs Podman with `--cgroups=split`, which puts the container into
/// the unit's own control group and refuses a `--cgroup-parent`.
fn slice<'r>(ledger: &mut Ledger<'r>) -> Option<&'r str> {
    let parent = ledger.text("--cgroup-parent")?;
    let name = parent.rsplit('/').next().unwrap_or(parent);
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:@\\".contains(c);
    if name.strip_suffix(".slice").is_some_and(|stem| !stem.is_empty() && stem.chars().all(fits)) {
        return Some(name);
    }
    ledger.leave(
        &format!("--cgroup-parent {parent}"),
        "the container lies in the unit's own control group: use Slice= in [Service]",
    );
    None
}

/// Writes a flag and its value as one word.
fn tied(flag: &Flag) -> String {
    if flag.value.is_none() { flag.name.clone() } else { word(&flag.tied()) }
}

/// Escapes the characters that systemd expands.
fn literal(text: &str) -> String {
    text.replace('%', "%%").replace('$', "$$")
}

/// Writes one word of a list, quoted if systemd would otherwise split or change it.
fn word(text: &str) -> String {
    let plain = |c: char| !is_hidden(c) && !c.is_whitespace() && !"\\\"';#".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return literal(text);
    }
    let mut quoted = String::from("\"");
    for c in literal(text).chars() {
        match c {
            '\\' | '"' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_hidden(c) && u32::from(c) > 0xffff => {
                quoted.push_str(&format!("\\U{:08x}", u32::from(c)));
            }
            c if is_hidden(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    // `##[` starts a workflow command anywhere in a line.
    quoted.replace("##[", "#\\x23[") + "\""
}
