"""Trains a language model on the pairs of a dataset, in one or several processes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.io.files.atomic import write_json_atomic
from prefdata.models.device import device_named
from prefdata.models.weights import weights_digest
from prefdata.pipeline.learn.trained import (
    Division,
    TrainedResult,
    divide,
    measured,
    refuse_nothing,
    rule_of,
)
from prefdata.pipeline.run.manifest_entries import versions
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.preflight import load_tokenizer
from prefdata.results.layout import MODEL_NOTE, TRAINING_LOG
from prefdata.results.sentences import Sentence, joined
from prefdata.results.training import Course, TrainedModel
from prefdata.steps.pairs.pair_table import PairTable, read_pair_table
from prefdata.steps.progress import Report
from prefdata.steps.reward.read_rewards import Scored
from prefdata.steps.reward.tokenise import TokenSummary, read_pairs, tokenise, tokens_identity

if TYPE_CHECKING:
    from prefdata.reward.backbone.network import RewardNetwork
    from prefdata.reward.backbone.open_backbone import Backbone
    from prefdata.reward.backbone.pairs import TokenPairs
    from prefdata.reward.training.state import Trained

_LIBRARIES = ("torch", "transformers")


class Work(msgspec.Struct, frozen=True):
    """Paths that all processes of a training share: the pairs, and the folder of checkpoints."""

    tokens: str
    pairs_file: str
    folder: str


@dataclass(frozen=True)
class Training:
    """A finished training: the model, and the pairs that were trained on or held out."""

    backbone: Backbone
    network: RewardNetwork
    tokenizer: Any
    pairs: TokenPairs
    known: PairTable
    division: Division
    trained: Trained


def learn_backbone(data: Dataset) -> TrainedResult:
    """Tokenises, trains, and measures held-out pairs; runs in the first of several processes.

    Raises ModelError if the model cannot be had, DataError if no pair is left to train on, RunError
    if a loss is not finite or memory does not suffice.
    """
    from prefdata.reward.backbone.hardware import own_device
    from prefdata.reward.backbone.open_backbone import backbone_folder
    from prefdata.reward.training.processes import process_group

    trail = data.trail.branch()
    run, config, report = trail.run, trail.run.config, trail.run.report
    reward = config.reward
    device = own_device(device_named(reward.backbone.device, "reward.backbone.device"))
    folder = backbone_folder(reward.backbone)
    digest = weights_digest(folder, code=False)
    tokens = trail.folder("tokens", tokens_identity(str(folder), reward.length))
    summary = tokenise(
        run.engine, trail.shards, trail.verdicts, str(folder), reward.length, tokens, report,
        sources=trail.names,
    )  # fmt: skip
    trail.add_verdicts("tokenise", tokens / "verdicts.arrow")
    rows = read_pairs(tokens).rows
    refuse_nothing(data, summary.dropped, divide(data.pairs().of(rows), config))
    # settings are left out: a checkpoint records those that tell its training from others, and one
    # that ran out of memory can resume with fewer tokens at a time
    training = trail.folder("training", digest)
    work = Work(str(tokens), str(data.pairs_file), str(training))
    with process_group(device) as processes:
        work = msgspec.json.decode(
            processes.broadcast(msgspec.json.encode(work).decode()), type=Work
        )
        done = _train(work, config, device, report)
    rewards, scored = _rewards(done, config, device, report)
    rule = rule_of(done.known.of(done.pairs.rows[done.division.trained]))
    judged = done.known.of(done.pairs.rows[done.division.held_out])
    return TrainedResult(
        kind="backbone",
        model=_model(config, digest, done.network),
        course=_course(done, config, str(device)),
        rows=done.pairs.rows,
        division=done.division,
        scored=scored,
        verdicts=trail.verdicts,
        dropped=summary.dropped,
        held_out=measured(judged, rewards, rule, config),
        cross_validated=None,
        remarks=_remarks(done, summary, config),
        identity=fingerprint(
            trail.identity, reward.model_dump(mode="json", exclude={"head", "filter"})
        ),
        save=lambda final: _save(
            final, done, Path(work.folder), config, data.trail.identity, digest
        ),
        versions=versions(*_LIBRARIES),
    )


def follow(config: BuildConfig) -> None:
    """Runs in every process but the first: waits for the pairs, then trains with the others."""
    from prefdata.reward.backbone.hardware import own_device
    from prefdata.reward.training.processes import process_group
    from prefdata.steps.progress import silent

    device = own_device(device_named(config.reward.backbone.device, "reward.backbone.device"))
    with process_group(device) as processes:
        _train(msgspec.json.decode(processes.broadcast(None), type=Work), config, device, silent)


def _train(work: Work, config: BuildConfig, device: Any, report: Report) -> Training:
    from prefdata.reward.backbone.network import reward_network
    from prefdata.reward.backbone.open_backbone import backbone_folder, open_backbone
    from prefdata.reward.training.loop import train_backbone
    from prefdata.reward.training.sampling import pair_count

    reward = config.reward
    pairs, known = read_pairs(Path(work.tokens)), read_pair_table(Path(work.pairs_file))
    division = divide(known.of(pairs.rows), config)
    train, watched = pairs.only(division.trained), pairs.only(division.watched)
    tokenizer = load_tokenizer(str(backbone_folder(reward.backbone)))
    seed, longest = reward.optimiser.seed, reward.length.tokens
    backbone = open_backbone(reward.backbone, tokenizer, device, seed=seed, tokens=longest)
    pad = tokenizer.pad_token_id
    assert pad is not None, "a model is opened with padding of its own"
    network = reward_network(backbone.model, pad, reward.backbone, reward.length.tokens)
    total = pair_count(len(train), reward.optimiser) if len(train) else 0
    trained = train_backbone(
        network,
        train,
        watched if len(watched) else None,
        reward,
        Path(work.folder),
        progress=lambda done: report("train", done, total),
        names=known.named,
    )
    return Training(backbone, network, tokenizer, pairs, known, division, trained)


def _rewards(
    done: Training, config: BuildConfig, device: Any, report: Report
) -> tuple[Any, Scored]:
    """Rewards of the held-out pairs (n, 2), and the same with row numbers and margins."""
    from prefdata.reward.backbone.hardware import tokens_at_a_time
    from prefdata.reward.backbone.scoring import rewards_of

    pairs = done.pairs.only(done.division.held_out)
    rewards = rewards_of(
        done.network,
        pairs,
        device,
        tokens_at_a_time(config.reward.optimiser.tokens, device),
        lambda count: report("score", count, len(pairs)),
        dtype=config.reward.backbone.dtype,
    )
    spread = np.full(len(pairs), np.nan, np.float32)
    return rewards, Scored(pairs.rows, rewards, spread, done.known.of(pairs.rows).margins)


def _model(config: BuildConfig, digest: str, network: RewardNetwork) -> TrainedModel:
    counts = [(weight.numel(), weight.requires_grad) for weight in network.parameters()]
    return TrainedModel(
        name=config.reward.backbone.name,
        fingerprint=digest,
        parameters=sum(count for count, _ in counts),
        trained_parameters=sum(count for count, is_trained in counts if is_trained),
    )


def _course(done: Training, config: BuildConfig, device: str) -> Course:
    trained, dtype = done.trained, config.reward.backbone.dtype
    if dtype == "auto":
        dtype = "bfloat16" if device.startswith("cuda") else "float32"
    return Course(
        steps=trained.steps,
        epochs=trained.pairs / max(int(done.division.trained.sum()), 1),
        seconds=trained.seconds,
        pairs_per_second=trained.pairs_per_second,
        final_loss=trained.losses[-1],
        stopped_early=trained.stopped_early,
        resumed_at=trained.resumed_from or None,
        processes=trained.processes,
        device=device,
        dtype=dtype,
        packed=done.network.is_packed,
        why_plain=done.network.why_plain,
    )


def _remarks(done: Training, summary: TokenSummary, config: BuildConfig) -> dict[str, str]:
    remarks: dict[str, str] = {}
    if done.backbone.remarks:
        remarks["backbone"] = joined(*done.backbone.remarks)
    if summary.mode == "plain-text" and done.tokenizer.eos_token is not None:
        remarks["plain-text"] = Sentence("train.plain-text")
    for reason, rows in summary.flagged.items():
        remarks[reason] = Sentence("train.some-pairs", rows=rows, pairs=summary.pairs)
    positions = getattr(done.network.model.config, "max_position_embeddings", None)
    if positions is not None and summary.longest > positions:
        remarks["beyond-positions"] = Sentence(
            "train.beyond-positions", positions=positions, longest=summary.longest, limit=positions
        )
    division = done.division
    if config.reward.evaluation.patience and not division.validation.any():
        remarks["stopped-by-held-out"] = Sentence("train.stopped-by-held-out")
    return remarks


def _save(
    final: Path, done: Training, folder: Path, config: BuildConfig, data: str, backbone: str
) -> None:
    from prefdata.reward.backbone.model_folder import RewardModelFile, save_backbone

    reward = config.reward
    save_backbone(done.network.model, done.tokenizer, final)
    shutil.copy2(folder / TRAINING_LOG, final / TRAINING_LOG)
    if (folder / "tensorboard").exists():
        shutil.copytree(folder / "tensorboard", final / "tensorboard")
    described = RewardModelFile(
        kind="backbone",
        source=reward.backbone.name,
        tokens=reward.length.tokens,
        beyond=reward.length.beyond,
        objective=reward.objective.model_dump(),
        fingerprints={"data": data, "backbone": backbone},
        versions=versions(*_LIBRARIES),
    )
    write_json_atomic(final / MODEL_NOTE, msgspec.to_builtins(described))
