"""Bradley-Terry with judges: scores of completions, and a reliability for each judge.

The model of Chen, Bennett, Collins-Thompson and Horvitz, "Pairwise ranking aggregation in a
crowdsourced setting" (WSDM 2013): a vote prefers i to k with probability
r s(x_i - x_k) + (1 - r) s(x_k - x_i), where s is the logistic function, x a score and r the
reliability of the judge, shared over all prompts. A tie is half a win for each side, whoever gave
it; of a vote with strength v, the part v is a win, and 1 - v a tie. Scores have a normal prior
around 0, which also keeps them finite, and r a Beta prior. As in `dawid_skene`, no judge counts as
worse than a coin.

Scores and reliabilities are estimated by turns. A judge is right or wrong about an item by what the
other judges of the item and the other items of the prompt say of it. (If scores that a vote has
moved itself were to judge that vote, all judges would look reliable: in simulations their accuracy
came out 0.2 too high.) What other items say comes from the scores without the item, by one step of
Newton's method: Rad and Maleki, "A scalable estimate of the out-of-sample prediction error via
approximate leave-one-out cross-validation" (JRSS B 82, 2020), here with a diagonal Hessian.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.records.arrays import Doubles, Flags, Ints
from prefdata.transforms.judgements.votes import Items, Votes

PENALTY = 0.1
"""Weight of half the sum of squared scores."""

CERTAIN = 0.001
"""A probability nearer to one half is a tie."""

_PRIOR_RIGHT, _PRIOR_WRONG = 4.0, 1.0  # votes in advance, right and wrong
_TINY = float(np.finfo(np.float64).tiny)
_LEAST = 0.51  # the reliability that every judge is granted
_SEARCH = {"maxiter": 200, "gtol": 1e-6, "ftol": 1e-10, "maxfun": 10**6}  # of scores, in a round


@dataclass(frozen=True)
class BradleyTerry:
    """The estimates of the model, and whether they came to rest.

    `scores` (completions): natural-log odds, to be compared within a prompt only; 0 without votes.
    `probability` (items): that first is better. `side` (items): 1 first, 0 tie, -1 second. `mean`
    (items): probability of first less that of second. `reliability` (judges): probability of a
    right vote among those that are no tie. `is_converged`: no reliability moved by more than the
    tolerance in the last of the `rounds`.
    """

    scores: Doubles
    probability: Doubles
    side: Ints
    mean: Doubles
    reliability: Doubles
    is_converged: bool
    rounds: int


def bradley_terry(
    votes: Votes,
    items: Items,
    *,
    penalty: float = PENALTY,
    reliability: Doubles | None = None,
    most_rounds: int = 50,
    tolerance: float = 1e-3,
) -> BradleyTerry:
    """Fits scores and reliabilities; deterministic.

    `reliability` (judges): given, not estimated; all 1 is Bradley-Terry without judges.
    """
    start = np.full(votes.judges, _PRIOR_RIGHT / (_PRIOR_RIGHT + _PRIOR_WRONG))
    right = start if reliability is None else reliability
    scores, moved, rounds = np.zeros(items.completions), np.inf, 0
    while moved > tolerance and rounds < most_rounds:
        used, before = np.maximum(right, _LEAST), right
        scores = _scores(scores, votes, items, used, penalty)
        if reliability is None:
            right = _reliability(votes, used, _without_item(scores, votes, items, used, penalty))
        moved = float(np.abs(right - before).max(initial=0.0))
        rounds += 1
    probability = _logistic(scores[items.first] - scores[items.second])
    mean = 2 * probability - 1
    return BradleyTerry(
        scores=scores,
        probability=probability,
        side=np.where(np.abs(mean) / 2 < CERTAIN, 0, np.sign(mean)).astype(np.int64),
        mean=mean,
        reliability=right,
        is_converged=moved <= tolerance,
        rounds=rounds,
    )


def _scores(
    start: Doubles, votes: Votes, items: Items, reliability: Doubles, penalty: float
) -> Doubles:
    """The scores of greatest posterior density (L-BFGS), for given reliabilities."""
    from scipy.optimize import minimize

    terms = _terms(votes, reliability)

    def loss(scores: Doubles) -> tuple[float, Doubles]:
        value, slope = _log_likelihood(scores[items.first] - scores[items.second], terms)
        gradient = penalty * scores - _to_completions(slope, -slope, items)
        return penalty / 2 * float(scores @ scores) - value, gradient

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=_SEARCH)
    scores: Doubles = found.x
    return scores


@dataclass(frozen=True)
class _Terms:
    """The decided votes (n): item, whether first is preferred, weight, slope 2r - 1, and 1 - r.

    `ties` (items): weight of the ties.
    """

    item: Ints
    is_first: Flags
    won: Doubles
    trust: Doubles
    wrong: Doubles
    ties: Doubles


def _terms(votes: Votes, reliability: Doubles) -> _Terms:
    won = votes.weight * np.abs(votes.verdict)
    decided = np.flatnonzero(votes.verdict)
    r = reliability[votes.judge[decided]]
    return _Terms(
        item=votes.item[decided],
        is_first=votes.verdict[decided] > 0,
        won=won[decided],
        trust=2 * r - 1,
        wrong=1 - r,
        ties=np.bincount(votes.item, votes.weight - won, votes.items).astype(np.float64),
    )


def _log_likelihood(gap: Doubles, terms: _Terms) -> tuple[float, Doubles]:
    """The log likelihood for `gap` (items), and its slope (items)."""
    first, second = _logistic(gap), _logistic(-gap)
    likely = _likely(first, second, terms)
    signed = np.where(terms.is_first, terms.won, -terms.won) * terms.trust / likely
    slope = first * second * np.bincount(terms.item, signed, len(gap))
    value = float(terms.won @ np.log(likely))
    if terms.ties.any():
        slope += terms.ties * (0.5 - first)
        value -= float(terms.ties @ (np.logaddexp(0, gap) + np.logaddexp(0, -gap))) / 2
    return value, slope


def _information(gap: Doubles, terms: _Terms) -> Doubles:
    """Fisher information of the votes on each item about `gap` (items)."""
    first, second = _logistic(gap), _logistic(-gap)
    likely = _likely(first, second, terms)
    of_votes = terms.won * terms.trust**2 / np.maximum(likely * (1 - likely), _TINY)
    spread = first * second
    return spread**2 * np.bincount(terms.item, of_votes, len(gap)) + terms.ties * spread


def _likely(first: Doubles, second: Doubles, terms: _Terms) -> Doubles:
    """Probability of each vote (n)."""
    follows = np.where(terms.is_first, first[terms.item], second[terms.item])
    return np.maximum(terms.wrong + terms.trust * follows, _TINY)


def _without_item(
    scores: Doubles, votes: Votes, items: Items, reliability: Doubles, penalty: float
) -> Doubles:
    """Log odds that first is better, by the other items of the prompt alone (items).

    They allow for the variance of the gap as MacKay does, "The evidence framework applied to
    classification networks" (Neural Computation 4, 1992).
    """
    gap = scores[items.first] - scores[items.second]
    terms = _terms(votes, reliability)
    _, slope = _log_likelihood(gap, terms)
    known = _information(gap, terms)
    information = penalty + _to_completions(known, known, items)
    variance = 1 / np.maximum(information[items.first] - known, penalty)
    variance += 1 / np.maximum(information[items.second] - known, penalty)
    left: Doubles = gap - slope * variance
    return left / np.sqrt(1 + np.pi * variance / 8)


def _reliability(votes: Votes, reliability: Doubles, prior: Doubles) -> Doubles:
    """The expected share of right votes (judges), for the reliabilities so far.

    `prior` (items): log odds that first is better, by everything but the votes on the item.
    """
    won = votes.weight * np.abs(votes.verdict)
    r = reliability[votes.judge]
    odds = np.bincount(votes.item, won * votes.side * (np.log(r) - np.log1p(-r)), votes.items)
    first = _logistic(odds + prior)[votes.item]
    right = np.where(votes.side > 0, first, 1 - first)
    held = np.bincount(votes.judge, won * right, votes.judges)
    total = np.bincount(votes.judge, won, votes.judges)
    share: Doubles = (held + _PRIOR_RIGHT) / (total + _PRIOR_RIGHT + _PRIOR_WRONG)
    return share


def _to_completions(of_first: Doubles, of_second: Doubles, items: Items) -> Doubles:
    """Sums over the items of each completion (completions)."""
    sums: Doubles = np.bincount(items.first, of_first, items.completions).astype(np.float64)
    return sums + np.bincount(items.second, of_second, items.completions)


def _logistic(values: Doubles) -> Doubles:
    from scipy.special import expit

    logistic: Doubles = expit(values)
    return logistic
