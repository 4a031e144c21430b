//! Counters of a watch, and the same as a page of metrics. Labels take few values, never names of containers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::render::exposition::{Exposition, MetricKind};
use crate::sink::{PostCounts, Posts};

/// The counters.
#[derive(Debug, Default, Clone)]
pub struct Numbers {
    /// Events by what happened.
    pub events: BTreeMap<&'static str, u64>,
    /// Reports by verdict and id of the first root cause.
    pub reports: BTreeMap<(&'static str, String), u64>,
    /// Reports by trigger.
    pub occasions: BTreeMap<&'static str, u64>,
    /// Deaths that the reports cover.
    pub deaths: u64,
    /// Time spent on examinations.
    pub examining: Duration,
    /// Examinations that wait.
    pub backlog: usize,
    /// Containers that are remembered.
    pub known: usize,
    /// Whether the engine answers.
    pub connected: bool,
    /// Number of reconnections.
    pub reconnects: u64,
    /// Lines of the event stream that could not be read.
    pub garbled: u64,
    /// Results of the posts to a webhook, if there is one.
    pub posts: Option<Posts>,
    /// Reports that the journal did not accept.
    pub journal_failed: u64,
}

/// The counters, shared by the code that counts and the code that shows them.
#[derive(Debug, Default, Clone)]
pub struct Counts(Arc<Mutex<Numbers>>);

impl Counts {
    /// Locks the counters for reading or changing.
    pub fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the page that Prometheus reads.
    pub fn page(&self) -> String {
        let numbers = self.lock().clone();
        let posts = numbers.posts.as_ref().map(Posts::counts).unwrap_or_default();
        page(&numbers, &posts, resident())
    }
}

fn page(numbers: &Numbers, posts: &PostCounts, resident: Option<u64>) -> String {
    let mut page = Exposition::default();
    let (events, occasions) = (&numbers.events, &numbers.occasions);
    by(&mut page, "sysdock_watch_events_total", "Engine events by kind.", "action", events);
    page.family(
        "sysdock_watch_reports_total",
        MetricKind::Counter,
        "Reports by verdict and first root cause.",
    );
    for ((verdict, cause), count) in &numbers.reports {
        page.sample("sysdock_watch_reports_total", &[("verdict", verdict), ("cause", cause)], count);
    }
    by(&mut page, "sysdock_watch_occasions_total", "Reports by trigger.", "kind", occasions);
    by(
        &mut page,
        "sysdock_watch_webhook_total",
        "Reports to the webhook by result.",
        "result",
        &posts.results,
    );
    let seconds = numbers.examining.as_secs_f64();
    page.family(
        "sysdock_watch_examination_seconds_total",
        MetricKind::Counter,
        "Time spent on examinations, in seconds.",
    );
    page.sample("sysdock_watch_examination_seconds_total", &[], seconds);
    for (name, kind, help, value) in plain(numbers, posts) {
        page.family(name, kind, help);
        page.sample(name, &[], value);
    }
    if let Some(bytes) = resident {
        page.family(
            "process_resident_memory_bytes",
            MetricKind::Gauge,
            "Resident memory of this process in \
            bytes.",
        );
        page.sample("process_resident_memory_bytes", &[], bytes);
    }
    page.finish()
}

/// Returns name, help, kind and value of the counters without labels.
fn plain(numbers: &Numbers, posts: &PostCounts) -> [(&'static str, MetricKind, &'static str, u64); 8] {
    use MetricKind::{Counter, Gauge};
    let (connected, backlog, known) =
        (u64::from(numbers.connected), numbers.backlog as u64, numbers.known as u64);
    let lost = numbers.journal_failed;
    [
        ("sysdock_watch_deaths_total", Counter, "Deaths covered by the reports.", numbers.deaths),
        ("sysdock_watch_reconnects_total", Counter, "Reconnections to the engine.", numbers.reconnects),
        ("sysdock_watch_garbled_total", Counter, "Event lines that could not be parsed.", numbers.garbled),
        ("sysdock_watch_journal_failed_total", Counter, "Reports that the journal rejected.", lost),
        ("sysdock_watch_connected", Gauge, "1 if the engine is connected.", connected),
        ("sysdock_watch_backlog", Gauge, "Examinations queued or running.", backlog),
        ("sysdock_watch_webhook_waiting", Gauge, "Reports waiting to be posted.", posts.waiting),
        ("sysdock_watch_containers", Gauge, "Containers being tracked.", known),
    ]
}

fn by(page: &mut Exposition, name: &str, help: &str, label: &str, counts: &BTreeMap<&'static str, u64>) {
    page.family(name, MetricKind::Counter, help);
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
        let mut posts = PostCounts::default();
        posts.results.insert("posted", 3);
        let text = page(&numbers, &posts, Some(4096));
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
