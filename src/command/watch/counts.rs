//! What a watch has done, in numbers, and the same as a page of metrics. Labels take few values: never names
//! of containers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::render::exposition::{Exposition, Kind};

/// The numbers.
#[derive(Debug, Default, Clone)]
pub struct Numbers {
    /// Events by what happened.
    pub events: BTreeMap<&'static str, u64>,
    /// Reports by verdict and id of the first root cause.
    pub reports: BTreeMap<(&'static str, String), u64>,
    /// Reports by what led to them.
    pub occasions: BTreeMap<&'static str, u64>,
    /// Deaths that the reports stand for.
    pub deaths: u64,
    /// Time spent on examinations.
    pub examining: Duration,
    /// Examinations that are to be made.
    pub backlog: usize,
    /// Containers that are remembered.
    pub known: usize,
    /// Whether the engine answers.
    pub connected: bool,
    /// Times that it came back.
    pub reconnects: u64,
    /// Lines of the stream that could not be read.
    pub garbled: u64,
    /// Posts by result.
    pub posts: BTreeMap<&'static str, u64>,
    /// Posts that wait or are under way.
    pub posting: u64,
    /// Reports that the journal did not take.
    pub journal_failed: u64,
}

/// The numbers, shared by those who count and those who show.
#[derive(Debug, Default, Clone)]
pub struct Counts(Arc<Mutex<Numbers>>);

impl Counts {
    /// The numbers, to be read or changed at once.
    pub fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page that Prometheus reads.
    pub fn page(&self) -> String {
        page(&self.lock().clone(), resident())
    }
}

fn page(numbers: &Numbers, resident: Option<u64>) -> String {
    let mut page = Exposition::default();
    by(&mut page, "sysdock_watch_events_total", "Engine events by kind.", "action", &numbers.events);
    page.family("sysdock_watch_reports_total", Kind::Counter, "Reports by verdict and first root cause.");
    for ((verdict, cause), count) in &numbers.reports {
        page.sample("sysdock_watch_reports_total", &[("verdict", verdict), ("cause", cause)], count);
    }
    by(&mut page, "sysdock_watch_occasions_total", "Reports by trigger.", "kind", &numbers.occasions);
    by(
        &mut page,
        "sysdock_watch_webhook_total",
        "Reports to the webhook by result.",
        "result",
        &numbers.posts,
    );
    let seconds = numbers.examining.as_secs_f64();
    page.family(
        "sysdock_watch_examination_seconds_total",
        Kind::Counter,
        "Time spent on examinations, in \
        seconds.",
    );
    page.sample("sysdock_watch_examination_seconds_total", &[], seconds);
    for (name, kind, help, value) in [
        ("sysdock_watch_deaths_total", Kind::Counter, "Deaths covered by the reports.", numbers.deaths),
        ("sysdock_watch_reconnects_total", Kind::Counter, "Reconnections to the engine.", numbers.reconnects),
        (
            "sysdock_watch_garbled_total",
            Kind::Counter,
            "Event lines that could not be parsed.",
            numbers.garbled,
        ),
        (
            "sysdock_watch_journal_failed_total",
            Kind::Counter,
            "Reports that the journal rejected.",
            numbers.journal_failed,
        ),
        (
            "sysdock_watch_connected",
            Kind::Gauge,
            "1 if the engine is \
            connected.",
            u64::from(numbers.connected),
        ),
        ("sysdock_watch_backlog", Kind::Gauge, "Examinations queued or running.", numbers.backlog as u64),
        ("sysdock_watch_webhook_waiting", Kind::Gauge, "Reports waiting to be posted.", numbers.posting),
        ("sysdock_watch_containers", Kind::Gauge, "Containers being tracked.", numbers.known as u64),
    ] {
        page.family(name, kind, help);
        page.sample(name, &[], value);
    }
    if let Some(bytes) = resident {
        page.family(
            "process_resident_memory_bytes",
            Kind::Gauge,
            "Resident memory of this process in \
            bytes.",
        );
        page.sample("process_resident_memory_bytes", &[], bytes);
    }
    page.finish()
}

fn by(page: &mut Exposition, name: &str, help: &str, label: &str, counts: &BTreeMap<&'static str, u64>) {
    page.family(name, Kind::Counter, help);
    counts.iter().for_each(|(value, count)| page.sample(name, &[(label, value)], count));
}

fn resident() -> Option<u64> {
    let pages = procfs::process::Process::myself().and_then(|process| process.statm()).ok()?.resident;
    Some(pages * procfs::page_size())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_are_on_the_page() {
        let mut numbers = Numbers {
            deaths: 3,
            backlog: 2,
            connected: true,
            examining: Duration::from_millis(1500),
            ..Numbers::default()
        };
        numbers.events.insert("die", 4);
        numbers.reports.insert(("failed", "cgroup-read-only".to_owned()), 3);
        numbers.occasions.insert("died", 3);
        numbers.posts.insert("posted", 3);
        let text = page(&numbers, Some(4096));
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        insta::assert_snapshot!(samples.join("\n"), @r#"
        sysdock_watch_events_total{action="die"} 4
        sysdock_watch_reports_total{verdict="failed",cause="cgroup-read-only"} 3
        sysdock_watch_occasions_total{kind="died"} 3
        sysdock_watch_webhook_total{result="posted"} 3
        sysdock_watch_examination_seconds_total 1.5
        sysdock_watch_deaths_total 3
        sysdock_watch_reconnects_total 0
        sysdock_watch_garbled_total 0
        sysdock_watch_journal_failed_total 0
        sysdock_watch_connected 1
        sysdock_watch_backlog 2
        sysdock_watch_webhook_waiting 0
        sysdock_watch_containers 0
        process_resident_memory_bytes 4096
        "#);
    }
}
