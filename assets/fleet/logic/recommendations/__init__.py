"""What should be done about databases: proposals with evidence, the call that does it, and how much it matters."""
