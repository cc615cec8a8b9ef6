"""Operators that run the commands of prefdata as tasks of Airflow.

>>> from prefdata.airflow import BuildOperator, PushOperator  # doctest: +SKIP

Commands run in a separate Python process, possibly in another environment than Airflow's: this
package needs only the standard library and `airflow.sdk`. The module of an operator is imported
when its name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from prefdata.errors import MissingExtraError
from prefdata.extras import install

if TYPE_CHECKING:
    from prefdata.airflow.asking import CollectOperator, JudgeOperator
    from prefdata.airflow.auditing import AuditOperator, GateOperator, ValidateOperator
    from prefdata.airflow.building import BuildOperator, DedupeOperator, EmbedFilterOperator
    from prefdata.airflow.comparing import DiffOperator
    from prefdata.airflow.hub import HubHook
    from prefdata.airflow.operator import PrefdataOperator
    from prefdata.airflow.pushing import PushOperator
    from prefdata.airflow.reading import SourcesOperator
    from prefdata.airflow.training import TrainOperator

__all__ = [
    "AuditOperator",
    "BuildOperator",
    "CollectOperator",
    "DedupeOperator",
    "DiffOperator",
    "EmbedFilterOperator",
    "GateOperator",
    "HubHook",
    "JudgeOperator",
    "PrefdataOperator",
    "PushOperator",
    "SourcesOperator",
    "TrainOperator",
    "ValidateOperator",
]

_HOMES = {
    "AuditOperator": "prefdata.airflow.auditing",
    "BuildOperator": "prefdata.airflow.building",
    "CollectOperator": "prefdata.airflow.asking",
    "DedupeOperator": "prefdata.airflow.building",
    "DiffOperator": "prefdata.airflow.comparing",
    "EmbedFilterOperator": "prefdata.airflow.building",
    "GateOperator": "prefdata.airflow.auditing",
    "HubHook": "prefdata.airflow.hub",
    "JudgeOperator": "prefdata.airflow.asking",
    "PrefdataOperator": "prefdata.airflow.operator",
    "PushOperator": "prefdata.airflow.pushing",
    "SourcesOperator": "prefdata.airflow.reading",
    "TrainOperator": "prefdata.airflow.training",
    "ValidateOperator": "prefdata.airflow.auditing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'prefdata.airflow' has no attribute {name!r}")
    try:
        value = getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "airflow":
            raise
        raise MissingExtraError(
            f"prefdata.airflow.{name} needs Airflow, which is not installed here: "
            f"{install('airflow')}, or see docs/airflow.md for two environments"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
