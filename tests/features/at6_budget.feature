Feature: AT-6 Budgets warn, and block

  Background:
    Given the model "flat" costs $20 and $0 per million tokens
    And the agent "architect" prefers "claude:flat"
    And "claude" answers with 25000 tokens in and 100 tokens out

  Scenario: A soft limit asks, and yes proceeds
    Given a "soft" limit of $10.00 a day, which warns from 80 percent on
    And $8.10 were spent today
    And a prompt of 25000 tokens
    When I run "tollgate exec --agent architect" at a terminal, which asks
    Then the terminal shows these lines
      | ⚠️  Budget Warning: Daily spending at 81% of limit ($8.10 / $10.00) |
      | Estimated cost for this request: ~$0.50                             |
      | Proceed? [y/N]                                                      |
    And nothing was started for "architect"
    When I answer "y"
    Then stdout is "Hello."
    And the exit status is 0
    And the record says that the question was answered "yes"

  Scenario: A soft limit asks, and anything else stops
    Given a "soft" limit of $10.00 a day, which warns from 80 percent on
    And $8.10 were spent today
    And a prompt of 25000 tokens
    When I run "tollgate exec --agent architect" at a terminal, which asks
    And I answer ""
    Then the exit status is 1
    And nothing was started for "architect"
    And the record says that the question was answered "no"

  Scenario: A hard limit blocks and names three ways on
    Given a "hard" limit of $10.00 a day, which warns from 80 percent on
    And $9.80 were spent today
    And a prompt of 25000 tokens
    When I run "tollgate exec --agent architect"
    Then stderr says "❌ Budget Exceeded: Request would exceed daily budget ($10.30 / $10.00)"
    And stderr says "raise the limit"
    And stderr says "--force --justification"
    And stderr says "or wait: it resets at midnight UTC"
    And the exit status is 1
    And nothing was started for "architect"

  Scenario: Whoever has a reason goes beyond a hard limit
    Given a "hard" limit of $10.00 a day, which warns from 80 percent on
    And $9.80 were spent today
    And a prompt of 25000 tokens
    When I run "tollgate exec --agent architect --force --justification release"
    Then stdout is "Hello."
    And the exit status is 0
