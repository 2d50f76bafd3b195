//! Which targets may take a request, in what order.
