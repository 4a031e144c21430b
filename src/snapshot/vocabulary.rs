//! The words that facts may have as values, one enum for each list: used by code that sets facts, by
//! conditions that compare them and by the book.
//!
//! The build script includes this file along with the catalog, so that a condition with an unknown word fails
//! the build.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::fact_type::{FactType, FactValue, Kind};

/// Declares a vocabulary; its words are the variants in kebab case, unless one is given explicitly.
macro_rules! vocabulary {
    ($($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $word:ident),+ $(,)? })+) => { $(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
        #[strum(serialize_all = "kebab-case")]
        #[non_exhaustive]
        pub enum $name { $($(#[$meaning])* $word),+ }

        impl $name {
            /// Returns the word used in facts and conditions.
            #[must_use]
            pub fn word(self) -> &'static str {
                self.into()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                word.parse().map_err(|_| D::Error::unknown_variant(&word, Self::VARIANTS))
            }
        }

        impl FactType for $name {
            const KIND: Kind = Kind::Word(Self::VARIANTS);
            type Read<'f> = Self;

            fn read(value: &Value) -> Option<Self> {
                value.as_str()?.parse().ok()
            }
        }

        impl FactValue<$name> for $name {
            fn into_json(self) -> Value {
                Value::from(self.word())
            }
        }
    )+ };
}

vocabulary! {
    /// How far the boot came.
    BootOutcome {
        /// The container was created and never started.
        NeverStarted,
        /// The engine could not start it.
        CouldNotStart,
        /// The manager has not finished booting.
        Starting,
        /// The manager has booted.
        Up,
        /// The manager is in rescue or emergency mode.
        Rescue,
        /// The manager has booted, and systemctl does not reach it.
        Unreachable,
        /// PID 1 gave up and waits for ever.
        Frozen,
        /// PID 1 is another program.
        NotSystemd,
        /// PID 1 gave up and ended.
        Stopped,
        /// The manager is on its way down.
        Stopping,
        /// PID 1 ended in order.
        Ended,
        /// PID 1 had booted and ended with 255.
        EndedBadly,
        /// PID 1 was ended by a signal.
        Killed,
        /// It runs, and more is not known.
        RunningUnknown,
        /// The engine's word for its state says nothing of it.
        Unknown,
    }

    /// How the host's control group tree is bound into the container, or what PID 1 may do with its own.
    CgroupBind {
        /// Not at all.
        None,
        /// Read-only.
        Ro,
        /// Writable.
        Rw,
    }

    /// State of the tree in which PID 1 must create its groups.
    CgroupMount {
        /// Writable.
        Rw,
        /// Read-only.
        Ro,
        /// Not mounted.
        None,
        /// Something else is mounted over it.
        Hidden,
    }

    /// Version of control groups.
    CgroupMode {
        /// Version 1 alone.
        V1,
        /// Version 1, with an empty tree of version 2 beside it.
        Hybrid,
        /// Version 2 alone.
        V2,
    }

    /// Control group namespace of a container.
    CgroupNamespace {
        /// Its own.
        Private,
        /// The host's.
        Host,
    }

    /// Program that makes an engine's control groups.
    CgroupDriver {
        /// The engine itself.
        Cgroupfs,
        /// The host's systemd.
        Systemd,
        /// Nobody: a rootless engine on version 1.
        None,
    }

    /// The engine's word for the state of a container; Podman's own words are put into Docker's.
    ContainerStatus {
        /// Made, not started.
        Created,
        /// Running.
        Running,
        /// Frozen by the engine.
        Paused,
        /// Between two runs.
        Restarting,
        /// Being removed.
        Removing,
        /// Being stopped (Podman).
        Stopping,
        /// Ended.
        Exited,
        /// Ended, and the engine could not tidy it up.
        Dead,
        /// Gone.
        Removed,
    }

    /// What stands between the engine and systemd.
    Wrapper {
        /// Nothing.
        None,
        /// `sh -c "…"`.
        Shell,
        /// A script of the image.
        Script,
        /// A small init such as tini or dumb-init.
        Supervisor,
    }

    /// Tool that starts a container through an engine or a kubelet.
    Launcher {
        /// An editor's development container.
        Devcontainer,
        /// Distrobox or apx.
        Distrobox,
        /// Toolbox.
        Toolbox,
        /// Molecule, for Ansible roles.
        Molecule,
        /// Test Kitchen.
        Kitchen,
        /// Kubernetes in Docker.
        Kind,
        /// Minikube.
        Minikube,
        /// A pod of Kubernetes or `OpenShift`.
        Pod,
    }

    /// Program that answers behind the Engine API.
    EngineKind {
        /// Docker Engine.
        Docker,
        /// Podman.
        Podman,
    }

    /// What default.target leads to.
    TargetState {
        /// A unit.
        Ok,
        /// Nothing: there is no such link or file.
        Missing,
        /// /dev/null.
        Masked,
        /// A unit that is not there.
        Dangling,
    }

    /// Whether systemctl inside reaches the manager.
    BusState {
        /// It does.
        Ok,
        /// It says that the system was not booted with systemd.
        NotBooted,
        /// Its connection is refused.
        Refused,
        /// It does not end.
        Hangs,
    }

    /// Answer of `systemctl is-system-running` (systemctl(1)).
    ManagerState {
        /// Early in the boot.
        Initializing,
        /// Late in the boot: jobs are still queued.
        Starting,
        /// Up.
        Running,
        /// Up, with failed units.
        Degraded,
        /// In rescue or emergency mode.
        Maintenance,
        /// On the way down.
        Stopping,
        /// It does not run.
        Offline,
        /// It cannot be told.
        Unknown,
    }

    /// Which seccomp filter was asked for.
    SeccompMode {
        /// The engine's own.
        Default,
        /// None.
        Unconfined,
        /// A profile of the user's.
        Custom,
    }

    /// What a filter answers to a call.
    FilterAnswer {
        /// The call goes through.
        Allowed,
        /// The call fails, or the process is killed.
        Denied,
        /// It depends on the call's arguments.
        Conditional,
    }

    /// What denied calls do to a systemd.
    FilterEffect {
        /// Nothing.
        None,
        /// The manager comes up, units fail or are never started.
        Units,
        /// The manager runs but systemctl cannot reach it.
        Unreachable,
        /// The manager never finishes booting.
        Stuck,
        /// PID 1 gives up or freezes.
        Fatal,
        /// The engine's runtime makes the call itself and cannot start the program.
        Create,
    }
}
