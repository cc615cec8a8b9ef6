"""Who answers: the server that a config names, or models in this process."""

from __future__ import annotations

from pathlib import Path

from prefdata.config.asking import ServerConfig
from prefdata.config.local_model import LocalModelConfig
from prefdata.extras import demand
from prefdata.steps.asking.ask import Asker


def called_in_requests(model: str, server: ServerConfig | None) -> str:
    """What requests call a model: on a server its name there; in this process its name and a digest
    of its files, so that no answer of other weights is taken for its own.

    Raises ModelError if there is no such model here, MissingExtraError without what runs it.
    """
    if server is not None:
        return model
    demand(
        "train", f"the model {model}, in this process,", otherwise="or ask a server (--base-url)"
    )
    from prefdata.models.generation.local_model import identity_of

    return identity_of(model)


def called_in_outputs(model: str, server: ServerConfig | None) -> str:
    """What outputs call a model: a folder by its own name, without the path to it."""
    if server is not None:
        return model
    from prefdata.models.generation.local_model import called

    return called(model)


def asker_for(model: str, server: ServerConfig | None, local: LocalModelConfig) -> Asker:
    """The asker of a model. One of a server answers for all of its models.

    Raises ModelError for a model that cannot be loaded.
    """
    if server is not None:
        from prefdata.clients.server import ChatServer

        return ChatServer(server)
    from prefdata.models.generation.local_model import LocalModel

    return LocalModel(model, local)


def answers_beside(out: Path) -> Path:
    """The file of answers of an output folder."""
    out = out.absolute()
    return out.with_name(f"{out.name}.answers.sqlite")
