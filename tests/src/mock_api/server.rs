//! The listening socket and its threads.
//!
//! Owns every connection, and closes them all when it is dropped. Knows neither format.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::JoinHandle,
    time::Duration,
};

use super::{
    answer::{Stage, answer},
    http::read_request,
    ledger::{Ending, Ledger, Recorded},
    scenario::{Play, Scenario},
};

/// More connections at once than this are turned away.
const MAX_CONNECTIONS: usize = 64;

/// A model API on a free port of 127.0.0.1. Dropping it closes every connection and joins every thread.
#[derive(Debug)]
pub struct MockApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl MockApi {
    /// Starts a server that answers every model request alike.
    pub fn start(scenario: Scenario) -> Self {
        Self::perform(Play::always(scenario))
    }

    /// Starts a server that plays these scenarios in turn.
    ///
    /// # Panics
    /// When the loopback interface has no free port.
    pub fn perform(play: Play) -> Self {
        let listener =
            TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            play,
            ledger: Ledger::default(),
            house: Mutex::default(),
            closing: Condvar::new(),
        });
        let accepting = Arc::clone(&shared);
        let listener = std::thread::spawn(move || accept(&listener, &accepting));
        Self {
            address,
            shared,
            listener: Some(listener),
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.ledger.requests()
    }

    /// The requests for a reply of the model.
    pub fn model_requests(&self) -> Vec<Recorded> {
        self.requests()
            .into_iter()
            .filter(Recorded::is_model_request)
            .collect()
    }

    /// Opens the gate before the next scenario: a shell call whose result will never come is over.
    pub fn move_on(&self) {
        self.shared.play.move_on();
    }

    /// Waits until the requests satisfy `enough`; false when `limit` passed first.
    pub fn wait_until(&self, limit: Duration, enough: impl Fn(&[Recorded]) -> bool) -> bool {
        self.shared.ledger.wait_until(limit, enough)
    }

    /// Waits until a reply has begun to stream, so that a test can interrupt it.
    pub fn wait_for_delta(&self, limit: Duration) -> bool {
        self.wait_until(limit, |requests| {
            requests.iter().any(|request| request.n_deltas > 0)
        })
    }

    /// Waits until a client has gone away in the middle of an answer.
    pub fn wait_for_client_gone(&self, limit: Duration) -> bool {
        self.wait_until(limit, |requests| {
            requests
                .iter()
                .any(|request| request.ending == Ending::ClientGone)
        })
    }
}

impl Drop for MockApi {
    fn drop(&mut self) {
        self.shared.close();
        // The listener sits in `accept`; a connection of our own wakes it up to see that it is over.
        drop(TcpStream::connect_timeout(
            &self.address,
            Duration::from_secs(1),
        ));
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
        let threads = std::mem::take(&mut self.shared.house().threads);
        for thread in threads {
            drop(thread.join());
        }
    }
}

#[derive(Debug)]
struct Shared {
    play: Play,
    ledger: Ledger,
    house: Mutex<House>,
    closing: Condvar,
}

#[derive(Debug, Default)]
struct House {
    closed: bool,
    n_accepted: usize,
    connections: HashMap<usize, TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

impl Shared {
    fn house(&self) -> MutexGuard<'_, House> {
        self.house
            .lock()
            .expect("no thread panics while it holds the house")
    }

    fn close(&self) {
        let mut house = self.house();
        house.closed = true;
        for connection in house.connections.values() {
            // It may be closed already, which is as good.
            drop(connection.shutdown(Shutdown::Both));
        }
        self.closing.notify_all();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let mut house = shared.house();
        if house.closed {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(handle) = stream.try_clone() else {
            continue;
        };
        if house.connections.len() >= MAX_CONNECTIONS {
            continue;
        }
        house.n_accepted += 1;
        let n = house.n_accepted;
        house.connections.insert(n, handle);
        let serving = Arc::clone(shared);
        house.threads.push(std::thread::spawn(move || {
            // A client that breaks off or talks nonsense ends its own connection and nothing else.
            drop(serve(stream, &serving));
            if let Some(connection) = serving.house().connections.remove(&n) {
                drop(connection.shutdown(Shutdown::Both));
            }
        }));
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = Connection {
        reader: BufReader::new(stream),
    };
    while let Some(request) = read_request(&mut stream)? {
        let index = shared.ledger.open(Recorded {
            method: request.method.clone(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            ending: Ending::Open,
            n_deltas: 0,
        });
        let answered = answer(
            &mut stream,
            &request,
            index + 1,
            &shared.play,
            &Seat { shared, index },
        );
        shared
            .ledger
            .close(index, *answered.as_ref().unwrap_or(&Ending::ClientGone));
        if answered? != Ending::Complete || request.wants_close() {
            return Ok(());
        }
    }
    Ok(())
}

/// One request's place in the ledger.
struct Seat<'a> {
    shared: &'a Shared,
    index: usize,
}

impl Stage for Seat<'_> {
    fn delta_sent(&self) {
        self.shared.ledger.delta_sent(self.index);
    }

    fn pause(&self, time: Duration) -> bool {
        let (house, _) = self
            .shared
            .closing
            .wait_timeout_while(self.shared.house(), time, |house| !house.closed)
            .expect("no thread panics while it holds the house");
        !house.closed
    }
}

/// A socket that is read through a buffer and written without one.
struct Connection {
    reader: BufReader<TcpStream>,
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl BufRead for Connection {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.reader.get_mut().write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.reader.get_mut().flush()
    }
}
