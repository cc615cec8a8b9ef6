"""Options on the training of reward models."""

from __future__ import annotations

from prefdata.cli.options.knobs import in_order, knob

model = in_order(
    knob("reward.backbone.name", "--model", metavar="NAME"),
    knob("reward.backbone.dtype", "--dtype"),
    knob("reward.backbone.packing", "--packing"),
    knob("reward.backbone.gradient_checkpointing", "--gradient-checkpointing"),
    knob("reward.backbone.lora.rank", "--lora", metavar="RANK"),
    knob("encoder.name", "--encoder", metavar="NAME"),
    knob("reward.head.kind", "--head"),
    knob("reward.head.members", "--members"),
    knob("reward.head.folds", "--folds"),
    knob("reward.backbone.device", "--device", metavar="NAME"),
)
"""Options on the model: a backbone, or a head on the embeddings of an encoder."""

learning = in_order(
    knob("reward.objective.margin", "--margin/--no-margin"),
    knob("reward.objective.centring", "--centring"),
    knob("reward.objective.smoothing", "--smoothing"),
    knob("reward.length.tokens", "--max-length"),
    knob("reward.length.beyond", "--beyond"),
    knob("reward.optimiser.epochs", "--epochs"),
    knob("reward.optimiser.pairs", "--batch"),
    knob("reward.optimiser.tokens", "--batch-tokens"),
    knob("reward.optimiser.learning_rate", "--learning-rate"),
    knob("reward.optimiser.warmup", "--warmup"),
    knob("reward.optimiser.schedule", "--schedule"),
    knob("reward.evaluation.every", "--evaluate-every", metavar="STEPS"),
    knob("reward.evaluation.patience", "--patience", metavar="COUNT"),
    knob("reward.checkpoint.every", "--checkpoint-every", metavar="STEPS"),
    knob("reward.checkpoint.tensorboard", "--tensorboard"),
    knob("reward.optimiser.seed", "--seed"),
)
"""Options on loss, lengths, optimiser, evaluation and checkpoints."""
