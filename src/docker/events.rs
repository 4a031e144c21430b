//! Reads the engine's events about containers: parses raw JSON into [`Event`]s.
//!
//! The stream is read line by line over hyper, not through bollard, whose model rejects actions that it does
//! not know. Events about other things (pulls of Podman, execs of every engine) are skipped here. Must not
//! decide how important an event is.

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use super::engine::open;
use super::lifecycle::image_of;
use super::own_containers::{Claimed, PassedOver};
use super::{Engine, EngineError, api_path, fit_name, is_name};
use crate::json_limit;

/// Maximum length of a line; an event contains all labels of its container.
const LINE_LIMIT: usize = 1024 * 1024;
/// Maximum number of JSON values in an event.
const VALUES: usize = 12_000;

/// What happened to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It was started.
    Start,
    /// It ended, with this exit code if the engine reports it.
    Die(Option<i64>),
    /// Its health check finished: whether it is healthy, if the engine reports it.
    Health(Option<bool>),
    /// The kernel killed one of its processes because memory ran out.
    Oom,
    /// It was removed.
    Remove,
}

/// One event of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Id of the container.
    pub id: String,
    /// Its name at that time.
    pub name: String,
    /// Its image as the engine names it.
    pub image: String,
    /// What happened.
    pub action: Action,
    /// When it happened, in nanoseconds since the epoch by the engine's clock.
    pub time: i64,
}

impl Event {
    /// Parses one event; returns `None` for events about other things.
    #[must_use]
    pub fn read(event: &Value) -> Option<Self> {
        let word = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        if word("/Type").is_some_and(|kind| kind != "container") {
            return None;
        }
        let of = |name: &str| word(&format!("/Actor/Attributes/{name}"));
        let action = match word("/Action").or_else(|| word("/status"))? {
            "start" => Action::Start,
            "die" | "died" => Action::Die(
                of("exitCode").or_else(|| of("containerExitCode")).and_then(|code| code.parse().ok()),
            ),
            "oom" => Action::Oom,
            "destroy" | "remove" => Action::Remove,
            health => health_of(health.strip_prefix("health_status")?, of("health_status"))?,
        };
        let id = word("/Actor/ID").or_else(|| word("/id")).filter(|id| is_name(id))?;
        let (name, image) = (
            fit_name(of("name").unwrap_or(id), id)?,
            of("image").or_else(|| word("/from")).unwrap_or_default(),
        );
        Some(Self {
            id: id.to_owned(),
            name: name.to_owned(),
            image: image_of(image),
            action,
            time: time_of(event)?,
        })
    }
}

/// Returns the result of a health check, which Docker reports in the action, newer Podman in an attribute,
/// and Podman 4 not at all; `None` for a check that has not finished.
fn health_of(rest: &str, attribute: Option<&str>) -> Option<Action> {
    let said = Some(rest.trim_start_matches([':', ' '])).filter(|said| !said.is_empty()).or(attribute);
    match said {
        Some("unhealthy") => Some(Action::Health(Some(false))),
        Some("healthy") => Some(Action::Health(Some(true))),
        Some(_) => None,
        None => Some(Action::Health(None)),
    }
}

fn time_of(event: &Value) -> Option<i64> {
    let seconds =
        || event.get("time").and_then(Value::as_i64).and_then(|seconds| seconds.checked_mul(1_000_000_000));
    event.get("timeNano").and_then(Value::as_i64).or_else(seconds)
}

/// The stream of an engine's events.
#[derive(Debug)]
pub struct EventStream {
    body: Incoming,
    buffer: BytesMut,
    engine: Engine,
    without: PassedOver,
    /// An event that may have to be skipped; stored here while the engine is queried, so that cancelling the
    /// wait loses nothing.
    held: Option<(Event, Claimed)>,
    /// Number of lines that were not JSON.
    pub unread: u64,
}

impl EventStream {
    /// Waits for the next event; returns `None` if the engine closed the stream.
    ///
    /// # Errors
    /// Returns [`EngineError::Broken`] if the connection breaks, or [`EngineError::TooLarge`] for a line
    /// beyond the limit.
    pub async fn next(&mut self) -> Result<Option<Event>, EngineError> {
        loop {
            if let Some((event, claimed)) = &self.held {
                let is_own = self.engine.is_own(&event.image, &self.without, claimed).await;
                if let Some((event, _)) = self.held.take().filter(|_| !is_own) {
                    return Ok(Some(event));
                }
            }
            while let Some(line) = self.line() {
                match json_limit::read::<Value>(&line, VALUES) {
                    Ok(event) => {
                        let Some(read) = Event::read(&event) else { continue };
                        // In events, engines put labels among the attributes.
                        match self.without.claimed(&read.name, event.pointer("/Actor/Attributes"), read.time)
                        {
                            Some(claimed) => self.held = Some((read, claimed)),
                            None => return Ok(Some(read)),
                        }
                        break;
                    }
                    Err(_) if line.trim_ascii().is_empty() => {}
                    Err(_) => self.unread += 1,
                }
            }
            if self.held.is_some() {
                continue;
            }
            if self.buffer.len() > LINE_LIMIT {
                return Err(EngineError::TooLarge {
                    action: FOLLOW.to_owned(),
                    reason: format!("a line has more than {} MiB", LINE_LIMIT >> 20),
                });
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => self.buffer.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Some(Err(error)) => {
                    return Err(EngineError::Broken { action: FOLLOW.to_owned(), reason: error.to_string() });
                }
            }
        }
    }

    fn line(&mut self) -> Option<Bytes> {
        let end = memchr::memchr(b'\n', &self.buffer)?;
        let line = self.buffer.split_to(end).freeze();
        self.buffer.advance(1);
        Some(line)
    }
}

const FOLLOW: &str = "follow the events";

impl Engine {
    /// Opens the stream of events about all containers except those to skip, starting with past events since
    /// that time if the engine still has them.
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn events(&self, since: i64, without: PassedOver) -> Result<EventStream, EngineError> {
        let (seconds, rest) = (since.div_euclid(1_000_000_000), since.rem_euclid(1_000_000_000));
        let filters = api_path::filters(&[("type", "container")]);
        let path = format!("/events?since={seconds}.{rest:09}&filters={filters}");
        let response = self.within(FOLLOW, open(&self.transport, FOLLOW, &path)).await?;
        Ok(EventStream {
            engine: self.clone(),
            body: response.into_body(),
            buffer: BytesMut::new(),
            without,
            held: None,
            unread: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(action: &str, more: &Value) -> Option<Event> {
        let mut attributes = json!({"name": "web", "image": "debian:12"});
        attributes.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        Event::read(
            &json!({"Type": "container", "Action": action, "Actor": {"ID": "aa", "Attributes": attributes}, "timeNano": 5}),
        )
    }

    #[test]
    fn actions_of_both_engines_are_read() {
        let action = |word: &str, more: Value| event(word, &more).map(|event| event.action);
        assert_eq!(action("die", json!({"exitCode": "255"})), Some(Action::Die(Some(255))));
        assert_eq!(action("died", json!({"containerExitCode": "7"})), Some(Action::Die(Some(7))));
        assert_eq!(action("die", json!({})), Some(Action::Die(None)));
        assert_eq!(action("start", json!({})), Some(Action::Start));
        assert_eq!(action("oom", json!({})), Some(Action::Oom));
        assert_eq!(
            (action("destroy", json!({})), action("remove", json!({}))),
            (Some(Action::Remove), Some(Action::Remove))
        );
        assert_eq!(action("health_status: unhealthy", json!({})), Some(Action::Health(Some(false))));
        assert_eq!(action("health_status: healthy", json!({})), Some(Action::Health(Some(true))));
        assert_eq!(
            action("health_status", json!({"health_status": "unhealthy"})),
            Some(Action::Health(Some(false)))
        );
        assert_eq!(action("health_status", json!({})), Some(Action::Health(None)));
        assert_eq!(action("health_status: starting", json!({})), None);
        assert_eq!(action("exec_die", json!({"exitCode": "1"})), None);
    }

    #[test]
    fn what_is_about_something_else_or_has_no_id_is_passed_over() {
        assert_eq!(
            Event::read(&json!({"Type": "image", "Action": "die", "Actor": {"ID": "x"}, "time": 1})),
            None
        );
        assert_eq!(
            Event::read(&json!({"Type": "container", "Action": "die", "Actor": {"ID": ""}, "time": 1})),
            None
        );
        assert_eq!(Event::read(&json!([1])), None);
        let old = Event::read(&json!({"status": "die", "id": "aa", "from": "debian", "time": 2})).unwrap();
        assert_eq!((old.name.as_str(), old.image.as_str(), old.time), ("aa", "debian", 2_000_000_000));
    }
}
