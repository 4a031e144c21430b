//! The program: hands its arguments to the library and ends with the exit code that it gives.

fn main() -> std::process::ExitCode {
    sysdock::command::run(std::env::args_os()).into()
}
