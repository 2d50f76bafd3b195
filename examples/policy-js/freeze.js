// A policy in JavaScript: some agents, or requests with some tags, are frozen.
//
// The contract is wit/policy/policy.wit; names become camelCase here, a variant is { tag, val }, and what is absent is null
// or undefined. There is no clock and no chance: what is said depends on the arguments alone.

const SETTINGS = ["agents", "tags", "reason"];

/** The configuration, and everything that is wrong with it. */
function read(config) {
  const mistakes = [];
  const wrong = (path, message, fix) => mistakes.push({ path, message, fix });
  let given = {};
  try {
    given = config.trim() === "" ? {} : JSON.parse(config);
  } catch (error) {
    wrong("", `it is not JSON: ${error.message}`);
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    wrong("", "it must be an object");
    given = {};
  }
  for (const key of Object.keys(given)) {
    if (!SETTINGS.includes(key)) {
      wrong(key, "this setting is not known", `remove it; known are: ${SETTINGS.join(", ")}`);
    }
  }
  const names = (key) => {
    const list = given[key] ?? [];
    if (!Array.isArray(list) || list.some((name) => typeof name !== "string")) {
      wrong(key, "must be a list of names");
      return [];
    }
    return list;
  };
  const reason = given.reason ?? "it is frozen";
  if (typeof reason !== "string") {
    wrong("reason", "must be a string");
  }
  return { agents: names("agents"), tags: names("tags"), reason, mistakes };
}

function deny(message) {
  return { decision: { tag: "deny" }, reasons: [{ code: "frozen", message }], facts: [] };
}

export const policy = {
  describe() {
    return {
      id: "freeze",
      version: "0.1.0",
      summary: "Some agents, or requests with some tags, are frozen",
      phases: ["run-start"],
      extra: [],
    };
  },

  validate(config) {
    return read(config).mistakes;
  },

  evaluate(config, request) {
    const rule = read(config);
    if (rule.mistakes.length > 0) {
      const { path, message } = rule.mistakes[0];
      throw new Error(`the configuration is wrong: ${path} ${message}`);
    }
    if (rule.agents.includes(request.agent)) {
      return deny(`the agent ${request.agent} may not be asked: ${rule.reason}`);
    }
    const tag = request.tags.find((tag) => rule.tags.includes(tag));
    if (tag !== undefined) {
      return deny(`nothing tagged ${tag} may be asked: ${rule.reason}`);
    }
    return { decision: { tag: "pass" }, reasons: [], facts: [] };
  },
};
