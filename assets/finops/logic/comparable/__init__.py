"""Provider-neutral names: which service, place and unit of one cloud compares with which of another.

The tables beside the modules (`services.csv`, `regions.csv`, `units.csv`) are ours; add a row there when
`coverage` lists a name as unmapped. What is not in them stays null.
"""
