"""Development tools: the demo, the sandbox world, locks and checks."""
