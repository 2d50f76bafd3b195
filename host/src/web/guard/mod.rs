//! Who may come in: the name of the server, the page that asks, the token.
//!
//! Each check is a function of the request's head. None looks at the path's meaning or the body.

mod arrival;
mod bearer;
mod names;
mod origin;
mod seal;

pub(super) use arrival::check_arrival;
pub(super) use bearer::check_token;
pub(super) use names::Names;
pub(super) use origin::check_origin;
pub(super) use seal::seal;
