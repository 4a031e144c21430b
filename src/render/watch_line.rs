//! Renders a report of `watch` as one line for people, and the event that led to it as JSON. Must not know
//! where the line goes.

use serde::Serialize;

use super::style::{Tone, paint};
use super::{Context, visible, words};
use crate::diagnose::{Report, Subject, Verdict};
use crate::quote::shown;

/// What led to a report of `watch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Event"))]
pub struct Occasion<'o> {
    /// What happened to the container.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["new", "restarted", "died", "unhealthy", "oom"])))]
    pub kind: &'static str,
    /// When it happened last, RFC 3339.
    #[cfg_attr(feature = "cli", schemars(extend("format" = "date-time")))]
    pub time: String,
    /// Image of the container.
    pub image: &'o str,
    /// Exit code of the last death.
    pub exit_code: Option<i64>,
    /// Deaths that the report stands for.
    pub deaths: u64,
}

/// Returns `TIME symbol NAME died, exit code 255: FAILED - cause [id]; next: sysdock doctor NAME`.
#[must_use]
pub fn line(report: &Report, occasion: &Occasion<'_>, there: bool, context: &Context) -> String {
    let tint = |text: &str, tone| paint(&visible(text), tone, context.color);
    let name = &report.target.name;
    let (sign, tone) = sign(report, context.unicode);
    let dash = if context.unicode { "—" } else { "-" };
    let verdict = match report.subject {
        Subject::NotSystemd => tint("no systemd here (nothing to diagnose)", Tone::Dim),
        Subject::Systemd => tint(&words::standing(report).to_uppercase(), tone),
    };
    let cause = match report.root() {
        Some(root) => {
            format!("{} {}", tint(&root.title, Tone::Plain), tint(&format!("[{}]", root.id), Tone::Dim))
        }
        None => tint(&report.state, Tone::Plain),
    };
    let next = match report.verdict {
        Verdict::Healthy => String::new(),
        _ if there => format!("; next: {}", tint(&shown(&["sysdock", "doctor", name]), Tone::Code)),
        _ => report.root().map_or_else(String::new, |root| {
            format!("; next: {}", tint(&format!("sysdock explain {}", root.id), Tone::Code))
        }),
    };
    let (time, happened) = (tint(&occasion.time, Tone::Dim), tint(&happened(occasion), Tone::Plain));
    format!(
        "{time} {} {} {happened}: {verdict} {dash} {cause}{next}\n",
        tint(sign, tone),
        tint(name, Tone::Strong)
    )
}

fn sign(report: &Report, unicode: bool) -> (&'static str, Tone) {
    let sign = match (report.subject, report.verdict) {
        (Subject::NotSystemd, _) => ("○", "o"),
        (_, Verdict::Healthy) => ("✓", "+"),
        (_, Verdict::Degraded) => ("▲", "!"),
        (_, Verdict::Failed) => ("✗", "x"),
        (_, Verdict::Undetermined) => ("?", "?"),
    };
    let tone =
        if report.subject == Subject::NotSystemd { Tone::Dim } else { words::verdict_tone(report.verdict) };
    (if unicode { sign.0 } else { sign.1 }, tone)
}

/// Describes what happened.
#[must_use]
pub fn happened(occasion: &Occasion<'_>) -> String {
    let code = occasion.exit_code.map_or_else(String::new, |code| format!(", exit code {code}"));
    let times = if occasion.deaths > 1 { format!(" {} times", occasion.deaths) } else { String::new() };
    match occasion.kind {
        "new" => "is new".to_owned(),
        "unhealthy" => "became unhealthy".to_owned(),
        "oom" => "ran out of memory".to_owned(),
        "restarted" => "was restarted".to_owned(),
        kind => format!("{kind}{times}{code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Answer, json, sample};

    fn occasion(kind: &'static str, deaths: u64) -> Occasion<'static> {
        Occasion {
            kind,
            time: "2026-01-31T08:00:00Z".to_owned(),
            image: "debian:12",
            exit_code: Some(255),
            deaths,
        }
    }

    fn of(report: &Report) -> Answer<'_> {
        Answer { report, prescription: None, trial: None }
    }

    const PLAIN: Context = Context { width: 100, color: false, unicode: false, hyperlinks: false };

    #[test]
    fn a_report_is_one_line() {
        let lines = [
            line(&sample::failed(), &occasion("died", 1), true, &PLAIN),
            line(&sample::failed(), &occasion("died", 7), false, &PLAIN),
            line(&sample::healthy(), &occasion("new", 0), true, &PLAIN),
            line(&sample::not_systemd(), &occasion("died", 1), true, &PLAIN),
        ];
        insta::assert_snapshot!(lines.concat(), @"
        2026-01-31T08:00:00Z x web died, exit code 255: FAILED - systemd needs a tmpfs on /run and may not \
            mount one itself [run-tmpfs-missing]; next: sysdock doctor web
        2026-01-31T08:00:00Z x web died 7 times, exit code 255: FAILED - systemd needs a tmpfs on /run and \
            may not mount one itself [run-tmpfs-missing]; next: sysdock explain run-tmpfs-missing
        2026-01-31T08:00:00Z + db is new: HEALTHY - running, systemd reports running
        2026-01-31T08:00:00Z o cache died, exit code 255: no systemd here (nothing to diagnose) - state \
            running
        ");
    }

    #[test]
    fn hostile_names_stay_on_the_line() {
        let text = line(&sample::hostile(), &occasion("died", 1), true, &PLAIN);
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text:?}");
    }

    #[test]
    fn the_event_stands_beside_the_report() {
        let text = json::line_of(&of(&sample::failed()), Some(&occasion("died", 2))).unwrap();
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({
            "kind": "died", "time": "2026-01-31T08:00:00Z", "image": "debian:12", "exit_code": 255, "deaths": 2
        });
        assert_eq!(line["event"], expected);
        assert_eq!(line["verdict"], "failed");
        let without: serde_json::Value =
            serde_json::from_str(&json::line(&of(&sample::failed()), &[]).unwrap()).unwrap();
        assert!(without.get("event").is_none());
    }
}
