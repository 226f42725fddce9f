"""Anomalies in the metrics of databases: per metric (`judgement`), in several at once (`joint`), over the fleet (`incidents`).

Everything is walk-forward: what is said of a point follows from that point and the ones before it. What was not measured is
unknown (NaN or null): it is never 0, no anomaly by itself, and no evidence that all is well.

Each point gets two figures, because two things are asked. `surprise` says how far a value is out of what was expected, in noises:
every stay outside is found, those of kinds that were there before as well. `novelty` says how far it is beyond everything of the
last weeks, and stays quiet for a while after it spoke: it is what somebody is to be woken for.
"""
