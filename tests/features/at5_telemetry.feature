Feature: AT-5 Every run is on record with its tokens and its cost

  Scenario: One run
    Given the model "gpt-4-turbo" costs $10 and $30 per million tokens
    And the agent "dev" prefers "gpt:gpt-4-turbo"
    And "gpt" answers with 1500 tokens in and 800 tokens out
    When I run "tollgate exec --agent dev Hello"
    Then the exit status is 0
    And the record says 1500 tokens in and 800 tokens out for 39000 micro-dollars
    And the record says that it took a while and was done

  Scenario: A day of fifty runs
    Given these runs happened
      | agent       | model   | runs | tokens | dollars each |
      | architect   | model-a | 20   | 2500   | 0.09         |
      | backend-dev | model-a | 5    | 2500   | 0.04         |
      | backend-dev | model-b | 20   | 2500   | 0.05         |
      | scribe      | model-c | 5    | 2500   | 0.09         |
    When I run "tollgate stats --daily"
    Then the exit status is 0
    And stdout says "50"
    And stdout says "125,000"
    And stdout says "$3.45"
    And stdout says "$0.069"
    And a row of stdout says "architect 20 $1.80"
    And a row of stdout says "backend-dev 25 $1.20"
    And a row of stdout says "scribe 5 $0.45"
    And a row of stdout says "model-a $2.00 58%"
    And a row of stdout says "model-b $1.00 29%"
    And a row of stdout says "model-c $0.45 13%"
