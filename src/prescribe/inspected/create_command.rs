//! Reads Podman's own command line (`Config.CreateCommand`): flags that its inspect document does not show,
//! or does not distinguish from the engine's defaults.
//!
//! Must not take arguments of the container's program for flags.

use serde_json::Value;

use crate::prescribe::recipe::Recipe;

/// How a Podman flag is restored from the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Has a value, which inspect does not show.
    Value,
    /// Has no value, and inspect does not show it.
    Nothing,
    /// Inspect shows it, so it is not read here.
    Shown,
}

/// Flags that only Podman's CLI has (podman-run(1) of 4.3 to 5.6).
const PODMAN_ONLY: [(&str, Takes); 36] = [
    ("--chrootdirs", Takes::Shown),
    ("--conmon-pidfile", Takes::Value),
    ("--env-host", Takes::Nothing),
    ("--env-merge", Takes::Value),
    ("--gidmap", Takes::Value),
    ("--group-entry", Takes::Value),
    ("--health-log-destination", Takes::Shown),
    ("--health-max-log-count", Takes::Shown),
    ("--health-max-log-size", Takes::Shown),
    ("--health-on-failure", Takes::Shown),
    ("--health-startup-cmd", Takes::Value),
    ("--health-startup-interval", Takes::Value),
    ("--health-startup-retries", Takes::Value),
    ("--health-startup-success", Takes::Value),
    ("--health-startup-timeout", Takes::Value),
    ("--hostuser", Takes::Value),
    ("--http-proxy", Takes::Nothing),
    ("--image-volume", Takes::Value),
    ("--init-path", Takes::Value),
    ("--no-hostname", Takes::Nothing),
    ("--no-hosts", Takes::Nothing),
    ("--passwd", Takes::Shown),
    ("--passwd-entry", Takes::Value),
    ("--personality", Takes::Value),
    ("--pidfile", Takes::Value),
    ("--read-only-tmpfs", Takes::Nothing),
    ("--requires", Takes::Value),
    ("--sdnotify", Takes::Shown),
    ("--seccomp-policy", Takes::Value),
    ("--shm-size-systemd", Takes::Value),
    ("--subgidname", Takes::Value),
    ("--subuidname", Takes::Value),
    ("--tz", Takes::Shown),
    ("--uidmap", Takes::Value),
    ("--umask", Takes::Shown),
    ("--variant", Takes::Value),
];
/// Flags that shape the environment, which is carried over in its final form.
const OF_ENVIRONMENT: [(&str, Takes); 2] = [("--unsetenv", Takes::Value), ("--unsetenv-all", Takes::Nothing)];

/// Lists the flags that only Podman's CLI has.
pub fn podman_only() -> impl Iterator<Item = &'static str> {
    PODMAN_ONLY.iter().chain(&OF_ENVIRONMENT).map(|(name, _)| *name)
}

/// Returns whether Podman turns its systemd mode on by itself for a program (podman-run(1), `--systemd`).
pub fn recognises_as_init(program: &str) -> bool {
    matches!(program, "/sbin/init" | "/usr/sbin/init" | "/usr/local/sbin/init")
        || program.rsplit('/').next() == Some("systemd")
}

/// Podman's own command line; empty if the container was created over the API.
#[derive(Debug, Clone, Copy, Default)]
pub struct CreateCommand<'s> {
    words: &'s [Value],
}

impl<'s> CreateCommand<'s> {
    /// Reads Podman's native document.
    pub fn of(native: Option<&'s Value>) -> Self {
        let words =
            native.and_then(|native| native.pointer("/Config/CreateCommand")).and_then(Value::as_array);
        // Podman 4 gives every container that was created over the API the command line of its service.
        let is_service = |words: &&[Value]| words.windows(2).any(|pair| pair == ["system", "service"]);
        let words = words.map(Vec::as_slice).filter(|words| !is_service(words)).unwrap_or_default();
        // The container's own command comes last and may look like Podman flags.
        let command = native.and_then(|native| native.pointer("/Config/Cmd")).and_then(Value::as_array);
        Self { words: words.strip_suffix(command.map_or(&[][..], Vec::as_slice)).unwrap_or(words) }
    }

    /// Returns whether the command line is known.
    pub fn knows(self) -> bool {
        !self.words.is_empty()
    }

    /// Returns whether one of these flags was given.
    pub fn has(self, names: &[&str]) -> bool {
        self.texts().any(|word| names.contains(&word.split('=').next().unwrap_or(word)))
    }

    /// Returns the values that one of these flags was given.
    pub fn values(self, names: &[&str]) -> Vec<&'s str> {
        let mut values = Vec::new();
        let mut words = self.texts();
        while let Some(word) = words.next() {
            match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => values.push(value),
                None if names.contains(&word) => values.extend(words.next()),
                _ => {}
            }
        }
        values
    }

    /// Returns whether a variable was given, or may have been given by a file or the caller's environment.
    pub fn names_variable(self, name: &str) -> bool {
        let given =
            self.values(&["-e", "--env"]).into_iter().any(|entry| entry.split('=').next() == Some(name));
        given || self.has(&["--env-file", "--env-host", "--env-merge"])
    }

    fn texts(self) -> impl Iterator<Item = &'s str> {
        self.words.iter().filter_map(Value::as_str)
    }

    /// Carries over what only the command line shows.
    pub fn carry(self, recipe: &mut Recipe) {
        for (name, takes) in PODMAN_ONLY.iter().chain(&OF_ENVIRONMENT).copied() {
            match takes {
                Takes::Value => self
                    .values(&[name])
                    .into_iter()
                    .for_each(|value| recipe.push(name, Some(value.to_owned()))),
                Takes::Nothing if self.has(&[name]) => {
                    let value = self.texts().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
                    // A value that is not a boolean would become a separate word, and the next word the
                    // image.
                    match value {
                        None | Some("true" | "false") => recipe.push(name, value.map(str::to_owned)),
                        Some(_) => {
                            recipe.refused.push(format!("{name}: the value is neither true nor false"));
                        }
                    }
                }
                Takes::Nothing | Takes::Shown => {}
            }
        }
        let masks = self
            .values(&["--security-opt"])
            .into_iter()
            .filter(|option| option.starts_with("mask=") || option.starts_with("unmask="));
        masks.for_each(|option| recipe.push("--security-opt", Some(option.to_owned())));
        if self.has(&["--rootfs"]) {
            recipe.refused.push("--rootfs: the container has no image".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_of_a_value_are_found() {
        let native = json!({"Config": {"CreateCommand": ["podman", "run", "--ulimit", "nofile=1:2", "--ulimit=nproc=3", "--no-hosts", "--unsetenv=A", "img"]}});
        let asked = CreateCommand::of(Some(&native));
        assert_eq!(asked.values(&["--ulimit"]), ["nofile=1:2", "nproc=3"]);
        let mut recipe = Recipe::default();
        asked.carry(&mut recipe);
        assert!(recipe.has("--no-hosts") && recipe.values("--unsetenv") == ["A"]);
        assert!(!CreateCommand::of(None).knows());
        let service = json!({"Config": {"CreateCommand": ["podman", "system", "service", "-t", "0"]}});
        assert!(!CreateCommand::of(Some(&service)).knows());
        let native = json!({"Config": {"Cmd": ["init", "--no-hosts"], "CreateCommand": ["podman", "run", "img", "init", "--no-hosts"]}});
        assert!(!CreateCommand::of(Some(&native)).has(&["--no-hosts"]));
    }
}
