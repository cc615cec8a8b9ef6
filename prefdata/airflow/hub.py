"""HubHook: the token of the Hub from a connection of Airflow."""

from __future__ import annotations

from airflow.sdk import BaseHook


class HubHook(BaseHook):
    """A connection of type `prefdata_hub`: the token as password, and the address of a Hub of one's
    own as host, if it is not huggingface.co. Connections of other types do, if they have these."""

    conn_name_attr = "conn_id"
    default_conn_name = "prefdata_hub_default"
    conn_type = "prefdata_hub"
    hook_name = "Hugging Face Hub (prefdata)"

    def __init__(self, conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.conn_id = conn_id

    def environment(self) -> dict[str, str]:
        """The variables by which a command finds token and Hub; Airflow masks the token in logs."""
        connection = self.get_connection(self.conn_id)
        found = {"HF_TOKEN": connection.password, "HF_ENDPOINT": _address(connection.host)}
        return {name: value for name, value in found.items() if value}


def _address(host: str | None) -> str | None:
    """A host as an address: a bare name is one that is asked by https.

    >>> _address("hub.acme.org"), _address("http://127.0.0.1:8080"), _address(None)
    ('https://hub.acme.org', 'http://127.0.0.1:8080', None)
    """
    return host if not host or "://" in host else f"https://{host}"
