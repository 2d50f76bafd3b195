Feature: AT-8 The answer of one agent is the context of the next

  Scenario: A design, its code, and its documentation
    Given the agent "architect" prefers "claude:claude-opus"
    And the agent "backend-dev" prefers "codex:gpt"
    And the agent "scribe" prefers "gemini:gemini-pro"
    And "claude" answers "The design."
    And "codex" answers "The code."
    And "gemini" answers "The manual."
    When I run "tollgate exec --agent architect --output design.md Design"
    And I run "tollgate exec --agent backend-dev --run RUN --context design.md --output code.md Build"
    And I run "tollgate exec --agent scribe --run RUN --context design.md --context code.md --output manual.md Describe"
    Then the exit status is 0
    And the file "design.md" says "The design."
    And the file "code.md" says "The code."
    And the file "manual.md" says "The manual."
    And "codex" was given "The design."
    And "gemini" was given "The design."
    And "gemini" was given "The code."
    And 3 invocations of one run are on record
