//! The server from outside: real connections, raw bytes, and a service that remembers what it was
//! asked.
//!
//! | module | what it proves |
//! |---|---|
//! | `arrival` | other names, pages, and framings do not get in; nothing is asked of the service |
//! | `tokens` | nothing is read or done without the token; its file is nobody else's |
//! | `paths` | no spelling of a path leads anywhere else |
//! | `forms` | what a route takes is checked whole, and said whole |
//! | `answers` | statuses, headers, versions, pieces of logs |
//! | `bounds` | slow, large, many, and broken: each costs what it may cost |
//! | `table` | every route answers, is documented, and refuses what it must |
//! | `kinds` | the check of a value and its schema say the same |
//! | `feeds` | no event is lost or told twice, whatever happens at the same time |
//! | `sockets` | the same over WebSockets, with slow and rude viewers |
//! | `streams` | the same over server-sent events |
//! | `leaving` | the server goes in good time and in good order |

mod answers;
mod arrival;
mod bounds;
mod client;
mod feeds;
mod forms;
mod house;
mod kinds;
mod leaving;
mod paths;
mod service;
mod sockets;
mod streams;
mod table;
mod tokens;
mod viewer;
