//! Determines the current state of each container from the engine's documents. Must not decide what that
//! means.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;

use super::own_containers::{Claimed, PassedOver};
use super::{Engine, EngineError, ListedContainer, fit_name, is_name};

/// Maximum length of an image name that is kept, in bytes; engines accept 255.
const IMAGE: usize = 512;
/// Number of containers that are inspected at the same time.
const AT_ONCE: usize = 4;

/// The state of a container: what the engine records about its last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image as the engine names it.
    pub image: String,
    /// Whether it runs now.
    pub running: bool,
    /// Start of its last run, in nanoseconds since the epoch; 0 when it never ran.
    pub started: i64,
    /// End of its last finished run; 0 if none has finished.
    pub finished: i64,
    /// Exit code of the last finished run.
    pub exit_code: Option<i64>,
    /// Whether its health check fails.
    pub unhealthy: bool,
}

impl Life {
    /// Parses the engine's answer to `inspect`.
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

/// Returns the name of an image, cut at the maximum length.
pub(super) fn image_of(told: &str) -> String {
    told.get(..told.floor_char_boundary(IMAGE)).unwrap_or_default().to_owned()
}

impl Engine {
    /// Returns the state of one container.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; [`EngineError::Unknown`] if it does not exist.
    pub async fn life(&self, id: &str) -> Result<Life, EngineError> {
        let inspect = self.inspect_container(id).await?;
        Life::read(&inspect).ok_or_else(|| EngineError::Garbage {
            action: format!("inspect {id}"),
            reason: "the Id is missing".to_owned(),
        })
    }

    /// Returns the states of all containers except those to skip; leaves out those removed in the meantime.
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn lives(&self, without: PassedOver) -> Result<Vec<Life>, EngineError> {
        let now = Timestamp::now().as_second().saturating_mul(1_000_000_000);
        let listed = |entry: ListedContainer| {
            let claimed = without.claimed(entry.name()?, entry.labels(), now);
            Some((entry.id()?.to_owned(), claimed.map(|claimed| (entry.image_id().to_owned(), claimed))))
        };
        let look = |(id, claimed): (String, Option<(String, Claimed)>)| async move {
            match claimed {
                Some((image, claimed)) if self.is_own(&image, &without, &claimed).await => Ok(None),
                _ => self.life(&id).await.map(Some),
            }
        };
        let list = self.containers(listed).await?;
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

    /// Returns the time of the engine's clock, in nanoseconds since the epoch, if it reports it.
    pub async fn clock(&self) -> Option<i64> {
        nanoseconds(self.get("/info").await.ok()?.get("SystemTime")?.as_str()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
}
