//! Needles: literals of which at least one occurs in every line that a pattern matches.
//!
//! Shared with the build script, which works them out for the built-in rules. Must not depend on anything but `regex-syntax`.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter literals are in too many lines to tell them apart.
const SHORTEST: usize = 3;
/// More alternatives than this are no help.
const MOST: usize = 24;

/// Longer literals are cut: what follows makes them no rarer, but the automaton of all needles larger.
const LONGEST: usize = 16;
/// Words that half of all failures have.
const COMMON: [&str; 5] = ["failed to ", "systemd", "cannot ", "unable to ", " operation not permitted"];

/// The needles of a pattern, in lower case (to be looked for in either case); empty when it has none that help.
///
/// # Errors
/// The message of `regex-syntax` when the pattern is no regular expression.
pub fn needles(pattern: &str) -> Result<Vec<String>, String> {
    let hir = regex_syntax::ParserBuilder::new().utf8(false).unicode(false).build().parse(pattern).map_err(|e| e.to_string())?;
    Ok(required(&hir).unwrap_or_default().iter().map(|needle| cut(needle).to_owned()).collect())
}

/// The beginning of a needle behind a common word.
fn cut(needle: &str) -> &str {
    let rest = COMMON.iter().find_map(|common| needle.strip_prefix(common)).filter(|rest| rest.len() >= LONGEST / 2).unwrap_or(needle);
    let end = rest.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST).unwrap_or(rest.len());
    &rest[..end]
}

/// The best set of literals of which one must occur wherever the expression matches.
fn required(hir: &Hir) -> Option<Vec<String>> {
    let set = match hir.kind() {
        HirKind::Concat(parts) => return best(parts),
        HirKind::Alternation(branches) => {
            let all: Option<Vec<_>> = branches.iter().map(required).collect();
            all?.concat()
        }
        HirKind::Capture(capture) => return required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => return required(&repetition.sub),
        _ => vec![letters(hir)?],
    };
    (set.len() <= MOST && set.iter().all(|needle| needle.len() >= SHORTEST)).then_some(set)
}

/// The best of what the parts of a sequence require, neighbouring letters taken together.
fn best(parts: &[Hir]) -> Option<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut run = String::new();
    for part in parts {
        if let Some(text) = letters(part) {
            run.push_str(&text);
            continue;
        }
        found.push(vec![std::mem::take(&mut run)]);
        found.extend(required(part));
    }
    found.push(vec![run]);
    found.into_iter().filter(|set| length(set) >= SHORTEST).max_by_key(|set| worth(set))
}

/// The text of an expression that matches nothing else, letters of either case aside.
fn letters(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(str::to_ascii_lowercase),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes: Vec<u8> = class.iter().flat_map(|range| range.start()..=range.end()).take(3).collect();
            match bytes[..] {
                [upper, lower] if upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == lower => Some(char::from(lower).to_string()),
                _ => None,
            }
        }
        HirKind::Capture(capture) => letters(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(letters).collect(),
        _ => None,
    }
}

fn length(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or_default()
}

/// Long literals are rare; each further alternative makes a hit likelier, and so does a beginning that half of all failures have.
fn worth(set: &[String]) -> usize {
    let rare =
        |needle: &String| COMMON.iter().fold(needle.len(), |left, common| left - if needle.contains(common) { common.len() } else { 0 });
    (4 * set.iter().map(rare).min().unwrap_or_default()).saturating_sub(set.len())
}

#[cfg(test)]
mod tests {
    use super::needles;

    #[test]
    fn the_rarest_part_is_taken() {
        let of = |pattern: &str| needles(pattern).unwrap();
        assert_eq!(of(r"Failed to create (\S*)/init\.scope control group"), ["/init.scope cont"]);
        assert_eq!(of("(?:Freezing execution|Exiting PID 1)"), ["freezing executi", "exiting pid 1"]);
        assert_eq!(of("(?i:no such device) x+"), ["no such device "]);
        assert_eq!(of("a(?P<what>bc)d{1,3}"), ["abc"]);
    }

    #[test]
    fn what_may_be_missing_is_no_needle() {
        for pattern in ["(?:hello)?", "hello|.", r"\d+", "ab", "(?:hello){0,2}|world", "[Hh]i"] {
            assert!(needles(pattern).unwrap().is_empty(), "{pattern}");
        }
        assert!(needles("(").is_err());
    }
}
