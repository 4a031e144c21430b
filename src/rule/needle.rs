//! Needles: literals of which at least one occurs in every line that a pattern matches.
//!
//! Shared with the build script, which derives them for the built-in rules. Must not depend on anything but
//! `regex-syntax`.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter literals occur in too many lines, and are too short for the prefilter of long texts.
const SHORTEST: usize = 4;
/// From this length on, a literal lets the prefilter skip most bytes of a text.
const LONG: usize = 8;
/// A literal that no healthy line contains is preferred if at least this many of its bytes are not common.
const RARE: usize = 4;
/// Lines of healthy boots and stops on a terminal, for every guest and engine of the lab.
pub const HEALTHY: &str = include_str!("../../rules/healthy.txt");
/// The text after a common word distinguishes lines if it is at least this long.
const TELLING: usize = 12;
/// More alternatives than this do not help.
const MOST: usize = 64;

/// A class of more characters than this ends a text: each of them would multiply the alternatives.
const WIDE: usize = 4;
/// Longer literals are cut: the rest makes them no rarer, but enlarges the prefilter.
const LONGEST: usize = 28;
/// Words that half of all failures contain, or that systemd writes when all is well.
const COMMON: [&str; 18] = [
    "failed to ",
    "systemd",
    "cannot ",
    "unable to ",
    " operation not permitted",
    "error",
    "failed",
    "fatal",
    "panic",
    "cannot",
    "service",
    "socket",
    "started ",
    "starting ",
    "finished ",
    "setting ",
    "loaded",
    "journald",
];

/// Returns the needles of a pattern, in lower case (to be searched for in either case); empty if it has no
/// useful ones.
///
/// # Errors
/// The message of `regex-syntax` if the pattern is not a regular expression.
pub fn needles(pattern: &str) -> Result<Vec<String>, String> {
    let hir = regex_syntax::ParserBuilder::new()
        .utf8(false)
        .unicode(false)
        .build()
        .parse(pattern)
        .map_err(|e| e.to_string())?;
    let mut needles: Vec<String> =
        required(&hir).unwrap_or_default().iter().map(|needle| cut(needle).to_owned()).collect();
    needles.sort();
    needles.dedup();
    Ok(needles)
}

/// Returns a needle without the common word at its beginning.
fn cut(needle: &str) -> &str {
    let rest = COMMON
        .iter()
        .find_map(|common| needle.strip_prefix(common))
        .filter(|rest| rest.len() >= TELLING)
        .unwrap_or(needle);
    let end = rest.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST).unwrap_or(rest.len());
    &rest[..end]
}

/// Returns the best set of literals of which one must occur wherever the expression matches.
fn required(hir: &Hir) -> Option<Vec<String>> {
    let set = match hir.kind() {
        HirKind::Concat(parts) => return best(nothing(), parts),
        HirKind::Alternation(branches) => {
            let all: Option<Vec<_>> = branches.iter().map(required).collect();
            all?.concat()
        }
        HirKind::Capture(capture) => return required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => return required(&repetition.sub),
        _ => exact(hir)?,
    };
    is_usable(&set).then_some(set)
}

fn is_usable(set: &[String]) -> bool {
    set.len() <= MOST && length(set) >= SHORTEST
}

/// Returns the set that contains only the empty text, with which a sequence begins.
fn nothing() -> Vec<String> {
    vec![String::new()]
}

/// Returns the best set of literals that the parts of a sequence require, adjacent texts joined; `run` are
/// the texts before the first part.
fn best(mut run: Vec<String>, parts: &[Hir]) -> Option<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for part in parts {
        // An optional part yields nothing at the beginning of a text, and a repeated one ends one text and
        // begins the next.
        let (repeated, part) = match part.kind() {
            HirKind::Repetition(repetition) if repetition.min > 0 => (true, &*repetition.sub),
            _ => (false, part),
        };
        let texts =
            exact(part).filter(|texts| !(run == [""] && texts.len() > 1 && texts.contains(&String::new())));
        match texts {
            Some(texts) if run.len() * texts.len() <= MOST => {
                run = joined(&run, &texts);
                if repeated {
                    found.push(std::mem::replace(&mut run, texts));
                }
            }
            Some(texts) => found.push(std::mem::replace(&mut run, texts)),
            None => {
                found.extend(branched(&run, part));
                found.push(std::mem::replace(&mut run, nothing()));
            }
        }
    }
    found.push(run);
    found.into_iter().filter(|set| is_usable(set)).max_by_key(|set| worth(set))
}

/// Returns what a part requires after a text: the text before it also distinguishes its branches, as in
/// `Failed to (?:stop|open \S+)`.
fn branched(run: &[String], part: &Hir) -> Option<Vec<String>> {
    match part.kind() {
        HirKind::Capture(capture) => branched(run, &capture.sub),
        HirKind::Alternation(branches) => {
            let of_branch = |branch: &Hir| match branch.kind() {
                HirKind::Concat(parts) => best(run.to_vec(), parts),
                _ => best(run.to_vec(), std::slice::from_ref(branch)),
            };
            let all: Option<Vec<_>> = branches.iter().map(of_branch).collect();
            Some(all?.concat()).filter(|set| is_usable(set))
        }
        _ => required(part),
    }
}

/// Returns every text of the first set followed by every text of the second.
fn joined(first: &[String], second: &[String]) -> Vec<String> {
    first.iter().flat_map(|one| second.iter().map(move |other| format!("{one}{other}"))).collect()
}

/// Returns the texts that an expression matches, ignoring case, if they are few.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    let texts = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![std::str::from_utf8(&literal.0).ok()?.to_ascii_lowercase()],
        HirKind::Class(Class::Bytes(class)) => {
            // A clean line contains no control characters.
            let bytes = class
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .filter(|byte| !byte.is_ascii_control());
            let mut texts: Vec<String> =
                bytes.map(|byte| char::from(byte.to_ascii_lowercase()).to_string()).collect();
            texts.sort();
            texts.dedup();
            (!texts.is_empty() && texts.len() <= WIDE && texts.iter().all(|text| text.is_ascii()))
                .then_some(texts)?
        }
        HirKind::Capture(capture) => exact(&capture.sub)?,
        HirKind::Repetition(repetition) if (repetition.min, repetition.max) == (0, Some(1)) => {
            let texts = exact(&repetition.sub)?;
            std::iter::once(String::new()).chain(texts).collect()
        }
        HirKind::Concat(parts) => {
            let all: Option<Vec<_>> = parts.iter().map(exact).collect();
            all?.iter().try_fold(vec![String::new()], |run, texts| {
                (run.len() * texts.len() <= MOST).then(|| joined(&run, texts))
            })?
        }
        HirKind::Alternation(branches) => {
            let all: Option<Vec<_>> = branches.iter().map(exact).collect();
            all?.concat()
        }
        HirKind::Class(Class::Unicode(_)) | HirKind::Repetition(_) => return None,
    };
    (texts.len() <= MOST).then_some(texts)
}

fn length(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or_default()
}

/// Ranks a set of literals: those that no healthy line contains come before others, long ones before short
/// ones, rare ones before common ones; more alternatives, or a beginning that half of all failures share,
/// rank lower.
fn worth(set: &[String]) -> (bool, bool, usize) {
    let rare =
        |needle: &String| COMMON.iter().fold(needle.clone(), |left, common| left.replace(common, "")).len();
    let rare = set.iter().map(rare).min().unwrap_or_default();
    let is_long = length(set) >= LONG;
    let is_telling = is_long && rare >= RARE && !set.iter().any(|needle| is_healthy(needle));
    (is_telling, is_long, (4 * rare).saturating_sub(set.len()))
}

/// Returns whether a healthy line contains a text.
fn is_healthy(text: &str) -> bool {
    static LOWER: LazyLock<String> = LazyLock::new(|| HEALTHY.to_ascii_lowercase());
    LOWER.contains(text)
}

#[cfg(test)]
mod tests {
    use super::needles;

    #[test]
    fn the_rarest_part_is_taken() {
        let of = |pattern: &str| needles(pattern).unwrap();
        assert_eq!(of(r"Failed to create (\S*)/init\.scope control group"), ["/init.scope control group"]);
        assert_eq!(of("(?:Freezing execution|Exiting PID 1)"), ["exiting pid 1", "freezing execution"]);
        assert_eq!(of("(?i:no such device) x+"), ["no such device x"]);
        assert_eq!(of("a(?P<what>bc)d(?:e|fg)h{1,3}"), ["abcdeh", "abcdfgh"]);
        let short = ["parse 'x", "parse `x", "set 'x", "set `x", "set the 'x", "set the `x"]
            .map(|words| format!("failed to {words}"));
        let told = [&short[..], &["parse the 'x".to_owned(), "parse the `x".to_owned()]].concat();
        assert_eq!(of("Failed to (?:set|parse)(?: the)? ['`]x"), told);
    }

    #[test]
    fn what_is_said_when_all_is_well_is_no_good_needle() {
        assert_eq!(
            needles(r"Failed to start (?:console \S+|\S*getty\S*\.service)").unwrap(),
            ["failed to start "]
        );
        assert_eq!(needles(r"Failed to write entry (?:to \S+ )?\(\d+ items, ").unwrap(), ["write entry "]);
    }

    #[test]
    fn what_healthy_lines_have_is_no_good_needle() {
        assert_eq!(needles(r"Failed to start (?:\S+ - )?Journal Service").unwrap(), ["failed to start "]);
    }

    #[test]
    fn what_may_be_missing_is_no_needle() {
        for pattern in ["(?:hello)?", "hello|.", r"\d+", "ab", "(?:hello){0,2}|world", "[Hh]i", "abc"] {
            assert!(needles(pattern).unwrap().is_empty(), "{pattern}");
        }
        assert!(needles("(").is_err());
    }
}
