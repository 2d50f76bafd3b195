//! Which of the waiting attempts may start now.
//!
//! Counts slots and puts those that wait in order. It holds no queue and no lock: whoever holds the
//! journal's lock says who holds a slot and who waits.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::model::{Concurrency, Priority, ToolName};

/// An attempt that waits for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// The tool that it is to run.
    pub tool: &'a ToolName,
    /// Who goes first.
    pub priority: Priority,
    /// Sequence number of its `attempt.queued`: among equals, the earlier one goes first.
    pub seq: u64,
}

/// Places in `waiting` of those that may start now, in the order of starting, while the tools of
/// `held` hold a slot each.
///
/// One whose tool is at its own limit is passed over; those behind it may start.
#[must_use]
pub fn admissible(held: &[&ToolName], waiting: &[Waiting<'_>], limits: &Concurrency) -> Vec<usize> {
    let mut of_tool: HashMap<&ToolName, u32> = HashMap::new();
    for tool in held {
        *of_tool.entry(tool).or_default() += 1;
    }
    let mut order: Vec<usize> = (0..waiting.len()).collect();
    order.sort_by_key(|place| (Reverse(waiting[*place].priority), waiting[*place].seq));
    // More may hold a slot than there are now, when a limit was lowered.
    let free = (limits.max_running as usize).saturating_sub(held.len());
    order
        .into_iter()
        .filter(|place| {
            let tool = waiting[*place].tool;
            let n_running = of_tool.entry(tool).or_default();
            let has_room = limits
                .per_tool
                .get(tool)
                .is_none_or(|limit| *n_running < *limit);
            *n_running += u32::from(has_room);
            has_room
        })
        .take(free)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    fn limits(max_running: u32, per_tool: &[(&str, u32)]) -> Concurrency {
        Concurrency {
            max_running,
            per_tool: per_tool
                .iter()
                .map(|(tool, limit)| (ToolName::new(*tool), *limit))
                .collect(),
        }
    }

    #[test]
    fn priority_goes_first_then_who_came_first() {
        let tool = ToolName::new("claude");
        let waiting = [
            (Priority::Normal, 3),
            (Priority::Low, 1),
            (Priority::High, 9),
            (Priority::Normal, 2),
        ]
        .map(|(priority, seq)| Waiting {
            tool: &tool,
            priority,
            seq,
        });
        assert_eq!(admissible(&[], &waiting, &limits(9, &[])), [2, 3, 0, 1]);
        assert_eq!(admissible(&[&tool], &waiting, &limits(3, &[])), [2, 3]);
    }

    #[test]
    fn a_tool_at_its_limit_does_not_hold_up_the_others() {
        let (claude, codex) = (ToolName::new("claude"), ToolName::new("codex"));
        let waiting = [(&claude, 1), (&claude, 2), (&codex, 3)].map(|(tool, seq)| Waiting {
            tool,
            priority: Priority::Normal,
            seq,
        });
        let limits = limits(4, &[("claude", 2)]);
        assert_eq!(admissible(&[&claude], &waiting, &limits), [0, 2]);
        assert_eq!(admissible(&[&claude, &claude], &waiting, &limits), [2]);
    }

    #[test]
    fn limits_that_were_lowered_admit_nobody() {
        let tool = ToolName::new("claude");
        let waiting = [Waiting {
            tool: &tool,
            priority: Priority::High,
            seq: 1,
        }];
        assert!(admissible(&[&tool; 4], &waiting, &limits(2, &[])).is_empty());
    }

    proptest! {
        #[test]
        fn nobody_too_many_nobody_left_out_nobody_overtaken(
            held in prop::collection::vec(0_usize..3, 0..6),
            waiting in prop::collection::vec((0_usize..3, 0_usize..3), 0..12),
            max_running in 1_u32..8,
            per_tool in prop::collection::vec(prop::option::of(1_u32..4), 3),
        ) {
            let tools = ["a", "b", "c"].map(ToolName::new);
            let limits = Concurrency {
                max_running,
                per_tool: tools.iter().cloned().zip(per_tool)
                    .filter_map(|(tool, limit)| Some((tool, limit?)))
                    .collect(),
            };
            let priorities = [Priority::Low, Priority::Normal, Priority::High];
            let held: Vec<&ToolName> = held.into_iter().map(|tool| &tools[tool]).collect();
            let waiting: Vec<Waiting<'_>> = (1..).zip(waiting)
                .map(|(seq, (tool, priority))| Waiting {
                    tool: &tools[tool],
                    priority: priorities[priority],
                    seq,
                })
                .collect();
            let admitted = admissible(&held, &waiting, &limits);

            let count = |tool: &ToolName| {
                let before = held.iter().filter(|held| **held == tool).count();
                before + admitted.iter().filter(|place| waiting[**place].tool == tool).count()
            };
            let room = |tool: &ToolName, limit: u32| limit as usize > count(tool);
            let n = held.len() + admitted.len();
            if !admitted.is_empty() {
                prop_assert!(n <= max_running as usize);
            }
            for (tool, limit) in &limits.per_tool {
                let started = admitted.iter().any(|place| waiting[*place].tool == tool);
                prop_assert!(!started || count(tool) <= *limit as usize);
            }
            let before = |a: &Waiting<'_>, b: &Waiting<'_>| {
                (Reverse(a.priority), a.seq) < (Reverse(b.priority), b.seq)
            };
            prop_assert!(admitted.is_sorted_by(|a, b| before(&waiting[*a], &waiting[*b])));
            for (place, left) in waiting.iter().enumerate() {
                if admitted.contains(&place) {
                    continue;
                }
                let tool_has_room = limits.per_tool.get(left.tool)
                    .is_none_or(|limit| room(left.tool, *limit));
                prop_assert!(n >= max_running as usize || !tool_has_room, "left out: {left:?}");
                for other in admitted.iter().map(|place| &waiting[*place]) {
                    prop_assert!(other.tool != left.tool || before(other, left), "overtaken: {left:?}");
                }
            }
        }
    }
}
