"""Tasks on ECS: their definitions, and the state machines that run them."""
