//! Reads the engine's lists of containers and images, entry by entry. The only place that knows the format of
//! an entry; the complete list is never built in memory.

use serde_json::Value;

use super::{Engine, EngineError, api_path, fit_name, is_name};

/// An entry of the engine's list of containers.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedContainer(Value);

impl ListedContainer {
    fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns its ID if it is valid.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        Some(self.text("Id")).filter(|id| is_name(id))
    }

    /// Returns the first of its names that is valid, or its ID.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let names = self.0.get("Names").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).chain([self.text("Id")]).find_map(|name| fit_name(name, ""))
    }

    /// Returns its image as the engine names it.
    #[must_use]
    pub fn image(&self) -> &str {
        self.text("Image")
    }

    /// Returns the ID of its image, or the name if the engine does not report the ID.
    #[must_use]
    pub fn image_id(&self) -> &str {
        match self.text("ImageID") {
            "" => self.image(),
            id => id,
        }
    }

    /// Returns the engine's word for its state, such as `running`.
    #[must_use]
    pub fn state(&self) -> &str {
        self.text("State")
    }

    /// Returns the value of one of its labels.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels()?.get(key)?.as_str()
    }

    /// Returns all its labels.
    pub(super) fn labels(&self) -> Option<&Value> {
        self.0.get("Labels")
    }
}

impl Engine {
    /// Lists all containers, running or not; returns the results of `take`.
    ///
    /// # Errors
    /// Returns any [`EngineError`]; [`EngineError::TooLarge`] for a list beyond the limits.
    pub async fn containers<R>(
        &self,
        mut take: impl FnMut(ListedContainer) -> Option<R>,
    ) -> Result<Vec<R>, EngineError> {
        self.list("/containers/json?all=1", |entry| take(ListedContainer(entry))).await
    }

    /// Lists the containers that have a label, whatever its value.
    ///
    /// # Errors
    /// Returns the errors of [`Self::containers`].
    pub async fn containers_with_label(&self, label: &str) -> Result<Vec<ListedContainer>, EngineError> {
        let path = format!("/containers/json?all=1&filters={}", api_path::filters(&[("label", label)]));
        self.list(&path, |entry| Some(ListedContainer(entry))).await
    }

    /// Lists the names of all images that have one.
    ///
    /// # Errors
    /// Returns the errors of [`Self::containers`].
    pub async fn image_names(&self) -> Result<Vec<String>, EngineError> {
        self.names_of_images("/images/json").await
    }

    /// Lists the names of images that match a pattern, in which `*` matches any text without a slash.
    ///
    /// # Errors
    /// Returns the errors of [`Self::containers`].
    pub async fn image_names_like(&self, pattern: &str) -> Result<Vec<String>, EngineError> {
        let path = format!("/images/json?filters={}", api_path::filters(&[("reference", pattern)]));
        self.names_of_images(&path).await
    }

    async fn names_of_images(&self, path: &str) -> Result<Vec<String>, EngineError> {
        let named = |image: Value| {
            let tags = image.get("RepoTags")?.as_array()?.iter().filter_map(Value::as_str);
            Some(tags.filter(|tag| !tag.starts_with("<none>")).map(str::to_owned).collect::<Vec<_>>())
        };
        Ok(self.list(path, named).await?.concat())
    }

    /// Requests a minimal list, to check whether the engine still answers.
    ///
    /// # Errors
    /// Returns any [`EngineError`].
    pub async fn check_alive(&self) -> Result<(), EngineError> {
        self.get("/containers/json?limit=1").await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_read_whatever_is_missing_or_odd() {
        let entry = |value: Value| ListedContainer(value);
        let whole = entry(json!({
            "Id": "aa", "Names": ["/web"], "Image": "debian:12", "ImageID": "sha256:1", "State": "running",
            "Labels": {"a": "b", "c": 3}
        }));
        assert_eq!(
            (whole.id(), whole.name(), whole.image_id(), whole.state()),
            (Some("aa"), Some("web"), "sha256:1", "running")
        );
        assert_eq!((whole.label("a"), whole.label("c"), whole.label("d")), (Some("b"), None, None));
        for odd in [json!({}), json!([1]), json!(null), json!({"Id": 7, "Names": "x", "Labels": []})] {
            let odd = entry(odd);
            assert_eq!((odd.id(), odd.name(), odd.image_id(), odd.label("a")), (None, None, "", None));
        }
    }

    #[test]
    fn a_container_is_called_by_the_first_name_that_is_one() {
        let name = |names: Value, id: &str| {
            ListedContainer(json!({"Id": id, "Names": names})).name().map(str::to_owned)
        };
        assert_eq!(name(json!(["/other/alias", "/../../x", "/web"]), "aa").as_deref(), Some("web"));
        assert_eq!(name(json!(["/a b", 3]), "aa").as_deref(), Some("aa"));
        assert_eq!(name(json!(["/../x"]), "../y"), None);
    }

    #[test]
    fn an_image_without_an_id_is_known_by_its_name() {
        assert_eq!(ListedContainer(json!({"Image": "debian"})).image_id(), "debian");
        assert_eq!(ListedContainer(json!({"Image": "debian", "ImageID": ""})).image_id(), "debian");
    }
}
