//! Converts a container's environment, labels, health check, security options, namespaces and log settings to
//! flags of a recipe.
//!
//! Must never write a secret.

use serde_json::Value;

use super::documents::Inspected;
use super::field_values::{self, says_nothing};
use super::health_check;
use crate::prescribe::recipe::{Recipe, has_secret};
use crate::prescribe::trial_names::is_trial_label;
use crate::visible::in_json;

impl Inspected<'_> {
    /// Counts the environment variables that differ from the image's; they are fetched at run time and never
    /// written here.
    pub fn environment(&self, recipe: &mut Recipe) {
        const FILLED_IN: [&str; 6] = ["container", "container_uuid", "TERM", "HOSTNAME", "HOME", "PATH"];
        // These describe the old container only; the engine sets them again.
        const PER_CONTAINER: [&str; 2] = ["HOSTNAME", "container_uuid"];
        let all = self.config.list("/Config/Env");
        let own = self.of_image("Env").unwrap_or_default();
        let name = |entry: &String| entry.split('=').next().unwrap_or_default().to_owned();
        let filled = |entry: &String, names: &[&str]| {
            self.is_podman()
                && names.contains(&name(entry).as_str())
                && !self.asked.names_variable(&name(entry))
        };
        if all.iter().all(|entry| own.contains(entry) || filled(entry, &FILLED_IN)) {
            return;
        }
        let (anew, all): (Vec<&String>, Vec<&String>) =
            all.iter().partition(|entry| filled(entry, &PER_CONTAINER));
        recipe.variables = Some(all.len());
        recipe.not_fetched = anew.into_iter().map(name).collect();
        for entry in all.into_iter().filter(|entry| !fits_a_file(entry)) {
            let reason = "contains a line break, or has a name that an env file cannot hold";
            recipe.refused.push(format!("Config.Env: {} {reason}", name(entry)));
        }
    }

    /// Carries over labels that are not the image's; if one of them is secret, all are fetched at run time,
    /// each on its own if a file cannot hold it.
    pub fn labels(&self, recipe: &mut Recipe) {
        let Some(all) = self.value("Config.Labels").and_then(Value::as_object) else { return };
        let image = self.image.and_then(|image| image.get("Labels"));
        let new = |(key, value): &(&String, &Value)| {
            !is_trial_label(key) && image.and_then(|image| image.get(key.as_str())) != Some(value)
        };
        let labels: Vec<(&String, &str)> =
            all.iter().filter(new).map(|(key, value)| (key, value.as_str().unwrap_or_default())).collect();
        if !labels.iter().any(|(key, value)| has_secret(key) || has_secret(value)) {
            for (key, value) in labels {
                recipe.push("--label", Some(format!("{key}={value}")));
            }
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (in_file, apart): (Vec<_>, Vec<_>) =
            all.iter().partition(|(key, value)| fits_a_file(&format!("{key}={}", text(value))));
        recipe.labels = Some(in_file.len()).filter(|count| *count > 0);
        for (key, value) in in_file.iter().filter(|(key, value)| new(&(*key, *value))) {
            if has_secret(key) || has_secret(&text(value)) {
                recipe.hidden_labels.push((*key).clone());
            } else {
                recipe.open_labels.push(format!("{key}={}", text(value)));
            }
        }
        for (key, value) in apart {
            recipe.push("--label", Some(format!("{key}={}", text(value))));
            recipe.labels_apart.push(key.clone());
        }
    }

    /// Carries over the health check if it differs from the image's.
    pub fn health(&self, recipe: &mut Recipe) {
        let Some(check) = self.value("Config.Healthcheck").filter(|check| !says_nothing(check)) else {
            return;
        };
        let image = self.image.and_then(|image| image.get("Healthcheck"));
        if image == Some(check) {
            return;
        }
        match health_check::flags(check, image, self.config.kind) {
            Some(flags) => flags.into_iter().for_each(|(name, value)| recipe.push(&name, value)),
            None => {
                recipe.refused.push("Config.Healthcheck: no flag exists for this kind of test".to_owned());
            }
        }
    }

    /// Carries over security options, masked paths and the control group namespace.
    pub fn security(&self, recipe: &mut Recipe) {
        for option in self.config.list("/HostConfig/SecurityOpt") {
            match option.strip_prefix("seccomp=").or(option.strip_prefix("seccomp:")) {
                Some(profile) if profile.trim_start().starts_with('{') => match one_line(profile) {
                    Some(profile) => recipe.profile = Some(profile),
                    None => recipe
                        .refused
                        .push("HostConfig.SecurityOpt: the seccomp profile is not JSON".to_owned()),
                },
                _ => recipe.push("--security-opt", Some(option)),
            }
        }
        let paths =
            |key: &str| self.value(&format!("HostConfig.{key}")).and_then(Value::as_array).map(Vec::as_slice);
        let privileged = self.value("HostConfig.Privileged") == Some(&Value::Bool(true));
        match (paths("MaskedPaths"), paths("ReadonlyPaths")) {
            (Some([]), Some([])) if !privileged && !self.is_podman() => {
                recipe.push("--security-opt", Some("systempaths=unconfined".to_owned()));
            }
            (Some(masked), _) if !masked.is_empty() && !masked.iter().any(|path| path == "/proc/kcore") => {
                recipe.refused.push("HostConfig.MaskedPaths: no CLI flag sets a custom list".to_owned());
            }
            _ => {}
        }
        let mode = if self.is_podman() { "CgroupMode" } else { "CgroupnsMode" };
        let namespace = self.text(&format!("HostConfig.{mode}"));
        let version = self.info.and_then(|info| info.get("CgroupVersion")).and_then(Value::as_str);
        let default = if version == Some("1") { "host" } else { "private" };
        if !namespace.is_empty() && namespace != default {
            recipe.push("--cgroupns", Some(namespace.to_owned()));
        }
    }

    /// Carries over the log driver and its options.
    pub fn logging(&self, recipe: &mut Recipe) {
        let Some(log) = self.value("HostConfig.LogConfig") else { return };
        let driver = log.get("Type").and_then(Value::as_str).unwrap_or_default();
        let options = log.get("Config").and_then(field_values::pairs).unwrap_or_default();
        let usual = self.info.and_then(|info| info.get("LoggingDriver")).and_then(Value::as_str);
        let asked = if self.is_podman() {
            self.asked.has(&["--log-driver"])
        } else {
            usual.is_some_and(|usual| usual != driver) || !options.is_empty()
        };
        if asked && !driver.is_empty() {
            recipe.push("--log-driver", Some(driver.to_owned()));
        }
        for option in
            options.into_iter().chain(self.asked.values(&["--log-opt"]).into_iter().map(str::to_owned))
        {
            recipe.push("--log-opt", Some(option));
        }
    }
}

/// Rewrites a JSON text as one line, whatever its strings contain.
fn one_line(json: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    Some(in_json(&value.to_string()))
}

/// Returns whether an env file can hold it: one line `NAME=value`, no longer than the CLI reads at once.
fn fits_a_file(entry: &str) -> bool {
    const LINE: usize = 65_535;
    let Some((name, value)) = entry.split_once('=') else { return false };
    !value.contains(['\n', '\r'])
        && !name.starts_with('#')
        && !name.contains(char::is_whitespace)
        && entry.len() < LINE
}
