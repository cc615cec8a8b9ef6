from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from small_models import small_model
from training_program import small_network

from prefdata.reward.backbone.pairs import token_pairs
from prefdata.reward.backbone.scoring import rewards_of


@pytest.mark.parametrize("name", ["llama", "bert"])
def test_rewards_come_in_the_order_of_the_pairs(name: str, random_pairs: Any) -> None:
    pairs = random_pairs(30)
    told: list[int] = []
    found = rewards_of(small_network(name), pairs, "cpu", 200, told.append)
    assert found.dtype == np.float32
    assert told[-1] == 30
    assert told == sorted(set(told))
    model = small_model(name)
    with torch.no_grad():
        for number in (0, 7, 29):
            for place, side in enumerate(pairs.sides(number)):
                ids = torch.from_numpy(side.astype(np.int64))[None]
                expected = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.item()
                assert found[number, place] == pytest.approx(expected, abs=1e-5)


def test_how_many_at_a_time_changes_nothing(random_pairs: Any) -> None:
    network, pairs = small_network(), random_pairs(30)
    found = [rewards_of(network, pairs, "cpu", limit) for limit in (1, 100, 10_000)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    np.testing.assert_allclose(found[0], found[2], atol=1e-5)


def test_the_network_stays_in_its_mode() -> None:
    network = small_network().train()
    rewards_of(network, token_pairs([([1, 2], [1, 3])]), "cpu", 100)
    assert network.training
    assert all(part.training for part in network.modules())


def test_no_pairs_no_rewards() -> None:
    assert rewards_of(small_network(), token_pairs([]), "cpu", 100).shape == (0, 2)
