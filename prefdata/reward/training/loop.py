"""The training of a reward model, from the first step to the last."""

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
from prefdata.reward.training.processes import together
from prefdata.reward.training.sampling import pairs_of_step
from prefdata.reward.training.state import Trained
from prefdata.reward.training.step_metrics import Names, StepMetrics, row_numbers
from prefdata.reward.training.training_run import Run, seed_step, training


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
    """Trains the network in place; `folder` holds checkpoints and curves while it lasts.

    Where a run of the same config, pairs and weights was killed in that folder, it goes on from
    its checkpoint: on a CPU to the same bits. Started by torchrun, all processes train one model.
    Raises RunError, with rows called by `names`, when a loss is not finite.
    """
    optimiser, device = config.optimiser, next(network.parameters()).device
    limit = tokens_at_a_time(optimiser.tokens, device)
    with training(network, config), together(device) as processes:
        run = Run(network, train, held_out, config, folder, processes, names)
        with run.training_log() as write:
            while not run.is_over:
                began, step = perf_counter(), run.state.step
                numbers = pairs_of_step(len(train), optimiser, step)
                seen = StepMetrics(train, numbers, device)
                share = processes.share(train, numbers)
                seed_step(optimiser.seed, step, processes.number)
                run.gradients.clear()
                for batch in micro_batches(network, train, share, limit, device):
                    with autocast(device, config.backbone.dtype):
                        rewards = network(batch)
                    losses = pair_losses(rewards, batch.margins, config.objective)
                    (losses.sum() / len(numbers)).backward()  # type: ignore[no-untyped-call]
                    seen.note(batch, rewards, losses)
                processes.add_up(run.gradients.flat)
                seen.add_up(processes)
                norm = run.gradients.clip(optimiser.clip)
                seen.check(f"in step {step + 1}", norm, names=names)
                rate = rate_of_step(step, run.steps, optimiser)
                set_rate(run.adam, rate)
                run.adam.step()

                seconds = perf_counter() - began
                run.state.add(seen.loss, seconds)
                tokens = int((train.starts[numbers + 1] - train.starts[numbers]).sum())
                speed = {
                    "pairs_per_second": len(numbers) / seconds,
                    "tokens_per_second": tokens / seconds,
                }
                found = {"loss": seen.loss, "accuracy": seen.accuracy, "gradient_norm": norm}
                write(step + 1, found | {"learning_rate": rate} | speed)
                progress(run.pairs_seen)
                if held_out and run.is_due(config.evaluation.every):
                    run.evaluate(held_out, write)
                if config.checkpoint.every and run.is_due(config.checkpoint.every):
                    run.save()
        return run.finish()
