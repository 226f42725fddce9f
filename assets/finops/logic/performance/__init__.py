"""What resources use of what is paid for: measured use by resource and day, joined with its cost, and what follows from both."""
