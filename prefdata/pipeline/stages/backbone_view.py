"""A language model as a view of the audit: fine-tuned once for every fold and variant."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.io.files.arrays import read_array, write_array
from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.models.device import device_named
from prefdata.models.weights import weights_digest
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.preflight import load_tokenizer
from prefdata.records.arrays import Floats, Ints
from prefdata.steps.progress import Report
from prefdata.steps.reward.tokenise import read_pairs, tokenise, tokens_identity

if TYPE_CHECKING:
    from prefdata.reward.backbone.pairs import TokenPairs


@dataclass(frozen=True)
class BackboneView:
    """Reward margins of a language model, fine-tuned for each fold of the first repeat.

    Only one division into folds is used, since a model per fold and variant is costly; each pair is
    held out in any division. `rows` (n): the judged pairs; those that the model cannot take (too
    long, for example) get 0. The margins of every trained model are kept in `folder`, so that an
    interrupted audit resumes with the next one; labels of different weight count by their sign
    alone.
    """

    pairs: TokenPairs
    rows: Ints
    config: BuildConfig
    device: Any
    folder: Path
    report: Report
    name: str = "backbone"
    is_content: bool = True

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """Trains `variants` x folds models in sequence; see `label_audit.views.view.View`."""
        margins = np.zeros((plan.variants, plan.repeats, len(self.rows)), np.float32)
        places = np.searchsorted(self.rows, self.pairs.rows)
        folds = plan.folds[0]
        names = np.unique(folds)
        for variant, labels in enumerate(plan.labels):
            for done, fold in enumerate(names.tolist()):
                held_out = np.flatnonzero(folds[places] == fold)
                trained = np.flatnonzero((folds[places] != fold) & (labels[places] != 0))
                margins[variant, :, places[held_out]] = self._of_fold(
                    trained, held_out, labels[places]
                )[:, None]
                if progress is not None:
                    progress(variant * len(names) + done + 1, plan.variants * len(names))
        return margins

    def _of_fold(self, trained: Ints, held_out: Ints, labels: Floats) -> Floats:
        turned = labels[trained] < 0
        mark = fingerprint(
            trained.tobytes().hex(), turned.tobytes().hex(), held_out.tobytes().hex()
        )
        file = self.folder / f"margins-{mark}.npy"
        if not file.exists():
            margins = self._trained(trained, turned, held_out, self.folder / f"training-{mark}")
            write_array(file, margins)
        return np.asarray(read_array(file))

    def _trained(self, trained: Ints, turned: Any, held_out: Ints, folder: Path) -> Floats:
        from prefdata.reward.backbone.hardware import tokens_at_a_time
        from prefdata.reward.backbone.network import reward_network
        from prefdata.reward.backbone.open_backbone import backbone_folder, open_backbone
        from prefdata.reward.backbone.scoring import rewards_of
        from prefdata.reward.training.loop import train_backbone
        from prefdata.reward.training.sampling import pair_count

        reward = self.config.reward
        tokenizer = load_tokenizer(str(backbone_folder(reward.backbone)))
        seed, longest = reward.optimiser.seed, reward.length.tokens
        backbone = open_backbone(reward.backbone, tokenizer, self.device, seed=seed, tokens=longest)
        pad = tokenizer.pad_token_id
        assert pad is not None, "a model is opened with padding of its own"
        network = reward_network(backbone.model, pad, reward.backbone, longest)
        pairs = self.pairs.only(trained).swapped(turned)
        total = pair_count(len(pairs), reward.optimiser)
        train_backbone(
            network, pairs, None, reward, folder,
            progress=lambda done: self.report("train", done, total),
        )  # fmt: skip
        limit = tokens_at_a_time(reward.optimiser.tokens, self.device)
        rewards = rewards_of(
            network, self.pairs.only(held_out), self.device, limit, dtype=reward.backbone.dtype
        )
        shutil.rmtree(folder, ignore_errors=True)
        margins: Floats = np.nan_to_num(rewards[:, 0] - rewards[:, 1]).astype(np.float32)
        return margins


def backbone_view(data: Dataset, rows: Ints) -> tuple[BackboneView, dict[str, int]]:
    """Tokenises the pairs; returns the view, and the number of rows it cannot take, by reason.

    Raises ModelError if the model cannot be had.
    """
    from prefdata.reward.backbone.hardware import own_device
    from prefdata.reward.backbone.open_backbone import backbone_folder

    trail = data.trail.branch()
    run, reward = trail.run, trail.run.config.reward
    device = own_device(device_named(reward.backbone.device, "reward.backbone.device"))
    folder = backbone_folder(reward.backbone)
    tokens = trail.folder("tokens", tokens_identity(str(folder), reward.length))
    summary = tokenise(
        run.engine, trail.shards, trail.verdicts, str(folder), reward.length, tokens, run.report,
        sources=trail.names,
    )  # fmt: skip
    settings = reward.model_dump(mode="json", exclude={"head", "filter"})
    kept = trail.folder("backbone", weights_digest(folder, code=False), settings)
    kept.mkdir(parents=True, exist_ok=True)
    view = BackboneView(read_pairs(tokens), rows, run.config, device, kept, run.report)
    return view, summary.dropped
