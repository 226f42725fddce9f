"""Rolls a layer version out: asks what there is, keeps how far a roll-out is, moves functions, watches them, takes them back."""
