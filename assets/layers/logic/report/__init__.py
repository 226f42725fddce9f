"""The report of layers: what it shows, what changed, and its page."""
