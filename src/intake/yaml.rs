//! YAML within a text: where a block begins and ends, and the documents in it.
//!
//! Blocks begin at keys that container files have; a block that does not parse is cut before the line with
//! the error.

use std::cell::Cell;

use serde::de::DeserializeSeed;
use yaml_serde::Value;

use super::bounded_yaml::BoundedValue;
use super::budget::{Attempts, Budget};
use super::reader::Line;
use crate::pattern::Pattern;

/// Longest block, in lines.
const LONGEST: usize = 2000;
/// Lines of a block that are tried first: most errors are near the beginning.
const FIRST: usize = 64;
/// Nesting of brackets that costs nothing extra. For each token the parser goes over all open brackets.
const DEEP: usize = 32;
/// Deepest nesting of brackets, twice what the parser accepts. Some may be inside strings, where they cost
/// nothing; that is not known in advance.
const DEEPEST: usize = 256;
/// Cost of a value that aliases add beyond the text, in bytes of text.
const VALUE: u64 = 8;
/// How often a block is cut before it is given up.
const CUTS: usize = 6;

/// First lines of supported files.
static BEGINS: Pattern = Pattern::new(
    r"^\s*(?:- )?(?:services|version|platforms|apiVersion|kind|spec|containers|name|image|privileged|cap_add|cap_drop|security_opt|volumes|tmpfs|cgroup|cgroup_parent|cgroupns_mode|command|entrypoint|container_name|read_only|stop_signal|driver|dependency|host)\s*:(?:\s|$)",
);
/// Lines that continue a block.
static GOES_ON: Pattern =
    Pattern::new(r#"^(?:\s*|\s*#.*|---|\s*- .*|\s*-|\s*["']?[\w./$-]+["']? *:(?: .*)?|\s+\S.*|\s*[\]}],?)$"#);

/// A document and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Number of its first line.
    pub line: u64,
    /// Number of its last line.
    pub last: u64,
    /// The document.
    pub value: Value,
}

/// Returns all YAML blocks of a page.
#[must_use]
pub fn blocks(lines: &[Line], budget: &mut Budget) -> Vec<Block> {
    let mut found = Vec::new();
    let mut attempts = Attempts::default();
    let mut at = 0;
    while at < lines.len() {
        let text = lines[at].command();
        if !(is_keyed(text) && BEGINS.is_match(text) && attempts.may_begin(at)) {
            at += 1;
            continue;
        }
        if budget.is_spent() {
            budget.end_at(lines[at].number, "YAML");
            break;
        }
        match block(&lines[at..], budget) {
            Ok((blocks, used)) => {
                found.extend(blocks);
                at += used;
            }
            Err(Failed { lines, work }) => {
                attempts.failed(at, lines, work);
                at += 1;
            }
        }
    }
    if let Some(at) = attempts.passed_over() {
        budget.leave_out(format!("broken YAML from line {} on", lines[at].number));
    }
    found
}

/// Returns whether a line begins with a bare word and a colon, as few log lines do.
fn is_keyed(text: &str) -> bool {
    let text = text.trim_start();
    let word = text.strip_prefix("- ").unwrap_or(text).split(':').next().unwrap_or_default().trim_end();
    word.len() < text.len() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// A failed attempt to find a document.
struct Failed {
    /// Lines that it covered.
    lines: usize,
    /// Bytes that it went over, counted again each time.
    work: usize,
}

/// Returns the documents of the block that begins on the first line, and how many lines they take.
fn block(lines: &[Line], budget: &mut Budget) -> Result<(Vec<Block>, usize), Failed> {
    let before = budget.left();
    let mut texts = extent(lines, FIRST);
    // A block that fills the first lines may continue.
    if texts.len() == FIRST && parse(&texts.join("\n"), budget).err().is_none_or(|line| line + 1 >= FIRST) {
        texts = extent(lines, LONGEST);
    }
    let longest = texts.len();
    for _ in 0..CUTS {
        match parse(&texts.join("\n"), budget) {
            Ok(values) => {
                let last = lines[texts.len() - 1].number;
                let blocks =
                    values.into_iter().map(|value| Block { line: lines[0].number, last, value }).collect();
                return Ok((blocks, texts.len()));
            }
            Err(line) => texts.truncate(line.min(texts.len() - 1)),
        }
        if texts.len() < 2 {
            break;
        }
    }
    Err(Failed { lines: longest, work: usize::try_from(before - budget.left()).unwrap_or(usize::MAX) })
}

/// Returns the lines that a block takes if nothing in it is wrong, `most` at most, without its indentation.
fn extent(lines: &[Line], most: usize) -> Vec<String> {
    let (first, prompted) = (lines[0].command(), lines[0].is_prompted());
    // After a prompt the indentation of the first line is lost; the others have kept theirs.
    let indent = if prompted { 0 } else { first.len() - first.trim_start().len() };
    let belongs = |line: &&Line| {
        let text = line.text.as_ref();
        let own = text.len() - text.trim_start().len();
        (text.trim().is_empty() || own >= indent) && GOES_ON.is_match(text)
    };
    let rest = lines.iter().take(most).skip(1).take_while(belongs);
    let mut texts: Vec<String> = vec![first.trim_start().to_owned()];
    texts.extend(rest.map(|line| line.text.get(indent..).unwrap_or_default().to_owned()));
    texts
}

/// Returns the documents of a text; `Err` is the number of lines before the error.
fn parse(text: &str, budget: &mut Budget) -> Result<Vec<Value>, usize> {
    let (depth, line) = deepest(text);
    let weight = if depth > DEEPEST { 1 } else { 1 + depth / DEEP };
    if !budget.spend(text.len() * weight) {
        return Err(0);
    }
    if depth > DEEPEST {
        return Err(line);
    }
    let mut values = Vec::new();
    // The text itself is paid for; one document may not use up all that is left.
    let free = text.len() as u64;
    for document in yaml_serde::Deserializer::from_str(text) {
        let most = free + budget.left() / VALUE / 2;
        let room = Cell::new(most);
        let value = BoundedValue(&room).deserialize(document);
        budget.spend(usize::try_from((most - room.get()).saturating_sub(free) * VALUE).unwrap_or(usize::MAX));
        match value {
            Ok(mut value) => {
                let _ = value.apply_merge();
                values.push(value);
            }
            Err(error) => return Err(error.location().map_or(0, |place| place.line().saturating_sub(1))),
        }
    }
    Ok(values)
}

/// Returns the deepest nesting of brackets, whatever they are part of, and the number of lines before it
/// exceeds [`DEEP`].
fn deepest(text: &str) -> (usize, usize) {
    let (mut open, mut deepest, mut lines) = (0_usize, 0, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'\n' if deepest <= DEEP => lines += 1,
            _ => {}
        }
        deepest = deepest.max(open);
    }
    (deepest, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Block> {
        let lines = Line::all(text);
        blocks(&lines, &mut Budget::of(text.len() as u64))
    }

    #[test]
    fn a_block_ends_where_the_text_goes_on() {
        let text = "My file:\n\nservices:\n  web:\n    image: x\n    privileged: true\n\nIt says (after a \
            while) this:\nDetected virtualization docker.\n";
        let blocks = found(text);
        assert_eq!((blocks.len(), blocks[0].line), (1, 3));
        assert_eq!(blocks[0].value["services"]["web"]["privileged"], Value::Bool(true));
    }

    #[test]
    fn prompts_and_indentation_do_not_matter() {
        assert_eq!(
            found("$ platforms:\n  - name: x\n    image: y\nfatal: [x]: FAILED! => {\"a\": 1}")[0].value["platforms"]
                [0]["image"],
            "y"
        );
        assert_eq!(
            found("    services:\n      a:\n        image: b\n")[0].value["services"]["a"]["image"],
            "b"
        );
    }

    #[test]
    fn broken_yaml_is_cut_or_left_alone() {
        assert_eq!(
            found("services:\n  a:\n    image: b\n   bad: [\n")[0].value["services"]["a"]["image"],
            "b"
        );
        assert!(found("name: *unknown\n").is_empty());
    }

    #[test]
    fn brackets_in_texts_are_no_lists() {
        let script = "        echo '[' '{' # [\n".repeat(60);
        let text =
            format!("services:\n  a:\n    image: b\n    command:\n      - |\n{script}  c:\n    image: d\n");
        assert_eq!(found(&text)[0].value["services"]["c"]["image"], "d");
        let deep =
            format!("services:\n  a:\n    image: b\n  c: {}\nand so on (or not)\n", "[".repeat(100_000));
        assert_eq!(found(&deep)[0].value["services"]["a"]["image"], "b");
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "services:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..12 {
            let refs = vec![format!("*a{}", n - 1); 10].join(",");
            text.push_str(&format!("  a{n}: &a{n} [{refs}]\n"));
        }
        assert!(found(&text).len() <= 1);
    }
}
