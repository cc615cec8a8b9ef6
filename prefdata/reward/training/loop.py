"""The training loop of a reward model."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from prefdata.config.reward import RewardConfig
from prefdata.reward.backbone.hardware import autocast, tokens_at_a_time
from prefdata.reward.backbone.network import RewardNetwork
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.reward.backbone.scoring import Progress, micro_batches, silent
from prefdata.reward.training.objective import pair_losses
from prefdata.reward.training.optimiser import rate_of_step, set_rate
from prefdata.reward.training.processes import process_group
from prefdata.reward.training.sampling import pairs_of_step
from prefdata.reward.training.state import Trained
from prefdata.reward.training.step_metrics import Names, StepMetrics, row_numbers
from prefdata.reward.training.training_run import TrainingRun, seed_step, training


def train_backbone(
    network: RewardNetwork,
    train: TokenPairs,
    held_out: TokenPairs | None,
    config: RewardConfig,
    folder: Path,
    *,
    progress: Progress = silent,
    names: Names = row_numbers,
) -> Trained:
    """Trains the network in place; writes checkpoints and the training log to `folder`.

    If a run with the same config, pairs and weights was interrupted in that folder, it resumes from
    its checkpoint, with the same bits on a CPU. Under torchrun all processes train one model.
    Raises RunError, which names rows by `names`, if a loss is not finite.
    """
    optimiser, device = config.optimiser, next(network.parameters()).device
    limit = tokens_at_a_time(optimiser.tokens, device)
    with training(network, config), process_group(device) as processes:
        run = TrainingRun(network, train, held_out, config, folder, processes, names)
        with run.training_log() as write:
            while not run.is_over:
                began, step = perf_counter(), run.state.step
                numbers = pairs_of_step(len(train), optimiser, step)
                metrics = StepMetrics(train, numbers, device)
                share = processes.share(train, numbers)
                seed_step(optimiser.seed, step, processes.number)
                run.gradients.clear()
                for batch in micro_batches(network, train, share, limit, device):
                    with autocast(device, config.backbone.dtype):
                        rewards = network(batch)
                    losses = pair_losses(rewards, batch.margins, config.objective)
                    (losses.sum() / len(numbers)).backward()  # type: ignore[no-untyped-call]
                    metrics.note(batch, rewards, losses)
                processes.add_up(run.gradients.flat)
                metrics.add_up(processes)
                norm = run.gradients.clip(optimiser.clip)
                metrics.check(f"in step {step + 1}", norm, names=names)
                rate = rate_of_step(step, run.steps, optimiser)
                set_rate(run.adam, rate)
                run.adam.step()

                seconds = perf_counter() - began
                run.state.add(metrics.loss, seconds)
                tokens = int((train.starts[numbers + 1] - train.starts[numbers]).sum())
                speed = {
                    "pairs_per_second": len(numbers) / seconds,
                    "tokens_per_second": tokens / seconds,
                }
                values = {"loss": metrics.loss, "accuracy": metrics.accuracy, "gradient_norm": norm}
                write(step + 1, values | {"learning_rate": rate} | speed)
                progress(run.pairs_seen)
                if held_out and run.is_due(config.evaluation.every):
                    run.evaluate(held_out, write)
                if config.checkpoint.every and run.is_due(config.checkpoint.every):
                    run.save()
        return run.finish()
