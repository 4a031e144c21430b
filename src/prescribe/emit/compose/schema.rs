//! The keys that are written into a compose file (compose-spec, `schema/compose-spec.json`).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::prescribe::emit::yaml::{Entry, Text};

/// The compose file.
#[derive(Debug, Serialize)]
pub struct File {
    pub services: BTreeMap<Text, Service>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub networks: BTreeMap<Text, External>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<Text, External>,
}

/// A network or volume that already exists.
#[derive(Debug, Serialize)]
pub struct External {
    pub name: Text,
    pub external: bool,
}

#[derive(Debug, Default, Serialize)]
#[serde(default)]
pub struct Service {
    pub image: Option<Text>,
    pub container_name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env_file: Vec<EnvFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Storage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes_from: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortOf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<Text>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub networks: BTreeMap<Text, BTreeMap<&'static str, Entry>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ulimits: BTreeMap<Text, Limit>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage_opt: BTreeMap<Text, Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub healthcheck: BTreeMap<&'static str, Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<Text>,
    #[serde(flatten)]
    pub plain: BTreeMap<&'static str, Entry>,
}

/// A file with variables, read line by line as Docker reads it.
#[derive(Debug, Serialize)]
pub struct EnvFile {
    pub path: Text,
    pub format: Text,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Storage {
    Short(Text),
    Long(Long),
}

#[derive(Debug, Default, Serialize)]
pub struct Long {
    pub r#type: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Text>,
    pub target: Option<Text>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bind: BTreeMap<&'static str, Entry>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub volume: BTreeMap<&'static str, Entry>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tmpfs: BTreeMap<&'static str, Entry>,
}

#[derive(Debug, Serialize)]
pub struct PortOf {
    pub target: Entry,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<Text>,
    pub protocol: Text,
}

#[derive(Debug, Serialize)]
pub struct Limit {
    pub soft: i64,
    pub hard: i64,
}

#[derive(Debug, Serialize)]
pub struct Logging {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<Text>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<Text, Text>,
}
