//! A sealed house in which one agent works with a real tool.
//!
//! Owns the configuration that the tool needs, and what the mock API bills. Asserts nothing.

use serde_json::{Value, json};
use tollgate_tests::{
    house::{Call, TestHouse},
    mock_api::MockApi,
    real_tools::{RealTool, Tool},
    setup::Setup,
};

use crate::direct::tool;

pub const CLAUDE_MODEL: &str = "claude-opus-5-5";
pub const CODEX_MODEL: &str = "gpt-6.1-sol";
pub const BOTH: [Tool; 2] = [Tool::ClaudeCode, Tool::Codex];

/// A house whose one agent, `dev`, works with a real tool.
pub struct Workshop {
    pub house: TestHouse,
    pub tool: RealTool,
}

/// `None` when the tool is not here, which is said.
pub fn workshop(kind: Tool, api: &MockApi) -> Option<Workshop> {
    let tool = tool(kind, api)?;
    let house = TestHouse::new();
    let (adapter, model, options) = match kind {
        Tool::ClaudeCode => (
            "claude-code",
            CLAUDE_MODEL,
            json!({"permission_mode": "dontAsk", "strict_mcp_config": true,
                "setting_sources": [], "allowed_tools": ["Bash"]}),
        ),
        Tool::Codex => (
            "codex",
            CODEX_MODEL,
            json!({"sandbox": "danger-full-access"}),
        ),
    };
    let inherit = [
        "ANTHROPIC_*",
        "CLAUDE_*",
        "CODEX_*",
        "DISABLE_*",
        "MOCK_API_KEY",
    ];
    Setup::new()
        .tool(
            "real",
            json!({"binary": tool.program, "adapter": adapter, "models": [model],
                "options": options, "env_inherit": inherit}),
        )
        .cache_prices(model, 1.0, 12.5)
        .agent("dev", &[&format!("real:{model}")])
        // Without a sandbox of its own, Codex is kept from running; here it is meant so.
        .policies(
            "chain",
            json!([{"policy": "guard", "config": {"allow_flags": ["-s=danger-full-access"]}}]),
        )
        .write(&house);
    Some(Workshop { house, tool })
}

impl Workshop {
    /// A command of somebody who may use the tool.
    pub fn call(&self, args: &[&str]) -> Call<'_> {
        let call = self.house.call(args.iter().copied());
        let env = self.tool.env.iter();
        env.fold(call, |call, (name, value)| call.env(name, value))
    }

    /// What `exec` reports about a prompt.
    pub fn report(&self, status: i32, more: &[&str]) -> Value {
        let args = [&["exec", "-a", "dev", "--json"], more].concat();
        self.call(&args).run().exit(status).json()
    }
}

/// Tokens of one completed reply.
pub fn one_reply(kind: Tool) -> [Option<u64>; 5] {
    match kind {
        Tool::ClaudeCode => [Some(1_234), Some(8_900), Some(567), Some(42), None],
        Tool::Codex => [Some(1_234), Some(8_900), Some(0), Some(42), Some(17)],
    }
}

/// The tokens of a report.
pub fn tokens(report: &Value) -> [Option<u64>; 5] {
    ["input", "cache_read", "cache_write", "output", "reasoning"]
        .map(|kind| report["usage"][format!("{kind}_tokens")].as_u64())
}
