"""The report of a drill: one page that opens offline and prints, with its timeline, its evidence and those of earlier drills."""
