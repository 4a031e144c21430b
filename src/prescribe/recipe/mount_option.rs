//! Parses a `--mount` value, which is a line of CSV, into its parts.
//!
//! Must not lose an option that it does not know.

use super::csv_line;

/// The parts of a `--mount`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, `image`, …
    pub kind: String,
    /// Path on the host or name of the volume.
    pub source: Option<String>,
    /// Path in the container.
    pub target: String,
    /// Whether the mount is read-only.
    pub read_only: bool,
    /// Further options with their values.
    pub options: Vec<(String, String)>,
}

impl Mount {
    /// Parses a `--mount` value.
    pub fn of(text: &str) -> Self {
        let mut mount = Self { kind: "volume".to_owned(), ..Self::default() };
        for word in csv_line::split(text) {
            let (key, value) = word.split_once('=').unwrap_or((&word, ""));
            let owned = || value.to_owned();
            match key {
                "type" => mount.kind = owned(),
                "source" | "src" => mount.source = Some(owned()),
                "target" | "dst" | "destination" => mount.target = owned(),
                "readonly" | "ro" => mount.read_only = value != "false",
                _ => mount.options.push((key.to_owned(), owned())),
            }
        }
        mount
    }

    /// Removes an option and returns its value.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.options.iter().position(|(key, _)| key == name)?;
        Some(self.options.remove(at).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_taken_apart() {
        let mut mount = Mount::of("type=bind,source=/a,target=/b,readonly,bind-propagation=rslave");
        assert_eq!(
            (mount.kind.as_str(), mount.source.as_deref(), mount.target.as_str(), mount.read_only),
            ("bind", Some("/a"), "/b", true)
        );
        assert_eq!((mount.take("bind-propagation").as_deref(), mount.options.len()), (Some("rslave"), 0));
        let mount = Mount::of("type=volume,target=/b,\"volume-opt=o=size=1m,mode=700\",volume-nocopy");
        assert_eq!(
            mount.options,
            [("volume-opt", "o=size=1m,mode=700"), ("volume-nocopy", "")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }
}
