//! Renders reports for people: the verdict first, then causes with their evidence and cure, then the rest.

use std::collections::BTreeSet;

use super::layout::{TextPage, clipped, first_paragraph};
use super::style::Tone;
use super::words;
use super::{Answer, Context, Notice, cure_steps, human_unknowns, summary_table};
use crate::diagnose::{Evidence, Finding, Report, Role, Subject, Verdict};

/// Renders all reports, in the given order.
#[must_use]
pub fn render(reports: &[Report], context: &Context) -> String {
    answers(&Answer::without_cure(reports), context)
}

/// Renders the reports with their cures.
#[must_use]
pub fn answers(answers: &[Answer<'_>], context: &Context) -> String {
    let mut page = TextPage::new(context);
    for answer in answers {
        if answer.report.verdict != Verdict::Healthy {
            page.gap();
        }
        one(&mut page, answer);
        if answer.report.verdict != Verdict::Healthy {
            page.gap();
        }
    }
    if answers.len() > 1 {
        page.gap();
        let reports: Vec<&Report> = answers.iter().map(|answer| answer.report).collect();
        summary_table::line(&mut page, &reports);
    }
    format!("{}\n", page.finish().trim_end_matches('\n')).trim_start_matches('\n').to_owned()
}

/// Lists below the reports what the configuration removes.
#[must_use]
pub fn notices(notices: &[Notice], context: &Context) -> String {
    let mut page = TextPage::new(context);
    for notice in notices {
        page.flow(0, &[("configuration:", Tone::Strong), (&notice.sentence(), Tone::Plain)]);
    }
    if notices.is_empty() { String::new() } else { format!("\n{}\n", page.finish().trim_end_matches('\n')) }
}

fn one(page: &mut TextPage<'_>, answer: &Answer<'_>) {
    let report = answer.report;
    headline(page, report);
    if report.subject == Subject::NotSystemd {
        return;
    }
    causes(page, report, answer.prescription.is_none());
    if let Some(prescription) = answer.prescription {
        page.gap();
        cure_steps::prescription(page, prescription);
    }
    remarks(page, report);
    if report.verdict == Verdict::Healthy {
        human_unknowns::in_short(page, report);
        return;
    }
    human_unknowns::in_full(page, report);
    next(page, report);
}

fn headline(page: &mut TextPage<'_>, report: &Report) {
    let engine = report.target.engine.as_ref().map(|engine| format!("({} {}):", engine.name, engine.version));
    let colon = if engine.is_some() { "" } else { ":" };
    let name = format!("{}{colon}", report.target.name);
    let engine = engine.unwrap_or_default();
    let state = format!("{} {}", page.sign("—", "-"), report.state);
    if report.subject == Subject::NotSystemd {
        let said = format!("no systemd here (nothing to diagnose) {state}");
        let sign = page.sign("○", "o");
        page.flow(0, &[(sign, Tone::Dim), (&name, Tone::Strong), (&engine, Tone::Plain), (&said, Tone::Dim)]);
        return;
    }
    let tone = if report.is_unasked() { Tone::Plain } else { words::verdict_tone(report.verdict) };
    let word = words::standing(report).to_uppercase();
    let sign = if report.is_unasked() { page.sign("○", "o") } else { sign(page, report.verdict) };
    page.flow(
        0,
        &[(sign, tone), (&name, Tone::Strong), (&engine, Tone::Plain), (&word, tone), (&state, Tone::Plain)],
    );
}

fn sign(page: &TextPage<'_>, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => page.sign("✓", "+"),
        Verdict::Degraded => page.sign("▲", "!"),
        Verdict::Failed => page.sign("✗", "x"),
        Verdict::Undetermined => "?",
    }
}

/// Writes the root causes with their consequences, and advice if no steps follow.
fn causes(page: &mut TextPage<'_>, report: &Report, advise: bool) {
    let of = |role: Role| report.findings.iter().filter(move |finding| finding.role == role);
    let (mut told, mut quoted) = (BTreeSet::new(), BTreeSet::new());
    for root in of(Role::RootCause) {
        page.gap();
        root_cause(page, root);
        if advise {
            advice(page, root, &mut told);
        }
        let followers: Vec<_> = of(Role::Consequence).filter(|f| f.explained_by.contains(&root.id)).collect();
        consequences(page, "explains:", &followers, &mut quoted);
    }
    let loose: Vec<_> = of(Role::Consequence)
        .filter(|f| !of(Role::RootCause).any(|root| f.explained_by.contains(&root.id)))
        .collect();
    if report.root().is_none() && report.verdict == Verdict::Failed {
        page.gap();
        page.flow(
            2,
            &[
                ("no root cause found:", Tone::Strong),
                ("the available facts do not single one out", Tone::Plain),
            ],
        );
    }
    if !loose.is_empty() {
        page.gap();
        consequences(page, "symptoms without a known cause:", &loose, &mut quoted);
    }
}

fn root_cause(page: &mut TextPage<'_>, root: &Finding) {
    let id = format!("[{}]", root.id);
    let severity = format!("{},", words::severity(root.severity));
    let tone = words::severity_tone(root.severity);
    page.flow(
        2,
        &[
            (&root.title, Tone::Strong),
            (&id, Tone::Dim),
            (&severity, tone),
            (words::confidence(root.confidence), Tone::Plain),
        ],
    );
    if let Some(why) = &root.accepted {
        page.flow(4, &[("not counted,", Tone::Dim), (&words::acceptance(why), Tone::Dim)]);
    }
    root.evidence.iter().for_each(|evidence| quote(page, evidence));
    page.gap();
    page.wrapped(4, "", &first_paragraph(&root.explanation), Tone::Plain);
}

fn advice<'r>(page: &mut TextPage<'_>, root: &'r Finding, told: &mut BTreeSet<&'r str>) {
    let advice: Vec<&str> =
        root.advice.iter().map(|advice| advice.words.as_str()).filter(|words| told.insert(words)).collect();
    if !advice.is_empty() {
        page.gap();
        page.flow(4, &[("what to do:", Tone::Strong)]);
        for words in advice {
            page.prose(4, "- ", words);
        }
    }
}

/// Writes consequences by name, with the first log line of one of them; a line that follows from two causes
/// is quoted once.
fn consequences<'r>(
    page: &mut TextPage<'_>,
    title: &str,
    findings: &[&'r Finding],
    quoted: &mut BTreeSet<(&'r str, u64)>,
) {
    if findings.is_empty() {
        return;
    }
    page.gap();
    let ids: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
    page.flow(4, &[(title, Tone::Strong), (&ids.join(", "), Tone::Plain)]);
    if let Some(evidence @ Evidence::Log { text, line, .. }) = first_line(findings)
        && quoted.insert((text, *line))
    {
        quote(page, evidence);
    }
}

fn first_line<'r>(findings: &[&'r Finding]) -> Option<&'r Evidence> {
    findings
        .iter()
        .flat_map(|finding| &finding.evidence)
        .find(|evidence| matches!(evidence, Evidence::Log { .. }))
}

fn quote(page: &mut TextPage<'_>, evidence: &Evidence) {
    match evidence {
        Evidence::Log { text, line, stream } => page.quote(4, text, &format!("{stream}:{line}")),
        Evidence::Fact { path, value, source } => {
            page.quote(4, &format!("{path} = {}", clipped(&value.to_string())), &format!("({source})"));
        }
    }
}

fn remarks(page: &mut TextPage<'_>, report: &Report) {
    let aside = |finding: &&Finding| matches!(finding.role, Role::Risk | Role::Note);
    if report.verdict != Verdict::Healthy && report.findings.iter().any(|finding| aside(&finding)) {
        page.gap();
    }
    for finding in report.findings.iter().filter(aside) {
        let word = format!("{}:", words::role(finding.role));
        let tone = if finding.role == Role::Risk { Tone::Warn } else { Tone::Dim };
        page.flow(
            2,
            &[(&word, tone), (&finding.title, Tone::Plain), (&format!("[{}]", finding.id), Tone::Dim)],
        );
    }
}

fn next(page: &mut TextPage<'_>, report: &Report) {
    let named = report.root().or_else(|| report.findings.first());
    let command = named.map(|finding| format!("sysdock explain {}", finding.id)).or_else(|| asking(report));
    let instead = || report.is_empty_handed().then(|| "sysdock doctor CONTAINER".to_owned());
    let Some(command) = command.or_else(instead) else { return };
    page.gap();
    page.flow(2, &[("next:", Tone::Strong), (&command, Tone::Code)]);
}

/// Returns the command that would settle most of the undecided diagnoses; the first of several equal ones.
fn asking(report: &Report) -> Option<String> {
    let settles = |how: &String| report.undecided.iter().filter(|open| open.how.contains(how)).count();
    let how = report.undecided.iter().flat_map(|open| &open.how).rev().max_by_key(|how| settles(how))?;
    Some(how.strip_prefix("run: ").unwrap_or(how).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    const PLAIN: Context = Context { width: 80, color: false, unicode: true, hyperlinks: false };

    #[test]
    fn a_failed_container_is_told_from_verdict_to_next_step() {
        insta::assert_snapshot!(render(&[sample::failed()], &PLAIN), @"
        ✗ web (docker 28.5.2): FAILED — systemd gave up (exit code 255)

          systemd needs a tmpfs on /run and may not mount one itself [run-tmpfs-missing]
            critical, certain
            │ Failed to mount tmpfs at /run: Operation not permitted   console:12
            │ container.tmpfs = []   (container inspect: HostConfig.Tmpfs)

            Early in its boot systemd mounts a tmpfs on /run. A container without
            CAP_SYS_ADMIN may not mount anything.

            what to do:
            - Start the container with a tmpfs on /run:

                  docker run --tmpfs /run IMAGE

            explains: boot-stopped
            │ [!!!!!!] Failed to mount API filesystems.   console:13

          risk: the stop signal does not halt systemd [wrong-stop-signal]
          note: without a terminal systemd logs nothing [silent-no-tty]

          not checked: 7 diagnoses
            diagnosis-1: needs pid1.caps (run: grep Cap /proc/PID/status)
            diagnosis-2: needs pid1.caps (run: grep Cap /proc/PID/status)
            diagnosis-3: needs pid1.caps (run: grep Cap /proc/PID/status)
            and 4 more (--format json lists all)

          not available: 3 facts
            pid1.*: no access
            manager.state, manager.bus: the container is not running

          next: sysdock explain run-tmpfs-missing
        ");
    }

    #[test]
    fn a_healthy_container_takes_a_line_or_two() {
        insta::assert_snapshot!(render(&[sample::healthy()], &PLAIN), @"
        ✓ db (docker 28.5.2): HEALTHY — running, systemd reports running
          1 fact not available
        ");
    }

    #[test]
    fn several_reports_end_with_a_summary() {
        insta::assert_snapshot!(render(&[sample::unexplained(), sample::not_systemd(), sample::healthy()], &PLAIN), @"
        ✗ old (docker 28.5.2): FAILED — running, but PID 1 is frozen: systemd gave up

          no root cause found: the available facts do not single one out

            symptoms without a known cause: boot-stopped
            │ Freezing execution.   console:40

          next: sysdock explain boot-stopped

        ○ cache (docker 28.5.2): no systemd here (nothing to diagnose) — state running
        ✓ db (docker 28.5.2): HEALTHY — running, systemd reports running
          1 fact not available

        3 examined: 1 failed, 1 healthy, 1 without systemd
        ");
    }

    #[test]
    fn the_next_command_settles_most_of_what_is_open() {
        let open = |id: &str, how: &[&str]| crate::diagnose::Undecided {
            id: id.to_owned(),
            missing: vec!["container.userns".to_owned()],
            how: how.iter().map(|&how| how.to_owned()).collect(),
        };
        let asked = |undecided| asking(&Report { undecided, ..sample::healthy() });
        assert_eq!(asked(Vec::new()), None);
        assert_eq!(asked(vec![open("a", &["run: x"]), open("b", &["run: y"])]).as_deref(), Some("x"));
        let several = vec![open("a", &["run: x"]), open("b", &["run: y"]), open("c", &["run: z", "run: y"])];
        assert_eq!(asked(several.clone()).as_deref(), Some("y"));
        let told = render(
            &[Report { undecided: [several.clone(), several].concat(), ..sample::unexplained() }],
            &PLAIN,
        );
        assert!(told.contains("not checked: 6 diagnoses") && told.contains("and 3 more"), "{told}");
    }

    #[test]
    fn nothing_examined_is_nothing_printed() {
        assert_eq!(render(&[], &PLAIN).trim(), "");
    }

    #[test]
    fn no_line_is_wider_than_the_page_and_none_ends_in_blanks() {
        for width in [80, 100, 120] {
            let text = render(&[sample::failed(), sample::unexplained()], &Context { width, ..PLAIN });
            assert!(
                text.lines()
                    .all(|line| textwrap::core::display_width(line) <= width && line.trim_end() == line),
                "{text}"
            );
        }
    }

    #[test]
    fn colour_changes_no_word() {
        let colored = render(&[sample::failed()], &Context { color: true, ..PLAIN });
        assert!(colored.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), render(&[sample::failed()], &PLAIN));
    }

    #[test]
    fn an_ascii_locale_gets_ascii_signs() {
        let text = render(
            &[sample::failed(), sample::healthy(), sample::not_systemd()],
            &Context { unicode: false, ..PLAIN },
        );
        assert!(text.is_ascii(), "{text}");
    }

    #[test]
    fn hostile_text_reaches_the_terminal_in_no_field() {
        let text = render(&[sample::hostile()], &PLAIN);
        assert!(!text.chars().any(|c| c != '\n' && crate::visible::is_hidden(c)), "{text:?}");
        assert_eq!(text.matches("[2J").count(), sample::HOSTILE_SHOWN, "{text}");
    }
}
