"""Assembles the code location. Put no asset, job or resource here."""

from collections.abc import Mapping

import dagster as dg

from orchestration import registry
from orchestration.settings import current_settings
from orchestration.wiring import resources_for


def build_defs(resources: Mapping[str, object] | None = None) -> dg.Definitions:
    """Everything the location offers; tests pass resources of their own."""
    settings = current_settings()
    return dg.Definitions(
        assets=dg.load_assets_from_modules(registry.ASSET_MODULES, include_specs=True),
        asset_checks=dg.load_asset_checks_from_modules(registry.ASSET_MODULES),
        jobs=registry.JOBS,
        schedules=registry.SCHEDULES,
        sensors=registry.SENSORS,
        resources=dict(resources or resources_for(settings)),
        # a process per step costs seconds each, which a laptop notices and a cluster does not
        executor=dg.in_process_executor if settings.is_local else None,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Loaded by `workspace.yaml`."""
    return build_defs()
