"""JSON Schemas of all files and results that other programs read or write."""

from __future__ import annotations

import json

from pydantic import BaseModel

from prefdata.config.annotation import AnnotationConfig
from prefdata.config.collect import CollectConfig
from prefdata.config.judge import JudgeConfig, RubricConfig
from prefdata.config.model import BuildConfig
from prefdata.records.model import PreferenceRecord, WrittenJudgement
from prefdata.results.agreement import AgreementReport
from prefdata.results.audit import AuditReport
from prefdata.results.collection import CollectionManifest
from prefdata.results.judging import JudgingReport
from prefdata.results.ledger import DroppedRow, LedgerRow, RowWithoutRecord
from prefdata.results.manifest import Manifest, Verdict
from prefdata.results.scores import ScoreResult
from prefdata.results.training import TrainingResult

MODELS: dict[str, type[BaseModel]] = {
    "record": PreferenceRecord,
    "judgement": WrittenJudgement,
    "config": BuildConfig,
    "manifest": Manifest,
    "verdict": Verdict,
    "metrics": TrainingResult,
    "scores": ScoreResult,
    "report": AuditReport,
    "agreement": AgreementReport,
    "annotation": AnnotationConfig,
    "collect": CollectConfig,
    "collection": CollectionManifest,
    "judge": JudgeConfig,
    "rubric": RubricConfig,
    "judging": JudgingReport,
    "ledger": LedgerRow,
    "dropped": DroppedRow,
    "quarantine": RowWithoutRecord,
}


def schema_text(name: str) -> str:
    """The JSON Schema of a model by name, as in the file in `schemas/`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | MODELS[name].model_json_schema(), indent=2) + "\n"
