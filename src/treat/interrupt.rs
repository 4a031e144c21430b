//! Being asked to end: SIGINT, SIGTERM or SIGHUP in, work that is left undone out, so that what was begun can
//! be undone. The only place that hears signals.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

/// Work that was left undone because the end was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted\n  next: `sysdock prove --sweep` removes what is left of a trial")]
pub struct Interrupted;

/// The system allows no handler for signals.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for signals: {0}\n  next: check the limits on open files and processes (`ulimit -a`)")]
pub struct SignalError(#[source] io::Error);

/// Time that a command of the engine's client has to end by itself. One that is killed in its midst goes on
/// within the engine, and what is put back meanwhile is changed again; together with putting back it must fit
/// into the ten seconds that a service manager or a runner of jobs leaves.
const MOMENT: Duration = Duration::from_secs(5);

/// Time between the end of a client and the signal that it had from the same terminal.
const MEANWHILE: Duration = Duration::from_millis(50);

/// Whether the user or the system has asked for the end; once asked, it stays so.
#[derive(Debug, Clone)]
pub struct Interrupt {
    asked: watch::Receiver<bool>,
}

impl Interrupt {
    /// Listens from now on, in place of being killed.
    ///
    /// # Errors
    /// [`SignalError`] when the system allows no handler.
    pub fn listen() -> Result<Self, SignalError> {
        let of = |kind| signal(kind).map_err(SignalError);
        let (mut interrupt, mut terminate) = (of(SignalKind::interrupt())?, of(SignalKind::terminate())?);
        // What `nohup` starts is not to end with its terminal.
        let mut hangup = if hangups_are_ignored() { None } else { Some(of(SignalKind::hangup())?) };
        let (tell, asked) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = heard(hangup.as_mut()) => {}
            }
            tell.send_replace(true);
            // Nobody hears more than the first, but the streams stay: without them the next signal would
            // kill.
            tell.closed().await;
            drop((interrupt, terminate, hangup));
        });
        Ok(Self { asked })
    }

    /// Waits until the end is asked for.
    pub async fn asked(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            // Nobody can ask any more.
            std::future::pending::<()>().await;
        }
    }

    /// Ends a series of works each of which ended in order.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub fn go_on(&self) -> Result<(), Interrupted> {
        if *self.asked.borrow() { Err(Interrupted) } else { Ok(()) }
    }

    /// Does work, and drops it when the end is asked for.
    ///
    /// # Errors
    /// [`Interrupted`], or what the work gives.
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

    /// Does work that is better not cut off: when the end is asked for, it may go on for a moment. Work is
    /// not begun after that.
    ///
    /// # Errors
    /// [`Interrupted`], or what the work gives.
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
                // A terminal tells the client as well, which may be the first to end.
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

/// Whether this process was started with SIGHUP ignored (`SigIgn` of proc(5), a bit for each signal).
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
