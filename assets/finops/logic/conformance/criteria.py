"""Which of the model's applicability criteria a provider does not meet. What is not listed counts as supported.

A criterion stands here only if the provider certainly does not support it: a rule held against a provider can be explained, one
wrongly waived is never seen. That is why commitments, kinds of accounts and bills in another currency than the prices count as
supported by all, though a given bill may hold none of them.
"""

from assets.finops.logic.comparable.matching import canonical_provider

_UNSUPPORTED = {
    # Prices and bills are in national currencies; there are no tokens or points that money is first turned into.
    "AWS": frozenset({"VIRTUAL_CURRENCY_SUPPORTED"}),
    "Microsoft": frozenset({"VIRTUAL_CURRENCY_SUPPORTED"}),
    # Universal Credits are an amount of the contract's national currency, in spite of their name.
    "Oracle": frozenset({"VIRTUAL_CURRENCY_SUPPORTED"}),
}


def unsupported(provider: str) -> frozenset[str]:
    """Criteria that the provider, in any usual spelling, does not meet; empty for one that is not known."""
    return _UNSUPPORTED.get(canonical_provider(provider) or "", frozenset())
