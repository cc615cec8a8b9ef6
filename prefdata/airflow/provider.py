"""What Airflow reads about this package through the entry point `apache_airflow_provider`."""

from __future__ import annotations

from typing import Any

_NAME = "prefdata"
_DOCS = "https://github.com/prefdata/prefdata/blob/main/docs/airflow.md"


def get_provider_info() -> dict[str, Any]:
    """The provider metadata, valid for `provider_info.schema.json` of Airflow 3."""
    modules = ("asking", "auditing", "building", "pushing", "training")
    return {
        "package-name": _NAME,
        "name": _NAME,
        "description": f"Preference data you can prove is sound, as tasks: `{_NAME} <{_DOCS}>`__\n",
        "integrations": [
            {"integration-name": _NAME, "external-doc-url": _DOCS, "tags": ["software"]}
        ],
        "operators": [
            {
                "integration-name": _NAME,
                "python-modules": [f"prefdata.airflow.{module}" for module in modules],
            }
        ],
        "hooks": [{"integration-name": _NAME, "python-modules": ["prefdata.airflow.hub"]}],
        "triggers": [{"integration-name": _NAME, "python-modules": ["prefdata.airflow.waiting"]}],
        "connection-types": [
            {
                "connection-type": "prefdata_hub",
                "hook-class-name": "prefdata.airflow.hub.HubHook",
                "hook-name": "Hugging Face Hub (prefdata)",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port", "login", "extra"],
                    "relabeling": {"password": "Token", "host": "Address of the Hub"},
                    "placeholders": {"password": "hf_...", "host": "https://huggingface.co"},
                },
            }
        ],
    }
