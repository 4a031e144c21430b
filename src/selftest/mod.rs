//! The self-test: what this host and user allow the program to see, one [`Check`] for each thing that an
//! examination needs. Must not judge any container.

mod check;
#[cfg(feature = "engine")]
mod engine_checks;
#[cfg(feature = "engine")]
mod machine_checks;
#[cfg(feature = "engine")]
mod needs;
#[cfg(feature = "engine")]
mod test_run;

pub use check::Check;
#[cfg(feature = "engine")]
pub use test_run::{SelfTest, is_blind};
