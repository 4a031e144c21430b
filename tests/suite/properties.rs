//! Properties: no planted secret survives redaction, a snapshot survives its file, chunks of a log do not
//! matter.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use sysdock::diagnose::diagnose_with;
use sysdock::rule::{RuleSet, builtin};
use sysdock::scan::{Excerpter, Matcher};
use sysdock::snapshot::{
    EngineId, Facts, Gap, KeptLine, LogExcerpt, Redactor, SCHEMA_VERSION, Snapshot, Source, Target,
    TargetKind, key, saved_file,
};

fn rules() -> &'static RuleSet {
    static RULES: std::sync::LazyLock<RuleSet> =
        std::sync::LazyLock::new(|| builtin().expect("the built-in rules can be loaded"));
    &RULES
}

pub fn matcher() -> &'static Matcher<'static> {
    static MATCHER: std::sync::LazyLock<Matcher<'static>> =
        std::sync::LazyLock::new(|| Matcher::new(rules()));
    &MATCHER
}

fn snapshot(documents: BTreeMap<String, Value>, facts: Facts, log: LogExcerpt) -> Snapshot {
    let engine = EngineId { name: "docker".to_owned(), version: "28.5.2".to_owned(), api: "1.51".to_owned() };
    let target = Target {
        kind: TargetKind::Container,
        name: "web".to_owned(),
        id: Some("0".repeat(64)),
        engine: Some(engine),
    };
    Snapshot {
        schema_version: SCHEMA_VERSION,
        target,
        facts,
        gaps: Vec::new(),
        log,
        documents,
        derived: None,
    }
}

fn excerpt(lines: Vec<String>) -> LogExcerpt {
    let count = lines.len() as u64;
    let lines = lines
        .into_iter()
        .zip(1..)
        .map(|(text, line)| KeptLine { line, source: Source::Console, text })
        .collect();
    LogExcerpt { lines, lines_read: count, bytes_read: count, ..LogExcerpt::default() }
}

/// A secret that is nothing else: long, and not made of words.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9]{3}[0-9][A-Z]x[A-Za-z0-9]{6,20}"
}

fn secret_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "DB_PASSWORD",
        "POSTGRES_PASSWORD",
        "API_KEY",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "CLIENT_SECRET",
        "SESSION_ID",
        "SENTRY_DSN",
        "MYSQL_PWD",
        "ENCRYPTION_KEY",
        "PRIVATE_KEY",
        "REDIS_PASS",
        "REGISTRY_AUTH",
        "passphrase",
        "my.service.secret",
        "com.example/api-key",
    ])
}

/// A container's document with secrets in every place where they are known to lie.
fn documents(name: &str, secrets: &[String; 7]) -> BTreeMap<String, Value> {
    let [environment, label, argument, inline, in_url, auth, query] = secrets;
    let container = json!({
        "Name": "/web",
        "Path": "/entry.sh",
        "Args": ["--password", argument, format!("--api-key={inline}"), format!("https://app:{in_url}@db.example.org/x")],
        "Config": {
            "Env": ["PATH=/bin", format!("{name}={environment}"), format!("DATABASE_URL=postgres://app:{in_url}@db/x?sslmode=on")],
            "Labels": {"deploy.secret": label, "plain": "hidden", "com.docker.compose.service": "kept"},
            "Cmd": ["sh", "-c", format!("curl -H 'Authorization: Bearer {auth}' \
                https://api.example.org/?token={query}")],
            "Entrypoint": ["/entry.sh", "--token", argument],
        },
        "AuthConfig": {"username": "me", "password": auth},
        // The same values come back where no name gives them away.
        "Comment": format!("{environment} {label} {argument} {inline} {auth}"),
    });
    BTreeMap::from([
        ("container".to_owned(), container.clone()),
        ("image".to_owned(), json!({"Config": container["Config"]})),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_planted_secret_is_left(name in secret_name(), secrets in prop::array::uniform7(secret()), in_log in prop::array::uniform4(secret())) {
        let [environment, ..] = &secrets;
        let [flag, url, header, form] = &in_log;
        let lines = vec![
            format!("connecting with password={flag} to db"),
            format!("pulling https://bot:{url}@registry.example.org/v2/"),
            format!("> Authorization: Bearer {header}"),
            format!("POST /login?user=me&access_token={form} 200"),
            format!("the value {environment} was refused, and {flag} too"),
        ];
        let mut facts = Facts::default();
        facts.set(key::CONTAINER_ARGV, vec!["/entry.sh", "--password", secrets[2].as_str()], "container \
            inspect: \
            Config.Cmd");
        facts.set(key::CONTAINER_ERROR, format!("exec failed with {environment}"), "container inspect: \
            State.Error");
        let mut whole = snapshot(documents(name, &secrets), facts, excerpt(lines));
        whole.gaps.push(Gap { fact: "log".to_owned(), reason: format!("the engine refused token={form}") });
        let redacted = Redactor::default().redacted(whole);
        let text = String::from_utf8(saved_file::to_json(&redacted).unwrap()).unwrap();
        for planted in secrets.iter().chain(&in_log) {
            prop_assert!(!text.contains(planted.as_str()), "{planted} is left in {text}");
        }
        for plain in ["PATH=/bin", "kept", "/entry.sh", "db.example.org", "registry.example.org"] {
            prop_assert!(text.contains(plain), "{plain} is gone from {text}");
        }
    }

    #[test]
    fn redaction_twice_is_redaction_once(name in secret_name(), secrets in prop::array::uniform7(secret())) {
        let once = Redactor::default().redacted(snapshot(documents(name, &secrets), Facts::default(), LogExcerpt::default()));
        let twice = Redactor::default().redacted(once.clone());
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_snapshot_survives_its_file(
        texts in prop::collection::vec("\\PC{0,60}", 0..8),
        number in any::<i64>(),
        tty in prop::option::of(any::<bool>()),
        words in prop::collection::vec("[ -~]{0,20}", 0..5),
        compressed in any::<bool>(),
    ) {
        let mut facts = Facts::default();
        facts.set(key::CONTAINER_EXIT_CODE, number, "test");
        facts.set(key::CONTAINER_TTY, tty, "test");
        facts.set(key::CONTAINER_ARGV, words.clone(), "test");
        let documents = BTreeMap::from([("container".to_owned(), json!({"texts": texts, "number": number, "nested": {"empty": [], "null": null}}))]);
        // What is read is redacted again, and a random text may look like a secret.
        let mut whole = Redactor::default().redacted(snapshot(documents, facts, excerpt(texts)));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if compressed { "case.json.zst" } else { "case.json" });
        saved_file::write(&whole, &path).unwrap();
        whole.target.kind = TargetKind::Snapshot;
        prop_assert_eq!(saved_file::read(&path).unwrap(), whole);
    }

    #[test]
    fn cuts_of_a_log_do_not_matter(lines in prop::collection::vec(line(), 1..300), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40), crlf in any::<bool>()) {
        let bytes = lines.join(if crlf { "\r\n" } else { "\n" }).into_bytes();
        let mut whole = Excerpter::new(matcher());
        whole.push(Source::Console, &bytes);
        let mut pieces = Excerpter::new(matcher());
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        places.sort_unstable();
        places.windows(2).for_each(|pair| pieces.push(Source::Console, &bytes[pair[0]..pair[1]]));
        let (whole, pieces) = (whole.finish(), pieces.finish());
        prop_assert_eq!(&whole, &pieces);
        let judge = |log: LogExcerpt| diagnose_with(&snapshot(BTreeMap::new(), Facts::default(), log), rules(), matcher());
        prop_assert_eq!(judge(whole), judge(pieces));
    }
}

/// What says that a secret follows.
const OPENINGS: [&str; 8] =
    ["mysql -p ", "curl -u ", "run -e A_TOKEN=", "password=", "{\"token\": ", "<key>", "https://u:", ""];
/// What a secret begins and ends with, and characters of several bytes.
const PIECES: [&str; 14] =
    ["\\", "\\\\", "\"", "'", "`", "=", ":", " ", ";", "x9", "é", "\u{1d4a2}", "\u{a0}", "--password "];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn quotes_and_escapes_are_cut_between_characters(
        opening in prop::sample::select(OPENINGS.to_vec()),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..16),
    ) {
        let text = [opening, &pieces.concat()].concat();
        let mut redactor = Redactor::default();
        redactor.learn_text(&text);
        redactor.learn(&json!({"Config": {"Cmd": ["sh", "-c", text], "Env": [text]}, "text": text}));
        let mut value = json!({"Config": {"Cmd": [text], "Env": [text]}, "text": text});
        redactor.redact_value(&mut value);
        let once = redactor.redact(&text);
        prop_assert!(once.len() <= text.len() + 40 * pieces.len() + 40, "{text} became {once}");
    }
}

/// Lines as logs have them: plain ones, telling ones, coloured ones, very long ones.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[ -~]{0,80}",
        2 => prop::sample::select(examples()),
        1 => prop::sample::select(examples()).prop_map(|line| format!("\u{1b}[0;1;31m{line}\u{1b}[0m")),
        1 => "\\PC{0,40}",
    ]
}

fn examples() -> Vec<String> {
    rules()
        .rules
        .iter()
        .flat_map(|rule| rule.examples.iter().flat_map(|example| example.lines.clone()))
        .collect()
}
