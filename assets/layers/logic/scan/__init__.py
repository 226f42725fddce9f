"""Looking through the zip of a layer: what is in it that should not be. Bytes and paths in, findings out; nothing of it is run.

A module per kind of rule; `scanning` puts them together, `verdicts` weighs what they found, `allowing` is what people let pass.
"""
