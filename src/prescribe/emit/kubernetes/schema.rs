//! The fields that are written into a pod manifest (Kubernetes API, `v1.Pod`).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::prescribe::emit::yaml::{Entry, Text};

/// The manifest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    pub api_version: Text,
    pub kind: Text,
    pub metadata: Metadata,
    pub spec: Spec,
}

#[derive(Debug, Serialize)]
pub struct Metadata {
    pub name: Text,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<Text, Text>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<BTreeMap<&'static str, Text>>,
    #[serde(flatten)]
    pub plain: BTreeMap<&'static str, Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<PodSecurity>,
    pub containers: Vec<Container>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
}

#[derive(Debug, Serialize)]
pub struct PodSecurity {
    pub sysctls: Vec<Pair>,
}

/// A name and its value.
#[derive(Debug, Serialize)]
pub struct Pair {
    pub name: Text,
    pub value: Text,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    pub name: Option<Text>,
    pub image: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env_from: Vec<FromSecret>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<Pair>,
    #[serde(flatten)]
    pub plain: BTreeMap<&'static str, Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Opening>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<BTreeMap<&'static str, Text>>,
    #[serde(skip_serializing_if = "Security::is_empty")]
    pub security_context: Security,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FromSecret {
    pub secret_ref: BTreeMap<&'static str, Text>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    pub container_port: Entry,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_port: Option<Entry>,
    #[serde(rename = "hostIP", skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<Text>,
    pub protocol: Text,
}

#[derive(Debug, Serialize)]
pub struct Resources {
    pub limits: BTreeMap<&'static str, Text>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Security {
    #[serde(flatten)]
    pub plain: BTreeMap<&'static str, Entry>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub capabilities: BTreeMap<&'static str, Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_profile: Option<Profile>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub r#type: Text,
    pub localhost_profile: Text,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    pub name: Text,
    pub mount_path: Text,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

#[derive(Debug, Serialize)]
pub struct Volume {
    pub name: Text,
    #[serde(flatten)]
    pub source: Source,
}

#[derive(Debug, Serialize)]
pub enum Source {
    #[serde(rename = "emptyDir")]
    EmptyDir {
        medium: Text,
        #[serde(rename = "sizeLimit", skip_serializing_if = "Option::is_none")]
        size_limit: Option<Text>,
    },
    #[serde(rename = "hostPath")]
    HostPath { path: Text },
    #[serde(rename = "persistentVolumeClaim")]
    Claim {
        #[serde(rename = "claimName")]
        claim_name: Text,
    },
}

impl Security {
    /// Returns whether nothing is set.
    fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.capabilities.is_empty() && self.seccomp_profile.is_none()
    }
}
