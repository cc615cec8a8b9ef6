"""Scoring rows with a language model with a scalar head: rows are tokenised to token ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.config.fingerprint import fingerprint
from prefdata.config.reward import LengthConfig, RewardConfig
from prefdata.errors import ModelError
from prefdata.io.files.shards import read_table
from prefdata.models.device import device_named
from prefdata.records.arrays import Floats, Ints
from prefdata.results.sentences import Sentence
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.steps.reward.scorer import ScorerIdentity, Unscored, model_digest
from prefdata.steps.reward.tokenise import read_pairs, tokenise, tokens_identity
from prefdata.steps.verdict_tables import VERDICT_SCHEMA

if TYPE_CHECKING:
    from prefdata.reward.backbone.network import RewardNetwork


@dataclass(frozen=True)
class BackboneScorer:
    """A model in memory. `limit`: tokens per batch, padding included."""

    identity: ScorerIdentity
    remarks: dict[str, Sentence]
    folder: Path
    network: RewardNetwork
    device: str
    length: LengthConfig
    limit: int
    dtype: Any

    def ready(self, rows: Unscored) -> ScorablePairs:
        """Tokenises all active rows with the tokenizer of the model."""
        folder, tokenizer = rows.folder / "tokens", str(self.folder)
        tokenise(
            rows.engine, rows.shards, rows.verdicts, tokenizer, self.length, folder, rows.report
        )
        lines = pa.Table.from_batches(read_table(folder / "verdicts.arrow"), VERDICT_SCHEMA)
        return ScorablePairs(read_pairs(folder), pl.DataFrame(lines), self.remarks, self)

    def rewards(self, pairs: TokenPairs, progress: Callable[[int], None]) -> Floats:
        """Rewards (n, 2) of the chosen and rejected of n pairs.

        `progress(count)` is called when `count` more pairs are scored.
        """
        from prefdata.reward.backbone.scoring import rewards_of

        done = 0

        def tell(so_far: int) -> None:
            nonlocal done
            progress(so_far - done)
            done = so_far

        return rewards_of(self.network, pairs, self.device, self.limit, tell, dtype=self.dtype)


@dataclass(frozen=True)
class ScorablePairs:
    """Rows as token ids; see `Scorable`."""

    pairs: TokenPairs
    notes: pl.DataFrame
    remarks: dict[str, Sentence]
    scorer: BackboneScorer

    @property
    def rows(self) -> Ints:
        return self.pairs.rows

    @cached_property
    def sizes(self) -> Ints:
        sizes: Ints = np.diff(self.pairs.starts)
        return sizes

    def rewards(self, numbers: Ints, progress: Callable[[int], None]) -> tuple[Floats, Floats]:
        rewards = self.scorer.rewards(self.pairs.only(numbers), progress)
        return rewards, np.full(len(numbers), np.nan, np.float32)


def open_backbone_scorer(folder: Path, reward: RewardConfig) -> BackboneScorer:
    """Loads the model of a folder in float32, with its tokenizer.

    The maximum length of a side is the one recorded at training, else `reward.length`, limited by
    the context window of the model. Raises ModelError if the folder holds no model for sequence
    classification with one label, or a tokenizer that does not fit it.
    """
    from prefdata.reward.backbone.hardware import tokens_at_a_time
    from prefdata.reward.backbone.model_folder import open_saved
    from prefdata.reward.backbone.network import reward_network

    backbone = reward.backbone
    device = device_named(backbone.device, "reward.backbone.device")
    model, tokenizer = open_saved(folder, device)
    _check_vocabulary(model, tokenizer, folder)
    length = _length(folder) or _within(reward.length, model, tokenizer)
    pads = (tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
    pad = next(number for number in pads if number is not None)
    is_half = backbone.dtype == "auto" and device.startswith("cuda")
    return BackboneScorer(
        identity=_identity(folder, length, "bfloat16" if is_half else backbone.dtype),
        remarks=_remarks(model, tokenizer),
        folder=folder,
        network=reward_network(model, pad, backbone, length.tokens),
        device=device,
        length=length,
        limit=tokens_at_a_time(reward.optimiser.tokens, device),
        dtype=backbone.dtype,
    )


def _length(folder: Path) -> LengthConfig | None:
    """The length config recorded at training, None if there is none.

    Its `beyond` is not "error": a pair that is too long is not scored, and scoring goes on.
    """
    from prefdata.reward.backbone.model_folder import read_reward_model_file

    noted = read_reward_model_file(folder)
    if noted is None:
        return None
    beyond = "drop" if noted.beyond == "error" else noted.beyond
    return LengthConfig.model_validate({"tokens": noted.tokens, "beyond": beyond})


def _check_vocabulary(model: Any, tokenizer: Any, folder: Path) -> None:
    known = model.get_input_embeddings().num_embeddings
    last = max(tokenizer.get_vocab().values())
    if last >= known:
        raise ModelError(
            f"the tokenizer in {folder} has ids up to {last:,} and its model knows {known:,} of "
            "them: they do not belong together. Save both with save_pretrained()."
        )


def _within(length: LengthConfig, model: Any, tokenizer: Any) -> LengthConfig:
    """The length config with at most as many tokens as the context window of the model."""
    positions = getattr(model.config, "max_position_embeddings", None)
    limits = (positions, getattr(tokenizer, "model_max_length", None))
    longest = min(int(limit) for limit in (*limits, length.tokens) if limit and limit > 0)
    return length.model_copy(update={"tokens": longest})


def _remarks(model: Any, tokenizer: Any) -> dict[str, Sentence]:
    from prefdata.reward.backbone.network import has_score_head

    if not has_score_head(model) or model.config.pad_token_id != tokenizer.eos_token_id:
        return {}
    return {"pad-is-eos": Sentence("reward.pad-is-eos", token=str(tokenizer.eos_token))}


def _identity(folder: Path, length: LengthConfig, dtype: str) -> ScorerIdentity:
    weights = model_digest(folder)
    tokens = tokens_identity(str(folder), length)
    return ScorerIdentity(folder.absolute().name, "backbone", fingerprint(weights, tokens, dtype))
