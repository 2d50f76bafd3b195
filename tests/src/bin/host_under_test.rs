//! The program itself, built where the tests can find it.
//!
//! The same front door as `tollgate`; it never does anything else.

fn main() -> std::process::ExitCode {
    tollgate::cli::main()
}
