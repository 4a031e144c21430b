//! The command line programs of container engines.

use std::fmt;

use crate::snapshot::EngineKind;

/// A program whose `run` creates containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EngineCli {
    /// `docker`.
    Docker,
    /// `podman`.
    Podman,
    /// `nerdctl`, which takes Docker's options and uses containerd.
    Nerdctl,
}

impl EngineCli {
    /// Returns the program that a word starts: `docker`, `/usr/bin/podman`, `nerdctl.exe`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let name = word.rsplit(['/', '\\']).next().unwrap_or(word).trim_end_matches(".exe");
        [Self::Docker, Self::Podman, Self::Nerdctl].into_iter().find(|cli| cli.name() == name)
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => EngineKind::Docker.name(),
            Self::Podman => EngineKind::Podman.name(),
            Self::Nerdctl => "nerdctl",
        }
    }

    /// Returns the engine behind it; `None` if it is neither Docker nor Podman.
    #[must_use]
    pub fn engine(self) -> Option<EngineKind> {
        match self {
            Self::Docker => Some(EngineKind::Docker),
            Self::Podman => Some(EngineKind::Podman),
            Self::Nerdctl => None,
        }
    }
}

impl fmt::Display for EngineCli {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_starts_an_engine_s_program() {
        for (word, cli) in [
            ("docker", Some(EngineCli::Docker)),
            ("/usr/bin/podman", Some(EngineCli::Podman)),
            ("nerdctl", Some(EngineCli::Nerdctl)),
            (r"C:\Program Files\Docker\docker.exe", Some(EngineCli::Docker)),
            ("docker-compose", None),
            ("dockerd", None),
            ("", None),
        ] {
            assert_eq!(EngineCli::of_word(word), cli, "{word}");
        }
        assert_eq!(EngineCli::Nerdctl.engine(), None);
    }
}
