//! YAML within a text: where a block begins and ends, and the documents in it.
//!
//! Blocks begin at keys that container files have; a block that does not parse is cut before the line that breaks it.

use yaml_serde::Value;

use super::page::Line;
use crate::pattern::Pattern;

/// Longest block, in lines.
const LONGEST: usize = 2000;
/// How often a block is cut before it is given up.
const CUTS: usize = 6;

/// First lines of the files that are understood.
static BEGINS: Pattern = Pattern::new(
    r"^\s*(?:- )?(?:services|version|platforms|apiVersion|kind|spec|containers|name|image|privileged|cap_add|cap_drop|security_opt|volumes|tmpfs|cgroup|cgroup_parent|cgroupns_mode|command|entrypoint|container_name|read_only|stop_signal|driver|dependency|host)\s*:(?:\s|$)",
);
/// Lines that a block goes on with.
static GOES_ON: Pattern = Pattern::new(r#"^(?:\s*|\s*#.*|---|\s*- .*|\s*-|\s*["']?[\w./$-]+["']? *:(?: .*)?|\s+\S.*|\s*[\]}],?)$"#);

/// A document and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Number of its first line.
    pub line: u64,
    /// Number of its last line.
    pub last: u64,
    /// The document.
    pub value: Value,
}

/// All YAML blocks of a page.
#[must_use]
pub fn blocks(lines: &[Line]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let text = lines[at].command();
        if is_keyed(text)
            && matches(&BEGINS, text)
            && let Some((block, used)) = block(&lines[at..])
        {
            found.extend(block);
            at += used;
        } else {
            at += 1;
        }
    }
    found
}

/// Whether a line begins with a bare word and a colon, as few lines of a log do.
fn is_keyed(text: &str) -> bool {
    let text = text.trim_start();
    let word = text.strip_prefix("- ").unwrap_or(text).split(':').next().unwrap_or_default().trim_end();
    word.len() < text.len() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.is_match(text)
}

/// The block that begins at the first of the lines: its documents, and how many lines they take.
fn block(lines: &[Line]) -> Option<(Vec<Block>, usize)> {
    let (first, prompted) = (lines[0].command(), lines[0].is_prompted());
    // Behind a prompt the first line has lost its place; the others have kept theirs.
    let indent = if prompted { 0 } else { first.len() - first.trim_start().len() };
    let belongs = |line: &&Line| {
        let text = line.text.as_ref();
        let own = text.len() - text.trim_start().len();
        (text.trim().is_empty() || own >= indent) && matches(&GOES_ON, text)
    };
    let rest: Vec<&Line> = lines.iter().skip(1).take(LONGEST).take_while(belongs).collect();
    let mut texts: Vec<String> = vec![first.trim_start().to_owned()];
    texts.extend(rest.iter().map(|line| line.text.get(indent..).unwrap_or_default().to_owned()));
    for _ in 0..CUTS {
        let text = texts.join("\n");
        match parse(&text) {
            Ok(values) => {
                let last = lines[texts.len() - 1].number;
                let blocks = values.into_iter().map(|value| Block { line: lines[0].number, last, value }).collect();
                return Some((blocks, texts.len()));
            }
            Err(line) => texts.truncate(line.min(texts.len() - 1)),
        }
        if texts.len() < 2 {
            return None;
        }
    }
    None
}

/// The documents of a text; `Err` is the number of lines before the mistake.
fn parse(text: &str) -> Result<Vec<Value>, usize> {
    use serde::Deserialize;
    let mut values = Vec::new();
    for document in yaml_serde::Deserializer::from_str(text) {
        match Value::deserialize(document) {
            Ok(mut value) => {
                let _ = value.apply_merge();
                values.push(value);
            }
            Err(error) => return Err(error.location().map_or(0, |place| place.line().saturating_sub(1))),
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Block> {
        let lines = Line::all(text);
        blocks(&lines)
    }

    #[test]
    fn a_block_ends_where_the_text_goes_on() {
        let text = "My file:\n\nservices:\n  web:\n    image: x\n    privileged: true\n\nIt says (after a while) this:\nDetected virtualization docker.\n";
        let blocks = found(text);
        assert_eq!((blocks.len(), blocks[0].line), (1, 3));
        assert_eq!(blocks[0].value["services"]["web"]["privileged"], Value::Bool(true));
    }

    #[test]
    fn prompts_and_indentation_do_not_matter() {
        assert_eq!(
            found("$ platforms:\n  - name: x\n    image: y\nfatal: [x]: FAILED! => {\"a\": 1}")[0].value["platforms"][0]["image"],
            "y"
        );
        assert_eq!(found("    services:\n      a:\n        image: b\n")[0].value["services"]["a"]["image"], "b");
    }

    #[test]
    fn broken_yaml_is_cut_or_left_alone() {
        assert_eq!(found("services:\n  a:\n    image: b\n   bad: [\n")[0].value["services"]["a"]["image"], "b");
        assert!(found("name: *unknown\n").is_empty());
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
