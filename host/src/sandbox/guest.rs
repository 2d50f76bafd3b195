//! One guest in its store: every entry into plugin code goes through here.
//!
//! Owns the setting of all limits before a call, the accounting of a run, and the rule that a
//! guest that broke one is never entered again. Knows nothing of what is called.

use std::time::Duration;

use wasmtime::{Engine, Store, UpdateDeadline};

use super::engine::{Clockwork, thread_cpu, ticks};
use super::fault::GuestFault;
use super::limits::{Allowance, Limits, MemoryMeter};
use super::log::{LogBook, PluginLog};

/// A guest that is only preempted and never runs is given up after this many times its time.
const PATIENCE: u64 = 20;

/// What the host keeps about a guest; the data of its store.
pub(super) struct GuestState {
    limits: Limits,
    memory: MemoryMeter,
    log: LogBook,
    call: CallTime,
}

/// How long the call that is under way may still take.
struct CallTime {
    started: Duration,
    limit: Duration,
    /// What is returned when `limit` is over.
    fault: GuestFault,
    ticks_left: u64,
}

impl GuestState {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            memory: MemoryMeter::new(limits),
            log: LogBook::default(),
            call: CallTime {
                started: Duration::ZERO,
                limit: Duration::ZERO,
                fault: GuestFault::Deadline {
                    limit: Duration::ZERO,
                },
                ticks_left: 0,
            },
        }
    }

    /// The guest logs.
    pub(super) fn note(&mut self, level: &str, message: &str) -> Result<(), GuestFault> {
        self.log.note(&self.limits, level, message)
    }

    /// The deadline in epochs has passed: is the time really used up?
    fn time_up(&mut self) -> wasmtime::Result<UpdateDeadline> {
        let used = thread_cpu().saturating_sub(self.call.started);
        if used >= self.call.limit || self.call.ticks_left == 0 {
            return Err(self.call.fault.clone().into());
        }
        let more = ticks(self.call.limit - used).min(self.call.ticks_left);
        self.call.ticks_left -= more;
        Ok(UpdateDeadline::Continue(more))
    }
}

/// A store with its limits, its accounting, and its end.
pub(super) struct Guest {
    store: Store<GuestState>,
    cpu: Duration,
    fuel: u64,
    input: usize,
    entries: u64,
    fault: Option<GuestFault>,
}

impl Guest {
    /// A fresh store. Nothing runs yet.
    pub(super) fn new(engine: &Engine, limits: &Limits) -> Self {
        let mut store = Store::new(engine, GuestState::new(limits));
        store.limiter(|state| &mut state.memory);
        store.epoch_deadline_callback(|mut cx| cx.data_mut().time_up());
        store.set_max_component_handles(limits.handles);
        Self {
            store,
            cpu: Duration::ZERO,
            fuel: 0,
            input: 0,
            entries: 0,
            fault: None,
        }
    }

    /// Run `call` under `allowance`. After a fault the guest is dead: this and every later call
    /// returns the first fault, and `call` does not run again.
    ///
    /// # Errors
    /// The first fault of this guest.
    pub(super) fn enter<T>(
        &mut self,
        clockwork: &Clockwork,
        allowance: Allowance,
        call: impl FnOnce(&mut Store<GuestState>) -> wasmtime::Result<T>,
    ) -> Result<T, GuestFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let result = self
            .prepare(allowance)
            .and_then(|()| self.timed(clockwork, allowance.fuel, call));
        result.map_err(|error| {
            let panic = self.store.data_mut().log.take_error();
            let limits = self.store.data().limits.clone();
            let allowed = (allowance.fuel, allowance.transfer);
            self.end(GuestFault::from_wasmtime(&error, &limits, allowed, panic))
        })
    }

    /// Look the exports up. Runs no plugin code.
    pub(super) fn bind<T>(
        &mut self,
        look_up: impl FnOnce(&mut Store<GuestState>) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        look_up(&mut self.store)
    }

    /// Take `fault` as the end of this guest, unless it ended before.
    pub(super) fn end(&mut self, fault: GuestFault) -> GuestFault {
        self.fault.get_or_insert(fault).clone()
    }

    /// More bytes are about to be handed to the guest; its time for the run grows with them.
    pub(super) fn fed(&mut self, bytes: usize) {
        self.input = self.input.saturating_add(bytes);
    }

    /// Bytes that were handed to the guest so far.
    pub(super) fn n_fed(&self) -> usize {
        self.input
    }

    /// How often plugin code was entered.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// Processor time that plugin code has used.
    pub(super) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Fuel that plugin code has used.
    pub(super) fn fuel(&self) -> u64 {
        self.fuel
    }

    /// Bytes of memory that the guest holds.
    pub(super) fn memory(&self) -> usize {
        self.store.data().memory.used()
    }

    /// Log lines since the last time.
    pub(super) fn take_logs(&mut self) -> Vec<PluginLog> {
        self.store.data_mut().log.take()
    }

    /// Set every limit anew; wasmtime keeps none of them from call to call.
    fn prepare(&mut self, allowance: Allowance) -> wasmtime::Result<()> {
        let run = self.store.data().limits.run(self.input);
        let left = run.saturating_sub(self.cpu);
        let (limit, fault) = if left < allowance.time {
            (left, GuestFault::CpuBudget { limit: run })
        } else {
            let limit = allowance.time;
            (limit, GuestFault::Deadline { limit })
        };
        if limit.is_zero() {
            return Err(fault.into());
        }
        let first = ticks(limit);
        self.store.data_mut().call = CallTime {
            started: thread_cpu(),
            limit,
            fault,
            ticks_left: first.saturating_mul(PATIENCE),
        };
        self.store.set_fuel(allowance.fuel)?;
        self.store.set_hostcall_fuel(allowance.transfer);
        self.store.set_epoch_deadline(first);
        Ok(())
    }

    fn timed<T>(
        &mut self,
        clockwork: &Clockwork,
        fuel: u64,
        call: impl FnOnce(&mut Store<GuestState>) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        self.entries += 1;
        let awake = clockwork.awake();
        let result = call(&mut self.store);
        drop(awake);
        let started = self.store.data().call.started;
        self.cpu += thread_cpu().saturating_sub(started);
        let left = self.store.get_fuel()?;
        self.fuel = self.fuel.saturating_add(fuel.saturating_sub(left));
        result
    }
}
