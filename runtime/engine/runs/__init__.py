"""Full runs: one worker executes each, from its claim to its end."""
