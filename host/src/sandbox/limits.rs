//! How much a guest may take: time, fuel, memory, bytes across the border, and log lines.
//!
//! Owns the figures and the accounting of memory. There is no `Default`: every store is built
//! from limits that somebody chose. Only the user's configuration may raise them; a plugin's
//! manifest cannot.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use super::fault::GuestFault;

const MIB: usize = 1 << 20;

/// Everything a guest may take. Sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Processor time of one call that is not a `push`; also of instantiation.
    pub call_time: Duration,
    /// Processor time of one `push`, before what `push_time_per_mib` adds.
    pub push_time: Duration,
    /// Added to `push_time` for each MiB pushed.
    pub push_time_per_mib: Duration,
    /// Processor time of all calls of one run, before what `run_time_per_mib` adds.
    pub run_time: Duration,
    /// Added to `run_time` for each MiB pushed.
    pub run_time_per_mib: Duration,
    /// Fuel of one call: about one unit for each WebAssembly instruction.
    pub fuel: u64,
    /// Added to `fuel` for each byte of input.
    pub fuel_per_byte: u64,
    /// All linear memories and table elements of one instance together.
    pub memory: usize,
    /// Core instances within one component instance.
    pub instances: usize,
    /// Tables within one component instance.
    pub tables: usize,
    /// Linear memories within one component instance.
    pub memories: usize,
    /// Bytes that one call may hand to the host, as the host holds them.
    pub transfer: usize,
    /// Added to `transfer` for each byte of input.
    pub transfer_per_byte: usize,
    /// Resource handles alive at a time.
    pub handles: usize,
    /// Log lines of one run.
    pub log_calls: usize,
    /// Log text of one run.
    pub log_bytes: usize,
    /// Size of a component.
    pub component: usize,
    /// Wall time of compiling a component.
    pub compile_time: Duration,
}

impl Limits {
    /// For adapters. `DESIGN.md` of this room tells where each figure comes from.
    pub const ADAPTER: Self = Self {
        call_time: Duration::from_secs(1),
        push_time: Duration::from_millis(250),
        push_time_per_mib: Duration::from_millis(50),
        run_time: Duration::from_secs(30),
        run_time_per_mib: Duration::from_millis(100),
        fuel: 20_000_000,
        fuel_per_byte: 500,
        memory: 128 * MIB,
        instances: 32,
        tables: 32,
        memories: 16,
        transfer: 8 * MIB + (64 << 10),
        transfer_per_byte: 2,
        handles: 1_000,
        log_calls: 1_000,
        log_bytes: 64 << 10,
        component: 16 * MIB,
        compile_time: Duration::from_secs(30),
    };

    /// For policies. A policy is asked one question by an instance of its own, and holds no more
    /// than a configuration and a request; nothing is pushed to it, and it cannot log.
    pub const POLICY: Self = Self {
        call_time: Duration::from_millis(100),
        push_time: Duration::ZERO,
        push_time_per_mib: Duration::ZERO,
        // Its start and one question.
        run_time: Duration::from_millis(200),
        run_time_per_mib: Duration::ZERO,
        fuel: 50_000_000,
        fuel_per_byte: 500,
        memory: 32 * MIB,
        instances: 32,
        tables: 16,
        memories: 8,
        transfer: 256 << 10,
        transfer_per_byte: 0,
        handles: 1_000,
        log_calls: 0,
        log_bytes: 0,
        component: 16 * MIB,
        compile_time: Duration::from_secs(30),
    };

    /// What a `push` of `input` bytes may take.
    #[must_use]
    pub(super) fn push(&self, input: usize) -> Allowance {
        self.allowance(
            self.push_time + per_mib(self.push_time_per_mib, input),
            input,
        )
    }

    /// What any other call may take that is handed `input` bytes.
    #[must_use]
    pub(super) fn call(&self, input: usize) -> Allowance {
        self.allowance(self.call_time, input)
    }

    /// What a run may take that was handed `input` bytes so far.
    #[must_use]
    pub(super) fn run(&self, input: usize) -> Duration {
        self.run_time + per_mib(self.run_time_per_mib, input)
    }

    fn allowance(&self, time: Duration, input: usize) -> Allowance {
        let bytes = u64::try_from(input).unwrap_or(u64::MAX);
        Allowance {
            time,
            fuel: self
                .fuel
                .saturating_add(self.fuel_per_byte.saturating_mul(bytes)),
            transfer: self
                .transfer
                .saturating_add(self.transfer_per_byte.saturating_mul(input)),
        }
    }
}

fn per_mib(time: Duration, bytes: usize) -> Duration {
    let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    time.saturating_mul(kib) / 1024
}

/// What one call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) time: Duration,
    pub(super) fuel: u64,
    pub(super) transfer: usize,
}

/// Counts the memory of one store: all linear memories and tables together.
///
/// wasmtime's own `StoreLimits` limits each memory by itself, so that eight of 10 MiB pass a
/// limit of 16 MiB.
#[derive(Debug)]
pub(super) struct MemoryMeter {
    limit: usize,
    used: usize,
    instances: usize,
    tables: usize,
    memories: usize,
}

impl MemoryMeter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.memory,
            used: 0,
            instances: limits.instances,
            tables: limits.tables,
            memories: limits.memories,
        }
    }

    /// Bytes charged so far.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Charges growth. An error becomes a trap: told that there is no memory, a guest would abort
    /// with a message about itself instead.
    fn grow(&mut self, by: usize) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_add(by);
        if wanted > self.limit {
            return Err(GuestFault::Memory { limit: self.limit }.into());
        }
        self.used = wanted;
        Ok(true)
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Growth beyond the memory's own maximum fails by itself and must not be charged.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.grow(desired.saturating_sub(current))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let elements = desired.saturating_sub(current);
        self.grow(elements.saturating_mul(size_of::<usize>()))
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(limit: usize) -> MemoryMeter {
        MemoryMeter::new(&Limits {
            memory: limit,
            ..Limits::ADAPTER
        })
    }

    #[test]
    fn memories_add_up() {
        let mut meter = meter(16 * MIB);
        assert!(meter.memory_growing(0, 10 * MIB, None).unwrap());
        let refused = meter.memory_growing(0, 10 * MIB, None).unwrap_err();
        assert_eq!(
            refused.downcast_ref(),
            Some(&GuestFault::Memory { limit: 16 * MIB })
        );
        assert!(meter.memory_growing(10 * MIB, 16 * MIB, None).unwrap());
    }

    #[test]
    fn table_elements_count_as_memory() {
        let mut meter = meter(MIB);
        assert!(meter.table_growing(0, 1_000, None).unwrap());
        assert!(meter.table_growing(0, 100_000_000, None).is_err());
    }

    #[test]
    fn growth_that_fails_by_itself_is_not_charged() {
        let mut meter = meter(MIB);
        assert!(!meter.memory_growing(0, MIB, Some(1024)).unwrap());
        assert!(meter.memory_growing(0, MIB, None).unwrap());
    }

    #[test]
    fn the_allowance_grows_with_the_input() {
        let limits = Limits::ADAPTER;
        assert_eq!(limits.push(0).time, Duration::from_millis(250));
        assert_eq!(limits.push(4 * MIB).time, Duration::from_millis(450));
        assert_eq!(limits.push(MIB).fuel, 20_000_000 + 500 * 1_048_576);
        assert_eq!(limits.call(MIB).time, Duration::from_secs(1));
        assert_eq!(limits.run(100 * MIB), Duration::from_secs(40));
        assert_eq!(limits.push(usize::MAX).transfer, usize::MAX);
    }
}
