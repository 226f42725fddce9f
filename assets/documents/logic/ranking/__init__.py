"""Which passage answers a question best, from what the knowledge base found.

`relevance.py` is the whole of it: `passages.py` makes documents of passages, `fusion.py` joins meaning and words, `neighbours.py`
lets documents that say the same support each other. `preferences.py` adds age and votes, `highlights.py` finds what to mark. The
figures in them were chosen as docs/decisions/0015-ranking.md says.
"""
