//! Engines and their versions: words such as `docker-20.10` or `20.10.24+dfsg1` in, comparable values out.

use std::fmt;

use serde::Deserialize;

/// A version of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Version(pub u32, pub u32, pub u32);

/// Stands for the last patch release of a version.
const LAST_PATCH: u32 = u32::MAX;

/// Who makes an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Maker {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

/// An engine version, which has a built-in profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engine {
    /// Who makes it.
    pub maker: Maker,
    /// Its version.
    pub version: Version,
}

/// Returns the numbers at the beginning of a version, separated by dots; what follows them is ignored.
fn numbers(text: &str) -> impl Iterator<Item = Option<u32>> {
    text.split('.').map(|part| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..end)?.parse().ok()
    })
}

/// Returns the major and minor version of a kernel.
pub(super) fn release(text: &str) -> Option<(u32, u32)> {
    let mut numbers = numbers(text);
    Some((numbers.next()??, numbers.next().flatten().unwrap_or(0)))
}

impl Version {
    /// Parses a version; anything after its first three numbers is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = numbers(text.trim());
        let mut next = || numbers.next().flatten();
        Some(Self(next()?, next().unwrap_or(0), next().unwrap_or(0)))
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a version"))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Docker wrote the month with two digits up to 19.03.
        match (self.0, self.2) {
            (17..=19, 0 | LAST_PATCH) => write!(out, "{}.{:02}", self.0, self.1),
            (17..=19, patch) => write!(out, "{}.{:02}.{patch}", self.0, self.1),
            (_, 0 | LAST_PATCH) => write!(out, "{}.{}", self.0, self.1),
            (_, patch) => write!(out, "{}.{}.{patch}", self.0, self.1),
        }
    }
}

impl Maker {
    /// Returns its name, for use in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        }
    }
}

impl Engine {
    /// Parses `docker-20.10`, `docker 28.5.2` or `podman`, the last as version 4.3; without a third number
    /// the last patch release is meant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, words) = text.split_once(['-', ' ', ':', '@']).unwrap_or((text, ""));
        let maker = match name {
            "podman" => Maker::Podman,
            "docker" => Maker::Docker,
            _ => return None,
        };
        let words = if maker == Maker::Podman && words.is_empty() { "4.3" } else { words };
        let mut version = Version::parse(words)?;
        if words.split('.').count() < 3 {
            version.2 = LAST_PATCH;
        }
        Some(Self { maker, version })
    }

    /// Returns whether the engine supports `defaultErrnoRet`. Docker before 23.0 does not (moby,
    /// `api/types/seccomp.go`): its default answer is EPERM.
    pub(super) fn knows_default_errno(self) -> bool {
        self.maker == Maker::Podman || self.version >= Version(23, 0, 0)
    }

    /// Returns whether the engine supports `errnoRet`. Docker before 20.10 does not.
    pub(super) fn knows_errno(self) -> bool {
        self.maker == Maker::Podman || self.version >= Version(20, 10, 0)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.maker.name(), self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        assert_eq!(Version::parse("20.10.24+dfsg1"), Some(Version(20, 10, 24)));
        assert_eq!(Version::parse("17.03.2-ce"), Some(Version(17, 3, 2)));
        assert_eq!(Version::parse("dev"), None);
        assert!(Version(20, 10, 9) < Version(20, 10, 10) && Version(9, 0, 0) < Version(17, 3, 0));
        assert_eq!(
            (Version(17, 3, 0).to_string(), Version(29, 4, 3).to_string()),
            ("17.03".to_owned(), "29.4.3".to_owned())
        );
        assert_eq!(release("6.18.44-x"), Some((6, 18)));
        assert_eq!((release("6"), release("x.1")), (Some((6, 0)), None));
    }

    #[test]
    fn engines_have_names() {
        assert_eq!(
            Engine::parse("docker-20.10").map(|engine| engine.to_string()).as_deref(),
            Some("Docker 20.10")
        );
        assert_eq!(Engine::parse("podman").map(|engine| engine.to_string()).as_deref(), Some("Podman 4.3"));
        assert_eq!((Engine::parse("docker"), Engine::parse("runc-1.1")), (None, None));
    }
}
