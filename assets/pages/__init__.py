"""Pages of reports that open offline: their parts, their look and their wording. No system's own report belongs here."""
