//! The loop of a watch: news, due examinations, the end and the saving of the resume point, in turn on one
//! thread. Must not decide what is news.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::counts::Counts;
use super::delivery::Delivery;
use super::error::WatchError;
use super::event_feed::{Feed, News};
use super::examination_job::Job;
use super::examiner::{Examiner, Outcome, unseen};
use super::ledger::{Ledger, Settings};
use super::resume_point::ResumePoint;
use super::state_file::StateFile;
use crate::docker::{Action, Engine};
use crate::render::{counted, output};

/// Containers examined at the same time; as many more may be waited for while they boot.
const AT_ONCE: usize = 4;
/// Messages that wait to be read; the engine buffers the others.
const NEWS: usize = 256;
/// Time for a container to settle after its start.
const SETTLE: Duration = Duration::from_secs(1);
/// Attempts at one examination.
const ATTEMPTS: u32 = 4;
/// Wait before an examination is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Longest time for finishing.
const GRACE: Duration = Duration::from_secs(5);
/// Time between two writes of the state file.
const KEEP: Duration = Duration::from_secs(5);

/// What to watch, and for how long.
pub struct Plan {
    /// Names or prefixes of ids; all containers if empty.
    pub names: Vec<String>,
    /// Start of what is reported, in seconds since the epoch; by default now, or the resume point.
    pub since: Option<i64>,
    /// Ends the watch after this time.
    pub span: Option<Duration>,
    /// Shortest time between two reports on the deaths of the same container.
    pub debounce: Duration,
    /// Where the resume point is saved.
    pub state_file: Option<StateFile>,
    /// Whether remarks go to stderr.
    pub remarks: bool,
}

/// Watches an engine until the plan's end or until `stop`, and then finishes the waiting work within a time
/// limit.
///
/// # Errors
/// [`WatchError`] if stdout cannot be written.
pub async fn watch(
    engine: Engine,
    plan: Plan,
    examiner: &Examiner<'_>,
    delivery: Delivery,
    stop: impl Future<Output = ()>,
) -> Result<(), WatchError> {
    let resumed = plan.state_file.as_ref().and_then(StateFile::resume_point);
    let floor = floor(&engine, resumed, plan.since).await;
    let settings = Settings { window: plan.debounce, settle: SETTLE, names: plan.names, floor };
    let ledger = Ledger::new(settings, resumed);
    let (listener, news) = mpsc::channel(NEWS);
    let feed = tokio::spawn(Feed::new(floor, listener).run(engine));
    let mut watcher = Watcher {
        ledger,
        engine: None,
        epoch: Rc::default(),
        began: Instant::now(),
        counts: delivery.counts.clone(),
        examiner,
        delivery: &delivery,
        examinations: FuturesUnordered::new(),
        booting: 0,
        state_file: plan.state_file,
        remarks: plan.remarks,
    };
    let end = plan.span.map(|span| Instant::now() + span);
    let ended = watcher.until(news, end, stop).await;
    feed.abort();
    let finished = match ended {
        Ok(()) => watcher.finish().await,
        failed => failed,
    };
    drop(watcher);
    finished?;
    finish_posting(delivery, plan.remarks).await;
    Ok(())
}

/// Returns the time before which nothing is reported, in nanoseconds by the engine's clock.
async fn floor(engine: &Engine, resumed: Option<&ResumePoint>, since: Option<i64>) -> i64 {
    let asked = since.map(|seconds| seconds.saturating_mul(1_000_000_000));
    match resumed.map(|point| point.since).or(asked) {
        Some(floor) => floor,
        None => engine
            .clock()
            .await
            .unwrap_or_else(|| i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or_default()),
    }
}

/// Posts what still waits for the webhook.
async fn finish_posting(delivery: Delivery, remarks: bool) {
    let left = match delivery.webhook {
        Some(webhook) => webhook.finish(GRACE).await,
        None => 0,
    };
    if left > 0 && remarks {
        let reports = counted(usize::try_from(left).unwrap_or(usize::MAX), "report", "reports");
        output::tell(&format!("{reports} could not be posted before exit"));
    }
}

/// The fate of a job.
enum Fate {
    /// It was reported, or was not worth a report.
    Done,
    /// It has to be done again.
    Again,
    /// The report cannot be delivered.
    Stuck(WatchError),
}

/// The state of the watch.
struct Watcher<'w> {
    ledger: Ledger,
    /// The engine, while it is connected.
    engine: Option<Engine>,
    /// Number of times that it went away.
    epoch: Rc<Cell<u64>>,
    began: Instant,
    counts: Counts,
    examiner: &'w Examiner<'w>,
    delivery: &'w Delivery,
    examinations: FuturesUnordered<LocalBoxFuture<'w, (Job, Fate, Duration)>>,
    booting: usize,
    state_file: Option<StateFile>,
    remarks: bool,
}

impl Watcher<'_> {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn remark(&self, words: &str) {
        if self.remarks {
            output::tell(&words);
        }
    }

    /// Watches until a time, or until told to stop.
    async fn until(
        &mut self,
        mut news: mpsc::Receiver<News>,
        end: Option<Instant>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), WatchError> {
        tokio::pin!(stop);
        let mut keep = tokio::time::interval(KEEP);
        loop {
            self.begin();
            let due = self.due();
            tokio::select! {
                // News that is not taken stays in the engine: nothing accumulates here while nobody reads the
                // reports.
                Some(news) = news.recv(), if self.ledger.has_room() => self.take(news),
                Some(done) = self.examinations.next(), if !self.examinations.is_empty() => self.over(done)?,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                _ = keep.tick() => self.keep(),
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => return Ok(()),
                () = &mut stop => return Ok(()),
            }
        }
    }

    /// Does the waiting work, within the time limit of the end.
    async fn finish(&mut self) -> Result<(), WatchError> {
        let end = Instant::now() + GRACE;
        self.ledger.wind_up(self.now());
        loop {
            self.begin();
            match timeout_at(end, self.examinations.next()).await {
                Ok(Some(done)) => self.over(done)?,
                Ok(None) | Err(_) => break,
            }
        }
        self.keep();
        let left = self.ledger.backlog();
        if left > 0 {
            self.remark(&format!(
                "{} could not be finished before exit",
                counted(left, "examination", "examinations")
            ));
        }
        Ok(())
    }

    /// Returns when something is due without any news.
    fn due(&self) -> Option<Instant> {
        self.engine.as_ref()?;
        let starts = (self.booting < AT_ONCE).then(|| self.ledger.due(true)).flatten();
        let others =
            (self.examinations.len() - self.booting < AT_ONCE).then(|| self.ledger.due(false)).flatten();
        starts.into_iter().chain(others).min().map(|due| self.began + due)
    }

    fn take(&mut self, news: News) {
        let now = self.now();
        match news {
            News::Connected(engine) => {
                if self.epoch.get() > 0 {
                    self.remark(&format!("the engine at {} is back", engine.endpoint()));
                    self.counts.lock().reconnects += 1;
                } else {
                    self.remark(&format!("watching the engine at {}", engine.endpoint()));
                }
                self.engine = Some(*engine);
            }
            News::Event(event) => {
                *self.counts.lock().events.entry(name_of(event.action)).or_default() += 1;
                self.ledger.event(&event, now);
            }
            News::Listing => self.ledger.listing(),
            News::Lives(lives) => self.ledger.lives(&lives, now),
            News::Garbled(lines) => self.counts.lock().garbled += lines,
            News::Lost(reason) => {
                // An engine that fails again before it has recovered is reported once.
                if self.engine.take().is_some() || self.epoch.get() == 0 {
                    self.remark(&format!("lost the engine, waiting for it: {reason}"));
                }
                self.epoch.set(self.epoch.get() + 1);
            }
        }
        self.measure();
    }

    /// Starts the examinations that are due.
    fn begin(&mut self) {
        let Some(engine) = self.engine.clone() else { return };
        let now = self.now();
        for starts in [false, true] {
            loop {
                let under_way = if starts { self.booting } else { self.examinations.len() - self.booting };
                if under_way >= AT_ONCE {
                    break;
                }
                let Some(job) = self.ledger.take(starts, now) else { break };
                self.booting += usize::from(starts);
                let (examiner, delivery, epoch) = (self.examiner, self.delivery, Rc::clone(&self.epoch));
                self.examinations.push(examine(engine.clone(), job, examiner, delivery, epoch).boxed_local());
            }
        }
        self.measure();
    }

    fn over(&mut self, (job, fate, took): (Job, Fate, Duration)) -> Result<(), WatchError> {
        self.booting -= usize::from(job.trigger.is_start());
        self.counts.lock().examining += took;
        match fate {
            Fate::Done => self.ledger.done(&job),
            Fate::Again => {
                self.ledger.again(job, self.now() + AGAIN);
            }
            Fate::Stuck(error) => return Err(error),
        }
        self.measure();
        Ok(())
    }

    fn measure(&self) {
        let mut numbers = self.counts.lock();
        (numbers.backlog, numbers.known, numbers.connected) =
            (self.ledger.backlog(), self.ledger.known(), self.engine.is_some());
    }

    fn keep(&mut self) {
        let Some(file) = &mut self.state_file else { return };
        if let Err(error) = file.write(self.ledger.resume_point()) {
            output::tell(&error);
        }
    }
}

/// Examines one container and delivers the report.
async fn examine(
    engine: Engine,
    mut job: Job,
    examiner: &Examiner<'_>,
    delivery: &Delivery,
    epoch: Rc<Cell<u64>>,
) -> (Job, Fate, Duration) {
    let (began, before) = (Instant::now(), epoch.get());
    let outcome = examiner.examine(&engine, &job).await;
    let took = began.elapsed();
    // An engine that went away does not count as an attempt; what was seen before that is incomplete.
    let lost = epoch.get() != before
        || (is_partial(&outcome) && engine.life(&job.id).await.is_err_and(|error| !error.is_unknown()));
    if lost {
        return (job, Fate::Again, took);
    }
    job.tries += 1;
    let (report, there) = match outcome {
        Outcome::Nothing => return (job, Fate::Done, took),
        Outcome::Report(report, there) => (report, there),
        Outcome::Failed(_) if job.tries < ATTEMPTS => return (job, Fate::Again, took),
        Outcome::Failed(error) => {
            (Box::new(unseen(&engine, &job, &format!("it could not be examined: {}", error.brief()))), true)
        }
    };
    let fate = delivery.deliver(&job, &report, there).await.map_or_else(Fate::Stuck, |()| Fate::Done);
    (job, fate, took)
}

fn is_partial(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Report(report, _) => !report.gaps.is_empty(),
        Outcome::Nothing => false,
        Outcome::Failed(_) => true,
    }
}

const fn name_of(action: Action) -> &'static str {
    match action {
        Action::Start => "start",
        Action::Die(_) => "die",
        Action::Health(_) => "health",
        Action::Oom => "oom",
        Action::Remove => "remove",
    }
}
