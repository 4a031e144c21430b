//! `watch`: the engine's events in, a report on each container that dies, restarts or turns unhealthy out,
//! until it is told to end.

mod counts;
mod deliver;
mod examine;
mod feed;
mod journald;
mod kept;
mod metrics;
mod tls;
mod webhook;

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use self::counts::Counts;
use self::deliver::Delivery;
use self::examine::{Examiner, Finding, unseen};
use self::feed::{Feed, News};
use self::journald::Journal;
use self::kept::Kept;
pub use self::tls::TlsError;
use self::webhook::Webhook;
use super::interrupt::Interrupt;
use super::{CommandError, connect};
use crate::cli::WatchArgs;
use crate::docker::{Action, Engine};
use crate::exit::Exit;
use crate::options::{Options, WatchOptions, notices_of_rules};
use crate::render::{counted, output};
use crate::rule;
use crate::scan::Matcher;
use crate::watch::{Job, Ledger, Settings};

/// Containers that are examined at the same time; as many more may be waited for while they boot.
const AT_ONCE: usize = 4;
/// Pieces of news that wait to be read; the engine keeps the others.
const NEWS: usize = 256;
/// Time that a container has to settle after its start.
const SETTLE: Duration = Duration::from_secs(1);
/// Attempts at one examination.
const ATTEMPTS: u32 = 4;
/// Wait before an examination is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Longest that the end may take.
const GRACE: Duration = Duration::from_secs(5);
/// Time between two writings of the state file.
const KEEP: Duration = Duration::from_secs(5);

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when it cannot begin, or stdout does not take a report.
pub fn run(args: WatchArgs, options: &Options) -> Result<Exit, CommandError> {
    let wanted = WatchOptions::new(args, Timestamp::now())?;
    let rules = rule::load(&options.rules)?;
    for notice in notices_of_rules(&rules).iter().filter(|_| options.remarks) {
        output::tell(&notice.sentence());
    }
    let matcher = Matcher::new(&rules);
    let examiner =
        Examiner { rules: &rules, matcher: &matcher, collect: &wanted.collect, patience: options.watch };
    connect::block_on_for_long(watch(&wanted, options, &examiner))?;
    Ok(Exit::Success)
}

async fn watch(
    wanted: &WatchOptions,
    options: &Options,
    examiner: &Examiner<'_>,
) -> Result<(), CommandError> {
    let (kept, memory) = wanted.state.as_deref().map(Kept::open).transpose()?.unzip();
    let memory = memory.flatten();
    let engine = connect::connect(options).await?;
    examiner.matcher.warm();
    let asked = wanted.since.map(|seconds| seconds.saturating_mul(1_000_000_000));
    let floor = match memory.as_ref().map(|memory| memory.since).or(asked) {
        Some(floor) => floor,
        None => engine
            .clock()
            .await
            .unwrap_or_else(|| i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or_default()),
    };
    let settings = Settings { window: wanted.debounce, settle: SETTLE, names: wanted.names.clone(), floor };
    let counts = Counts::default();
    let delivery = delivery(wanted, options, &counts).await?;
    let (listener, news) = mpsc::channel(NEWS);
    let feed = tokio::spawn(Feed::new(floor, listener).run(engine));
    let epoch = Cell::new(0);
    let ledger = Ledger::new(settings, memory.as_ref());
    let mut watch = Watch {
        ledger,
        engine: None,
        epoch: &epoch,
        began: Instant::now(),
        counts,
        examiner,
        delivery: &delivery,
        looks: FuturesUnordered::new(),
        booting: 0,
        kept,
        remarks: options.remarks,
    };
    let end = wanted.span.map(|span| Instant::now() + span);
    let watched = watch.until(news, end).await;
    feed.abort();
    let finished = match watched {
        Ok(()) => watch.finish().await,
        failed => failed,
    };
    drop(watch);
    finished?;
    let left = match delivery.webhook {
        Some(webhook) => webhook.finish(GRACE).await,
        None => 0,
    };
    if left > 0 && options.remarks {
        output::tell(&format!(
            "{} could not be posted before exit",
            counted(usize::try_from(left).unwrap_or(usize::MAX), "report", "reports")
        ));
    }
    Ok(())
}

async fn delivery(
    wanted: &WatchOptions,
    options: &Options,
    counts: &Counts,
) -> Result<Delivery, CommandError> {
    let journal = wanted.journald.clone().map(Journal::new).transpose().map_err(CommandError::Journal)?;
    if let Some(address) = wanted.metrics {
        let bound = metrics::serve(address, counts.clone()).await?;
        if options.remarks {
            output::tell(&format!("metrics at http://{bound}/metrics"));
        }
    }
    let webhook = wanted
        .webhook
        .clone()
        .map(|hook| Webhook::start(hook, counts.clone(), options.remarks))
        .transpose()?;
    Ok(Delivery {
        format: wanted.format,
        context: options.context,
        counts: counts.clone(),
        journal,
        webhook,
        turn: tokio::sync::Mutex::default(),
    })
}

/// What became of a job.
enum Outcome {
    /// It had its report, or was not worth one.
    Done,
    /// It has to be done again.
    Again,
    /// Nobody takes the report.
    Stuck(CommandError),
}

/// The watch as it goes on.
struct Watch<'w> {
    ledger: Ledger,
    /// The engine, while it answers.
    engine: Option<Engine>,
    /// Counts how often it went away.
    epoch: &'w Cell<u64>,
    began: Instant,
    counts: Counts,
    examiner: &'w Examiner<'w>,
    delivery: &'w Delivery,
    looks: FuturesUnordered<LocalBoxFuture<'w, (Job, Outcome, Duration)>>,
    booting: usize,
    kept: Option<Kept>,
    remarks: bool,
}

impl Watch<'_> {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn remark(&self, words: &str) {
        if self.remarks {
            output::tell(&words);
        }
    }

    /// Watches until that time, or until a signal asks for the end.
    async fn until(
        &mut self,
        mut news: mpsc::Receiver<News>,
        end: Option<Instant>,
    ) -> Result<(), CommandError> {
        let interrupt = Interrupt::listen()?;
        let mut keep = tokio::time::interval(KEEP);
        loop {
            self.begin();
            let due = self.due();
            tokio::select! {
                // What is not taken stays with the engine: nothing piles up here while nobody reads the
                // reports.
                Some(news) = news.recv(), if self.ledger.has_room() => self.take(news),
                Some(done) = self.looks.next(), if !self.looks.is_empty() => self.over(done)?,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                _ = keep.tick() => self.keep(),
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => return Ok(()),
                () = interrupt.asked() => return Ok(()),
            }
        }
    }

    /// Does what waits, for so long as the end may take.
    async fn finish(&mut self) -> Result<(), CommandError> {
        let end = Instant::now() + GRACE;
        self.ledger.wind_up(self.now());
        loop {
            self.begin();
            match timeout_at(end, self.looks.next()).await {
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

    /// When something is to be done without any news.
    fn due(&self) -> Option<Instant> {
        self.engine.as_ref()?;
        let starts = (self.booting < AT_ONCE).then(|| self.ledger.due(true)).flatten();
        let others = (self.looks.len() - self.booting < AT_ONCE).then(|| self.ledger.due(false)).flatten();
        starts.into_iter().chain(others).min().map(|due| self.began + due)
    }

    fn take(&mut self, news: News) {
        let now = self.now();
        match news {
            News::Connected(engine) => {
                if self.epoch.get() > 0 {
                    self.remark(&format!("the engine at {} is back", engine.endpoint()));
                    self.counts.lock().reconnects += 1;
                }
                self.engine = Some(*engine);
            }
            News::Event(event) => {
                *self.counts.lock().events.entry(word(event.action)).or_default() += 1;
                self.ledger.event(&event, now);
            }
            News::Listing => self.ledger.listing(),
            News::Lives(lives) => self.ledger.lives(&lives, now),
            News::Garbled(lines) => self.counts.lock().garbled += lines,
            News::Lost(reason) => {
                // An engine that fails again before it was well is told of once.
                if self.engine.take().is_some() || self.epoch.get() == 0 {
                    self.remark(&format!("lost the engine, waiting for it: {reason}"));
                }
                self.epoch.set(self.epoch.get() + 1);
            }
        }
        self.measure();
    }

    /// Begins the examinations that are due.
    fn begin(&mut self) {
        let Some(engine) = self.engine.clone() else { return };
        let now = self.now();
        for starts in [false, true] {
            loop {
                let under_way = if starts { self.booting } else { self.looks.len() - self.booting };
                if under_way >= AT_ONCE {
                    break;
                }
                let Some(job) = self.ledger.take(starts, now) else { break };
                self.booting += usize::from(starts);
                let (examiner, delivery, epoch) = (self.examiner, self.delivery, self.epoch);
                self.looks.push(look(engine.clone(), job, examiner, delivery, epoch).boxed_local());
            }
        }
        self.measure();
    }

    fn over(&mut self, (job, outcome, took): (Job, Outcome, Duration)) -> Result<(), CommandError> {
        self.booting -= usize::from(job.kind.is_start());
        self.counts.lock().examining += took;
        match outcome {
            Outcome::Done => self.ledger.done(&job),
            Outcome::Again => {
                self.ledger.again(job, self.now() + AGAIN);
            }
            Outcome::Stuck(error) => return Err(error),
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
        let Some(kept) = &mut self.kept else { return };
        if let Err(error) = kept.write(self.ledger.memory()) {
            output::tell(&error);
        }
    }
}

/// Examines one container and hands the report on.
async fn look(
    engine: Engine,
    mut job: Job,
    examiner: &Examiner<'_>,
    delivery: &Delivery,
    epoch: &Cell<u64>,
) -> (Job, Outcome, Duration) {
    let (began, before) = (Instant::now(), epoch.get());
    let finding = examiner.examine(&engine, &job).await;
    let took = began.elapsed();
    // An engine that went away does not count as an attempt; what was seen meanwhile is half a look.
    let lost = epoch.get() != before
        || (is_partial(&finding) && engine.life(&job.id).await.is_err_and(|error| !error.is_unknown()));
    if lost {
        return (job, Outcome::Again, took);
    }
    job.tries += 1;
    let (report, there) = match finding {
        Finding::Nothing => return (job, Outcome::Done, took),
        Finding::Report(report, there) => (report, there),
        Finding::Failed(_) if job.tries < ATTEMPTS => return (job, Outcome::Again, took),
        Finding::Failed(error) => {
            (Box::new(unseen(&engine, &job, &format!("it could not be examined: {}", error.brief()))), true)
        }
    };
    let outcome =
        delivery.deliver(&job, &report, there).await.map_or_else(Outcome::Stuck, |()| Outcome::Done);
    (job, outcome, took)
}

fn is_partial(finding: &Finding) -> bool {
    match finding {
        Finding::Report(report, _) => !report.gaps.is_empty(),
        Finding::Nothing => false,
        Finding::Failed(_) => true,
    }
}

const fn word(action: Action) -> &'static str {
    match action {
        Action::Start => "start",
        Action::Die(_) => "die",
        Action::Health(_) => "health",
        Action::Oom => "oom",
        Action::Remove => "remove",
    }
}
