//! Connects to the engine that the options select.

use crate::collect::{self, CollectOptions};
use crate::docker::{Engine, EngineError, Listener, locate};
use crate::options::Options;
use crate::prescribe::Reach;
use crate::render::{output, progress};
use crate::scan::Matcher;
use crate::snapshot::Snapshot;
use crate::treat;

use super::CommandError;

/// Runs a future that talks to an engine, on this thread.
///
/// # Errors
/// Returns [`CommandError::Runtime`], or the error of the future.
pub fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    on(&mut tokio::runtime::Builder::new_current_thread(), work)
}

/// Does the same for work that runs for days: blocking calls share one thread, since the allocator keeps
/// memory for each thread that it has served.
///
/// # Errors
/// Returns the errors of [`block_on`].
pub fn block_on_for_long<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    on(tokio::runtime::Builder::new_current_thread().max_blocking_threads(1), work)
}

fn on<T>(
    builder: &mut tokio::runtime::Builder,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let runtime = builder.enable_all().build().map_err(CommandError::Runtime)?;
    let outcome = runtime.block_on(work);
    // A pending name lookup must not delay the exit.
    runtime.shutdown_background();
    outcome
}

/// Finds and connects the engine.
///
/// # Errors
/// Returns any [`EngineError`] of finding or connecting.
pub async fn connect(options: &Options) -> Result<Engine, EngineError> {
    Ok(connect_and_reach(options).await?.0)
}

/// Finds and connects the engine, and returns how its CLI reaches it.
///
/// # Errors
/// Returns any [`EngineError`] of finding or connecting.
pub async fn connect_and_reach(options: &Options) -> Result<(Engine, Reach), EngineError> {
    let located = locate(&options.engine, &options.environment)?;
    if options.verbose {
        output::tell(&format!("the engine is {}, by {}", located.endpoint, located.found_by));
    }
    let engine = Engine::connect(located.endpoint.clone(), options.deadline, listener(options)).await?;
    let reach = treat::reach(&located, engine.kind);
    Ok((engine, reach))
}

/// Returns a listener that logs each engine request to stderr, if requested.
pub fn listener(options: &Options) -> Option<Listener> {
    options.verbose.then_some(|words, outcome, took| {
        output::tell(&format!("{words}: {outcome}, {} ms", took.as_millis()));
    })
}

/// Takes a snapshot of one container.
///
/// # Errors
/// Returns a [`CommandError`] if the engine cannot be reached or does not know the container.
pub fn snapshot(
    name: &str,
    how: &CollectOptions,
    matcher: &Matcher<'_>,
    options: &Options,
) -> Result<Snapshot, CommandError> {
    block_on(async {
        let engine = connect(options).await?;
        let work = Box::pin(collect::collect(&engine, name, how, matcher));
        match progress::shown(&format!("examining {name}"), options.progress, work).await {
            Ok(snapshot) => Ok(snapshot),
            Err(error) => Err(treat::failure(&engine, name, error, &options.engine).await.into()),
        }
    })
}
