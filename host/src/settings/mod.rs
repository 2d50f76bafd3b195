//! The only room that reads configuration files and the environment.
