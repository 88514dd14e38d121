"""What AWS's Step Functions does and MiniStack's does not, put into MiniStack's module when the emulator starts.

It runs in the emulator's environment, so it imports the standard library only.

- An execution that outlives its machine's TimeoutSeconds ends as TIMED_OUT and says so on the event bus.
- A task with a token fails when its function does, when its heartbeats stay away, and when its execution ends; each
  attempt has a token of its own, and a token that was used up is refused.
- TimeoutSeconds and HeartbeatSeconds of a task may be expressions or paths.
- What has ended stays as it ended: no further state, retry, event or status.
- Starting a running execution again with the same input answers with it.
- One Assign sees the variables as they were before it, payloads end at 256 KB, and some errors cannot be caught.
"""
