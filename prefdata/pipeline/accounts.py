"""The accounts of a dataset, whichever way it was opened."""

from __future__ import annotations

from prefdata.pipeline.dataset import Dataset
from prefdata.steps.accounts import Accounts
from prefdata.steps.output_accounts import OutputAccounts
from prefdata.steps.run_accounts import RunAccounts


def accounts_of(data: Dataset) -> Accounts:
    """Of raw sources what the run did with them; of an output folder what its build did."""
    if data.opened.out is not None:
        return OutputAccounts(data.opened.out, data.names, data.shards, data.pairs())
    return RunAccounts(data.shards, data.verdicts, data.names, data.pairs())
