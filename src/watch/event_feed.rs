//! The connection to the engine: events and lists out, without end; reconnects to an engine that goes away.
//! Skips the containers in which `prove` tries a cure. Must not decide what is news.

use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, interval_at, sleep};

use super::ledger::OVERLAP;
use crate::docker::{Action, Engine, EngineError, Event, Life, PassedOver};
use crate::prescribe::{TRIAL_LABEL, TRIAL_LIFE, is_made_name};

/// Wait before the list is requested, so that events still buffered in the engine come first.
const SETTLE: Duration = Duration::from_millis(500);
/// Waits between two attempts to reach an engine that is gone: the first and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));
/// Time between two checks whether a silent engine is still there.
const ALIVE: Duration = Duration::from_secs(30);

/// Containers in which a cure is tried.
const TRIALS: PassedOver = PassedOver { label: TRIAL_LABEL, longest: TRIAL_LIFE, fits: is_made_name };

/// A message of the connection.
pub enum News {
    /// The engine answers.
    Connected(Box<Engine>),
    /// Something happened.
    Event(Event),
    /// A list is about to be requested.
    Listing,
    /// The states of all containers.
    Lives(Vec<Life>),
    /// Lines of the event stream that could not be read.
    Garbled(u64),
    /// The engine is gone, with the reason.
    Lost(String),
}

/// The receiver is closed.
struct Unheard;

/// How a session with the engine ended.
enum End {
    Lost(EngineError),
    Unheard,
}

impl From<EngineError> for End {
    fn from(error: EngineError) -> Self {
        Self::Lost(error)
    }
}

impl From<Unheard> for End {
    fn from(_: Unheard) -> Self {
        Self::Unheard
    }
}

/// Reconnects, however long that takes.
async fn wait_for(engine: &Engine) -> Engine {
    let mut wait = WAITS.0;
    loop {
        sleep(wait).await;
        match engine.again().await {
            Ok(engine) => return engine,
            Err(_) => wait = (wait * 2).min(WAITS.1),
        }
    }
}

/// One engine whose events are received.
pub struct Feed {
    /// Nothing before this time is requested.
    floor: i64,
    /// Time of the last event.
    last: i64,
    listener: Sender<News>,
}

impl Feed {
    /// Makes a feed that reports nothing from before a time, in nanoseconds by the engine's clock.
    pub fn new(floor: i64, listener: Sender<News>) -> Self {
        Self { floor, last: floor, listener }
    }

    /// Runs until the receiver is closed.
    pub async fn run(mut self, mut engine: Engine) {
        loop {
            let lost = match self.session(&engine).await {
                Err(End::Lost(error)) => error,
                Err(End::Unheard) | Ok(()) => return,
            };
            if self.tell(News::Lost(lost.brief())).await.is_err() {
                return;
            }
            engine = wait_for(&engine).await;
        }
    }

    async fn session(&mut self, engine: &Engine) -> Result<(), End> {
        let mut events = engine.events(self.last.saturating_sub(OVERLAP).max(self.floor), TRIALS).await?;
        self.tell(News::Connected(Box::new(engine.clone()))).await?;
        let mut listing = Box::pin(self.list(engine));
        let mut listed = false;
        let mut alive = interval_at(Instant::now() + ALIVE, ALIVE);
        loop {
            tokio::select! {
                event = events.next() => match event? {
                    Some(event) => {
                        let event = completed(engine, event).await;
                        self.last = self.last.max(event.time);
                        self.tell(News::Event(event)).await?;
                        let unread = std::mem::take(&mut events.unread);
                        if unread > 0 {
                            self.tell(News::Garbled(unread)).await?;
                        }
                    }
                    None => return Err(ended()),
                },
                lives = &mut listing, if !listed => {
                    listed = true;
                    self.tell(News::Lives(lives?)).await?;
                }
                _ = alive.tick() => engine.check_alive().await?,
            }
        }
    }

    fn list(&self, engine: &Engine) -> impl Future<Output = Result<Vec<Life>, End>> + use<> {
        let (engine, listener) = (engine.clone(), self.listener.clone());
        async move {
            sleep(SETTLE).await;
            listener.send(News::Listing).await.map_err(|_| End::Unheard)?;
            Ok(engine.lives(TRIALS).await?)
        }
    }

    async fn tell(&self, news: News) -> Result<(), Unheard> {
        self.listener.send(news).await.map_err(|_| Unheard)
    }
}

fn ended() -> End {
    let (action, reason) = ("follow the events".to_owned(), "it ended".to_owned());
    End::Lost(EngineError::Broken { action, reason })
}

/// Fetches what an event leaves out: Podman 4 does not report the result of a health check.
async fn completed(engine: &Engine, event: Event) -> Event {
    if event.action != Action::Health(None) {
        return event;
    }
    let well = engine.life(&event.id).await.ok().map(|life| !life.unhealthy);
    Event { action: Action::Health(well), ..event }
}
