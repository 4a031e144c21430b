//! `watch`: follows the engine's events and reports on each container that dies, restarts or turns unhealthy,
//! until it is stopped.

use jiff::Timestamp;

use super::{CommandError, connect};
use crate::cli::{Format, WatchArgs};
use crate::exit_code::Exit;
use crate::options::{Options, WatchOptions, notices_of_rules};
use crate::render::output;
use crate::rule;
use crate::scan::Matcher;
use crate::sink::{self, Journal, Webhook};
use crate::treat::Interrupt;
use crate::watch::{self, Counts, Delivery, Examiner, Plan, StateFile, WatchError};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the watch cannot start, or stdout cannot be written.
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
    let state_file = wanted.state.as_deref().map(StateFile::open).transpose()?;
    let engine = connect::connect(options).await?;
    examiner.matcher.warm();
    let delivery = delivery(wanted, options).await?;
    let interrupt = Interrupt::listen()?;
    let plan = Plan {
        names: wanted.names.clone(),
        since: wanted.since,
        span: wanted.span,
        debounce: wanted.debounce,
        state_file,
        remarks: options.remarks,
    };
    Ok(watch::watch(engine, plan, examiner, delivery, interrupt.asked()).await?)
}

/// Opens the requested sinks.
async fn delivery(wanted: &WatchOptions, options: &Options) -> Result<Delivery, WatchError> {
    let counts = Counts::default();
    let journal = wanted.journald.clone().map(Journal::new).transpose().map_err(WatchError::Journal)?;
    if let Some(address) = wanted.metrics {
        let counts = counts.clone();
        let bound = sink::serve(address, move || counts.page()).await;
        let bound = bound.map_err(|source| WatchError::Metrics { address, source })?;
        if options.remarks {
            output::tell(&format!("metrics at http://{bound}/metrics"));
        }
    }
    let webhook = wanted.webhook.clone().map(|to| Webhook::start(to, options.remarks)).transpose()?;
    counts.lock().posts = webhook.as_ref().map(Webhook::posts);
    let (json, context) = (wanted.format == Format::Json, options.context);
    Ok(Delivery { json, context, counts, journal, webhook, turn: tokio::sync::Mutex::default() })
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Engine(error) => Self::Engine(error),
            WatchError::Json(error) => Self::Json(error),
            WatchError::Output(error) => Self::Output(error),
            other => Self::Watch(other),
        }
    }
}
