"""What may be done to databases of the fleet, in which state, and in which order it is done."""
