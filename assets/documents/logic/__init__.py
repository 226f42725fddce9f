"""Pure functions of the documents system: reading files, cutting passages, ranking, judging. No clock, no store, no model."""
