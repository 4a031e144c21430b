//! Taking secrets out before anything is kept.
//!
//! What looks like a secret (by the name it has, by its place in a URL or after a flag) is replaced by a token wherever
//! it occurs, in every document, fact and line. Tokens are numbered in order of appearance: the same value has the same
//! token within a snapshot, and a token says nothing about the value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Snapshot;
use crate::pattern::Pattern;

/// Names whose value is a secret.
static SECRET_NAME: Pattern = Pattern::new(
    r"(?i)(pass(word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth(orization|config)?|cookie|session[_-]?id|dsn|signature|encryption[_-]?key|connection[_-]?string)s?$|^(pass|secret|token)|_(key|pw|pat)$",
);

/// `scheme://user:password@`, and secrets among query parameters or flags. Words of prose are none: systemd's own messages speak of
/// credentials and tokens.
static SECRET_IN_TEXT: Pattern = Pattern::with_one_of(
    &["://", "pass", "secret", "token", "key", "credential", "bearer", "basic"],
    r#"(?i)://[^/\s:@]*:(?P<a>[^/\s@]+)@|(?:[?&;\s"'-]|^)[\w.-]*(?:(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)s?(?:=|:\s?)|credentials?=)["']?(?P<b>[^\s&;"',]+)|(?:[\s"']|^)--?[\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?\s+["']?(?P<e>[^\s&;"',-][^\s&;"',]*)|\bbearer\s+(?P<c>[\w.~+/=-]{8,})|\bbasic\s+(?P<d>[A-Za-z0-9+/]{8,}={0,2})"#,
);

/// Well-known forms of keys, whatever they are called.
static SECRET_FORM: Pattern = Pattern::with_one_of(
    &["AKIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "sk-", "eyJ"],
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|sk-[A-Za-z0-9_-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)",
);

/// Shortest value that is searched for in other texts; a shorter one is replaced only where it stands under its name.
const SEARCHED: usize = 6;

/// Values that stand under secret names but are no secrets.
const PLAIN: [&str; 8] = ["true", "false", "yes", "no", "none", "null", "0", "1"];

/// Collects secrets first, then replaces them everywhere.
#[derive(Debug, Default)]
pub struct Redactor {
    tokens: BTreeMap<String, String>,
}

impl Redactor {
    /// Finds the secrets of a raw engine document: environment, labels, arguments, registry auth, URLs.
    pub fn learn(&mut self, document: &Value) {
        self.learn_value(None, document);
    }

    /// Finds the secrets of a free text, such as a log line.
    pub fn learn_text(&mut self, text: &str) {
        for captures in SECRET_IN_TEXT.captures_iter(text) {
            let found = ["a", "b", "c", "d", "e"].iter().find_map(|group| captures.name(group));
            self.remember(found.unwrap_or_default());
        }
        for found in SECRET_FORM.find_iter(text) {
            self.remember(text.get(found).unwrap_or_default());
        }
    }

    fn learn_value(&mut self, name: Option<&str>, value: &Value) {
        match value {
            Value::String(text) => self.learn_string(name, text),
            Value::Array(list) => self.learn_list(name, list),
            Value::Object(map) => map.iter().for_each(|(key, value)| self.learn_value(Some(key), value)),
            _ => {}
        }
    }

    fn learn_string(&mut self, name: Option<&str>, text: &str) {
        if name.is_some_and(is_secret_name) {
            self.remember(text);
        }
        if let Some((variable, value)) = text.split_once('=').filter(|(variable, _)| is_secret_name(variable.trim_start_matches('-'))) {
            self.remember(value);
            let _ = variable;
        }
        self.learn_text(text);
    }

    /// A flag that asks for a secret is followed by it: `--password hunter2`.
    fn learn_list(&mut self, name: Option<&str>, list: &[Value]) {
        for value in list {
            self.learn_value(name, value);
        }
        for pair in list.windows(2) {
            if let (Some(flag), Some(value)) = (pair[0].as_str(), pair[1].as_str())
                && flag.starts_with('-')
                && !value.starts_with('-')
                && is_secret_name(flag.trim_start_matches('-'))
            {
                self.remember(value);
            }
        }
    }

    fn remember(&mut self, value: &str) {
        if value.is_empty()
            || PLAIN.contains(&value.to_ascii_lowercase().as_str())
            || value.starts_with("<secret-")
            || value.starts_with('/')
        {
            return;
        }
        let number = self.tokens.len() + 1;
        self.tokens.entry(value.to_owned()).or_insert_with(|| format!("<secret-{number}>"));
    }

    /// Replaces every known secret in a text.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        if let Some(token) = self.tokens.get(text) {
            return token.clone();
        }
        // Longest first, so that a secret inside a longer one does not leave the longer one's rest behind.
        let mut secrets: Vec<_> =
            self.tokens.iter().filter(|(value, _)| value.len() >= SEARCHED && text.contains(value.as_str())).collect();
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        let mut text = secrets.iter().fold(text.to_owned(), |text, (value, token)| text.replace(value.as_str(), token));
        if let Some((name, value)) = text.split_once('=')
            && is_secret_name(name.trim_start_matches('-'))
            && let Some(token) = self.tokens.get(value)
        {
            text = format!("{name}={token}");
        }
        text
    }

    /// Replaces every known secret in a document, keys included.
    pub fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.redact(text),
            Value::Array(list) => list.iter_mut().for_each(|value| self.redact_value(value)),
            Value::Object(map) => {
                let old = std::mem::take(map);
                map.extend(old.into_iter().map(|(key, mut value)| {
                    self.redact_value(&mut value);
                    (self.redact(&key), value)
                }));
            }
            _ => {}
        }
    }

    /// Learns from the whole snapshot and replaces what was found, everywhere in it.
    #[must_use]
    pub fn redacted(mut self, mut snapshot: Snapshot) -> Snapshot {
        snapshot.documents.values().for_each(|document| self.learn(document));
        snapshot.facts.iter().for_each(|(_, fact)| self.learn(&fact.value));
        snapshot.log.lines.iter().for_each(|line| self.learn_text(&line.text));
        snapshot.log.unrecognised.iter().for_each(|cluster| self.learn_text(&cluster.text));
        snapshot.documents.values_mut().for_each(|document| self.redact_value(document));
        snapshot.facts.iter_mut().for_each(|fact| {
            self.redact_value(&mut fact.value);
            fact.source = self.redact(&fact.source);
        });
        snapshot.log.lines.iter_mut().for_each(|line| line.text = self.redact(&line.text));
        snapshot.log.unrecognised.iter_mut().for_each(|cluster| cluster.text = self.redact(&cluster.text));
        snapshot.gaps.iter_mut().for_each(|gap| gap.reason = self.redact(&gap.reason));
        snapshot.target.name = self.redact(&snapshot.target.name);
        snapshot
    }
}

fn is_secret_name(name: &str) -> bool {
    // Fields of the engine's own documents that only sound secret.
    const PLAIN_NAMES: [&str; 4] = ["Authorization", "SSH_AUTH_SOCK", "XAUTHORITY", "PWD"];
    !PLAIN_NAMES.contains(&name) && !name.contains(' ') && SECRET_NAME.is_match(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redacted(document: Value) -> String {
        let mut redactor = Redactor::default();
        redactor.learn(&document);
        let mut document = document;
        redactor.redact_value(&mut document);
        document.to_string()
    }

    #[test]
    fn secrets_go_wherever_they_stand() {
        let said = redacted(json!({
            "Env": ["DB_PASSWORD=hunter2", "PATH=/bin", "URL=postgres://app:tr0ub4dor@db/x", "PIN_TOKEN=ab"],
            "Labels": {"deploy.secret": "l4belsecret"},
            "Cmd": ["app", "--token", "argsecret", "--api-key=keysecret"],
            "Log": "login with hunter2 failed, ghp_abcdefghijklmnopqrstuvwxyz012345",
        }));
        for secret in ["hunter2", "tr0ub4dor", "l4belsecret", "argsecret", "keysecret", "ghp_abc", "=ab\""] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
        assert!(said.contains("PATH=/bin") && said.contains("DB_PASSWORD=<secret-"), "{said}");
    }

    #[test]
    fn the_same_value_has_the_same_token() {
        let said = redacted(json!({"Env": ["A_TOKEN=samesame", "B_TOKEN=samesame", "C_TOKEN=other-one"]}));
        assert_eq!(said.matches("<secret-1>").count(), 2, "{said}");
    }

    #[test]
    fn messages_about_secrets_stay() {
        for line in [
            "Failed to determine credentials directory, ignoring: Read-only file system",
            "app.service: Failed to set up credentials: Protocol error",
            "Changing group credentials failed: Operation not permitted",
        ] {
            assert_eq!(redacted(json!({ "Log": line })), json!({ "Log": line }).to_string());
        }
        let said = redacted(json!({"Log": "app --db-password hunter22 -token 'abcdefgh' --secrets --verbose"}));
        assert!(!said.contains("hunter22") && !said.contains("abcdefgh") && said.contains("--verbose"), "{said}");
    }

    #[test]
    fn plain_settings_stay() {
        let said =
            redacted(json!({"Env": ["container=docker", "USE_TOKEN=true"], "SecurityOpt": ["seccomp=unconfined"], "Authorization": ["x"]}));
        assert!(!said.contains("<secret"), "{said}");
    }
}
