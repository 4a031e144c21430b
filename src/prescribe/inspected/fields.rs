//! The table of fields: where the engine stores a setting, which CLI flag sets it, and how its value is
//! written.
//!
//! A field that is not listed and not at its default is refused by name, never dropped. Must not read a
//! document.

use serde_json::Value;

use super::field_values;

/// How a field becomes flags.
#[derive(Debug, Clone, Copy)]
pub enum FlagValue {
    /// A string.
    Text,
    /// The flag alone, if the field is true.
    Switch,
    /// The flag alone, or with `=false`.
    Either,
    /// An integer; 0 means unset.
    Number,
    /// An integer for which 0 is meaningful.
    Whole,
    /// One flag for each string of a list.
    Each,
    /// One flag `key=value` for each entry of a map.
    Pairs,
    /// Values computed by a function, which returns `None` for an unknown shape.
    Made(fn(&Value) -> Option<Vec<String>>),
    /// Handled elsewhere, or meaningless for a new container.
    Elsewhere,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Section and key, such as `HostConfig.Memory`.
    pub path: &'static str,
    /// The flag, with its dashes.
    pub flag: &'static str,
    /// How the value is written.
    pub value: FlagValue,
    /// Values, as JSON, that mean the same as leaving the flag out; null, "", 0, false, [] and {} always do.
    pub defaults: &'static [&'static str],
}

const fn field(
    path: &'static str,
    flag: &'static str,
    value: FlagValue,
    defaults: &'static [&'static str],
) -> Field {
    Field { path, flag, value, defaults }
}

const fn elsewhere(path: &'static str) -> Field {
    Field { path, flag: "", value: FlagValue::Elsewhere, defaults: &[] }
}

/// Returns the entry of a field.
pub fn known(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// All fields that are carried over, in the order of the flags.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    field("Config.Tty", "--tty", FlagValue::Switch, &[]),
    field("Config.OpenStdin", "--interactive", FlagValue::Switch, &[]),
    field("HostConfig.AutoRemove", "--rm", FlagValue::Switch, &[]),
    field("HostConfig.AutoRemoveImage", "--rmi", FlagValue::Switch, &[]),
    field("HostConfig.RestartPolicy", "--restart", FlagValue::Made(field_values::restart), &[]),
    field("HostConfig.Runtime", "--runtime", FlagValue::Text, &["\"runc\"", "\"oci\"", "\"io.containerd.runc.v2\""]),
    field("HostConfig.Init", "--init", FlagValue::Either, &["null"]),
    field("Config.Domainname", "--domainname", FlagValue::Text, &[]),
    field("Config.MacAddress", "--mac-address", FlagValue::Text, &[]),
    field("Config.User", "--user", FlagValue::Text, &[]),
    field("HostConfig.GroupAdd", "--group-add", FlagValue::Each, &[]),
    field("Config.WorkingDir", "--workdir", FlagValue::Text, &[]),
    field("Config.StopTimeout", "--stop-timeout", FlagValue::Whole, &[]),
    field("Config.ExposedPorts", "--expose", FlagValue::Made(field_values::keys), &[]),
    field("Config.Annotations", "--annotation", FlagValue::Made(field_values::annotations), &[]),
    field("HostConfig.Annotations", "--annotation", FlagValue::Made(field_values::annotations), &[]),
    field("Config.Umask", "--umask", FlagValue::Text, &["\"0022\""]),
    field("Config.Timeout", "--timeout", FlagValue::Number, &[]),
    field("Config.Timezone", "--tz", FlagValue::Text, &[]),
    field("Config.sdNotifyMode", "--sdnotify", FlagValue::Text, &["\"container\""]),
    field("Config.HealthcheckOnFailureAction", "--health-on-failure", FlagValue::Text, &["\"none\""]),
    field("Config.HealthLogDestination", "--health-log-destination", FlagValue::Text, &["\"local\""]),
    field("Config.HealthcheckMaxLogCount", "--health-max-log-count", FlagValue::Number, &["5"]),
    field("Config.HealthcheckMaxLogSize", "--health-max-log-size", FlagValue::Number, &["500"]),
    field("Config.ChrootDirs", "--chrootdirs", FlagValue::Each, &[]),
    field("Config.Passwd", "--passwd", FlagValue::Either, &["true"]),
    field("Config.Secrets", "--secret", FlagValue::Made(field_values::secrets), &[]),
    field("HostConfig.Privileged", "--privileged", FlagValue::Switch, &[]),
    field("HostConfig.CapAdd", "--cap-add", FlagValue::Each, &[]),
    field("HostConfig.CapDrop", "--cap-drop", FlagValue::Each, &[]),
    field("HostConfig.ReadonlyRootfs", "--read-only", FlagValue::Switch, &[]),
    field("HostConfig.UsernsMode", "--userns", FlagValue::Text, &[]),
    field("HostConfig.IpcMode", "--ipc", FlagValue::Text, &[]),
    field("HostConfig.PidMode", "--pid", FlagValue::Text, &["\"private\""]),
    field("HostConfig.UTSMode", "--uts", FlagValue::Text, &["\"private\""]),
    field("HostConfig.CgroupParent", "--cgroup-parent", FlagValue::Text, &[]),
    field("HostConfig.Cgroups", "--cgroups", FlagValue::Text, &["\"default\"", "\"enabled\""]),
    field("HostConfig.CgroupConf", "--cgroup-conf", FlagValue::Pairs, &[]),
    field("HostConfig.ShmSize", "--shm-size", FlagValue::Number, &[]),
    field("HostConfig.Memory", "--memory", FlagValue::Number, &[]),
    field("HostConfig.MemoryReservation", "--memory-reservation", FlagValue::Number, &[]),
    field("HostConfig.MemorySwap", "--memory-swap", FlagValue::Number, &[]),
    field("HostConfig.MemorySwappiness", "--memory-swappiness", FlagValue::Whole, &["-1"]),
    field("HostConfig.KernelMemory", "--kernel-memory", FlagValue::Number, &[]),
    field("HostConfig.OomKillDisable", "--oom-kill-disable", FlagValue::Switch, &[]),
    field("HostConfig.OomScoreAdj", "--oom-score-adj", FlagValue::Number, &[]),
    field("HostConfig.PidsLimit", "--pids-limit", FlagValue::Number, &[]),
    field("HostConfig.NanoCpus", "--cpus", FlagValue::Made(field_values::cpus), &[]),
    field("HostConfig.CpuShares", "--cpu-shares", FlagValue::Number, &[]),
    field("HostConfig.CpuPeriod", "--cpu-period", FlagValue::Number, &[]),
    field("HostConfig.CpuQuota", "--cpu-quota", FlagValue::Number, &[]),
    field("HostConfig.CpuRealtimePeriod", "--cpu-rt-period", FlagValue::Number, &[]),
    field("HostConfig.CpuRealtimeRuntime", "--cpu-rt-runtime", FlagValue::Number, &[]),
    field("HostConfig.CpusetCpus", "--cpuset-cpus", FlagValue::Text, &[]),
    field("HostConfig.CpusetMems", "--cpuset-mems", FlagValue::Text, &[]),
    field("HostConfig.BlkioWeight", "--blkio-weight", FlagValue::Number, &[]),
    field("HostConfig.BlkioWeightDevice", "--blkio-weight-device", FlagValue::Made(field_values::device_numbers), &[]),
    field("HostConfig.BlkioDeviceReadBps", "--device-read-bps", FlagValue::Made(field_values::device_numbers), &[]),
    field("HostConfig.BlkioDeviceWriteBps", "--device-write-bps", FlagValue::Made(field_values::device_numbers), &[]),
    field("HostConfig.BlkioDeviceReadIOps", "--device-read-iops", FlagValue::Made(field_values::device_numbers), &[]),
    field("HostConfig.BlkioDeviceWriteIOps", "--device-write-iops", FlagValue::Made(field_values::device_numbers), &[]),
    field("HostConfig.Ulimits", "--ulimit", FlagValue::Made(field_values::ulimits), &[]),
    field("HostConfig.Sysctls", "--sysctl", FlagValue::Pairs, &[]),
    field("HostConfig.StorageOpt", "--storage-opt", FlagValue::Pairs, &[]),
    field("HostConfig.Devices", "--device", FlagValue::Made(field_values::devices), &[]),
    field("HostConfig.DeviceCgroupRules", "--device-cgroup-rule", FlagValue::Each, &[]),
    field("HostConfig.DeviceRequests", "--gpus", FlagValue::Made(field_values::gpus), &[]),
    field("HostConfig.VolumesFrom", "--volumes-from", FlagValue::Each, &[]),
    field("HostConfig.VolumeDriver", "--volume-driver", FlagValue::Text, &[]),
    field("HostConfig.PublishAllPorts", "--publish-all", FlagValue::Switch, &[]),
    field("HostConfig.PortBindings", "--publish", FlagValue::Made(field_values::ports), &[]),
    field("HostConfig.Links", "--link", FlagValue::Made(field_values::links), &[]),
    field("HostConfig.Dns", "--dns", FlagValue::Each, &[]),
    field("HostConfig.DnsOptions", "--dns-option", FlagValue::Each, &[]),
    field("HostConfig.DnsSearch", "--dns-search", FlagValue::Each, &[]),
    field("HostConfig.ExtraHosts", "--add-host", FlagValue::Each, &[]),
    field("HostConfig.HostsFile", "--hosts-file", FlagValue::Text, &[]),
    // Written by to_recipe.rs and its neighbours, because they depend on each other, the image or the engine.
    elsewhere("Config.Hostname"), elsewhere("Config.Env"), elsewhere("Config.Labels"), elsewhere("Config.Cmd"), elsewhere("Config.Entrypoint"),
    elsewhere("Config.Image"), elsewhere("Config.Volumes"), elsewhere("Config.StopSignal"), elsewhere("Config.Healthcheck"), elsewhere("Config.SystemdMode"),
    elsewhere("HostConfig.Binds"), elsewhere("HostConfig.Mounts"), elsewhere("HostConfig.Tmpfs"), elsewhere("HostConfig.NetworkMode"), elsewhere("Config.NetworkDisabled"),
    elsewhere("HostConfig.SecurityOpt"), elsewhere("HostConfig.CgroupnsMode"), elsewhere("HostConfig.CgroupMode"), elsewhere("HostConfig.LogConfig"),
    elsewhere("HostConfig.MaskedPaths"), elsewhere("HostConfig.ReadonlyPaths"),
    // Set by the image or the engine, or only needed for a terminal in the foreground.
    elsewhere("Config.AttachStdin"), elsewhere("Config.AttachStdout"), elsewhere("Config.AttachStderr"), elsewhere("Config.StdinOnce"),
    elsewhere("Config.OnBuild"), elsewhere("Config.Shell"), elsewhere("Config.ArgsEscaped"), elsewhere("Config.CreateCommand"), elsewhere("Config.sdNotifySocket"),
    elsewhere("HostConfig.ConsoleSize"), elsewhere("HostConfig.ContainerIDFile"), elsewhere("HostConfig.CgroupManager"),
    elsewhere("HostConfig.KernelMemoryTCP"), elsewhere("HostConfig.Isolation"),
];

impl Field {
    /// Returns whether a value is empty (null, "", 0, false, [] and {}), or a default of this field.
    pub fn is_default(&self, value: &Value) -> bool {
        let text = value.to_string();
        // For a switch with two explicit states, false is meaningful.
        let explicit = match self.value {
            FlagValue::Either => value.is_boolean(),
            FlagValue::Whole => value.is_number(),
            _ => false,
        };
        self.defaults.iter().any(|default| *default == text) || !explicit && field_values::says_nothing(value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn no_field_is_there_twice() {
        let paths: BTreeSet<&str> = FIELDS.iter().map(|field| field.path).collect();
        assert_eq!(paths.len(), FIELDS.len());
    }

    #[test]
    fn defaults_say_nothing() {
        let is_default = |path: &str, value| known(path).unwrap().is_default(&value);
        assert!(
            is_default("Config.HealthLogDestination", json!("local"))
                && !is_default("HostConfig.ShmSize", json!(1))
        );
        assert!(!is_default("HostConfig.Init", json!(false)) && is_default("HostConfig.Init", json!(null)));
        assert!(
            !is_default("Config.StopTimeout", json!(0))
                && is_default("HostConfig.MemorySwappiness", json!(-1))
        );
    }
}
