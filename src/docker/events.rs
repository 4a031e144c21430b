//! The engine's events about containers, and how each container stands now: raw JSON in, [`Event`]s and
//! [`Life`]s out.
//!
//! The stream is read line by line over hyper, not through bollard, whose model refuses actions that it does
//! not know. An engine that speaks of other things (Podman of pulls, every engine of execs) is passed over
//! here. Must not decide what an event is worth.

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::engine::open;
use super::{Engine, EngineError, encoded, fit_name, is_name};
use crate::limit;

/// Longest line that is read; an event holds all labels of its container.
const LINE_LIMIT: usize = 1024 * 1024;
/// Most values of an event.
const VALUES: usize = 12_000;
/// Most that is kept of the name of an image, in bytes; engines take 255.
const IMAGE: usize = 512;
/// Containers that are inspected at the same time.
const AT_ONCE: usize = 4;

/// What happened to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It was started.
    Start,
    /// It ended, with this exit code where the engine tells it.
    Die(Option<i64>),
    /// Its health check came to a result: whether it is well, where the engine tells it.
    Health(Option<bool>),
    /// The kernel killed a process of it for want of memory.
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
    /// Its image as it was named.
    pub image: String,
    /// What happened.
    pub action: Action,
    /// When, in nanoseconds since the epoch by the engine's clock.
    pub time: i64,
}

impl Event {
    /// Reads one event; `None` for events that are about something else.
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

/// The name of an image; the end of one that is longer than any is left out.
fn image_of(told: &str) -> String {
    told.get(..told.floor_char_boundary(IMAGE)).unwrap_or_default().to_owned()
}

/// Docker tells the result in the action, newer Podman in an attribute, Podman 4 not at all. A check that has
/// not come to a result is no event: `None`.
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

/// How a container stands: what the engine remembers of its last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image as it was named.
    pub image: String,
    /// Whether it runs now.
    pub running: bool,
    /// Start of its last run, in nanoseconds since the epoch; 0 when it never ran.
    pub started: i64,
    /// End of its last run that ended; 0 when none did.
    pub finished: i64,
    /// Exit code of the run that ended last.
    pub exit_code: Option<i64>,
    /// Whether its health check fails.
    pub unhealthy: bool,
}

impl Life {
    /// Reads the engine's answer to `inspect`.
    #[must_use]
    pub fn read(inspect: &Value) -> Option<Self> {
        let word = |pointer: &str| inspect.pointer(pointer).and_then(Value::as_str);
        let flag = |pointer: &str| inspect.pointer(pointer).and_then(Value::as_bool).unwrap_or_default();
        let time =
            |pointer: &str| word(pointer).and_then(nanoseconds).filter(|time| *time > 0).unwrap_or_default();
        let id = word("/Id").filter(|id| is_name(id))?;
        Some(Self {
            id: id.to_owned(),
            name: fit_name(word("/Name").unwrap_or_default(), id)?.to_owned(),
            image: image_of(word("/Config/Image").unwrap_or_default()),
            running: flag("/State/Running") && !flag("/State/Restarting"),
            started: time("/State/StartedAt"),
            finished: time("/State/FinishedAt"),
            exit_code: inspect.pointer("/State/ExitCode").and_then(Value::as_i64),
            unhealthy: word("/State/Health/Status").or_else(|| word("/State/Healthcheck/Status"))
                == Some("unhealthy"),
        })
    }
}

fn nanoseconds(text: &str) -> Option<i64> {
    i64::try_from(text.parse::<Timestamp>().ok()?.as_nanosecond()).ok()
}

/// What is needed of an entry of the engine's list, which is megabytes long where there are many containers.
#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "Names", default)]
    names: Vec<String>,
    #[serde(rename = "Image", default)]
    image: String,
    #[serde(rename = "ImageID", default)]
    image_id: String,
    #[serde(rename = "Labels", default)]
    labels: Value,
}

impl Listed {
    /// Its image by id, or by name where the engine does not tell the id.
    fn image_id(&self) -> &str {
        if self.image_id.is_empty() { &self.image } else { &self.image_id }
    }
}

/// The events of an engine as they come.
#[derive(Debug)]
pub struct EventStream {
    body: Incoming,
    buffer: BytesMut,
    engine: Engine,
    without: PassedOver,
    /// An event that may have to be passed over; kept here while the engine is asked, so that whoever stops
    /// waiting loses nothing.
    held: Option<(Event, Claimed)>,
    /// Lines that were no JSON.
    pub unread: u64,
}

impl EventStream {
    /// The next event; `None` when the engine has ended the stream.
    ///
    /// # Errors
    /// [`EngineError::Broken`] when the connection breaks, [`EngineError::TooLarge`] for a line without an
    /// end.
    pub async fn next(&mut self) -> Result<Option<Event>, EngineError> {
        loop {
            if let Some((event, claimed)) = &self.held {
                let is_own = self.engine.is_own(&event.image, &self.without, claimed).await;
                if let Some((event, _)) = self.held.take().filter(|_| !is_own) {
                    return Ok(Some(event));
                }
            }
            while let Some(line) = self.line() {
                match limit::read::<Value>(&line, VALUES) {
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

/// Containers that are passed over for a while: a label names the time, the name has a form, and neither may
/// come from the image. A label alone shall hide nothing.
#[derive(Debug, Clone, Copy)]
pub struct PassedOver {
    /// The label; its value is in seconds since the epoch.
    pub label: &'static str,
    /// Longest time from now that it may name, in seconds.
    pub longest: i64,
    /// Whether a container's name is one of those.
    pub fits: fn(&str) -> bool,
}

/// The label's value of a container that is to be passed over if its image has another one.
#[derive(Debug)]
struct Claimed(String);

impl PassedOver {
    /// Whether name and label fit at that time, in nanoseconds since the epoch.
    fn claimed(&self, name: &str, labels: Option<&Value>, time: i64) -> Option<Claimed> {
        let value = labels?.get(self.label)?.as_str()?;
        let left = value.parse::<i64>().ok()?.checked_sub(time.div_euclid(1_000_000_000))?;
        (left > 0 && left <= self.longest && (self.fits)(name)).then(|| Claimed(value.to_owned()))
    }
}

const FOLLOW: &str = "follow the events";

impl Engine {
    /// Opens the stream of events about all containers but those, beginning with events since that time that
    /// the engine still has.
    ///
    /// # Errors
    /// Any [`EngineError`].
    pub async fn events(&self, since: i64, without: PassedOver) -> Result<EventStream, EngineError> {
        let (seconds, rest) = (since.div_euclid(1_000_000_000), since.rem_euclid(1_000_000_000));
        // {"type":["container"]}
        let path =
            format!("/events?since={seconds}.{rest:09}&filters=%7B%22type%22%3A%5B%22container%22%5D%7D");
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

    /// Whether a container's label is its own: its image is known and has another value, or none.
    async fn is_own(&self, image: &str, without: &PassedOver, claimed: &Claimed) -> bool {
        let document = self.get(&format!("/images/{}/json", encoded(image))).await;
        let of_image = |document: &Value| {
            Some(document.pointer("/Config/Labels")?.get(without.label)?.as_str()? == claimed.0)
        };
        document.is_ok_and(|document| !of_image(&document).unwrap_or_default())
    }

    /// How one container stands.
    ///
    /// # Errors
    /// Any [`EngineError`]; one that is not there is [`EngineError::Unknown`].
    pub async fn life(&self, id: &str) -> Result<Life, EngineError> {
        let action = format!("/containers/{id}/json");
        let inspect = self.get(&action).await?;
        Life::read(&inspect).ok_or_else(|| EngineError::Garbage {
            action: format!("GET {action}"),
            reason: "the Id is missing".to_owned(),
        })
    }

    /// How all containers but those stand; those that are removed meanwhile are left out.
    ///
    /// # Errors
    /// Any [`EngineError`].
    pub async fn lives(&self, without: PassedOver) -> Result<Vec<Life>, EngineError> {
        let listed =
            |entry: Value| serde_json::from_value::<Listed>(entry).ok().filter(|entry| is_name(&entry.id));
        let list = self.list("/containers/json?all=1", listed).await?;
        let now = Timestamp::now().as_second().saturating_mul(1_000_000_000);
        let look = |entry: Listed| async move {
            let name = entry.names.first().map_or("", |name| name.trim_start_matches('/'));
            match without.claimed(name, Some(&entry.labels), now) {
                Some(claimed) if self.is_own(entry.image_id(), &without, &claimed).await => Ok(None),
                _ => self.life(&entry.id).await.map(Some),
            }
        };
        let mut looks = stream::iter(list).map(look).buffer_unordered(AT_ONCE);
        let mut lives = Vec::new();
        while let Some(look) = looks.next().await {
            match look {
                Ok(life) => lives.extend(life),
                Err(error) if error.is_unknown() => {}
                Err(error) => return Err(error),
            }
        }
        lives.sort_by_key(|life| life.finished);
        Ok(lives)
    }

    /// The time by the engine's clock, in nanoseconds since the epoch, where it tells it.
    pub async fn clock(&self) -> Option<i64> {
        nanoseconds(self.get("/info").await.ok()?.get("SystemTime")?.as_str()?)
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

    #[test]
    fn a_container_that_never_ran_has_no_times() {
        let life =
            Life::read(&json!({"Id": "aa", "Name": "/web", "State": {"StartedAt": "0001-01-01T00:00:00Z"}}))
                .unwrap();
        assert_eq!((life.started, life.finished, life.running, life.name.as_str()), (0, 0, false, "web"));
        let state = json!({"Running": true, "StartedAt": "1970-01-01T00:00:01.5Z", "Health": {"Status": "unhealthy"}});
        let life = Life::read(&json!({"Id": "aa", "State": state})).unwrap();
        assert_eq!((life.started, life.running, life.unhealthy), (1_500_000_000, true, true));
    }

    #[test]
    fn only_a_matching_name_and_time_skip_a_container() {
        let without = PassedOver { label: "l", longest: 600, fits: |name| name == "web-trial-1-2" };
        let claimed = |name: &str, value: &str| {
            without.claimed(name, Some(&json!({"l": value})), 1_000_000_000_000).is_some()
        };
        assert!(claimed("web-trial-1-2", "1001") && claimed("web-trial-1-2", "1600"));
        for value in [
            "1000",
            "1601",
            "9999999999",
            "9223372036854775807",
            "-9223372036854775808",
            "99999999999999999999",
            "x",
            "",
        ] {
            assert!(!claimed("web-trial-1-2", value), "{value}");
        }
        assert!(!claimed("web", "1300") && without.claimed("web-trial-1-2", Some(&json!({})), 0).is_none());
    }
}
