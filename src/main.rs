//! The program: passes its arguments to the library and exits with the code that it returns.

fn main() -> std::process::ExitCode {
    sysdock::command::run(std::env::args_os()).into()
}
