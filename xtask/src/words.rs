//! Lines of a terminal's log without what only a terminal needs.

use std::sync::LazyLock;

use regex::Regex;

static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>78MDEHc]|[\x00-\x08\x0b-\x1f]").ok()
});

static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[0-9a-f]{12,64}\b|\b\d+\b").ok());

/// The lines of a log, without escapes, empty lines and the moving stars of a waiting job.
pub fn lines(log: &str) -> Vec<String> {
    let clean = ESCAPES.as_ref().map_or_else(|| log.into(), |escapes| escapes.replace_all(log, ""));
    let keep =
        |line: &&str| !(line.is_empty() || line.starts_with('[') && line.contains("job is running for"));
    clean.lines().map(str::trim).filter(keep).map(str::to_owned).collect()
}

static ID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[0-9a-f]{12,64}\b").ok());

/// A line with its ids taken out, which differ from run to run.
pub fn without_ids(line: &str) -> String {
    ID.as_ref().map_or_else(|| line.to_owned(), |id| id.replace_all(line, "ID").into_owned())
}

/// A line with its ids and numbers taken out, by which lines of two boots are compared.
pub fn shape(line: &str) -> String {
    VARIABLE.as_ref().map_or_else(|| line.to_owned(), |variable| variable.replace_all(line, "#").into_owned())
}

/// Whether a line tells of something that went wrong.
pub fn tells(line: &str) -> bool {
    let signs = [
        "ailed",
        "ermission",
        "not permitted",
        "not implemented",
        "nvalid",
        "annot",
        "ouldn't",
        "rror",
        "reezing",
        "xiting",
        "ssert",
        "rash",
        "efus",
        "denied",
        "imed out",
        "no such",
        "No such",
        "nable to",
    ];
    signs.iter().any(|sign| line.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_stars_go() {
        let log = "\x1b]3008;start=1\x1b\\[\x1b[0;1;38:5:185m OK \x1b[0m] Started \x1b[1ma\x1b[0m.\r\n[ *** \
            ] A start job is running for b (3s / 1min)\r\n\r\n";
        assert_eq!(lines(log), ["[ OK ] Started a."]);
    }

    #[test]
    fn numbers_do_not_tell_lines_apart() {
        assert_eq!(shape("a 12 of 0123456789abcdef"), shape("a 7 of abcdef0123456789"));
    }
}
