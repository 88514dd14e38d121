"""Who may use the system: open connections with their tokens, and workspaces with their secrets."""
