Feature: AT-1 A request goes to the tool and the model of its agent

  Background:
    Given the agent "architect" prefers "cursor:gpt-4-turbo"
    And the agent "backend-dev" prefers "claude:claude-sonnet"
    And the tool "cursor" is called with "--prompt-file {prompt_file} --model {model}"
    And the tool "claude" is called with "/code-review {prompt_file} --model {model}"
    And the tool "claude" knows "claude-sonnet" as "claude-sonnet-20240229"
    And "cursor" answers "A design."
    And "claude" answers "A review."

  Scenario: The architect's prompt goes to Cursor
    Given a file "test.md" that says "Design the thing."
    When I run "tollgate exec --agent architect --prompt-file test.md"
    Then "cursor" was called with "--prompt-file PROMPT_FILE --model gpt-4-turbo"
    And the prompt file said "Design the thing."
    And stdout is "A design."
    And the exit status is 0

  Scenario: The developer's prompt goes to Claude
    Given a file "code.md" that says "fn main() {}"
    When I run "tollgate exec --agent backend-dev --prompt-file code.md"
    Then "claude" was called with "/code-review PROMPT_FILE --model claude-sonnet-20240229"
    And the prompt file said "fn main() {}"
    And stdout is "A review."
    And the exit status is 0
