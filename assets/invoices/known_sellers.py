"""The list of known sellers, where people keep it: in the inputs store."""

from assets.invoices.logic.known_sellers import KnownSellers, parsed
from resources.errors import BadInput, NotFound
from resources.object_store import ObjectStore

KNOWN_SELLERS_KEY = "invoices/known_sellers.csv"
"""Where the list lies in the inputs store: `name,tax_id,iban`, one seller a line."""


def known_sellers(inputs: ObjectStore) -> KnownSellers:
    """The list; empty if there is none.

    Raises:
        BadInput: It cannot be used.
    """
    try:
        return parsed(inputs.get(KNOWN_SELLERS_KEY).decode("utf-8"))
    except NotFound:
        return KnownSellers()
    except ValueError as error:
        raise BadInput(f"{KNOWN_SELLERS_KEY} cannot be used: {error}", "Correct it in the inputs store.") from error
