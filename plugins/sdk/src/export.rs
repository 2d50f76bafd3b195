//! How the host reaches an adapter: the exports of the component.
//!
//! Owns the macro and what it needs. Never decides anything; [`Run`](crate::Run) does the work. On targets other than
//! WebAssembly the macro makes nothing, so that an adapter's tests link natively.

/// Exports `$adapter` (a type that implements [`Adapter`](crate::Adapter)) as this component's adapter.
///
/// Also installs a panic hook that tells the host what went wrong, because a guest without WASI has no stderr to say it
/// on.
#[macro_export]
macro_rules! export_adapter {
    ($adapter:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod tollgate_export {
            //! The component's exports.
            #![expect(unsafe_code, reason = "the generated macro declares the entry points the host calls")]
            use super::*;
            use $crate::__private::RefCell;
            use $crate::contract;

            ::std::thread_local! {
                static RUN: RefCell<$crate::Run<$adapter>> = RefCell::default();
            }

            struct Component;

            impl contract::Guest for Component {
                fn describe() -> contract::About {
                    $crate::log::panics();
                    <$adapter as $crate::Adapter>::describe()
                }
                fn probe(program: String) -> Vec<contract::Command> {
                    $crate::log::panics();
                    <$adapter as $crate::Adapter>::probe(&program)
                }
                fn detect(outputs: Vec<contract::ProbeOutput>) -> contract::Detection {
                    $crate::log::panics();
                    <$adapter as $crate::Adapter>::detect(&outputs)
                }
                fn plan(task: contract::Task) -> Result<contract::Invocation, contract::Problem> {
                    $crate::log::panics();
                    RUN.with_borrow_mut(|run| run.plan(task))
                }
                fn push(chunks: Vec<contract::Chunk>) -> Result<contract::Step, contract::Problem> {
                    RUN.with_borrow_mut(|run| run.push(chunks))
                }
                fn finish(exit: contract::Exit) -> Result<contract::Step, contract::Problem> {
                    RUN.with_borrow_mut(|run| run.finish(exit))
                }
            }

            $crate::wit::export_adapter_plugin!(Component with_types_in $crate::wit);
        }
    };
}

/// For [`export_adapter!`] only.
#[doc(hidden)]
pub mod __private {
    pub use std::cell::RefCell;
}
