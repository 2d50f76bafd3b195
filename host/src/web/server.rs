//! The server itself: it accepts connections, a bounded number, until it is told to go, and then
//! lets those that are at work end.
//!
//! It listens on this machine alone and knows nothing of what it serves.

use std::future::poll_fn;
use std::io;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::connection::Door;
use super::desk::Desk;
use super::error::WebError;
use super::guard::Names;
use super::live::Hub;
use super::options::ServeOptions;
use super::service::{Notice, Service};

/// What the system keeps for a client that does not read: more would hide from us for long that
/// it does not.
const SEND_BUFFER: usize = 256 << 10;
/// After a connection could not be accepted (too many open files, most likely).
const PAUSE: Duration = Duration::from_millis(100);

/// Serve on `listeners` until `shutdown` is ready, then for at most [`super::Limits::drain`] more.
///
/// Belongs inside a tokio runtime whose input and timers are on; one thread is enough. The hub
/// must have begun where the record was, and somebody must tell it what is new.
///
/// # Errors
///
/// A listener can be reached from other machines or cannot be used, or a name makes no sense.
/// Nothing that a client does is an error here.
pub async fn serve(
    listeners: Vec<StdListener>,
    service: Arc<dyn Service>,
    hub: Arc<Hub>,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), WebError> {
    let (listeners, names) = open(listeners, &options.names)?;
    let (leave, leaving) = watch::channel(false);
    let limits = options.limits.clone();
    let desk = Arc::new(Desk::new(service, hub, names, options, leaving.clone()));
    let mut house = House {
        door: Door::new(Arc::clone(&desk)),
        places: Arc::new(Semaphore::new(limits.n_connections)),
        connections: JoinSet::new(),
        leaving,
    };
    select! {
        () = house.accept(&listeners, &desk) => {}
        () = shutdown => {}
    }
    drop(listeners);
    leave.send_replace(true);
    let n_viewers = u32::try_from(limits.n_viewers).unwrap_or(u32::MAX);
    let ending = async {
        while house.connections.join_next().await.is_some() {}
        // Sockets have left their connections behind; all places are free when they are gone, too.
        desk.viewers.acquire_many(n_viewers).await.is_ok()
    };
    if timeout(limits.drain, ending).await.is_err() {
        house.connections.shutdown().await;
    }
    Ok(())
}

fn open(
    listeners: Vec<StdListener>,
    names: &[String],
) -> Result<(Vec<TcpListener>, Names), WebError> {
    let mut open = Vec::new();
    let mut addresses = Vec::new();
    for listener in listeners {
        let address = listener.local_addr().map_err(WebError::Listen)?;
        if !address.ip().is_loopback() {
            return Err(WebError::NotLoopback { address });
        }
        // Inherited by the connections. Where it is not allowed, what there is must do.
        let _ = set_socket_send_buffer_size(&listener, SEND_BUFFER).is_ok();
        listener.set_nonblocking(true).map_err(WebError::Listen)?;
        open.push(TcpListener::from_std(listener).map_err(WebError::Listen)?);
        addresses.push(address);
    }
    if open.is_empty() {
        return Err(WebError::NoListener);
    }
    Ok((open, Names::new(&addresses, names)?))
}

struct House {
    door: Door,
    places: Arc<Semaphore>,
    connections: JoinSet<()>,
    leaving: watch::Receiver<bool>,
}

/// What an accepting server waits for.
enum Happened {
    Came(io::Result<TcpStream>, OwnedSemaphorePermit),
    Ended,
}

impl House {
    /// Accept for ever.
    async fn accept(&mut self, listeners: &[TcpListener], desk: &Desk) {
        loop {
            let happened = select! {
                came = next(listeners, Arc::clone(&self.places)) => came,
                Some(_) = self.connections.join_next() => Happened::Ended,
            };
            match happened {
                Happened::Came(Ok(stream), place) => self.take(stream, place),
                Happened::Came(Err(error), _) => {
                    desk.lanes.notice(Notice::AcceptFailed {
                        error: error.to_string(),
                    });
                    sleep(PAUSE).await;
                }
                Happened::Ended => {}
            }
        }
    }

    fn take(&mut self, stream: TcpStream, place: OwnedSemaphorePermit) {
        // Small messages go at once. Where that is refused they are a little later.
        let _ = stream.set_nodelay(true).is_ok();
        let door = self.door.clone();
        let leaving = self.leaving.clone();
        self.connections.spawn(async move {
            door.serve(stream, leaving).await;
            drop(place);
        });
    }
}

/// The next connection of any listener, once there is a place for it.
async fn next(listeners: &[TcpListener], places: Arc<Semaphore>) -> Happened {
    let place = match places.acquire_owned().await {
        Ok(place) => place,
        // Nobody closes it.
        Err(_) => std::future::pending().await,
    };
    let came = poll_fn(|context| {
        for listener in listeners {
            if let Poll::Ready(came) = listener.poll_accept(context) {
                return Poll::Ready(came.map(|(stream, _)| stream));
            }
        }
        Poll::Pending
    });
    Happened::Came(came.await, place)
}
