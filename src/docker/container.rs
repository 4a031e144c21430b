//! Containers that sysdock makes and removes for itself. The only calls that change an engine besides [`super::build`].

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, header};
use serde_json::Value;

use super::engine::{read_all, refusal};
use super::{Engine, EngineError, encoded};

impl Engine {
    /// Creates a container, without starting it, from a document of the Engine API's `POST /containers/create`; gives its id.
    ///
    /// # Errors
    /// Any [`EngineError`]; an image that the engine does not have is [`EngineError::Unknown`].
    pub async fn create(&self, name: &str, document: &Value) -> Result<String, EngineError> {
        let action = format!("create {name}");
        self.within(&action, async {
            let body = document.to_string();
            let bytes = self.request(Method::POST, &format!("/containers/create?name={name}"), &action, body).await?;
            let answer: Value = serde_json::from_slice(&bytes)
                .map_err(|error| EngineError::Garbage { action: action.clone(), reason: error.to_string() })?;
            let id = answer.get("Id").and_then(Value::as_str).map(str::to_owned);
            id.ok_or_else(|| EngineError::Garbage { action: action.clone(), reason: "no Id in it".to_owned() })
        })
        .await
    }

    /// Removes a container, running or not, and its anonymous volumes where that is wanted; one that is gone already is removed too.
    ///
    /// # Errors
    /// Any [`EngineError`].
    pub async fn remove(&self, id: &str, volumes: bool) -> Result<(), EngineError> {
        let action = format!("remove {id}");
        let path = format!("/containers/{}?force=1&v={}", encoded(id), u8::from(volumes));
        let call = self.request(Method::DELETE, &path, &action, String::new());
        match self.within(&action, call).await {
            Err(error) if error.is_unknown() => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    async fn request(&self, method: Method, path: &str, action: &str, body: String) -> Result<Bytes, EngineError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| EngineError::Broken { action: action.to_owned(), reason: error.to_string() })?;
        let response = self.transport.send(action, request).await?;
        if response.status().is_success() { read_all(response, action).await } else { Err(refusal(response, action).await) }
    }
}
