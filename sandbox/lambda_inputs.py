"""What people supply about layers in the demo: specifications, allowances, and the wheels and packages of npm beside them."""

from datetime import date, datetime, timedelta

from sandbox.aws_estate import ACCOUNTS
from sandbox.delivery import Delivery
from sandbox.lambda_code import WITH_FORMULAS, node_folder, wheel
from sandbox.lambda_estate import DATA, PRODUCTION

SPECIFICATIONS, ALLOWED = "inputs/layers/layers.yaml", "inputs/layers/allowed_findings.yaml"
NEWEST, PINNED = 2, {"acme-core": 2}
"""How many newest versions of each layer stay, and the version of a layer that stays for ever."""
REFUSED = "acme-refused-discounts"
"""The layer that is specified and built, and must not be published."""
_WHEELS = "inputs/layers/wheels"
_NODE = "inputs/layers/tracing"
_PRODUCTION, _DATA = ACCOUNTS[PRODUCTION], ACCOUNTS[DATA]
_YAML = f"""\
# Layers of acme. Wheels lie beside this file, so that nothing is fetched to build them.
layers:
- name: acme-core
  requirements: [acme-core==1.6.0]
  wheels: layers/wheels
  index_url: none
  runtimes: [python3.11, python3.12, python3.13]
  smoke: |
    import acme_core
    assert len(acme_core.order_number("A1")) == 12
  budget: {{growth: 0.5}}
  accounts: ["{_DATA}"]
  places: ["{_PRODUCTION}/*"]
  retention: {{newest: {NEWEST}, days: 30, pinned: [{PINNED["acme-core"]}]}}
  license: MIT
- name: acme-money
  requirements: [acme-money==3.1.0]
  wheels: layers/wheels
  index_url: none
  runtimes: [python3.11, python3.12, python3.13]
  smoke: |
    import acme_money
    assert str(acme_money.total(["19.90", "5.10"])) == "25.00"
  places: ["{_PRODUCTION}/*"]
  retention: {{newest: {NEWEST}, days: 30}}
  license: MIT
- name: acme-http
  requirements: [acme-http==1.1.0]
  wheels: layers/wheels
  index_url: none
  leave_out: [acme-core]  # functions have it from the layer of that name
  runtimes: [python3.11, python3.12, python3.13]
  accounts: ["{_DATA}"]
  places: ["{_PRODUCTION}/*"]
  retention: {{newest: {NEWEST}, days: 30}}
  license: MIT
- name: acme-frames
  requirements: [acme-frames==0.5.0]
  wheels: layers/wheels
  index_url: none
  runtimes: [python3.11, python3.12, python3.13]
  places: ["{_DATA}/*"]
  retention: {{newest: {NEWEST}, days: 30}}
  license: MIT
- name: acme-tracing
  kind: node
  package: layers/tracing
  runtimes: [nodejs22.x, nodejs20.x]
  places: ["{_PRODUCTION}/*"]
  retention: {{newest: {NEWEST}, days: 30}}
  license: MIT
# Its code is text that is run when the module is loaded: the scan finds that, and the layer is never published.
- name: {REFUSED}
  requirements: [acme-plugins==0.1.0]
  wheels: layers/wheels
  index_url: none
  runtimes: [python3.12]
  places: ["{_PRODUCTION}/*"]
"""
_ALLOWED = """\
- rule: dynamic-code
  path: python/acme_frames/__init__.py
  layer: acme-frames
  reason: formulas that acme's own generator wrote; looked at line by line
  until: {until}
"""


def inputs(at: datetime, last: date) -> list[Delivery]:
    """Files of `layers/` in the inputs; what may pass the scan may do so until a year after the last day of the scenario."""
    wheels = (
        wheel("acme_core", "1.6.0"),
        wheel("acme_money", "3.1.0"),
        wheel("acme_http", "1.1.0", ("acme-core>=1.5",)),
        wheel("acme_frames", WITH_FORMULAS),
        wheel("acme_plugins", "0.1.0"),
    )
    return [
        Delivery(SPECIFICATIONS, _YAML.encode(), at),
        Delivery(ALLOWED, _ALLOWED.format(until=last + timedelta(days=365)).encode(), at),
        *(Delivery(f"{_WHEELS}/{name}", content, at) for name, content in wheels),
        *(Delivery(f"{_NODE}/{name}", content, at) for name, content in node_folder("acme-tracing", "1.3.0").items()),
    ]
