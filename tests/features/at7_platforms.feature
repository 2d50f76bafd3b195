Feature: AT-7 The same configuration works on every platform

  # macOS and Windows run these too where they are built; the steps name nothing of one system.
  @linux
  Scenario: The user's own configuration is found and the tool of this platform is used
    Given the agent "dev" prefers "cursor:gpt-4-turbo"
    And the tool "cursor" is "cursor-here" on this platform and "cursor-elsewhere" on others
    And "cursor-here" answers "From here."
    And the configuration is the user's own
    When I run "tollgate exec --agent dev Hello"
    Then stdout is "From here."
    And the exit status is 0

  @linux
  Scenario: Tools are looked up where they are
    Given the agent "dev" prefers "cursor:gpt-4-turbo"
    And "cursor" answers "Hello."
    And the configuration is the user's own
    When I run "tollgate tool list"
    Then stdout says "cursor"
    And the exit status is 0
