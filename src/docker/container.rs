//! Creates and removes sysdock's own containers: the only calls that change an engine besides
//! [`super::build`]. Also checks container names.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, header};
use serde_json::Value;

use super::engine::{read_document, refusal};
use super::{Engine, EngineError, api_path};

/// Maximum length of a container's name, in bytes, since file names are derived from it.
const NAME: usize = 200;

/// Returns whether a word may be the name or ID of a container: `[A-Za-z0-9][A-Za-z0-9_.-]*`, which both
/// engines require for new containers (moby, `daemon/names`; podman, `libpod/define`).
#[must_use]
pub fn is_name(word: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    word.len() <= NAME && word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.bytes().all(is_part)
}

/// Returns the name that the engine reports for a container if it is valid, otherwise its ID; `None` if
/// neither is valid.
#[must_use]
pub fn fit_name<'w>(told: &'w str, id: &'w str) -> Option<&'w str> {
    [told.strip_prefix('/').unwrap_or(told), id].into_iter().find(|word| is_name(word))
}

impl Engine {
    /// Creates a container without starting it, from a document of the Engine API's `POST
    /// /containers/create`; returns its ID.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; [`EngineError::Unknown`] if the engine does not have the image.
    pub async fn create(&self, name: &str, document: &Value) -> Result<String, EngineError> {
        let action = format!("create {name}");
        self.within(&action, async {
            let body = document.to_string();
            let response =
                self.request(Method::POST, &api_path::created_container(name), &action, body).await?;
            let answer = read_document(response, &action).await?;
            let id = answer.get("Id").and_then(Value::as_str).map(str::to_owned);
            id.ok_or_else(|| EngineError::Garbage {
                action: action.clone(),
                reason: "the Id is missing".to_owned(),
            })
        })
        .await
    }

    /// Removes a container, running or not, with its anonymous volumes if requested; succeeds if it is
    /// already gone.
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn remove(&self, id: &str, volumes: bool) -> Result<(), EngineError> {
        let action = format!("remove {id}");
        let path = api_path::removed_container(id, volumes);
        let call = self.request(Method::DELETE, &path, &action, String::new());
        match self.within(&action, call).await {
            Err(error) if error.is_unknown() => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    /// Sends a request with a JSON body and returns the response if its status is a success.
    pub(super) async fn request(
        &self,
        method: Method,
        path: &str,
        action: &str,
        body: String,
    ) -> Result<Response<Incoming>, EngineError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| EngineError::Broken { action: action.to_owned(), reason: error.to_string() })?;
        let response = self.transport.send(action, request).await?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response, action).await) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_nothing_that_a_path_a_shell_or_a_terminal_reads() {
        for name in ["web", "a", "0abc", "k8s_POD_x-1.2_default", "svc.1.q9z"] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(201);
        for name in [
            "",
            ".",
            "..",
            "../../x",
            "a/b",
            "-x",
            "_x",
            "a b",
            "x;touch y",
            "x\n",
            "x\u{1b}[2J",
            "ümlaut",
            "x$(y)",
            long.as_str(),
        ] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_container_with_an_invalid_name_is_called_by_its_id() {
        assert_eq!(fit_name("/web", "aa"), Some("web"));
        for told in ["/../../x", "//web", "/a b", ""] {
            assert_eq!(fit_name(told, "aa"), Some("aa"), "{told}");
        }
        assert_eq!(fit_name("/../x", "../y"), None);
    }
}
