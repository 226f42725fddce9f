"""Which passage answers a question best, from what the knowledge base found.

`fusion.py` joins meaning and words, `feedback.py` moves the question towards the best answers, `neighbours.py` lets documents
that say the same support each other, `preferences.py` adds age and votes, `highlights.py` finds what to mark. The figures in
them were chosen as docs/decisions/0015-ranking.md says.
"""
