"""What the rules need to know about queues, topics, event rules and their targets."""
