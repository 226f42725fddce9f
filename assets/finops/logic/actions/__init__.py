"""Actions on resources: what is proposed, who approved it, what was done, whether it saved anything, and how it is taken back."""
