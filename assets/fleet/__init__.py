"""The fleet of Autonomous Databases: what there is, how it does, what is unusual, when it is full, and what should be done."""
