//! How the host reaches a policy: the exports of the component.
//!
//! Owns the macro. Never decides anything. On targets other than WebAssembly the macro makes nothing, so that a policy's
//! tests link natively.

/// Exports `$policy` (a type that implements [`Policy`](crate::Policy)) as this component's policy.
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod tollgate_export {
            //! The component's exports.
            #![expect(unsafe_code, reason = "the generated macro declares the entry points the host calls")]
            use super::*;
            use $crate::contract;

            struct Component;

            impl contract::Guest for Component {
                fn describe() -> contract::About {
                    <$policy as $crate::Policy>::about()
                }
                fn validate(config: String) -> Vec<contract::Diagnostic> {
                    $crate::validate::<$policy>(&config)
                }
                fn evaluate(
                    config: String,
                    request: contract::Request,
                ) -> Result<contract::Verdict, String> {
                    $crate::evaluate::<$policy>(&config, &request)
                }
            }

            $crate::wit::export_policy_plugin!(Component with_types_in $crate::wit);
        }
    };
}
