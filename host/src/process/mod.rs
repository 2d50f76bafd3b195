//! The only room that starts or signals a program.
