"""Behaviour of AWS's Step Functions that MiniStack lacks, installed in MiniStack's module when the emulator starts.

It runs in the emulator's environment, so it imports the standard library and the project only.

- An execution that exceeds its machine's TimeoutSeconds ends as TIMED_OUT and sends the event of that status.
- A task with a token fails when its function fails, when a heartbeat is missing, and when its execution ends; each
  attempt has a token of its own, and a used token is rejected.
- TimeoutSeconds and HeartbeatSeconds of a task may be expressions or paths.
- The event of a stopped execution reports who stopped it and why: error and cause of StopExecution.
- An execution that has ended does not change: no further state, retry, event or status.
- Starting a running execution again with the same name and input returns that execution.
- An Assign sees the variables as they were before it, payloads are limited to 256 KB, and some errors cannot be caught.
- A definition that AWS rejects is rejected, with the rules of `policies`, when a state machine is created, updated or
  validated. Tracing and tags are returned as they were set.
- A retry obeys MaxDelaySeconds and JitterStrategy, and the history has the states inside a Map or a Parallel.
- A Condition that gives neither true nor false fails, as does an expression that reads a variable without a value.
"""
