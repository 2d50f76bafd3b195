//! skeleton
use tollgate_plugin_sdk::prelude::*;
/// A
pub struct A;
impl Adapter for A {
    fn describe() -> About { todo!() }
    fn plan(_: Task) -> Result<Plan<Self>, Problem> { todo!() }
    fn push(&mut self, _: Chunk, _: &mut Events) -> Result<(), Problem> { todo!() }
    fn finish(&mut self, _: Exit, _: &mut Events) -> Result<(), Problem> { todo!() }
}
tollgate_plugin_sdk::export_adapter!(A);
