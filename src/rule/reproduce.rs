//! How to reproduce a diagnosis: what a rule file says about it in, the commands to paste out. Must not run
//! them.

use serde::Deserialize;

use super::VersionRange;
use crate::snapshot::EngineKind;

/// The word in a command that is replaced by an image with systemd in it.
pub const IMAGE: &str = "IMAGE";
/// The name of the container in a reproduction.
pub const BROKEN: &str = "broken";

/// One way to break a container so that the diagnosis is the cause.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reproduction {
    /// `docker` or `podman`.
    #[cfg_attr(feature = "cli", schemars(with = "String", extend("enum" = ["docker", "podman"])))]
    pub engine: EngineKind,
    /// First major version of the engine; 0 for any.
    #[serde(default)]
    pub since: i64,
    /// `v1` or `v2`; either when absent.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["v1", "v2"])))]
    pub cgroup: Option<String>,
    /// Versions of systemd in the image; any when absent.
    #[cfg_attr(feature = "cli", schemars(with = "Option<super::schema::Range>"))]
    pub systemd: Option<VersionRange>,
    /// It needs an engine that maps root to another user.
    #[serde(default)]
    pub userns_remap: bool,
    /// Lines of a Dockerfile after its FROM; the container is then one of the image made of them.
    pub dockerfile: Option<String>,
    /// Text of a seccomp profile, which `run` names as profile.json.
    pub profile: Option<String>,
    /// The command that starts the container `broken` from `IMAGE`.
    pub run: String,
    /// Commands after it.
    #[serde(default)]
    pub then: Vec<String>,
}

impl Reproduction {
    /// Returns the conditions under which it can be reproduced, in words.
    #[must_use]
    pub fn place(&self) -> String {
        let engine = self.engine.title();
        let since = if self.since > 0 { format!(" {} and later", self.since) } else { String::new() };
        let cgroup = self.cgroup.as_ref().map(|mode| format!(" on cgroup {mode}")).unwrap_or_default();
        let userns = if self.userns_remap { " with userns-remap" } else { "" };
        let systemd = self.systemd.map(|range| format!(", systemd {range}")).unwrap_or_default();
        format!("{engine}{since}{cgroup}{userns}{systemd}")
    }

    /// Returns a shell script: the preparation, the commands, and the call of `sysdock doctor` at the end.
    #[must_use]
    pub fn script(&self) -> String {
        let mut text = String::new();
        if let Some(lines) = &self.dockerfile {
            let engine = self.engine.name();
            text.push_str(&format!(
                "{engine} build -t {BROKEN} - <<'END'\nFROM {IMAGE}\n{}\nEND\n",
                lines.trim()
            ));
        }
        if let Some(profile) = &self.profile {
            text.push_str(&format!("echo '{}' > profile.json\n", profile.trim()));
        }
        let image = if self.dockerfile.is_some() { BROKEN } else { IMAGE };
        text.push_str(&self.run.replace(IMAGE, image));
        text.push('\n');
        self.then.iter().for_each(|command| text.push_str(&format!("{command}\n")));
        text.push_str(&format!("sysdock doctor {BROKEN}\n"));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reproduction_is_shown_as_commands() {
        let text = "engine = \"docker\"\nsince = 28\ncgroup = \"v2\"\nsystemd = \"..=257\"\ndockerfile \
            = \"RUN true\"\n\
                    run = \"docker run -d --name broken IMAGE /sbin/init\"\nthen = [\"docker stop \
            broken\"]\n";
        let one: Reproduction = toml::from_str(text).unwrap();
        assert_eq!(one.place(), "Docker 28 and later on cgroup v2, systemd up to 257");
        insta::assert_snapshot!(one.script(), @r"
        docker build -t broken - <<'END'
        FROM IMAGE
        RUN true
        END
        docker run -d --name broken broken /sbin/init
        docker stop broken
        sysdock doctor broken
        ");
    }
}
