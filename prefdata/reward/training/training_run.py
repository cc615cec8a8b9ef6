"""The objects of a training run, and what its loop does periodically: log, evaluate, checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prefdata.config.reward import RewardConfig
from prefdata.errors import DataError, ModelError, RunError
from prefdata.reward.backbone.hardware import autocast, tokens_at_a_time
from prefdata.reward.backbone.network import RewardNetwork
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.reward.backbone.scoring import evaluating, micro_batches
from prefdata.reward.training.checkpoint import (
    find_checkpoint,
    fingerprint_of,
    load_best,
    load_checkpoint,
    save_best,
    save_checkpoint,
)
from prefdata.reward.training.objective import pair_losses
from prefdata.reward.training.optimiser import Gradients, adamw
from prefdata.reward.training.processes import Processes
from prefdata.reward.training.sampling import pair_count, step_count
from prefdata.reward.training.state import StepEvaluation, Trained, TrainingState
from prefdata.reward.training.step_metrics import Names, StepMetrics, row_numbers
from prefdata.reward.training.training_log import Write, training_log


class TrainingRun:
    """One training run: `steps` are planned; `state` is its progress."""

    def __init__(
        self,
        network: RewardNetwork,
        train: TokenPairs,
        held_out: TokenPairs | None,
        config: RewardConfig,
        folder: Path,
        processes: Processes,
        names: Names = row_numbers,
    ) -> None:
        if not len(train):
            raise DataError("there is no pair to train on: all were dropped or held out")
        self.network, self.config, self.names = network, config, names
        self.folder, self.processes = folder, processes
        self.pairs, self.steps = len(train), step_count(len(train), config.optimiser)
        self.device = next(network.parameters()).device
        named = network.named_parameters()
        self.weights = {name: weight for name, weight in named if weight.requires_grad}
        processes.same_weights(self.weights.values())
        self.fingerprint = fingerprint_of(network, train, held_out, config)
        self.gradients = Gradients(self.weights.values())
        self.adam = adamw(self.weights.values(), config.optimiser)
        self.state = self._resumed()
        self.resumed_from = self.state.step

    def _resumed(self) -> TrainingState:
        """Restores the newest checkpoint of this training; a new state if there is none."""
        checkpoint = find_checkpoint(self.folder, self.fingerprint)
        if checkpoint is None:
            return TrainingState()
        path, state = checkpoint
        load_checkpoint(path, self.weights, self.adam)
        return state

    @property
    def is_over(self) -> bool:
        return self.state.step == self.steps or self.stopped_early

    @property
    def stopped_early(self) -> bool:
        return self.state.has_waited(self.config.evaluation.patience)

    @property
    def pairs_seen(self) -> int:
        return pair_count(self.pairs, self.config.optimiser, self.state.step)

    def is_due(self, every: int) -> bool:
        """Whether something that is done every `every` steps, and at the end, is due now."""
        return self.is_over or (every > 0 and self.state.step % every == 0)

    @contextmanager
    def training_log(self) -> Iterator[Write]:
        """A context with the function that logs metrics; only the first process writes them."""
        if not self.processes.is_first:
            yield lambda step, values: None
            return
        board = self.config.checkpoint.tensorboard
        with training_log(self.folder, after=self.state.step, tensorboard=board) as write:
            yield write

    def evaluate(self, held_out: TokenPairs, write: Write) -> None:
        """Evaluates loss and accuracy on held-out pairs; with patience, saves the best weights."""
        numbers = np.arange(len(held_out))
        limit = tokens_at_a_time(self.config.optimiser.tokens, self.device)
        metrics = StepMetrics(held_out, numbers, self.device)
        share = self.processes.share(held_out, numbers)
        with evaluating(self.network), torch.no_grad():
            for batch in micro_batches(self.network, held_out, share, limit, self.device):
                with autocast(self.device, self.config.backbone.dtype):
                    rewards = self.network(batch)
                losses = pair_losses(rewards, batch.margins, self.config.objective)
                metrics.note(batch, rewards, losses)
        metrics.add_up(self.processes)
        metrics.check(f"on held-out pairs after step {self.state.step}", names=self.names)
        self._note(StepEvaluation(self.state.step, metrics.loss, metrics.accuracy), write)

    def _note(self, evaluation: StepEvaluation, write: Write) -> None:
        self.state.evaluations.append(evaluation)
        write(
            evaluation.step,
            {"held_out_loss": evaluation.loss, "held_out_accuracy": evaluation.accuracy},
        )
        keeps_best = self.config.evaluation.patience > 0 and self.processes.is_first
        if keeps_best and self.state.best is evaluation:
            save_best(self.folder, evaluation.step, self.weights)

    def save(self) -> None:
        """Writes a checkpoint, in the first process only."""
        if self.processes.is_first:
            save_checkpoint(self.folder, self.state, self.weights, self.adam, self.fingerprint)

    def finish(self) -> Trained:
        """Restores the best weights if some were saved; returns the result of the training."""
        self.processes.wait()  # until the first process has written the files that others read
        best = self.state.best if self.config.evaluation.patience else None
        if best is not None and best.step != self.state.step:
            load_best(self.folder, best.step, self.weights)
        self.gradients.drop()
        return Trained(
            steps=self.state.step,
            resumed_from=self.resumed_from,
            pairs=self.pairs_seen,
            seconds=self.state.seconds,
            losses=tuple(self.state.losses),
            evaluations=tuple(self.state.evaluations),
            kept_step=best.step if best else self.state.step,
            stopped_early=self.stopped_early,
            processes=self.processes.count,
        )


@contextmanager
def training(network: RewardNetwork, config: RewardConfig) -> Iterator[None]:
    """A context with the network in training mode, and in evaluation mode afterwards.

    The state of random numbers is restored at the end. Raises RunError if a GPU has too little
    memory.
    """
    device = next(network.parameters()).device
    network.train()
    twice = config.backbone.gradient_checkpointing
    try:
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            recompute_activations(network.model) if twice else nullcontext(),
        ):
            yield
    except torch.cuda.OutOfMemoryError as error:
        raise RunError(
            "the GPU has too little memory for "
            f"{tokens_at_a_time(config.optimiser.tokens, device):,} tokens at a time: "
            "lower optimiser.tokens (which changes nothing else), turn "
            "backbone.gradient_checkpointing on, or train adapters (backbone.lora.rank)"
        ) from error
    finally:
        network.eval()


def seed_step(seed: int, step: int, process: int) -> None:
    """Seeds random numbers (LoRA's dropout) by step, independently of what was drawn before."""
    torch.manual_seed(int(np.random.SeedSequence([seed, step, process]).generate_state(1)[0]))


@contextmanager
def recompute_activations(model: Any) -> Iterator[None]:
    """A context with gradient checkpointing: layers store only their inputs, and recompute
    activations in the backward pass.

    Raises ModelError if the model does not support it.
    """
    try:
        # its name before transformers 5.20
        enable = getattr(model, "activation_checkpointing_enable", None)
        (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})
    except ValueError as error:
        raise ModelError(
            f"{type(model).__name__} cannot compute its activations twice: turn "
            "backbone.gradient_checkpointing off"
        ) from error
    try:
        yield
    finally:
        disable = getattr(model, "activation_checkpointing_disable", None)
        (disable or model.gradient_checkpointing_disable)()
