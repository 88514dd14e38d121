"""Behaviour of ECS on Fargate that MiniStack lacks without Docker, installed in MiniStack's module at its start.

It runs in the emulator's environment, so it imports the standard library and the project only.

- Task definitions and calls of RunTask that AWS rejects are rejected.
- A task runs as a process of this machine, which the sidecar starts, with the exit code that it really has.
- A clientToken makes RunTask idempotent. StopTask lets the task end; it ends at once in MiniStack.
- `ecs:runTask.sync` of Step Functions fails with States.TaskFailed where a container ends with another code than 0.
"""
