//! Turns a signature's regular expression into the messages that it matches, for people, with `…` for
//! variable parts.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Replaces a variable part.
const ANY: &str = "…";
/// Maximum number of wordings per pattern; if there are more, each part shows its first alternative only.
const MOST: usize = 24;

/// Returns the messages that a pattern matches; empty if it is not a valid regular expression.
#[must_use]
pub fn wordings(pattern: &str) -> Vec<String> {
    let parser = regex_syntax::ParserBuilder::new().utf8(false).unicode(false).build().parse(pattern);
    let mut found: Vec<String> = Vec::new();
    for text in parser.map(|hir| texts(&hir)).unwrap_or_default() {
        let text = tidy(&text);
        if !text.is_empty() && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn texts(hir: &Hir) -> Vec<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8_lossy(&literal.0).into_owned()],
        HirKind::Class(class) => vec![of_class(class)],
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            vec![String::new()]
        }
        HirKind::Repetition(repetition) if repetition.min == 1 && !varies(&repetition.sub) => {
            texts(&repetition.sub)
        }
        HirKind::Repetition(_) => vec![ANY.to_owned()],
        HirKind::Alternation(branches) => branches.iter().flat_map(texts).take(MOST).collect(),
        HirKind::Concat(parts) => {
            parts.iter().fold(vec![String::new()], |heads, part| joined(&heads, &texts(part)))
        }
    }
}

fn joined(heads: &[String], tails: &[String]) -> Vec<String> {
    let tails = if heads.len() * tails.len() > MOST { &tails[..1] } else { tails };
    heads.iter().flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}"))).collect()
}

fn varies(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Class(class) if of_class(class) == ANY)
}

/// Returns the text for a character class: a letter in either case is that letter, blanks are a blank,
/// anything else is variable.
fn of_class(class: &Class) -> String {
    let bytes: Vec<u8> = match class {
        Class::Bytes(class) => {
            class.ranges().iter().flat_map(|range| range.start()..=range.end()).take(9).collect()
        }
        Class::Unicode(_) => Vec::new(),
    };
    let first = bytes.first().copied().unwrap_or_default();
    if bytes.contains(&b' ') && bytes.iter().all(|byte| *byte <= b' ') {
        return " ".to_owned();
    }
    let one_letter = first.is_ascii_graphic()
        && bytes.len() <= 2
        && bytes.iter().all(|byte| byte.eq_ignore_ascii_case(&first));
    if one_letter { char::from(first).to_string() } else { ANY.to_owned() }
}

fn tidy(text: &str) -> String {
    let mut text = text.trim().to_owned();
    for (from, to) in [("… …", "…"), ("……", "…"), ("  ", " ")] {
        while text.contains(from) {
            text = text.replace(from, to);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::builtin;

    #[test]
    fn patterns_read_as_messages() {
        assert_eq!(
            wordings(
                r"^Failed to create (?P<path>/\S*)/init\.scope control group: (?P<errno>Read-only file system|Permission denied)$"
            ),
            [
                "Failed to create /…/init.scope control group: Read-only file system",
                "Failed to create /…/init.scope control group: Permission denied"
            ]
        );
        assert_eq!(
            wordings(r"Mount point '?(?P<path>[^' ]+)'? not writable(?: \(.*\))?"),
            ["Mount point … not writable"]
        );
        assert_eq!(wordings(r"[Ff]ailed (\d+)\s+times"), ["Failed … times"]);
        assert!(wordings("(").is_empty());
    }

    /// A wording that consists only of variable parts would not help anybody find its page.
    #[test]
    fn every_signature_has_a_message_to_look_for() {
        for rule in builtin().unwrap().rules {
            for signature in &rule.signatures {
                let told = wordings(signature.pattern.source());
                assert!(!told.is_empty(), "{} {}", rule.id, signature.name);
                for text in told {
                    assert!(
                        text.replace(ANY, "").replace(' ', "").len() >= 4,
                        "{} {}: {text}",
                        rule.id,
                        signature.name
                    );
                }
            }
        }
    }
}
