"""What a resource cost and used, how that moves, and what is worth a look; from bills alone, and from measured use if given."""
