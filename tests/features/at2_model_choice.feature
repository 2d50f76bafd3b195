Feature: AT-2 Small tasks go to a cheaper model

  Background:
    Given the model "claude-sonnet" costs $3 and $15 per million tokens
    And the model "claude-haiku" costs $0.25 and $1.25 per million tokens
    And the agent "dev" prefers "claude:claude-sonnet"
    And the tool "claude" also offers "claude-haiku"
    And prompts below 1500 tokens go to "claude-haiku"
    And "claude" answers "Done."

  Scenario: A prompt of 800 tokens
    Given a prompt of 800 tokens
    When I run "tollgate exec --agent dev"
    Then the exit status is 0
    And the record says model "claude-haiku" for the reason "cost_optimization"

  Scenario: A prompt of 3,000 tokens
    Given a prompt of 3000 tokens
    When I run "tollgate exec --agent dev"
    Then the exit status is 0
    And the record says model "claude-sonnet" for the reason "above_threshold"
