//! Writes a recipe as a Molecule platform, for the Docker or the Podman driver.
//!
//! The keys are those that the drivers' own playbooks read (molecule-plugins, `docker/playbooks/create.yml`
//! and `podman/playbooks/create.yml`), with the types of their schemas (`schema/driver.json`), which Molecule
//! checks first; the Ansible modules that they call define how a value is written. Must
//! not write a value that Molecule would interpolate: each `$` is doubled.

use std::collections::BTreeMap;

use serde::Serialize;

use super::emitted::{EmitError, Emitted, Source};
use super::flag_parts::pair;
use super::remarks::leave_hidden_labels;
use super::untranslated::Ledger;
use super::yaml::{self, Entry, Text};
use crate::prescribe::recipe::{Flag, Recipe};
use crate::quote::{self, Unquotable};
use crate::snapshot::EngineKind;

/// Flags that the Docker driver has a key for, in addition to those of [`BOTH`].
const DOCKER: [(&str, &str); 9] = [
    ("--user", "user"),
    ("--runtime", "runtime"),
    ("--memory", "memory"),
    ("--memory-swap", "memory_swap"),
    ("--shm-size", "shm_size"),
    ("--stop-signal", "stop_signal"),
    ("--cgroupns", "cgroupns_mode"),
    ("--platform", "platform"),
    ("--pid", "pid_mode"),
];
/// Flags with one value that both drivers have a key for.
const BOTH: [(&str, &str); 1] = [("--hostname", "hostname")];
/// Repeatable flags that both drivers have a key for.
const LISTS: [(&str, &str); 6] = [
    ("--security-opt", "security_opts"),
    ("--cap-add", "capabilities"),
    ("--device", "devices"),
    ("--publish", "published_ports"),
    ("--expose", "exposed_ports"),
    ("--dns", "dns_servers"),
];

/// The part of `molecule.yml` that lists platforms.
#[derive(Debug, Serialize)]
struct File {
    platforms: Vec<Platform>,
}

#[derive(Debug, Default, Serialize)]
struct Platform {
    name: Option<Text>,
    image: Option<Text>,
    /// Uses the image as it is.
    pre_build_image: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<Command>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_handling: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_command: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<Text, Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tmpfs: Option<Tmpfs>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<BTreeMap<&'static str, Text>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<Text, Text>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    sysctls: BTreeMap<Text, Text>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    etc_hosts: BTreeMap<Text, Text>,
    #[serde(flatten)]
    plain: BTreeMap<&'static str, Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_opts: Vec<Text>,
}

/// A line for the Docker driver, whose schema allows no list, and a list for the Podman driver.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Command {
    Line(Text),
    Words(Vec<Text>),
}

/// A list for the Docker driver, a map for the Podman driver.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Tmpfs {
    List(Vec<Text>),
    Map(BTreeMap<Text, Text>),
}

/// Escapes a text for Molecule, which interpolates variables in every value.
fn text(text: &str) -> Text {
    text.replace('$', "$$").into()
}

/// Collects `key=value` texts.
fn pairs<'t>(list: impl IntoIterator<Item = &'t str>) -> BTreeMap<Text, Text> {
    list.into_iter().map(pair).map(|(key, value)| (text(key), text(value))).collect()
}

/// Writes the platform file for a recipe.
///
/// # Errors
/// Returns [`EmitError::Yaml`] if it cannot be serialised, [`EmitError::Word`] for a word that the driver's
/// command line cannot hold.
pub fn write(source: &Source<'_>) -> Result<Emitted, EmitError> {
    let (file, ledger) = file(source.recipe, source.kind)?;
    Ok(Emitted::of(yaml::written(&file)?, ledger))
}

/// Returns the platform for a recipe, and what it cannot express.
///
/// # Errors
/// Returns [`Unquotable`] for a word that the Docker driver's command line cannot hold.
fn file(recipe: &Recipe, kind: EngineKind) -> Result<(File, Ledger<'_>), Unquotable> {
    let mut ledger = Ledger::new(recipe);
    let mut platform = Platform {
        name: Some(text(&recipe.name)),
        image: Some(text(&recipe.image)),
        pre_build_image: true,
        ..Platform::default()
    };
    platform.env = recipe.environment.iter().map(|(name, value)| (text(name), text(value))).collect();
    platform.volumes = recipe.volumes.iter().map(|volume| text(&volume.text())).collect();
    platform.common(kind, &mut ledger);
    if recipe.variables.is_some() {
        ledger.leave(
            "environment of the old container",
            "its values are not printed: add the ones you need under env",
        );
    }
    leave_hidden_labels(recipe, &mut ledger);
    match kind {
        EngineKind::Docker => platform.docker(recipe, &mut ledger)?,
        EngineKind::Podman => platform.podman(recipe, &mut ledger),
    }
    ledger.leave_rest(|_| "Molecule platforms have no key for it".to_owned());
    Ok((File { platforms: vec![platform] }, ledger))
}

impl Platform {
    /// Sets the flags that both drivers have keys for.
    fn common(&mut self, kind: EngineKind, ledger: &mut Ledger<'_>) {
        self.scalars(&BOTH, ledger);
        for (flag, key) in LISTS {
            let values: Vec<Text> = ledger.texts(flag).into_iter().map(text).collect();
            self.plain.extend((!values.is_empty()).then_some((key, Entry::Texts(values))));
        }
        for (flag, key) in [("--tty", "tty"), ("--privileged", "privileged")] {
            self.plain.extend(ledger.switch(flag).map(|truth| (key, Entry::Truth(truth))));
        }
        // The Podman driver's schema does not allow this policy; its options do.
        let own =
            if kind == EngineKind::Podman { ledger.after("--restart", "unless-stopped") } else { vec![] };
        self.extra_opts.extend(own.first().map(|_| "--restart=unless-stopped".into()));
        if let Some(policy) = ledger.text("--restart") {
            let (policy, retries) =
                policy.split_once(':').map_or((policy, None), |(policy, retries)| (policy, Some(retries)));
            self.plain.insert("restart_policy", Entry::Text(text(policy)));
            self.plain
                .extend(retries.map(|retries| ("restart_retries", Entry::scalar(retries, str::to_owned))));
        }
    }

    /// Sets flags with one value.
    fn scalars(&mut self, table: &[(&str, &'static str)], ledger: &mut Ledger<'_>) {
        self.plain.extend(
            table.iter().filter_map(|(flag, key)| Some((*key, Entry::Text(text(ledger.text(flag)?))))),
        );
    }

    /// Sets the command of PID 1; Molecule's default is a sleeping shell.
    fn program(&mut self, command: Option<Command>) {
        self.override_command = command.is_none().then_some(false);
        self.command = command;
    }

    /// Sets the flags that the Docker driver has keys for.
    ///
    /// # Errors
    /// Returns [`Unquotable`] for a word that a command line cannot hold.
    fn docker(&mut self, recipe: &Recipe, ledger: &mut Ledger<'_>) -> Result<(), Unquotable> {
        // The module splits a limit at colons only (community.docker, `docker_container`).
        let limits: Vec<Text> =
            ledger.texts("--ulimit").into_iter().map(|limit| text(&limit.replacen('=', ":", 1))).collect();
        self.plain.extend((!limits.is_empty()).then_some(("ulimits", Entry::Texts(limits))));
        self.etc_hosts = ledger
            .texts("--add-host")
            .into_iter()
            .filter_map(|host| host.split_once(':'))
            .map(|(n, a)| (text(n), text(a)))
            .collect();
        // With `correct`, the module splits the line as a POSIX shell would.
        let line = quote::line(&recipe.command)?;
        self.program((!recipe.command.is_empty()).then(|| Command::Line(text(&line))));
        self.command_handling = self.command.is_some().then(|| "correct".into());
        if let Some(entrypoint) = &recipe.entrypoint {
            ledger.leave(
                &format!("--entrypoint {}", entrypoint.join(" ")),
                "Molecule's Docker driver has no key for it: set it in the image",
            );
        }
        let tmpfs = recipe.tmpfs_texts();
        self.tmpfs =
            (!tmpfs.is_empty()).then(|| Tmpfs::List(tmpfs.iter().map(|mount| text(mount)).collect()));
        self.scalars(&DOCKER, ledger);
        self.labels = pairs(ledger.texts("--label").into_iter().filter(|label| *label != "owner=molecule"));
        self.sysctls = pairs(ledger.texts("--sysctl"));
        for network in ledger.texts("--network") {
            if matches!(network, "host" | "none" | "bridge") || network.contains(':') {
                self.plain.insert("network_mode", Entry::Text(text(network)));
            } else {
                self.networks.push([("name", text(network))].into());
            }
        }
        for network in &recipe.networks {
            self.networks.push([("name", text(&network.name))].into());
            for flag in &network.flags {
                ledger.leave(
                    &format!("{} of the network {}", flag.words().join(" "), network.name),
                    "a Molecule platform only names networks",
                );
            }
        }
        for (target, _) in &recipe.mounts {
            ledger.leave(&format!("--mount at {target}"), "write it as a bind or a volume");
        }
        Ok(())
    }

    /// Sets everything else: the Podman driver passes options on, so nothing is lost.
    fn podman(&mut self, recipe: &Recipe, ledger: &mut Ledger<'_>) {
        let limits: Vec<Text> = ledger.texts("--ulimit").into_iter().map(text).collect();
        self.plain.extend((!limits.is_empty()).then_some(("ulimits", Entry::Texts(limits))));
        let words = recipe.command.iter().map(|word| text(word)).collect();
        self.program((!recipe.command.is_empty()).then_some(Command::Words(words)));
        let tmpfs = recipe
            .tmpfs
            .iter()
            .map(|(path, options)| (text(path), text(if options.is_empty() { "rw" } else { options })));
        self.tmpfs = (!recipe.tmpfs.is_empty()).then(|| Tmpfs::Map(tmpfs.collect()));
        self.scalars(
            &[("--systemd", "systemd"), ("--network", "network"), ("--ip", "ip"), ("--pid", "pid_mode")],
            ledger,
        );
        let mut words: Vec<String> = ledger.rest().into_iter().map(Flag::tied).collect();
        words.extend(
            recipe
                .entrypoint
                .as_ref()
                .map(|list| format!("--entrypoint={}", serde_json::to_string(list).unwrap_or_default())),
        );
        words.extend(recipe.mounts.iter().map(|(_, mount)| format!("--mount={mount}")));
        words.extend(recipe.networks.iter().map(|network| format!("--network={}", network.name)));
        self.extra_opts.extend(words.iter().map(|word| text(word)));
    }
}
