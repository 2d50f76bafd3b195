//! The wasmtime engine and the thread that makes its epochs pass.
//!
//! Owns the engine's configuration: which WebAssembly features a guest may use, and which
//! safeguards are compiled into its code. Never loads or runs a component.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Engine, EngineWeak};

/// Length of one epoch. A deadline is checked no finer than this.
pub(super) const TICK: Duration = Duration::from_millis(5);

/// Stack of a guest. Deeper recursion traps.
const WASM_STACK: usize = 512 << 10;

/// Features and safeguards. Everything here is part of the cache key through
/// `Engine::precompile_compatibility_hash`.
fn config() -> Config {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .wasm_custom_page_sizes(false)
        .shared_memory(false)
        // Interpreters of scripting languages are compiled to tail calls. Each burns fuel.
        .wasm_tail_call(true)
        // What a component made of several components passes between them goes through code that
        // wasmtime generates, and that has the memory of both; without it the compiler panics on
        // such a component. All memories of a guest are counted together.
        .wasm_multi_memory(true)
        // The same input gives the same bits on every machine, so runs can be replayed.
        .cranelift_nan_canonicalization(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK);
    config
}

/// An engine with its ticker; the thread ends when this is dropped.
pub(super) struct Clockwork {
    engine: Engine,
    ticker: Arc<Ticker>,
}

impl Clockwork {
    /// Build the engine and start the ticker, asleep.
    ///
    /// # Errors
    /// When the machine is not supported, or the thread cannot be started.
    pub(super) fn new() -> wasmtime::Result<Self> {
        let engine = Engine::new(&config())?;
        let ticker = Arc::new(Ticker::default());
        let (weak, shared) = (engine.weak(), Arc::clone(&ticker));
        thread::Builder::new()
            .name("sandbox-ticker".to_owned())
            .spawn(move || shared.run(&weak))?;
        Ok(Self { engine, ticker })
    }

    /// The engine itself.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Keep epochs passing until the guard is dropped. Held while a guest runs.
    pub(super) fn awake(&self) -> Awake {
        self.ticker.enter();
        Awake(Arc::clone(&self.ticker))
    }
}

impl Drop for Clockwork {
    fn drop(&mut self) {
        self.ticker.lock().stopped = true;
        self.ticker.wake.notify_all();
    }
}

/// Epochs pass while one of these lives.
pub(super) struct Awake(Arc<Ticker>);

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.lock().guests -= 1;
    }
}

/// The ticker's shared state.
#[derive(Default)]
struct Ticker {
    state: Mutex<Guests>,
    wake: Condvar,
}

#[derive(Default)]
struct Guests {
    /// Guests that are running now. Without any, the thread sleeps for good: an agent may be
    /// waited for over hours, and a process that wakes 200 times a second drains a battery.
    guests: usize,
    stopped: bool,
}

impl Ticker {
    fn lock(&self) -> std::sync::MutexGuard<'_, Guests> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) {
        let mut state = self.lock();
        state.guests += 1;
        if state.guests == 1 {
            self.wake.notify_one();
        }
    }

    fn run(&self, engine: &EngineWeak) {
        while self.wait_for_a_guest() {
            // Ticks that a busy machine missed are skipped: a burst of them would end guests that
            // never had a chance to run. Nobody unparks this thread.
            thread::park_timeout(TICK);
            let Some(engine) = engine.upgrade() else {
                return;
            };
            engine.increment_epoch();
        }
    }

    /// False when there will never be a guest again.
    fn wait_for_a_guest(&self) -> bool {
        let mut state = self.lock();
        while state.guests == 0 && !state.stopped {
            state = self
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        !state.stopped
    }
}

/// Processor time that this thread has used.
///
/// Guests are charged for it instead of wall time: they cannot sleep, so the two differ only when
/// the machine is busy with something else, which is not the guest's doing.
pub(super) fn thread_cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or_default(),
        u32::try_from(now.tv_nsec).unwrap_or_default(),
    )
}

/// Epochs that cover at least `time`.
pub(super) fn ticks(time: Duration) -> u64 {
    let whole = time.as_nanos().div_ceil(TICK.as_nanos());
    u64::try_from(whole).unwrap_or(u64::MAX / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_rounded_up_to_whole_ticks() {
        assert_eq!(ticks(Duration::ZERO), 1);
        assert_eq!(ticks(Duration::from_millis(5)), 1);
        assert_eq!(ticks(Duration::from_millis(6)), 2);
        assert_eq!(ticks(Duration::from_millis(250)), 50);
    }

    #[test]
    fn the_ticker_sleeps_without_guests_and_dies_with_its_engine() {
        let clockwork = Clockwork::new().expect("this machine is supported");
        let ticker = Arc::downgrade(&clockwork.ticker);
        drop(clockwork.awake());
        assert_eq!(clockwork.ticker.lock().guests, 0);
        drop(clockwork);
        // The thread holds the last strong reference until it sees that it was stopped.
        while ticker.strong_count() > 0 {
            thread::yield_now();
        }
    }
}
