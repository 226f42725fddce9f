"""What a unit of business costs: metrics as supplied, costs in their scope, the ratio of both, and how it moves."""
