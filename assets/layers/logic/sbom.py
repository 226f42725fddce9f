"""What a layer is made of, as CycloneDX: without a time or a random number, so that the same layer has the same bill."""

import warnings
from collections.abc import Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from assets.layers.logic.products import Kind, Package


def bill_of_materials(
    layer: str, sha256: str, kind: Kind, packages: Sequence[Package], needs: Mapping[str, Sequence[str]]
) -> bytes:
    """The bill, JSON of CycloneDX 1.6.

    Args:
        layer: Name of the layer.
        sha256: Of its zip.
        kind: Whether the packages are of PyPI or of npm.
        packages: That it holds.
        needs: Names of packages that each needs; those that it does not hold are left out.
    """
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"urn:sha256:{sha256}"))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # the library writes none then
    licences = LicenseFactory()
    root = Component(
        name=layer, type=ComponentType.APPLICATION, version=sha256[:12], bom_ref=f"layer:{layer}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
    )  # fmt: skip
    bom.metadata.component = root
    components: dict[tuple[str, str], Component] = {}
    for one in packages:
        namespace, _, bare = one.name.rpartition("/")
        url = PackageURL("pypi" if kind == "python" else "npm", namespace or None, bare, one.version)
        components[one.name, one.version] = Component(
            name=one.name, type=ComponentType.LIBRARY, version=one.version, purl=url, bom_ref=str(url),
            licenses=[licences.make_from_string(one.license)] if one.license else [],
        )  # fmt: skip
    bom.components.update(components.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bom.register_dependency(root, components.values())
        for (name, _), component in components.items():
            wanted = set(needs.get(name, ()))
            bom.register_dependency(component, [other for (its, _), other in components.items() if its in wanted])
        return JsonV1Dot6(bom).output_as_string(indent=1).encode()
