Feature: Runs that survive, wait their turn, and can be stopped (scenarios 2, 4, and 6)

  Background:
    Given the agent "dev" prefers "claude:claude-opus"

  Scenario: A run is cancelled from elsewhere, and nothing of it is left
    Given "claude" works until it is let go
    When I run "tollgate run submit --agent dev Long"
    And I wait until 1 attempt is at work
    And I run "tollgate run cancel RUN"
    Then the exit status is 0
    And the run ended "cancelled" with nothing left of it

  Scenario: Six are submitted, four start, two wait, and all finish
    Given "claude" works until it is let go
    When I run "tollgate run submit --agent dev One" 6 times
    And I wait until 4 attempts are at work
    Then 2 attempts are waiting
    When "claude" is let go
    And I wait until 6 attempts are done
    Then never more than 4 attempts were at work

  Scenario: A run of three is done when all three are
    Given "claude" answers "Yes."
    When I run "tollgate run submit --agent dev One"
    And I run "tollgate run submit --agent dev --run RUN Two"
    And I run "tollgate run submit --agent dev --run RUN Three"
    And I run "tollgate run wait RUN"
    And I run "tollgate run list"
    Then it says "3/3 done"
