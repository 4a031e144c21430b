//! The table of fields: where the engine keeps a setting, which flag of its CLI asks for it, and how its value is written.
//!
//! A field that is not here and is not at a default is refused by name, never dropped.

use serde_json::Value;

use super::forms;

/// How a field becomes flags.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// A text.
    Text,
    /// The flag alone, where the field is true.
    Switch,
    /// The flag alone, or with `=false`.
    Either,
    /// A whole number, 0 meaning none.
    Number,
    /// A whole number that means something when it is 0 too.
    Whole,
    /// One flag for each text of a list.
    Each,
    /// One flag `key=value` for each entry of a map.
    Pairs,
    /// Values made by a function; `None` where the value has a shape that is not known.
    Made(fn(&Value) -> Option<Vec<String>>),
    /// Settled elsewhere, or without a meaning for a new container.
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
    pub form: Form,
    /// Values, as JSON, that mean what the absence of the flag means; null, "", 0, false, [] and {} always do.
    pub defaults: &'static [&'static str],
}

const fn field(path: &'static str, flag: &'static str, form: Form, defaults: &'static [&'static str]) -> Field {
    Field { path, flag, form, defaults }
}

const fn elsewhere(path: &'static str) -> Field {
    Field { path, flag: "", form: Form::Elsewhere, defaults: &[] }
}

/// The entry of a field.
pub fn known(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// All fields that are carried over, in the order of the flags.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    field("Config.Tty", "--tty", Form::Switch, &[]),
    field("Config.OpenStdin", "--interactive", Form::Switch, &[]),
    field("HostConfig.AutoRemove", "--rm", Form::Switch, &[]),
    field("HostConfig.AutoRemoveImage", "--rmi", Form::Switch, &[]),
    field("HostConfig.RestartPolicy", "--restart", Form::Made(forms::restart), &[]),
    field("HostConfig.Runtime", "--runtime", Form::Text, &["\"runc\"", "\"oci\"", "\"io.containerd.runc.v2\""]),
    field("HostConfig.Init", "--init", Form::Either, &["null"]),
    field("Config.Domainname", "--domainname", Form::Text, &[]),
    field("Config.MacAddress", "--mac-address", Form::Text, &[]),
    field("Config.User", "--user", Form::Text, &[]),
    field("HostConfig.GroupAdd", "--group-add", Form::Each, &[]),
    field("Config.WorkingDir", "--workdir", Form::Text, &[]),
    field("Config.StopTimeout", "--stop-timeout", Form::Whole, &[]),
    field("Config.ExposedPorts", "--expose", Form::Made(forms::keys), &[]),
    field("Config.Annotations", "--annotation", Form::Made(forms::annotations), &[]),
    field("HostConfig.Annotations", "--annotation", Form::Made(forms::annotations), &[]),
    field("Config.Umask", "--umask", Form::Text, &["\"0022\""]),
    field("Config.Timeout", "--timeout", Form::Number, &[]),
    field("Config.Timezone", "--tz", Form::Text, &[]),
    field("Config.sdNotifyMode", "--sdnotify", Form::Text, &["\"container\""]),
    field("Config.HealthcheckOnFailureAction", "--health-on-failure", Form::Text, &["\"none\""]),
    field("Config.HealthLogDestination", "--health-log-destination", Form::Text, &["\"local\""]),
    field("Config.HealthcheckMaxLogCount", "--health-max-log-count", Form::Number, &["5"]),
    field("Config.HealthcheckMaxLogSize", "--health-max-log-size", Form::Number, &["500"]),
    field("Config.ChrootDirs", "--chrootdirs", Form::Each, &[]),
    field("Config.Passwd", "--passwd", Form::Either, &["true"]),
    field("Config.Secrets", "--secret", Form::Made(forms::secrets), &[]),
    field("HostConfig.Privileged", "--privileged", Form::Switch, &[]),
    field("HostConfig.CapAdd", "--cap-add", Form::Each, &[]),
    field("HostConfig.CapDrop", "--cap-drop", Form::Each, &[]),
    field("HostConfig.ReadonlyRootfs", "--read-only", Form::Switch, &[]),
    field("HostConfig.UsernsMode", "--userns", Form::Text, &[]),
    field("HostConfig.IpcMode", "--ipc", Form::Text, &[]),
    field("HostConfig.PidMode", "--pid", Form::Text, &["\"private\""]),
    field("HostConfig.UTSMode", "--uts", Form::Text, &["\"private\""]),
    field("HostConfig.CgroupParent", "--cgroup-parent", Form::Text, &[]),
    field("HostConfig.Cgroups", "--cgroups", Form::Text, &["\"default\"", "\"enabled\""]),
    field("HostConfig.CgroupConf", "--cgroup-conf", Form::Pairs, &[]),
    field("HostConfig.ShmSize", "--shm-size", Form::Number, &[]),
    field("HostConfig.Memory", "--memory", Form::Number, &[]),
    field("HostConfig.MemoryReservation", "--memory-reservation", Form::Number, &[]),
    field("HostConfig.MemorySwap", "--memory-swap", Form::Number, &[]),
    field("HostConfig.MemorySwappiness", "--memory-swappiness", Form::Whole, &["-1"]),
    field("HostConfig.KernelMemory", "--kernel-memory", Form::Number, &[]),
    field("HostConfig.OomKillDisable", "--oom-kill-disable", Form::Switch, &[]),
    field("HostConfig.OomScoreAdj", "--oom-score-adj", Form::Number, &[]),
    field("HostConfig.PidsLimit", "--pids-limit", Form::Number, &[]),
    field("HostConfig.NanoCpus", "--cpus", Form::Made(forms::cpus), &[]),
    field("HostConfig.CpuShares", "--cpu-shares", Form::Number, &[]),
    field("HostConfig.CpuPeriod", "--cpu-period", Form::Number, &[]),
    field("HostConfig.CpuQuota", "--cpu-quota", Form::Number, &[]),
    field("HostConfig.CpuRealtimePeriod", "--cpu-rt-period", Form::Number, &[]),
    field("HostConfig.CpuRealtimeRuntime", "--cpu-rt-runtime", Form::Number, &[]),
    field("HostConfig.CpusetCpus", "--cpuset-cpus", Form::Text, &[]),
    field("HostConfig.CpusetMems", "--cpuset-mems", Form::Text, &[]),
    field("HostConfig.BlkioWeight", "--blkio-weight", Form::Number, &[]),
    field("HostConfig.BlkioWeightDevice", "--blkio-weight-device", Form::Made(forms::device_numbers), &[]),
    field("HostConfig.BlkioDeviceReadBps", "--device-read-bps", Form::Made(forms::device_numbers), &[]),
    field("HostConfig.BlkioDeviceWriteBps", "--device-write-bps", Form::Made(forms::device_numbers), &[]),
    field("HostConfig.BlkioDeviceReadIOps", "--device-read-iops", Form::Made(forms::device_numbers), &[]),
    field("HostConfig.BlkioDeviceWriteIOps", "--device-write-iops", Form::Made(forms::device_numbers), &[]),
    field("HostConfig.Ulimits", "--ulimit", Form::Made(forms::ulimits), &[]),
    field("HostConfig.Sysctls", "--sysctl", Form::Pairs, &[]),
    field("HostConfig.StorageOpt", "--storage-opt", Form::Pairs, &[]),
    field("HostConfig.Devices", "--device", Form::Made(forms::devices), &[]),
    field("HostConfig.DeviceCgroupRules", "--device-cgroup-rule", Form::Each, &[]),
    field("HostConfig.DeviceRequests", "--gpus", Form::Made(forms::gpus), &[]),
    field("HostConfig.VolumesFrom", "--volumes-from", Form::Each, &[]),
    field("HostConfig.VolumeDriver", "--volume-driver", Form::Text, &[]),
    field("HostConfig.PublishAllPorts", "--publish-all", Form::Switch, &[]),
    field("HostConfig.PortBindings", "--publish", Form::Made(forms::ports), &[]),
    field("HostConfig.Links", "--link", Form::Made(forms::links), &[]),
    field("HostConfig.Dns", "--dns", Form::Each, &[]),
    field("HostConfig.DnsOptions", "--dns-option", Form::Each, &[]),
    field("HostConfig.DnsSearch", "--dns-search", Form::Each, &[]),
    field("HostConfig.ExtraHosts", "--add-host", Form::Each, &[]),
    field("HostConfig.HostsFile", "--hosts-file", Form::Text, &[]),
    // Written by recipe.rs, where they meet each other, the image or the engine.
    elsewhere("Config.Hostname"), elsewhere("Config.Env"), elsewhere("Config.Labels"), elsewhere("Config.Cmd"), elsewhere("Config.Entrypoint"),
    elsewhere("Config.Image"), elsewhere("Config.Volumes"), elsewhere("Config.StopSignal"), elsewhere("Config.Healthcheck"), elsewhere("Config.SystemdMode"),
    elsewhere("HostConfig.Binds"), elsewhere("HostConfig.Mounts"), elsewhere("HostConfig.Tmpfs"), elsewhere("HostConfig.NetworkMode"),
    elsewhere("HostConfig.SecurityOpt"), elsewhere("HostConfig.CgroupnsMode"), elsewhere("HostConfig.CgroupMode"), elsewhere("HostConfig.LogConfig"),
    elsewhere("HostConfig.MaskedPaths"), elsewhere("HostConfig.ReadonlyPaths"),
    // What the image brings, what the engine fills in, what only a terminal in the foreground needs.
    elsewhere("Config.AttachStdin"), elsewhere("Config.AttachStdout"), elsewhere("Config.AttachStderr"), elsewhere("Config.StdinOnce"),
    elsewhere("Config.OnBuild"), elsewhere("Config.Shell"), elsewhere("Config.ArgsEscaped"), elsewhere("Config.CreateCommand"), elsewhere("Config.sdNotifySocket"),
    elsewhere("HostConfig.ConsoleSize"), elsewhere("HostConfig.ContainerIDFile"), elsewhere("HostConfig.CgroupManager"),
    elsewhere("HostConfig.KernelMemoryTCP"), elsewhere("HostConfig.Isolation"),
];

/// Whether a value says nothing: null, "", 0, false, [] and {}, or what the field's entry calls a default.
pub fn is_default(value: &Value, field: Option<&Field>) -> bool {
    let text = value.to_string();
    let listed = field.is_some_and(|field| field.defaults.iter().any(|default| *default == text));
    // A switch with two explicit states means something when it is false.
    let explicit = field.is_some_and(|field| match field.form {
        Form::Either => value.is_boolean(),
        Form::Whole => value.is_number(),
        _ => false,
    });
    listed || !explicit && matches!(text.as_str(), "null" | "\"\"" | "0" | "false" | "[]" | "{}" | "[0,0]")
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
        for value in [json!(null), json!(""), json!(0), json!(false), json!([]), json!({}), json!([0, 0])] {
            assert!(is_default(&value, None), "{value}");
        }
        assert!(is_default(&json!("local"), known("Config.HealthLogDestination")) && !is_default(&json!(1), known("HostConfig.ShmSize")));
        assert!(!is_default(&json!(false), known("HostConfig.Init")) && is_default(&json!(null), known("HostConfig.Init")));
        assert!(!is_default(&json!(0), known("Config.StopTimeout")) && is_default(&json!(-1), known("HostConfig.MemorySwappiness")));
    }
}
