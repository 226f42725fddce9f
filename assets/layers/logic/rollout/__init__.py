"""Roll-out of a layer version, decided: who uses the old one, in which waves they move, and whether a wave is healthy. Pure."""
