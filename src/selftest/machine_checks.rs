//! Checks of this machine: what its kernel shows to this user.

use super::check::Check;
use super::needs::{KERNEL, LSM};
use crate::collect::KernelLog;

/// Checks what this machine shows of itself.
pub fn machine() -> Vec<Check> {
    let kernel =
        KernelLog::from_now().map(|_| "/dev/kmsg".to_owned()).map_err(|error| format!("/dev/kmsg: {error}"));
    let path = "/sys/kernel/security/lsm";
    let lsms = std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|error| format!("{path}: {error}"));
    vec![KERNEL.of(kernel), LSM.of(lsms)]
}
