Feature: AT-3 Another tool takes over when the first is not there

  Background:
    Given the agent "architect" prefers "cursor:gpt-4-turbo"
    And the agent "architect" falls back to "claude:claude-opus"
    And the agent "architect" falls back to "gemini:gemini-pro"

  Scenario: The first tool is not on PATH
    Given "claude" answers "From Claude."
    And "gemini" answers "From Gemini."
    When I run "tollgate exec --agent architect Hello"
    Then stderr says "Primary tool cursor unavailable, trying fallback"
    And stdout is "From Claude."
    And the exit status is 0
    And the record says tool "claude" for the reason "fallback"
    And the record says tool "cursor" was rejected

  Scenario: The first tool is there and fails before it did anything
    Given "cursor" fails
    And "claude" answers "From Claude."
    When I run "tollgate exec --agent architect Hello"
    Then stderr says "Primary tool cursor unavailable, trying fallback"
    And stdout is "From Claude."
    And the exit status is 0

  Scenario: No tool is there
    When I run "tollgate exec --agent architect Hello"
    Then stderr says "No available tools in fallback chain"
    And the record says tool "cursor" was rejected
    And the record says tool "claude" was rejected
    And the record says tool "gemini" was rejected
    And the exit status is 1
