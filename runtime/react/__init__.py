"""The functions of a ReactWorkflow: one per state, over the shared engine.

Payload and result of each, as components/react_workflow/definition.py has them:

- parse_initial_query: {"execution", "name", "input"} -> {"run_id", "next": "RUN" | "END", "subnets", "security_groups",
  "status", "code", "sentence"}
- invoke_llm: {"run_id", "turn", "attempt"} (0 at first) -> {"next": "TOOLS" | "FINISH", "calls": [{"tool_use_id",
  "name"}], "reason"}; raises the errors of contract.react_steps that are tried again
- dispatch_tool: {"run_id", "turn", "call": {"tool_use_id", "name"}} -> {"route": "EDA" | "CAUSAL_ANALYSIS" |
  "DATA_QUERY" | "QUESTION" | "DONE", "tool_use_id", "job", "status"} (of a call that is DONE)
- data_query: {"run_id", "turn", "call", "job"} -> {"tool_use_id", "status": "success" | "error" | "question"}
- send_prompt: {"run_id", "turn", "token", "calls": [{"tool_use_id", "name", "job"}]}; its result comes by the token
- append_tool_output: {"run_id", "turn", "results": [{"tool_use_id", "name", "job", "status", "error", "cause"}]} (error
  and cause of a failed task only, job empty if dispatch_tool failed) -> {"next": "CONTINUE" | "FINISH", "reason"}
- handle_finish: {"run_id", "turn", "reason"}; handle_error and handle_timeout: {"run_id", "execution", "name",
  "state", "error", "cause"}, where `run_id` is empty if ParseInitialQuery failed and the input has no runId; all three
  -> {"status", "code", "sentence"}
"""
