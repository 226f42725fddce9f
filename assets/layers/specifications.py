"""Where the layers that are wanted come from: `layers/layers.yaml` of the inputs store."""

from assets.layers.logic.products import LayerSpecification
from assets.layers.logic.specifications import KEY, BadSpecifications, read
from resources.errors import BadInput, NotFound
from resources.object_store import ObjectStore


def specifications_of(inputs_store: ObjectStore) -> tuple[LayerSpecification, ...]:
    """Layers that people want; none if there is no file.

    Raises:
        BadInput: The file is not understood; it tells every mistake.
    """
    try:
        return read(inputs_store.get(KEY))
    except NotFound:
        return ()
    except BadSpecifications as error:
        raise BadInput(str(error), "Correct the file in the inputs store; docs/layers.md shows what it may say.") from error
