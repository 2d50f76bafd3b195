//! The program: everything is behind the library's front door.

fn main() -> std::process::ExitCode {
    tollgate::cli::main()
}
