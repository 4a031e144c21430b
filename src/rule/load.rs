//! Loading rule files: the built-in ones and folders of the user; TOML text in, checked rules out.
//!
//! Why there are two ways: most runs use the built-in rules alone, match a few of them and print fewer. Those
//! rules are checked when the program is built (`build.rs`) and embedded as JSON with their needles prepared;
//! conditions and patterns are compiled on first use, pages and examples are parsed when they are first
//! shown. A user's rule has never been checked: every part of it is compiled at once, so that an error is
//! reported with file and line before anything is diagnosed, and not in the middle of a run. Both ways meet
//! in [`built`], so that a rule means the same either way.
//!
//! Why a project may only add: its files are found, not chosen. A checkout that could replace a built-in rule
//! could hide its own diagnosis.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::path::Path;

use super::embedded::{BUILTIN, EmbeddedFile};
use super::parse::{FileChecker, PreparedParts, built, parse};
use super::syntax::{HarmlessFile, RemedyFile, RuleFile};
use super::{
    Condition, LazyPart, RemedyText, Rule, RuleError, RuleSet, RuleSetChange, RuleSource, Signature,
};

/// Returns the built-in rules.
///
/// # Errors
/// [`RuleError`] for an invalid built-in file, which the tests rule out.
pub fn builtin() -> Result<RuleSet, RuleError> {
    load::<RuleSource>(&[])
}

/// Returns the built-in rules and those of more folders; a rule with the same id replaces the earlier one, if
/// its source may do that.
///
/// # Errors
/// [`RuleError`] with file and line.
pub fn load<S: Clone + Into<RuleSource>>(sources: &[S]) -> Result<RuleSet, RuleError> {
    let mut set = RuleSetBuilder::default();
    BUILTIN.hash.hash(&mut set.hasher);
    for file in BUILTIN.files {
        set.embed(file)?;
    }
    for source in sources {
        let source: RuleSource = source.clone().into();
        let before = std::mem::take(&mut set.change);
        set.fixed = (set.rules.keys().cloned().collect(), set.remedies.keys().cloned().collect());
        source.read(|path, text| set.add(&path.display().to_string(), text, source.project.as_deref()))?;
        let change = std::mem::replace(&mut set.change, before);
        set.changes.extend(
            source.named_by.filter(|_| !change.is_empty()).map(|file| RuleSetChange { file, ..change }),
        );
    }
    Ok(set.finish())
}

#[derive(Default)]
struct RuleSetBuilder {
    rules: BTreeMap<String, Rule>,
    remedies: BTreeMap<String, RemedyText>,
    harmless: Vec<Signature>,
    hasher: std::hash::DefaultHasher,
    /// Ids of rules and remedies that existed before the current source.
    fixed: (BTreeSet<String>, BTreeSet<String>),
    /// What the current source changes.
    change: RuleSetChange,
    changes: Vec<RuleSetChange>,
}

/// The kind of a rule file, by its name.
enum RuleFileKind {
    Remedies,
    Harmless,
    Rule,
}

fn kind_of(file: &str) -> RuleFileKind {
    match Path::new(file).file_name().and_then(|name| name.to_str()) {
        Some("remedies.toml") => RuleFileKind::Remedies,
        Some("harmless.toml") => RuleFileKind::Harmless,
        _ => RuleFileKind::Rule,
    }
}

impl RuleSetBuilder {
    /// Adds a file of a source after checking it; one of a project may not replace anything.
    fn add(&mut self, file: &str, text: &str, project: Option<&Path>) -> Result<(), RuleError> {
        text.hash(&mut self.hasher);
        let checked = FileChecker { file, text };
        match kind_of(file) {
            RuleFileKind::Remedies => {
                let raw: RemedyFile = checked.remedies(parse(file, text)?)?;
                for remedy in &raw.remedy {
                    let replaces = self.fixed.1.contains(&remedy.id);
                    self.note(file, "remedy", &remedy.id, replaces, project)?;
                }
                self.remedies(raw);
            }
            RuleFileKind::Harmless => {
                let signatures = checked.signatures(parse::<HarmlessFile>(file, text)?.signature)?;
                self.change.harmless += signatures.len();
                self.harmless.extend(signatures);
            }
            RuleFileKind::Rule => {
                let rule = checked.rule(parse(file, text)?)?;
                let replaces = self.fixed.0.contains(&rule.id);
                self.note(file, "diagnosis", &rule.id, replaces, project)?;
                self.rule(rule);
            }
        }
        Ok(())
    }

    /// Records that something is replaced, or refuses it.
    fn note(
        &mut self,
        file: &str,
        what: &'static str,
        id: &str,
        replaces: bool,
        project: Option<&Path>,
    ) -> Result<(), RuleError> {
        match project {
            _ if !replaces => Ok(()),
            None => {
                self.change.replaced.push(id.to_owned());
                Ok(())
            }
            Some(project) => {
                let (file, id, project) = (file.to_owned(), id.to_owned(), project.display().to_string());
                Err(RuleError::Replaces { file, what, id, project })
            }
        }
    }

    /// Adds a built-in file; its conditions and patterns are compiled when they are needed, and checked by
    /// [`super::verify()`].
    fn embed(&mut self, file: &EmbeddedFile) -> Result<(), RuleError> {
        match kind_of(file.name) {
            RuleFileKind::Remedies => self.remedies(file.read()?),
            RuleFileKind::Harmless => {
                self.harmless.extend(file.signatures(file.read::<HarmlessFile>()?.signature));
            }
            RuleFileKind::Rule => {
                let mut raw: RuleFile = file.read()?;
                let signatures = file.signatures(std::mem::take(&mut raw.signature));
                let parts = PreparedParts {
                    conditions: raw.conditions().map(|source| source.map(Condition::unchecked)),
                    signatures,
                };
                let (examples, page) = (LazyPart::embedded(file.examples), LazyPart::embedded(file.page));
                self.rule(Rule { page, examples, ..built(file.name, raw, parts) });
            }
        }
        Ok(())
    }

    fn remedies(&mut self, file: RemedyFile) {
        let named = file.remedy.into_iter().map(|remedy| (remedy.id.clone(), RemedyText::from(remedy)));
        self.remedies.extend(named);
    }

    fn rule(&mut self, rule: Rule) {
        self.rules.insert(rule.id.clone(), rule);
    }

    fn finish(self) -> RuleSet {
        let mut rules: Vec<_> = self.rules.into_values().collect();
        rules.sort_by(|a, b| (a.stage, &a.id).cmp(&(b.stage, &b.id)));
        RuleSet {
            rules,
            remedies: self.remedies,
            harmless: self.harmless,
            hash: format!("{:016x}", self.hasher.finish()),
            changes: self.changes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        let said = |text: &str| RuleSetBuilder::default().add("x.toml", text, None).unwrap_err().to_string();
        assert!(
            said("id = \"a\"\nwhat = 3").starts_with("x.toml:2: unknown field `what`"),
            "{}",
            said("id = \"a\"\nwhat = 3")
        );
        let head = "id = \"a\"\ntitle = \"t\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation \
            = \"e\"\nconfirm = \"c\"\n";
        let wrong_fact = said(&format!("{head}when = 'container.ttty'"));
        assert!(
            wrong_fact.starts_with("x.toml:7: when unknown fact `container.ttty`, did you mean"),
            "{wrong_fact}"
        );
        let wrong_pattern = said(&format!("{head}[[signature]]\nname = \"s\"\npattern = '(x'"));
        assert!(wrong_pattern.starts_with("x.toml:8: signature s has an invalid regular"), "{wrong_pattern}");
    }

    #[test]
    fn a_folder_overrides_by_id() {
        let dir = tempfile::tempdir().unwrap();
        let text = "id = \"boot-stopped\"\ntitle = \"mine\"\nseverity = \"error\"\nstage \
            = \"mount\"\nexplanation = \"e\"\nconfirm = \"c\"\n";
        std::fs::write(dir.path().join("mine.toml"), text).unwrap();
        let set = load(&[dir.path().to_owned()]).unwrap();
        assert_eq!(set.get("boot-stopped").map(|rule| rule.title.as_str()), Some("mine"));
        assert_ne!(set.hash, builtin().unwrap().hash);
    }

    #[test]
    fn a_missing_folder_is_named() {
        assert!(
            load(&[std::path::PathBuf::from("/no/such/rules")])
                .unwrap_err()
                .to_string()
                .contains("/no/such/rules")
        );
    }

    #[test]
    fn a_project_adds_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let of_project =
            RuleSource { project: Some("p/sysdock.toml".into()), ..RuleSource::from(dir.path().to_owned()) };
        let rule = |id: &str| {
            format!(
                "id = \"{id}\"\ntitle = \"mine\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation \
                    = \"e\"\nconfirm = \"c\"\n"
            )
        };
        let remedy = |id: &str| format!("[[remedy]]\nid = \"{id}\"\ntitle = \"t\"\nwords = \"w\"\n");
        let builtin = builtin().unwrap();
        let known = builtin.remedies.keys().next().unwrap();
        for (name, text, fits) in [
            ("a.toml", rule("mine"), true),
            ("a.toml", rule("boot-stopped"), false),
            ("a.toml", rule("cgroup-read-only"), false),
            ("remedies.toml", remedy("mine"), true),
            ("remedies.toml", remedy(known), false),
        ] {
            std::fs::write(dir.path().join(name), &text).unwrap();
            let loaded = load(std::slice::from_ref(&of_project));
            assert_eq!(loaded.is_ok(), fits, "{text}");
            assert!(loaded.err().is_none_or(|error| error.to_string().contains("--trust")), "{text}");
            let trusted =
                RuleSource { project: None, named_by: Some("p/sysdock.toml".into()), ..of_project.clone() };
            let replaced: Vec<String> =
                load(&[trusted]).unwrap().changes.into_iter().flat_map(|change| change.replaced).collect();
            assert_eq!(replaced.is_empty(), fits, "{text}");
            std::fs::remove_file(dir.path().join(name)).unwrap();
        }
    }
}
