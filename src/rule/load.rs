//! Loading rule files: the built-in ones and folders of the user; TOML text in, checked rules out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::path::Path;

use super::checker::CONDITIONS;
use super::id::{check_id, check_reference};
use super::needle::needles;
use super::syntax::{HarmlessFile, RemedyFile, RuleFile, SignatureFile};
use super::{
    Change, Condition, ConditionError, Later, RemedyText, Rule, RuleError, RuleSet, Signature, Source,
    VersionRange,
};
use crate::pattern::Pattern;

/// The built-in rule files, as the build script wrote them.
struct Embedded {
    files: &'static [File],
    /// Hash over all texts.
    hash: &'static str,
}

/// A built-in rule file.
struct File {
    /// `rules/…`.
    name: &'static str,
    /// What it says but for its examples, its page and its patterns.
    json: &'static str,
    /// Its examples.
    examples: &'static str,
    /// Its page, as [`super::Page`] has it; empty in a file of no rule.
    page: &'static str,
    /// What is known of each signature, in the order of the file.
    signatures: &'static [Known],
}

/// What the build script worked out of a signature.
struct Known {
    pattern: &'static str,
    /// See [`Signature::needles`].
    needles: &'static [&'static str],
}

static BUILTIN: Embedded = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The built-in rules.
///
/// # Errors
/// [`RuleError`] for a built-in file with a mistake, which the tests exclude.
pub fn builtin() -> Result<RuleSet, RuleError> {
    load::<Source>(&[])
}

/// The built-in rules and those of more folders; the same id overrides, where the source may do that.
///
/// # Errors
/// [`RuleError`] naming file and line.
pub fn load<S: Clone + Into<Source>>(sources: &[S]) -> Result<RuleSet, RuleError> {
    let mut set = Builder::default();
    BUILTIN.hash.hash(&mut set.hasher);
    for file in BUILTIN.files {
        set.embed(file)?;
    }
    for source in sources {
        let source: Source = source.clone().into();
        let before = std::mem::take(&mut set.change);
        set.fixed = (set.rules.keys().cloned().collect(), set.remedies.keys().cloned().collect());
        source.read(|path, text| set.add(&path.display().to_string(), text, source.project.as_deref()))?;
        let change = std::mem::replace(&mut set.change, before);
        set.changes
            .extend(source.named_by.filter(|_| !change.is_empty()).map(|file| Change { file, ..change }));
    }
    Ok(set.finish())
}

#[derive(Default)]
struct Builder {
    rules: BTreeMap<String, Rule>,
    remedies: BTreeMap<String, RemedyText>,
    harmless: Vec<Signature>,
    hasher: std::hash::DefaultHasher,
    /// Ids of rules and remedies that are there before the source at hand.
    fixed: (BTreeSet<String>, BTreeSet<String>),
    /// What the source at hand does to them.
    change: Change,
    changes: Vec<Change>,
}

/// What a file is for, by its name.
enum Kind {
    Remedies,
    Harmless,
    Rule,
}

fn kind_of(file: &str) -> Kind {
    match Path::new(file).file_name().and_then(|name| name.to_str()) {
        Some("remedies.toml") => Kind::Remedies,
        Some("harmless.toml") => Kind::Harmless,
        _ => Kind::Rule,
    }
}

impl Builder {
    /// Adds a file of a source, checked; one of a project may not replace anything.
    fn add(&mut self, file: &str, text: &str, project: Option<&Path>) -> Result<(), RuleError> {
        text.hash(&mut self.hasher);
        let checked = Checked { file, text };
        match kind_of(file) {
            Kind::Remedies => {
                let raw: RemedyFile = checked.remedies(parse(file, text)?)?;
                for remedy in &raw.remedy {
                    let replaces = self.fixed.1.contains(&remedy.id);
                    self.note(file, "remedy", &remedy.id, replaces, project)?;
                }
                self.remedies(raw);
            }
            Kind::Harmless => {
                let signatures = checked.signatures(parse::<HarmlessFile>(file, text)?.signature)?;
                self.change.harmless += signatures.len();
                self.harmless.extend(signatures);
            }
            Kind::Rule => {
                let rule = checked.rule(parse(file, text)?)?;
                let replaces = self.fixed.0.contains(&rule.id);
                self.note(file, "diagnosis", &rule.id, replaces, project)?;
                self.rule(rule);
            }
        }
        Ok(())
    }

    /// Notes that something is replaced, or refuses it.
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
    fn embed(&mut self, file: &File) -> Result<(), RuleError> {
        match kind_of(file.name) {
            Kind::Remedies => self.remedies(file.read()?),
            Kind::Harmless => self.harmless.extend(file.signatures(file.read::<HarmlessFile>()?.signature)),
            Kind::Rule => {
                let mut raw: RuleFile = file.read()?;
                let signatures = file.signatures(std::mem::take(&mut raw.signature));
                let parts = Parts {
                    conditions: raw.conditions().map(|source| source.map(Condition::unchecked)),
                    signatures,
                };
                let (examples, page) = (Later::embedded(file.examples), Later::embedded(file.page));
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

impl File {
    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, RuleError> {
        serde_json::from_str(self.json).map_err(|error| RuleError::Syntax {
            file: self.name.to_owned(),
            line: error.line(),
            message: error.to_string(),
        })
    }

    fn signatures(&self, raw: Vec<SignatureFile>) -> Vec<Signature> {
        raw.into_iter().zip(self.signatures).map(|(raw, known)| signature(raw, known)).collect()
    }
}

/// A signature of a built-in file.
fn signature(raw: SignatureFile, known: &Known) -> Signature {
    Signature {
        name: raw.name,
        pattern: Pattern::new(known.pattern),
        needles: known.needles.iter().map(|needle| Cow::Borrowed(*needle)).collect(),
        systemd: raw.systemd.as_deref().and_then(VersionRange::parse),
        confidence: raw.confidence,
        weak: raw.weak,
        lasting: raw.lasting,
        when: raw.when.as_deref().map(Condition::unchecked),
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|error| RuleError::Syntax {
        file: file.to_owned(),
        line: error.span().map_or(1, |span| line_of(text, span.start)),
        message: error.message().to_owned(),
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// The parts of a rule that are prepared in one way for built-in files and in another for those of the user.
struct Parts {
    /// `when`, `harms`, `risk`, `note` and `unless`.
    conditions: [Option<Condition>; 5],
    signatures: Vec<Signature>,
}

fn built(file: &str, mut raw: RuleFile, parts: Parts) -> Rule {
    let [when, harms, risk, note, unless] = parts.conditions;
    Rule {
        when,
        harms,
        risk,
        note,
        unless,
        signatures: parts.signatures,
        page: raw.page().into(),
        file: file.to_owned(),
        id: raw.id,
        title: raw.title,
        severity: raw.severity,
        stage: raw.stage,
        class: raw.class,
        confidence: raw.confidence,
        consequence_only: raw.consequence_only,
        generic: raw.generic,
        last_resort: raw.last_resort,
        explains: raw.explains,
        shows: raw.shows,
        remedies: raw.remedies,
        no_flag: raw.no_flag,
        examples: raw.example.into(),
    }
}

/// A file of the user, each part of which is checked and named by its line.
#[derive(Clone, Copy)]
struct Checked<'f> {
    file: &'f str,
    text: &'f str,
}

impl Checked<'_> {
    fn rule(self, mut raw: RuleFile) -> Result<Rule, RuleError> {
        self.words(&raw)?;
        let mut conditions = [const { None }; 5];
        for ((key, source), condition) in CONDITIONS.into_iter().zip(raw.conditions()).zip(&mut conditions) {
            let refused = |error: ConditionError| {
                self.part(&format!("\n{key} ="), 1, key.to_owned(), error.to_string())
            };
            *condition = source.map(Condition::new).transpose().map_err(refused)?;
        }
        let signatures = self.signatures(std::mem::take(&mut raw.signature))?;
        Ok(built(self.file, raw, Parts { conditions, signatures }))
    }

    /// Checks what names files, places of pages and addresses: ids, and references.
    fn words(self, raw: &RuleFile) -> Result<(), RuleError> {
        let own = std::iter::once(("id", raw.id.as_str()));
        let others = [("explains", &raw.explains), ("remedies", &raw.remedies)];
        let others = others.into_iter().flat_map(|(key, ids)| ids.iter().map(move |id| (key, id.as_str())));
        for (key, id) in own.chain(others) {
            self.id(key, id)?;
        }
        for reference in &raw.references {
            check_reference(reference)
                .map_err(|message| self.part("\nreferences =", 1, "references".to_owned(), message))?;
        }
        Ok(())
    }

    fn id(self, key: &str, id: &str) -> Result<(), RuleError> {
        check_id(id).map_err(|message| self.part(&format!("{key} ="), 0, key.to_owned(), message))
    }

    fn remedies(self, raw: RemedyFile) -> Result<RemedyFile, RuleError> {
        raw.remedy.iter().try_for_each(|remedy| self.id("id", &remedy.id))?;
        Ok(raw)
    }

    fn signatures(self, raw: Vec<SignatureFile>) -> Result<Vec<Signature>, RuleError> {
        raw.into_iter().map(|signature| self.signature(signature)).collect()
    }

    fn signature(self, raw: SignatureFile) -> Result<Signature, RuleError> {
        self.id("name", &raw.name)?;
        let bad = |message: String| {
            self.part(&format!("name = \"{}\"", raw.name), 0, format!("signature {}", raw.name), message)
        };
        let systemd = match &raw.systemd {
            Some(range) => Some(
                VersionRange::parse(range)
                    .ok_or_else(|| bad(format!("has the invalid version range `{range}`")))?,
            ),
            None => None,
        };
        let needles =
            needles(&raw.pattern).map_err(|e| bad(format!("has an invalid regular expression: {e}")))?;
        let when = raw
            .when
            .as_deref()
            .map(Condition::new)
            .transpose()
            .map_err(|e| bad(format!("has a condition that {e}")))?;
        Ok(Signature {
            pattern: Pattern::owned(raw.pattern),
            needles: needles.into_iter().map(Cow::Owned).collect(),
            name: raw.name,
            systemd,
            confidence: raw.confidence,
            weak: raw.weak,
            lasting: raw.lasting,
            when,
        })
    }

    /// The refusal of a part that begins on the line which holds `needle`, or so many lines later.
    fn part(self, needle: &str, later: usize, part: String, message: String) -> RuleError {
        let line = self.text.find(needle).map_or(1, |offset| line_of(self.text, offset)) + later;
        RuleError::Part { file: self.file.to_owned(), line, part, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_reported_with_file_and_line() {
        let said = |text: &str| Builder::default().add("x.toml", text, None).unwrap_err().to_string();
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
            Source { project: Some("p/sysdock.toml".into()), ..Source::from(dir.path().to_owned()) };
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
                Source { project: None, named_by: Some("p/sysdock.toml".into()), ..of_project.clone() };
            let replaced: Vec<String> =
                load(&[trusted]).unwrap().changes.into_iter().flat_map(|change| change.replaced).collect();
            assert_eq!(replaced.is_empty(), fits, "{text}");
            std::fs::remove_file(dir.path().join(name)).unwrap();
        }
    }
}
