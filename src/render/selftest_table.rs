//! Renders what the program can see here, for people and as JSON. Must not run the checks.

use serde::Serialize;
use textwrap::core::display_width;

use super::json::{SCHEMA_VERSION, Tool, text, tool};
use super::layout::TextPage;
use super::style::Tone;
use super::{Context, visible};
use crate::rule::RuleSet;
use crate::selftest::Check;

#[derive(Serialize)]
struct SelftestDocument<'r> {
    schema_version: u32,
    tool: Tool<'r>,
    selftest: &'r [Check],
}

/// Returns the JSON document: `selftest`, a list of checks, with `seen` true, false, or null if it was not
/// tried.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn json(checks: &[Check], rules: &RuleSet) -> serde_json::Result<String> {
    text(&SelftestDocument { schema_version: SCHEMA_VERSION, tool: tool(rules), selftest: checks })
}

/// Returns one line per check, and for each failed one what is lost and what to do.
#[must_use]
pub fn human(checks: &[Check], context: &Context) -> String {
    let mut page = TextPage::new(context);
    let widest = checks.iter().map(|check| display_width(check.what)).max().unwrap_or_default();
    for check in checks {
        let (sign, tone) = match (check.seen, check.essential) {
            (Some(true), _) => (page.sign("✓", "+"), Tone::Good),
            (Some(false), true) => (page.sign("✗", "x"), Tone::Bad),
            (Some(false), false) => (page.sign("!", "!"), Tone::Warn),
            (None, _) => (page.sign("○", "o"), Tone::Dim),
        };
        let detail = if check.seen.is_none() {
            format!("not checked: {}", check.detail)
        } else {
            check.detail.clone()
        };
        page.wrapped(0, &format!("{sign} {:<widest$}  ", check.what), &visible(&detail), tone);
        if !check.consequence.is_empty() {
            page.prose(4, "", &format!("so: {}", check.consequence));
        }
        if check.seen == Some(false) && !check.next.is_empty() {
            page.prose(4, "", &format!("next: {}", check.next));
        }
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_stands_below_what_is_not_seen() {
        let check = |id, seen, detail: &str| Check {
            id,
            what: id,
            seen,
            essential: false,
            detail: detail.to_owned(),
            consequence: if seen == Some(false) { "less is known" } else { "" },
            next: if seen == Some(false) { "run it as root".to_owned() } else { String::new() },
        };
        let checks = [
            check("log", Some(true), "readable"),
            check("proc", Some(false), "denied"),
            check("exec", None, "no name"),
        ];
        insta::assert_snapshot!(human(&checks, &Context { width: 80, color: false, unicode: false, hyperlinks: false }), @r"
        + log   readable
        ! proc  denied
            so: less is known
            next: run it as root
        o exec  not checked: no name
        ");
    }
}
