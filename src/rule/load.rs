//! Loading rule files: the built-in ones and folders of the user; TOML text in, checked rules out.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use super::syntax::{HarmlessFile, Pattern, RemedyFile, RuleFile, SignatureFile};
use super::{Condition, RemedyText, Rule, RuleSet, Signature, VersionRange};

/// Names and texts of the built-in rule files, made by the build script from `rules/`.
static BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// A rule file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The folder or file cannot be read.
    #[error("cannot read rules from {path}: {source}")]
    Read {
        /// Folder or file.
        path: PathBuf,
        /// Cause given by the operating system.
        source: std::io::Error,
    },
    /// The file is no TOML of the right shape.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A part of the file has the right shape but cannot be accepted.
    #[error("{file}:{line}: {part} {message}")]
    Part {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// `when`, `signature NAME`, …
        part: String,
        /// What is wrong.
        message: String,
    },
}

/// The built-in rules.
///
/// # Errors
/// [`RuleError`] for a built-in file with a mistake, which the tests exclude.
pub fn builtin() -> Result<RuleSet, RuleError> {
    let mut set = Builder::default();
    for (file, text) in BUILTIN {
        set.add(file, text)?;
    }
    Ok(set.finish())
}

/// The built-in rules and those of the user's folders; the same id overrides.
///
/// # Errors
/// [`RuleError`] naming file and line.
pub fn load(folders: &[PathBuf]) -> Result<RuleSet, RuleError> {
    let mut set = Builder::default();
    for (file, text) in BUILTIN {
        set.add(file, text)?;
    }
    for folder in folders {
        for path in toml_files(folder)? {
            let text = std::fs::read_to_string(&path).map_err(|source| RuleError::Read { path: path.clone(), source })?;
            set.add(&path.display().to_string(), &text)?;
        }
    }
    Ok(set.finish())
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, RuleError> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let failed = |source| RuleError::Read { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(toml_files(&path)?);
        } else if path.extension().is_some_and(|ext| ext == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[derive(Default)]
struct Builder {
    rules: BTreeMap<String, Rule>,
    remedies: BTreeMap<String, RemedyText>,
    harmless: Vec<Signature>,
    hasher: std::hash::DefaultHasher,
}

impl Builder {
    fn add(&mut self, file: &str, text: &str) -> Result<(), RuleError> {
        text.hash(&mut self.hasher);
        let name = Path::new(file).file_name().unwrap_or_default();
        if name == "remedies.toml" {
            let parsed: RemedyFile = parse(file, text)?;
            let named = parsed
                .remedy
                .into_iter()
                .map(|r| (r.id.clone(), RemedyText { id: r.id, title: r.title, words: r.words.trim().to_owned() }));
            self.remedies.extend(named);
        } else if name == "harmless.toml" {
            let parsed: HarmlessFile = parse(file, text)?;
            self.harmless.extend(signatures(file, text, parsed.signature)?);
        } else {
            let rule = rule(file, text)?;
            self.rules.insert(rule.id.clone(), rule);
        }
        Ok(())
    }

    fn finish(self) -> RuleSet {
        let mut rules: Vec<_> = self.rules.into_values().collect();
        rules.sort_by(|a, b| (a.stage, &a.id).cmp(&(b.stage, &b.id)));
        RuleSet { rules, remedies: self.remedies, harmless: self.harmless, hash: format!("{:016x}", self.hasher.finish()) }
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

/// The line on which a part of a rule file begins, found by the text that it must hold.
fn line_with(text: &str, needle: &str) -> usize {
    text.find(needle).map_or(1, |offset| line_of(text, offset))
}

fn rule(file: &str, text: &str) -> Result<Rule, RuleError> {
    let raw: RuleFile = parse(file, text)?;
    let condition = |part: &str, source: &Option<String>| -> Result<Option<Condition>, RuleError> {
        let Some(source) = source else { return Ok(None) };
        Condition::new(source).map(Some).map_err(|error| RuleError::Part {
            file: file.to_owned(),
            line: line_with(text, &format!("\n{part} =")) + 1,
            part: part.to_owned(),
            message: error.to_string(),
        })
    };
    Ok(Rule {
        when: condition("when", &raw.when)?,
        harms: condition("harms", &raw.harms)?,
        risk: condition("risk", &raw.risk)?,
        note: condition("note", &raw.note)?,
        unless: condition("unless", &raw.unless)?,
        signatures: signatures(file, text, raw.signature)?,
        file: file.to_owned(),
        id: raw.id,
        title: raw.title,
        severity: raw.severity,
        stage: raw.stage,
        confidence: raw.confidence,
        explanation: raw.explanation.trim().to_owned(),
        confirm: raw.confirm.trim().to_owned(),
        consequence_only: raw.consequence_only,
        generic: raw.generic,
        last_resort: raw.last_resort,
        explains: raw.explains,
        shows: raw.shows,
        remedies: raw.remedies,
        references: raw.references,
        examples: raw.example,
    })
}

fn signatures(file: &str, text: &str, raw: Vec<SignatureFile>) -> Result<Vec<Signature>, RuleError> {
    raw.into_iter().map(|signature| self::signature(file, text, signature)).collect()
}

fn signature(file: &str, text: &str, raw: SignatureFile) -> Result<Signature, RuleError> {
    let bad = |message: String| RuleError::Part {
        file: file.to_owned(),
        line: line_with(text, &format!("name = \"{}\"", raw.name)),
        part: format!("signature {}", raw.name),
        message,
    };
    let systemd = match &raw.systemd {
        Some(range) => Some(VersionRange::parse(range).ok_or_else(|| bad(format!("has no version range but `{range}`")))?),
        None => None,
    };
    let pattern = Pattern::new(&raw.pattern).map_err(|e| bad(format!("has a pattern that is no regular expression: {e}")))?;
    let when = raw.when.as_deref().map(Condition::new).transpose().map_err(|e| bad(format!("has a condition that {e}")))?;
    Ok(Signature { name: raw.name, pattern, systemd, confidence: raw.confidence, weak: raw.weak, when })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        let said = |text: &str| rule("x.toml", text).unwrap_err().to_string();
        assert!(said("id = \"a\"\nwhat = 3").starts_with("x.toml:2: unknown field `what`"), "{}", said("id = \"a\"\nwhat = 3"));
        let head = "id = \"a\"\ntitle = \"t\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation = \"e\"\nconfirm = \"c\"\n";
        let wrong_fact = said(&format!("{head}when = 'container.ttty'"));
        assert!(wrong_fact.starts_with("x.toml:7: when unknown fact `container.ttty`, did you mean"), "{wrong_fact}");
        let wrong_pattern = said(&format!("{head}[[signature]]\nname = \"s\"\npattern = '(x'"));
        assert!(wrong_pattern.starts_with("x.toml:8: signature s has a pattern"), "{wrong_pattern}");
    }

    #[test]
    fn a_folder_overrides_by_id() {
        let dir = tempfile::tempdir().unwrap();
        let text =
            "id = \"boot-stopped\"\ntitle = \"mine\"\nseverity = \"error\"\nstage = \"mount\"\nexplanation = \"e\"\nconfirm = \"c\"\n";
        std::fs::write(dir.path().join("mine.toml"), text).unwrap();
        let set = load(&[dir.path().to_owned()]).unwrap();
        assert_eq!(set.get("boot-stopped").map(|rule| rule.title.as_str()), Some("mine"));
        assert_ne!(set.hash, builtin().unwrap().hash);
    }

    #[test]
    fn a_missing_folder_is_named() {
        assert!(load(&[PathBuf::from("/no/such/rules")]).unwrap_err().to_string().contains("/no/such/rules"));
    }
}
