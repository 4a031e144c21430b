//! Carries over the user namespace of a Podman container.
//!
//! `HostConfig.UsernsMode` tells no more than whether there is one: it says `private` for `keep-id` and
//! `nomap`, and nothing for `host` and `auto`.

use super::documents::Inspected;
use crate::prescribe::recipe::Recipe;

impl Inspected<'_> {
    /// Returns the value of `--userns`: Podman 5 notes it in the annotation `io.podman.annotations.userns`,
    /// older ones in their command line alone. `None` if it is not known, or was not given.
    pub fn user_mode(&self) -> Option<&str> {
        self.own_annotation("userns").or_else(|| self.asked.values(&["--userns"]).last().copied())
    }

    /// Carries over the mode, from which `HostConfig.IDMappings` follows.
    pub fn user_namespace(&self, recipe: &mut Recipe) {
        if let Some(mode) = self.user_mode() {
            recipe.set("--userns", mode);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{EngineId, Facts, LogExcerpt, SCHEMA_VERSION, Snapshot, Target, TargetKind};

    fn recipe(command: &[&str], annotation: Option<&str>) -> Recipe {
        let words: Vec<&str> = ["podman", "run"].iter().chain(command).chain(&["img"]).copied().collect();
        let host = json!({
            "UsernsMode": "private", "NetworkMode": "none",
            "IDMappings": {"UidMap": ["0:1:1000", "1000:0:1"], "GidMap": ["0:1:1000", "1000:0:1"]},
        });
        let mut native =
            json!({"Id": "0", "Config": {"Image": "img", "CreateCommand": words}, "HostConfig": host});
        if let Some(mode) = annotation {
            native["Config"]["Annotations"] = json!({"io.podman.annotations.userns": mode});
        }
        let name = "podman".to_owned();
        let engine = Some(EngineId { name, version: String::new(), api: String::new() });
        let target = Target { kind: TargetKind::Container, name: "web".to_owned(), id: None, engine };
        let documents = [("container", native.clone()), ("podman", native)];
        let snapshot = Snapshot {
            schema_version: SCHEMA_VERSION,
            target,
            facts: Facts::default(),
            gaps: Vec::new(),
            log: LogExcerpt::default(),
            documents: documents.map(|(name, text): (_, Value)| (name.to_owned(), text)).into(),
            derived: None,
        };
        Inspected::of(&snapshot).expect("the documents are there").recipe("web")
    }

    #[test]
    fn its_mode_comes_from_the_annotation_or_the_command_line() {
        for (command, annotation) in [
            (&[][..], Some("keep-id:uid=5,gid=5")),
            (&["--userns", "auto"], Some("keep-id:uid=5,gid=5")),
            (&["--userns=keep-id:uid=5,gid=5"], None),
        ] {
            let recipe = recipe(command, annotation);
            assert_eq!(recipe.values("--userns"), ["keep-id:uid=5,gid=5"], "{command:?}");
            assert!(recipe.refused.is_empty(), "{:?}", recipe.refused);
        }
    }

    #[test]
    fn mappings_of_an_unknown_mode_are_refused() {
        let recipe = recipe(&[], None);
        assert!(recipe.refused.iter().any(|text| text.starts_with("HostConfig.IDMappings")));
    }
}
