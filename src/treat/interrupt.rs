//! Handles SIGINT, SIGTERM and SIGHUP: stops the current work, so that what was begun can be undone. The only
//! place that listens for signals.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

/// The error of work that was stopped because the end was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted\n  next: `sysdock prove --sweep` removes what is left of a trial")]
pub struct Interrupted;

/// A signal handler cannot be installed.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for signals: {0}\n  next: check the limits on open files and processes (`ulimit -a`)")]
pub struct SignalError(#[source] io::Error);

/// Grace period for a command of the engine's client. If it is killed, its work continues within the engine
/// and can change what is being restored; together with the restoring it must fit into the ten seconds that
/// service managers and CI runners allow.
const MOMENT: Duration = Duration::from_secs(5);

/// Time between the end of a client and the signal that it received from the same terminal.
const MEANWHILE: Duration = Duration::from_millis(50);

/// Whether the user or the system has asked for the end; this never resets.
#[derive(Debug, Clone)]
pub struct Interrupt {
    asked: watch::Receiver<bool>,
}

impl Interrupt {
    /// Starts to listen for signals, which no longer kill the process.
    ///
    /// # Errors
    /// Returns [`SignalError`] if a handler cannot be installed.
    pub fn listen() -> Result<Self, SignalError> {
        let of = |kind| signal(kind).map_err(SignalError);
        let (mut interrupt, mut terminate) = (of(SignalKind::interrupt())?, of(SignalKind::terminate())?);
        // A process started by `nohup` must outlive its terminal.
        let mut hangup = if hangups_are_ignored() { None } else { Some(of(SignalKind::hangup())?) };
        let (tell, asked) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = heard(hangup.as_mut()) => {}
            }
            tell.send_replace(true);
            // Only the first signal matters, but the streams must stay: without them, the next signal would
            // kill the process.
            tell.closed().await;
            drop((interrupt, terminate, hangup));
        });
        Ok(Self { asked })
    }

    /// Waits until the end is asked for.
    pub async fn asked(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            // No further signal can arrive.
            std::future::pending::<()>().await;
        }
    }

    /// Checks for an interruption between two pieces of work.
    ///
    /// # Errors
    /// Returns [`Interrupted`] if the end was asked for.
    pub fn go_on(&self) -> Result<(), Interrupted> {
        if *self.asked.borrow() { Err(Interrupted) } else { Ok(()) }
    }

    /// Runs work, and drops it when the end is asked for.
    ///
    /// # Errors
    /// Returns [`Interrupted`], or the error of the work.
    pub async fn unless<T, E: From<Interrupted>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::select! {
            biased;
            () = self.asked() => Err(Interrupted.into()),
            done = work => done,
        }
    }

    /// Runs work that should not be cut off: when the end is asked for, it gets a grace period. Does not
    /// start the work after that.
    ///
    /// # Errors
    /// Returns [`Interrupted`], or the error of the work.
    pub async fn after<T, E: From<Interrupted>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.at_most(MOMENT, work).await
    }

    async fn at_most<T, E: From<Interrupted>>(
        &self,
        moment: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.go_on()?;
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = work.as_mut() => match done {
                // A terminal signals the client as well, which may end first.
                Err(error) => {
                    let asked = timeout(MEANWHILE, self.asked()).await;
                    return Err(if asked.is_ok() { Interrupted.into() } else { error });
                }
                done => return done,
            },
            () = self.asked() => {}
        }
        drop(timeout(moment, work).await);
        Err(Interrupted.into())
    }
}

async fn heard(stream: Option<&mut tokio::signal::unix::Signal>) {
    match stream {
        Some(stream) => drop(stream.recv().await),
        None => std::future::pending().await,
    }
}

/// Returns whether this process was started with SIGHUP ignored (`SigIgn` of proc(5), one bit per signal).
fn hangups_are_ignored() -> bool {
    let status = procfs::process::Process::myself().and_then(|process| process.status());
    status.is_ok_and(|status| status.sigign & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn once_asked_nothing_more_is_begun() {
        with(async {
            let (tell, asked) = watch::channel(false);
            let interrupt = Interrupt { asked };
            assert!(matches!(interrupt.unless(async { Ok::<_, Interrupted>(7) }).await, Ok(7)));
            tell.send_replace(true);
            for _ in 0..2 {
                assert_eq!(interrupt.unless(async { Ok(7) }).await, Err(Interrupted));
                assert_eq!(interrupt.after(async { Ok(7) }).await, Err(Interrupted));
            }
        });
    }

    #[test]
    fn a_command_under_way_may_end_and_is_cut_off_after_a_moment() {
        with(async {
            for (span, ends) in [(60, true), (60_000, false)] {
                let (tell, asked) = watch::channel(false);
                let interrupt = Interrupt { asked };
                let ended = std::cell::Cell::new(false);
                let work = interrupt.at_most(Duration::from_millis(300), async {
                    tokio::time::sleep(Duration::from_millis(span)).await;
                    ended.set(true);
                    Ok(())
                });
                let asking = async {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    tell.send_replace(true);
                };
                let (done, ()) = tokio::join!(work, asking);
                assert!(done == Err(Interrupted) && ended.get() == ends, "{span}");
            }
        });
    }
}
