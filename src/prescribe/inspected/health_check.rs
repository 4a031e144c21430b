//! Converts `Config.Healthcheck` to the equivalent `--health-…` flags.
//!
//! Must not drop a part that it does not know.

use serde_json::Value;

use super::field_values::number;
use crate::snapshot::EngineKind;

/// Writes the flags of a health check; returns `None` for a test that no flag can express. Leaves out what
/// the image's own check also says if the engine merges the two.
pub fn flags(
    check: &Value,
    image: Option<&Value>,
    kind: EngineKind,
) -> Option<Vec<(String, Option<String>)>> {
    let own = image.filter(|_| kind == EngineKind::Docker);
    let is_own = |key: &str| own.and_then(|own| own.get(key)).is_some_and(|own| check.get(key) == Some(own));
    let test: Vec<&str> =
        check.get("Test").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let command = |text: String| vec![("--health-cmd".to_owned(), Some(text))];
    let mut flags = match test.as_slice() {
        _ if is_own("Test") => Vec::new(),
        ["NONE"] => return Some(vec![("--no-healthcheck".to_owned(), None)]),
        ["CMD-SHELL", line] => command((*line).to_owned()),
        // Podman stores the words as given: several as JSON, one after the name of the form
        // (`pkg/specgenutil/specgen.go`).
        ["CMD", word] if kind == EngineKind::Podman && !word.contains(char::is_whitespace) => {
            command(format!("CMD {word}"))
        }
        ["CMD", words @ ..] if kind == EngineKind::Podman && words.len() > 1 => {
            command(serde_json::to_string(words).ok()?)
        }
        // Docker's CLI has no such form; a shell command is equivalent.
        ["CMD", words @ ..] => command(shlex::try_join(words.iter().copied()).ok()?),
        [] => Vec::new(),
        _ => return None,
    };
    let times = [
        ("Interval", "interval"),
        ("Timeout", "timeout"),
        ("StartPeriod", "start-period"),
        ("StartInterval", "start-interval"),
    ];
    for (key, name) in times.into_iter().filter(|(key, _)| !is_own(key)) {
        if let Some(nanoseconds) = number(check, key).filter(|n| *n > 0) {
            flags.push((format!("--health-{name}"), Some(duration(nanoseconds))));
        }
    }
    if kind == EngineKind::Podman && number(check, "Interval").unwrap_or(0) == 0 && !flags.is_empty() {
        flags.push(("--health-interval".to_owned(), Some("disable".to_owned())));
    }
    if let Some(retries) = number(check, "Retries").filter(|n| *n > 0 && !is_own("Retries")) {
        flags.push(("--health-retries".to_owned(), Some(retries.to_string())));
    }
    Some(flags)
}

/// Writes a duration exactly, in Go's syntax.
fn duration(nanoseconds: i64) -> String {
    match nanoseconds {
        n if n % 1_000_000_000 == 0 => format!("{}s", n / 1_000_000_000),
        n if n % 1_000_000 == 0 => format!("{}ms", n / 1_000_000),
        n => format!("{n}ns"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_health_check_is_written_whole_or_refused() {
        let check = json!({"Test": ["CMD-SHELL", "curl -f x"], "Interval": 10_000_000_000_i64, "Timeout": 1_500_000_000, "Retries": 2});
        let words = |check: &Value, image: Option<&Value>, kind| {
            let flags = flags(check, image, kind).unwrap().into_iter();
            flags
                .map(|(flag, value)| format!("{flag} {}", value.unwrap_or_default()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let whole = "--health-cmd curl -f x --health-interval 10s --health-timeout 1500ms --health-retries 2";
        assert_eq!(words(&check, None, EngineKind::Docker), whole);
        let image = json!({"Test": ["CMD-SHELL", "curl -f x"], "Interval": 10_000_000_000_i64});
        assert_eq!(
            words(&check, Some(&image), EngineKind::Docker),
            "--health-timeout 1500ms --health-retries 2"
        );
        assert_eq!(words(&check, Some(&image), EngineKind::Podman), whole);
        assert_eq!(
            words(&json!({"Test": ["CMD", "a", "b c"]}), None, EngineKind::Podman),
            r#"--health-cmd ["a","b c"] --health-interval disable"#
        );
        assert_eq!(
            words(&json!({"Test": ["CMD", "a"]}), None, EngineKind::Podman),
            "--health-cmd CMD a --health-interval disable"
        );
        assert_eq!(flags(&json!({"Test": ["OTHER"]}), None, EngineKind::Docker), None);
    }
}
