//! Describes what a step fetches from the old container without showing it: the environment, secret labels,
//! secret words.
//!
//! Holds the query: a template of `inspect -f` for people, and a lookup in the inspect document for programs.
//! Must not hold the result.

use serde_json::Value;

use super::secret_word::Place;

/// What a step fetches from a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The part of the container's configuration.
    pub part: Part,
    /// The container.
    pub source: String,
    /// The file that its entries are written to, one `NAME=value` per line.
    pub file: String,
    /// Names of variables or labels to leave out.
    pub(in crate::prescribe) without: Vec<String>,
    /// Expected number of entries.
    pub(in crate::prescribe) count: usize,
}

/// A part of a container's configuration whose values may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `Config.Env`, a list of `NAME=value`.
    Environment,
    /// `Config.Labels`, a map.
    Labels,
    /// One word of the command, the entrypoint or the health check, or the value of an option.
    Word(Place),
}

impl Part {
    /// Returns its name for a sentence.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Environment => "the environment".to_owned(),
            Self::Labels => "the labels".to_owned(),
            Self::Word(place) => place.name(),
        }
    }

    /// Returns the template for `inspect -f`, without these labels.
    pub(in crate::prescribe) fn template(&self, without: &[String]) -> String {
        match self {
            Self::Environment => "{{range .Config.Env}}{{println .}}{{end}}".to_owned(),
            Self::Labels => {
                let entry = "{{println (printf \"%s=%s\" $key $value)}}";
                // A JSON string is also a Go string.
                let names = without
                    .iter()
                    .map(|name| format!(" (ne $key {})", Value::from(name.as_str())))
                    .collect::<Vec<_>>()
                    .concat();
                let entry = if names.is_empty() {
                    entry.to_owned()
                } else {
                    format!("{{{{if and{names} true}}}}{entry}{{{{end}}}}")
                };
                format!("{{{{range $key, $value := .Config.Labels}}}}{entry}{{{{end}}}}")
            }
            Self::Word(place) => format!("{}.", place.template()),
        }
    }
}

impl Fetch {
    /// Returns the file's text from the container's inspect document; `None` if the entries are not those
    /// that the step was written for, or one of them has a line break.
    #[must_use]
    pub fn text(&self, inspect: &Value) -> Option<String> {
        let config = inspect.get("Config")?;
        let all: Vec<String> = match &self.part {
            // The dot keeps trailing line breaks, which command substitution would remove.
            Part::Word(place) => return place.word(inspect).map(|word| format!("{word}.\n")),
            Part::Environment => {
                config.get("Env")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Part::Labels => config
                .get("Labels")?
                .as_object()?
                .iter()
                .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
                .collect(),
        };
        let is_left_out = |entry: &str| {
            self.without
                .iter()
                .any(|name| entry.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('=')))
        };
        let kept: Vec<&String> = all.iter().filter(|entry| !is_left_out(entry)).collect();
        let whole = kept.len() == self.count && !kept.iter().any(|entry| entry.contains(['\n', '\r']));
        whole.then(|| kept.into_iter().map(|entry| entry.clone() + "\n").collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fetch(part: Part, without: &[&str], count: usize) -> Fetch {
        let without = without.iter().map(|name| (*name).to_owned()).collect();
        Fetch { part, source: "web".to_owned(), file: "web.env".to_owned(), without, count }
    }

    #[test]
    fn the_engines_answer_gives_what_the_command_would() {
        let inspect =
            json!({"Config": {"Env": ["A=1", "HOSTNAME=x", "B=a=b c"], "Labels": {"k": "v", "empty": ""}}});
        assert_eq!(fetch(Part::Environment, &["HOSTNAME"], 2).text(&inspect).unwrap(), "A=1\nB=a=b c\n");
        assert_eq!(fetch(Part::Labels, &[], 2).text(&inspect).unwrap().lines().count(), 2);
    }

    #[test]
    fn labels_that_are_flags_of_their_own_are_not_in_the_file() {
        let inspect = json!({"Config": {"Labels": {"a": "1", "note": "x\ny", "note2": "=z"}}});
        let fetch = fetch(Part::Labels, &["note"], 2);
        assert_eq!(fetch.text(&inspect).unwrap(), "a=1\nnote2==z\n");
        assert!(fetch.part.template(&["a \"b".to_owned()]).contains(r#"{{if and (ne $key "a \"b") true}}"#));
    }

    #[test]
    fn the_value_of_an_option_is_fetched_from_its_map() {
        let inspect = json!({"Config": {"Labels": {"a.b": "x\ny"}}, "HostConfig": {
            "LogConfig": {"Config": {"splunk-token": "t"}},
            "Mounts": [{}, {"VolumeOptions": {"Labels": {"k": "v"}, "DriverConfig": {"Options": {"o": "p"}}}}],
        }});
        for (mount, map, key, value, template) in [
            (None, "Config.Labels", "a.b", "x\ny", r#"{{index .Config.Labels "a.b"}}."#),
            (
                None,
                "HostConfig.LogConfig.Config",
                "splunk-token",
                "t",
                r#"{{index .HostConfig.LogConfig.Config "splunk-token"}}."#,
            ),
            (
                Some(1),
                "VolumeOptions.Labels",
                "k",
                "v",
                r#"{{index (index .HostConfig.Mounts 1).VolumeOptions.Labels "k"}}."#,
            ),
            (
                Some(1),
                "VolumeOptions.DriverConfig.Options",
                "o",
                "p",
                r#"{{index (index .HostConfig.Mounts 1).VolumeOptions.DriverConfig.Options "o"}}."#,
            ),
        ] {
            let fetch = fetch(Part::Word(Place::Option { mount, map, key: key.to_owned() }), &[], 1);
            assert_eq!(
                (fetch.text(&inspect), fetch.part.template(&[])),
                (Some(format!("{value}.\n")), template.to_owned())
            );
        }
    }

    #[test]
    fn a_word_is_fetched_whole() {
        let inspect = json!({"Config": {"Cmd": ["sh", "a b\n\n"], "Entrypoint": ["/e"], "Healthcheck": {"Test": ["CMD-SHELL", "h"]}}});
        let text = |place| fetch(Part::Word(place), &[], 1).text(&inspect);
        assert_eq!(text(Place::Command(1)).unwrap(), "a b\n\n.\n");
        assert_eq!(
            (text(Place::Entrypoint(0)).unwrap(), text(Place::HealthCheck).unwrap()),
            ("/e.\n".to_owned(), "h.\n".to_owned())
        );
        assert_eq!(
            (text(Place::Command(2)), fetch(Part::Word(Place::HealthCheck), &[], 1).text(&json!({}))),
            (None, None)
        );
    }

    #[test]
    fn entries_that_a_file_cannot_hold_or_that_have_changed_are_no_answer() {
        let inspect = json!({"Config": {"Env": ["A=1\n2"], "Labels": {"k": "v"}}});
        assert_eq!(fetch(Part::Environment, &[], 1).text(&inspect), None);
        assert_eq!(fetch(Part::Labels, &[], 2).text(&inspect), None);
        assert_eq!(fetch(Part::Labels, &[], 1).text(&json!({})), None);
    }
}
