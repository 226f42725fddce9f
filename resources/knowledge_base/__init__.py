"""Passages of documents with their vectors, to be searched by meaning and by words.

`interface.py` is what every variant offers, `analysis.py` how text becomes terms. `embedded/` is the variant on a local disk;
Oracle AI Vector Search is in `resources/oracle_db`.
"""
