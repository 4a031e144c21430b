//! What the program can see here, for people and for programs. Must not look by itself.

use serde::Serialize;
use textwrap::core::display_width;

use super::json::{SCHEMA_VERSION, Tool, text, tool};
use super::page::Page;
use super::style::Tone;
use super::{Context, visible};
use crate::rule::RuleSet;
use crate::snapshot::Sight;

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    tool: Tool<'r>,
    selftest: &'r [Sight],
}

/// The JSON document: `selftest`, a list of what was tried, `seen` true, false, or null where it was not
/// tried.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
pub fn json(sights: &[Sight], rules: &RuleSet) -> serde_json::Result<String> {
    text(&Document { schema_version: SCHEMA_VERSION, tool: tool(rules), selftest: sights })
}

/// One line for each thing, and below those that are not seen what is lost and what to do.
#[must_use]
pub fn human(sights: &[Sight], context: &Context) -> String {
    let mut page = Page::new(context);
    let widest = sights.iter().map(|sight| display_width(sight.what)).max().unwrap_or_default();
    for sight in sights {
        let (sign, tone) = match (sight.seen, sight.essential) {
            (Some(true), _) => (page.sign("✓", "+"), Tone::Good),
            (Some(false), true) => (page.sign("✗", "x"), Tone::Bad),
            (Some(false), false) => (page.sign("!", "!"), Tone::Warn),
            (None, _) => (page.sign("○", "o"), Tone::Dim),
        };
        let detail = if sight.seen.is_none() {
            format!(
                "not checked: \
                {}",
                sight.detail
            )
        } else {
            sight.detail.clone()
        };
        page.wrapped(0, &format!("{sign} {:<widest$}  ", sight.what), &visible(&detail), tone);
        if !sight.consequence.is_empty() {
            page.prose(4, "", &format!("so: {}", sight.consequence));
        }
        if sight.seen == Some(false) && !sight.next.is_empty() {
            page.prose(4, "", &format!("next: {}", sight.next));
        }
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_stands_below_what_is_not_seen() {
        let sight = |id, seen, detail: &str| Sight {
            id,
            what: id,
            seen,
            essential: false,
            detail: detail.to_owned(),
            consequence: if seen == Some(false) { "less is known" } else { "" },
            next: if seen == Some(false) { "run it as root".to_owned() } else { String::new() },
        };
        let sights = [
            sight("log", Some(true), "readable"),
            sight("proc", Some(false), "denied"),
            sight("exec", None, "no name"),
        ];
        insta::assert_snapshot!(human(&sights, &Context { width: 80, color: false, unicode: false, hyperlinks: false }), @"
        + log   readable
        ! proc  denied
            so: less is known
            next: run it as root
        o exec  not checked: no name
        ");
    }
}
