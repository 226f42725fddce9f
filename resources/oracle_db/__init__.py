"""Everything that talks to an Oracle Database: connections, and the knowledge base on Oracle AI Vector Search.

The only package that imports python-oracledb. `words.py` and `conditions.py` are pure: they make queries out of values.
"""
