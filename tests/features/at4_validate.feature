Feature: AT-4 The configuration is checked before it is used

  Background:
    Given the agent "architect" prefers "claude:claude-opus"

  Scenario: All is well
    When I run "tollgate config validate"
    Then stdout says "✅ Configuration valid"
    And the exit status is 0

  Scenario: An agent names a tool that there is not
    Given the agent "architect" prefers the tool "nonexistent-tool" that nobody configured
    When I run "tollgate config validate"
    Then stderr says "❌ Error in config/agents.yaml: Unknown tool 'nonexistent-tool'"
    And stderr says "allowed: claude"
    And the exit status is 1

  Scenario: A file is missing
    Given there is no "config/agents.yaml"
    When I run "tollgate config validate"
    Then stderr says "❌ Missing required file: config/agents.yaml"
    And stderr says "Run 'tollgate init' to create default configuration"
    And the exit status is 1
