//! What Podman was called with (`Config.CreateCommand`): flags that its inspect document does not show, or does not tell
//! apart from what the engine filled in. Pure.

use serde_json::Value;

use super::recipe::Recipe;

/// Flags with a value that inspect does not show.
const WITH_VALUE: [&str; 17] = [
    "--chrootdirs",
    "--gidmap",
    "--hostuser",
    "--image-volume",
    "--init-path",
    "--passwd-entry",
    "--personality",
    "--pidfile",
    "--requires",
    "--seccomp-policy",
    "--subgidname",
    "--subuidname",
    "--uidmap",
    "--unsetenv",
    "--variant",
    "--group-entry",
    "--conmon-pidfile",
];
/// Switches that inspect does not show.
const SWITCHES: [&str; 7] =
    ["--env-host", "--env-merge", "--http-proxy", "--no-hostname", "--no-hosts", "--read-only-tmpfs", "--unsetenv-all"];

/// Programs for which Podman turns its systemd mode on by itself (podman-run(1), `--systemd`).
pub fn knows_as_init(program: &str) -> bool {
    matches!(program, "/sbin/init" | "/usr/sbin/init" | "/usr/local/sbin/init") || program.rsplit('/').next() == Some("systemd")
}

/// Podman's own command line; empty where the container was made over the API.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'s> {
    words: &'s [Value],
}

impl<'s> Asked<'s> {
    /// Reads Podman's native document.
    pub fn of(native: Option<&'s Value>) -> Self {
        let words = native.and_then(|native| native.pointer("/Config/CreateCommand")).and_then(Value::as_array);
        Self { words: words.map_or(&[], Vec::as_slice) }
    }

    /// Whether the command line is known.
    pub fn knows(self) -> bool {
        !self.words.is_empty()
    }

    /// Whether one of these flags was given.
    pub fn has(self, names: &[&str]) -> bool {
        self.texts().any(|word| names.contains(&word.split('=').next().unwrap_or(word)))
    }

    /// The values that one of these flags was given.
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

    fn texts(self) -> impl Iterator<Item = &'s str> {
        self.words.iter().filter_map(Value::as_str)
    }

    /// Takes over what only the command line tells.
    pub fn carry(self, recipe: &mut Recipe) {
        for name in WITH_VALUE {
            self.values(&[name]).into_iter().for_each(|value| recipe.push(name, Some(value.to_owned())));
        }
        for name in SWITCHES.into_iter().filter(|name| self.has(&[name])) {
            let value = self.texts().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            recipe.push(name, value.map(str::to_owned));
        }
        let masks =
            self.values(&["--security-opt"]).into_iter().filter(|option| option.starts_with("mask=") || option.starts_with("unmask="));
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
        let asked = Asked::of(Some(&native));
        assert_eq!(asked.values(&["--ulimit"]), ["nofile=1:2", "nproc=3"]);
        let mut recipe = Recipe::default();
        asked.carry(&mut recipe);
        assert!(recipe.has("--no-hosts") && recipe.values("--unsetenv") == ["A"]);
        assert!(!Asked::of(None).knows());
    }
}
