//! Delivers a report to every output: stdout, the journal, the webhook, the counters. Must not judge.

use jiff::Timestamp;

use super::counts::Counts;
use super::error::WatchError;
use super::examination_job::Job;
use crate::diagnose::{Report, Verdict};
use crate::render::watch_line::Occasion;
use crate::render::{Answer, Context, json, output, watch_line};
use crate::sink::{Journal, Webhook};

/// Where reports go.
pub struct Delivery {
    /// Whether stdout receives JSON instead of lines for people.
    pub json: bool,
    /// The style of lines for people.
    pub context: Context,
    /// The counters.
    pub counts: Counts,
    /// The journal, if enabled.
    pub journal: Option<Journal>,
    /// The webhook, if enabled.
    pub webhook: Option<Webhook>,
    /// Held while a line is printed, so that only one thread prints at a time.
    pub turn: tokio::sync::Mutex<()>,
}

impl Delivery {
    /// Delivers one report; `there` says whether its container still exists.
    ///
    /// # Errors
    /// [`WatchError`] if stdout cannot be written.
    pub async fn deliver(&self, job: &Job, report: &Report, there: bool) -> Result<(), WatchError> {
        let time = Timestamp::from_nanosecond(i128::from(job.time)).unwrap_or_default();
        let (kind, image) = (job.trigger.name(), job.image.as_str());
        let occasion =
            Occasion { kind, time: time.to_string(), image, exit_code: job.exit_code, deaths: job.deaths };
        let answer = Answer { report, prescription: None, trial: None };
        let line = if self.json {
            json::line_of(&answer, Some(&occasion))?
        } else {
            watch_line::line(report, &occasion, there, &self.context)
        };
        let turn = self.turn.lock().await;
        // A slow reader must not hold up events.
        let printing = tokio::task::spawn_blocking(move || output::print(line.as_bytes()));
        printing.await.map_err(std::io::Error::other)??;
        drop(turn);
        if let Some(webhook) = &self.webhook {
            webhook.post(json::line_of(&answer, Some(&occasion))?);
        }
        let journal = self.journal.as_ref().map_or(Ok(()), |journal| journal.write(report, &occasion));
        self.count(job, report, journal.is_ok());
        Ok(())
    }

    fn count(&self, job: &Job, report: &Report, journalled: bool) {
        let verdict = match report.verdict {
            Verdict::Healthy => "healthy",
            Verdict::Degraded => "degraded",
            Verdict::Failed => "failed",
            Verdict::Undetermined => "undetermined",
        };
        let cause = report.root().map_or_else(|| "none".to_owned(), |root| root.id.clone());
        let mut numbers = self.counts.lock();
        *numbers.reports.entry((verdict, cause)).or_default() += 1;
        *numbers.occasions.entry(job.trigger.name()).or_default() += 1;
        numbers.deaths += job.deaths;
        numbers.journal_failed += u64::from(!journalled);
    }
}
