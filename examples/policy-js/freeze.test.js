// `npm test`: the policy as a plain module, without WebAssembly.

import assert from "node:assert";
import test from "node:test";
import { policy } from "./freeze.js";

const request = { agent: "tester", tags: ["legacy"] };

test("what is not frozen passes", () => {
  for (const config of ["", "{}", '{"agents": ["other"], "tags": ["new"]}', '{"agents": null}']) {
    assert.deepEqual(policy.validate(config), []);
    assert.equal(policy.evaluate(config, request).decision.tag, "pass");
  }
});

test("agents and tags can be frozen", () => {
  const agent = policy.evaluate('{"agents": ["tester"], "reason": "the audit is on"}', request);
  assert.equal(agent.decision.tag, "deny");
  assert.deepEqual(agent.reasons, [
    { code: "frozen", message: "the agent tester may not be asked: the audit is on" },
  ]);
  const tag = policy.evaluate('{"tags": ["legacy"]}', request);
  assert.equal(tag.reasons[0].message, "nothing tagged legacy may be asked: it is frozen");
});

test("mistakes are named, and nothing is judged by them", () => {
  for (const [config, path] of [
    ["[", ""],
    ["[]", ""],
    ["null", ""],
    ['{"agent": []}', "agent"],
    ['{"agents": "tester"}', "agents"],
    ['{"tags": [1]}', "tags"],
    ['{"reason": 1}', "reason"],
  ]) {
    assert.equal(policy.validate(config)[0].path, path, config);
    assert.throws(() => policy.evaluate(config, request), /the configuration is wrong/);
  }
});
