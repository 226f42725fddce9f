"""Recommendations: what is proposed and why, who it is the same as, what became of it, and what it saved."""
