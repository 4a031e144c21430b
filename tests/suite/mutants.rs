//! Small damages to a rule file: a signature less, a pattern that matches more, a condition without one of
//! its parts or with one of them turned round. Text in, texts out.

use toml::Value;

/// A damaged rule file.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Id of the rule.
    pub id: String,
    /// File and damage.
    pub label: String,
    /// The damaged text.
    pub text: String,
}

const CONDITIONS: [&str; 5] = ["when", "harms", "risk", "note", "unless"];

/// All mutants of a rule file.
pub fn of(file: &str, text: &str) -> Vec<Mutant> {
    let rule: toml::Table = toml::from_str(text).expect("a built-in rule is TOML");
    let id = rule.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut mutants = Vec::new();
    let mut add = |damage: String, table: &toml::Table| {
        let text = toml::to_string(table).expect("a rule can be written as TOML");
        mutants.push(Mutant { id: id.clone(), label: format!("{file}: {damage}"), text });
    };
    for (index, signature) in
        rule.get("signature").and_then(Value::as_array).into_iter().flatten().enumerate()
    {
        let name = signature.get("name").and_then(Value::as_str).unwrap_or_default();
        let mut less = rule.clone();
        if let Some(Value::Array(list)) = less.get_mut("signature") {
            list.remove(index);
        }
        add(format!("without signature {name}"), &less);
        let pattern = signature.get("pattern").and_then(Value::as_str).unwrap_or_default();
        if let Some(blurred) = blurred(pattern) {
            let mut more = rule.clone();
            if let Some(Value::Array(list)) = more.get_mut("signature")
                && let Some(Value::Table(signature)) = list.get_mut(index)
            {
                signature.insert("pattern".to_owned(), blurred.clone().into());
            }
            add(format!("signature {name} blurred to {blurred}"), &more);
        }
    }
    for key in CONDITIONS {
        let Some(source) = rule.get(key).and_then(Value::as_str) else { continue };
        for (damage, condition) in damaged(source) {
            let mut other = rule.clone();
            other.insert(key.to_owned(), condition.into());
            add(format!("{key} {damage}"), &other);
        }
    }
    mutants
}

/// A pattern that no longer looks at the error that it names, or at its last words.
fn blurred(pattern: &str) -> Option<String> {
    if let Some(start) = pattern.find("(?P<errno>") {
        let end = start + closing(&pattern[start..])?;
        return Some(format!("{}(?P<errno>.+){}", &pattern[..start], &pattern[end..]))
            .filter(|blurred| blurred != pattern);
    }
    // The last words belong to the last of several patterns only, whose example may be of another.
    if split(pattern, "|").len() > 1 {
        return None;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ';
    let at = pattern.trim_end_matches(|c: char| !plain(c)).rfind(|c: char| !plain(c)).map_or(0, |at| at + 1);
    let tail = pattern[at..].trim_end_matches(|c: char| !plain(c));
    let outside = pattern[..at].matches('(').count() == pattern[..at].matches(')').count()
        && !pattern[..at].ends_with(['\\', '[', '<', '?']);
    (tail.len() > 5 && at > 8 && outside)
        .then(|| format!("{}.*{}", &pattern[..at], &pattern[at + tail.len()..]))
}

/// Length of the group that begins here.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// A condition with one part left out or turned round, each with its name.
fn damaged(source: &str) -> Vec<(String, String)> {
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    part(&source, &mut |piece, other| {
        let whole = source.replacen(piece, other, 1);
        let damage = if other.starts_with('!') {
            format!("with `{piece}` turned round")
        } else {
            format!("without `{piece}`")
        };
        found.push((damage, whole));
    });
    found
}

/// Walks the parts of a condition; `each` takes the text of a part and what stands in its place.
fn part(text: &str, each: &mut dyn FnMut(&str, &str)) {
    for (operator, neutral) in [("||", "false"), ("&&", "true")] {
        let parts = split(text, operator);
        if parts.len() > 1 {
            for piece in parts {
                let piece = piece.trim();
                // Null is neither less nor more than a number, so that this part is only said for the reader.
                if piece.ends_with("!= null") {
                    continue;
                }
                each(piece, neutral);
                part(piece, each);
            }
            return;
        }
    }
    let text = text.trim();
    if let Some(inside) = text
        .strip_prefix('(')
        .filter(|_| closing(text) == Some(text.len()))
        .and_then(|rest| rest.strip_suffix(')'))
    {
        part(inside, each);
        return;
    }
    each(text, &format!("!({text})"));
}

/// Splits at an operator that stands outside of brackets and quotes.
fn split<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let (mut parts, mut depth, mut quote, mut start) = (Vec::new(), 0, None, 0);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, _) if depth == 0 && text[at..].starts_with(operator) => {
                parts.push(&text[start..at]);
                start = at + operator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[test]
fn conditions_are_taken_apart() {
    let said: Vec<String> =
        damaged("a.b && (c.d == \"x || y\" || !e.f)").into_iter().map(|(_, text)| text).collect();
    assert!(said.contains(&"true && (c.d == \"x || y\" || !e.f)".to_owned()), "{said:#?}");
    assert!(said.contains(&"a.b && (false || !e.f)".to_owned()), "{said:#?}");
    assert!(said.contains(&"a.b && (c.d == \"x || y\" || !(!e.f))".to_owned()), "{said:#?}");
    assert!(said.contains(&"!(a.b) && (c.d == \"x || y\" || !e.f)".to_owned()), "{said:#?}");
}

#[test]
fn patterns_are_blurred_at_the_error() {
    assert_eq!(
        blurred("Failed (?:x) at: (?P<errno>Operation not permitted|a(?:b))").as_deref(),
        Some("Failed (?:x) at: (?P<errno>.+)")
    );
    assert_eq!(blurred("Cannot find cgroup mount point: ").as_deref(), None);
    assert_eq!(
        blurred(r"Failed to (?:allocate|start) manager object").as_deref(),
        Some("Failed to (?:allocate|start).*")
    );
}
