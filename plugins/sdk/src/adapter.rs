//! One run of one tool: the trait an adapter implements, and the holder of its state.
//!
//! Owns the order of the calls (plan, push, finish). Never touches WebAssembly, so a native test plays an adapter
//! exactly as the host does.

use crate::contract::{
    About, Chunk, Command, Detection, Exit, Invocation, ProbeOutput, Problem, Step, Task,
};
use crate::event::Events;
use crate::version;

/// How to start the tool, and the value that will read what it prints.
#[derive(Debug)]
pub struct Plan<A> {
    /// What the host is asked to run.
    pub invocation: Invocation,
    /// The state of this run.
    pub reader: A,
}

/// An adapter: how one tool is started and how its output is read.
///
/// A value of the type is one run. What the functions report goes to `events`, which numbers it after the chunk.
pub trait Adapter: Sized + 'static {
    /// What this adapter is.
    fn describe() -> About;

    /// Commands whose output tells the version. By default `PROGRAM --version`.
    fn probe(program: &str) -> Vec<Command> {
        vec![Command {
            program: program.to_owned(),
            args: vec!["--version".to_owned()],
        }]
    }

    /// Whether the tool can be used, from the output of [`Adapter::probe`].
    ///
    /// By default: a command succeeded and printed something that looks like a version.
    fn detect(outputs: &[ProbeOutput]) -> Detection {
        version::detect(outputs)
    }

    /// Plans the command and makes the reader.
    ///
    /// # Errors
    /// The task asks for what the tool cannot do, or the options are wrong.
    fn plan(task: Task) -> Result<Plan<Self>, Problem>;

    /// Reads one line, or one piece of raw output.
    ///
    /// # Errors
    /// The output breaks the tool's own protocol beyond reading. A line that is merely unknown is no error: report it
    /// with [`Events::unrecognised`].
    fn push(&mut self, chunk: Chunk, events: &mut Events) -> Result<(), Problem>;

    /// The process is gone and all its output was pushed.
    ///
    /// # Errors
    /// As for [`Adapter::push`].
    fn finish(&mut self, exit: Exit, events: &mut Events) -> Result<(), Problem>;
}

/// The state of one instance: nothing until `plan`, then the reader.
#[derive(Debug)]
pub struct Run<A> {
    reader: Option<A>,
}

impl<A> Default for Run<A> {
    fn default() -> Self {
        Self { reader: None }
    }
}

impl<A: Adapter> Run<A> {
    /// Plans the run and keeps its reader.
    ///
    /// # Errors
    /// What [`Adapter::plan`] says.
    pub fn plan(&mut self, task: Task) -> Result<Invocation, Problem> {
        let plan = A::plan(task)?;
        self.reader = Some(plan.reader);
        Ok(plan.invocation)
    }

    /// Reads a batch of output.
    ///
    /// # Errors
    /// What [`Adapter::push`] says, or that nothing was planned.
    pub fn push(&mut self, chunks: Vec<Chunk>) -> Result<Step, Problem> {
        let reader = self.reader()?;
        let mut events = Events::default();
        for chunk in chunks {
            events.begin(chunk.seq);
            reader.push(chunk, &mut events)?;
        }
        Ok(events.into_step())
    }

    /// Says the last word on the run.
    ///
    /// # Errors
    /// What [`Adapter::finish`] says, or that nothing was planned.
    pub fn finish(&mut self, exit: Exit) -> Result<Step, Problem> {
        let reader = self.reader()?;
        let mut events = Events::default();
        reader.finish(exit, &mut events)?;
        Ok(events.into_step())
    }

    fn reader(&mut self) -> Result<&mut A, Problem> {
        self.reader.as_mut().ok_or_else(|| {
            Problem::Other((
                "not-planned".to_owned(),
                "`plan` must come first".to_owned(),
            ))
        })
    }
}
