"""`ChainCRF`: the chain over padded batches."""
import re
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference

from .strategies import bio_batch, random_batch

torch = pytest.importorskip("torch")
torch_backend = pytest.importorskip("spacy_bio_crf.crf.torch_backend")
pytestmark = pytest.mark.usefixtures("either")

LENGTHS = [3, 0, 1, 17, 2, 9]


def model_of(scores):
    model = torch_backend.ChainCRF(len(scores.start), scores.constraints)
    with torch.no_grad():
        for name in ("start", "step", "end"):
            getattr(model, name)[:] = torch.from_numpy(getattr(scores, name))
    return model


def padded(rows, lengths, places=None, fill=0):
    """Shape: N, ... -> B, P, ..."""
    parts = torch.as_tensor(rows).split(list(lengths))
    places = places or max(lengths)
    return torch.stack([torch.cat([x, x.new_full((places - len(x), *x.shape[1:]), fill)]) for x in parts])


@pytest.fixture
def case():
    scores = bio_batch(LENGTHS, 2)
    tags = reference.best_path(scores)[0].astype("int64")
    return scores, model_of(scores), padded(scores.emissions, LENGTHS), padded(tags, LENGTHS), tags


def test_like_the_reference(case):
    scores, model, emissions, tags, flat_tags = case
    losses = model(emissions, tags, LENGTHS, reduction="none")
    expected, gradient = reference.loss(scores, numpy.eye(5, dtype=bool)[flat_tags])
    assert losses.dtype == torch.float32
    assert_allclose(losses.detach(), expected, rtol=1e-6, atol=1e-6)
    emissions.requires_grad_()
    model(emissions, tags, torch.tensor(LENGTHS), reduction="sum").backward()
    assert_allclose(emissions.grad, padded(gradient.emissions, LENGTHS), atol=1e-6)
    for name in ("start", "step", "end"):
        assert_allclose(getattr(model, name).grad, getattr(gradient, name), atol=1e-6)
    paths, best = model.best_path(emissions, LENGTHS)
    assert_array_equal(paths, padded(flat_tags, LENGTHS, fill=-1))
    assert_allclose(best, reference.best_path(scores)[1])
    paths, best = model.k_best(emissions, 3, LENGTHS)
    expected_paths, expected_best = reference.k_best(scores, 3)
    assert_array_equal(paths, torch.stack([padded(path, LENGTHS, fill=-1) for path in expected_paths]))
    assert_allclose(best, expected_best)
    log_z, gradient = reference.marginals(scores)
    assert_allclose(model.log_partition(emissions, LENGTHS).detach(), log_z)
    assert_allclose(model.probabilities(emissions, LENGTHS).detach(), padded(gradient.emissions, LENGTHS), atol=1e-6)
    assert_allclose(model.entropy(emissions, LENGTHS).detach(), reference.entropy(scores))
    assert_allclose(torch_backend.log_partition(model.scores(emissions, LENGTHS)).detach(), log_z)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_a_batch_is_its_sequences_in_any_order_and_padding(dtype, scale):
    scores = random_batch(LENGTHS, 5, scale, seed=1)
    model = model_of(scores)
    emissions = padded(scores.emissions, LENGTHS).to(dtype)
    tags = padded(reference.best_path(scores)[0].astype("int64"), LENGTHS)

    def run(order, places, fill):
        lengths = [LENGTHS[b] for b in order]
        rows = torch.cat([emissions[b, : LENGTHS[b]] for b in order])
        given = padded(rows, lengths, places, fill).requires_grad_()
        gold = padded(torch.cat([tags[b, : LENGTHS[b]] for b in order]), lengths, places, fill=99)
        model.zero_grad()
        losses = model(given, gold, lengths, reduction="none")
        losses.sum().backward()
        best = model.best_path(given, lengths)[0]
        per_sequence = [(given.grad[i, :n], best[i, :n]) for i, n in enumerate(lengths)]
        assert not torch.cat([given.grad[i, n:] for i, n in enumerate(lengths)]).any()
        return losses.detach(), per_sequence, model.step.grad.clone()

    alone = [run([b], None, 0.0) if LENGTHS[b] else None for b in range(len(LENGTHS))]
    steps = sum(one[2] for one in alone if one)
    for seed, (places, fill) in enumerate([(17, 0.0), (20, 1e30), (40, float("nan"))]):
        order = numpy.random.default_rng(seed).permutation(len(LENGTHS)).tolist()
        losses, per_sequence, step = run(order, places, fill)
        torch.testing.assert_close(step, steps, rtol=1e-5, atol=1e-5)
        for loss, (gradient, best), b in zip(losses, per_sequence, order):
            if alone[b]:
                torch.testing.assert_close(loss, alone[b][0][0], rtol=1e-5, atol=1e-5)
                torch.testing.assert_close(gradient, alone[b][1][0][0], rtol=1e-5, atol=1e-5)
                assert_array_equal(best, alone[b][1][0][1])


def test_unknown_tags_and_gold_of_several(case):
    scores, model, emissions, tags, flat_tags = case
    gold = numpy.eye(5, dtype=bool)[flat_tags]
    gold[[0, 5, 20]] = True
    tags[0, 0] = tags[3, 1] = tags[3, 16] = -1
    expected = reference.loss(scores, gold)[0]
    assert_allclose(model(emissions, tags, LENGTHS, reduction="none").detach(), expected, rtol=1e-6, atol=1e-6)
    several = padded(gold, LENGTHS)
    assert_allclose(model(emissions, several, LENGTHS, reduction="none").detach(), expected, rtol=1e-6, atol=1e-6)
    assert model(emissions, torch.full_like(tags, -1), LENGTHS) == 0


def test_allowed_tags(case):
    scores, model, emissions, tags, flat_tags = case
    allowed = numpy.eye(5, dtype=bool)[flat_tags]
    allowed[:, 0] = True
    expected = reference.log_partition(scores, allowed)
    assert_allclose(model.log_partition(emissions, LENGTHS, padded(allowed, LENGTHS)).detach(), expected)


def test_reductions(case):
    _, model, emissions, tags, _ = case
    losses = model(emissions, tags, LENGTHS, reduction="none")
    for reduction, count in (("sum", 1), ("mean", 6), ("token_mean", 32)):
        assert_allclose(model(emissions, tags, LENGTHS, reduction=reduction).detach(), losses.detach().sum() / count)
    assert_allclose(model(emissions, tags, LENGTHS).detach(), losses.detach().mean())


def test_training_finds_the_gold():
    torch.manual_seed(0)
    scores = bio_batch([6, 4], 1)
    model, emissions = model_of(scores), padded(scores.emissions, [6, 4]).requires_grad_()
    tags = torch.tensor([[0, 1, 2, 0, 1, 1], [1, 2, 2, 0, 0, 0]])
    optimizer = torch.optim.Adam([*model.parameters(), emissions], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        model(emissions, tags, [6, 4]).backward()
        optimizer.step()
    assert model(emissions, tags, [6, 4]) < 0.05
    assert model.best_path(emissions, [6, 4])[0].tolist() == [[0, 1, 2, 0, 1, 1], [1, 2, 2, 0, -1, -1]]


def test_constraints_travel_with_the_weights(case):
    scores, model, emissions, _, _ = case
    other = torch_backend.ChainCRF(5)
    other.load_state_dict(model.state_dict())
    for copy in (other, deepcopy(model)):
        assert_array_equal(copy.best_path(emissions, LENGTHS)[0], model.best_path(emissions, LENGTHS)[0])
        assert_array_equal(copy.may_step, scores.constraints.step)
    scores.constraints.step[:] = False
    assert model.may_step.any()


def test_refusals(case):
    scores, model, emissions, tags, _ = case
    with pytest.raises(ValueError, match=r"E214\] Expected lengths from 0 to 17, .*but got \[ 3  0  1 18  2  9\]"):
        model.best_path(emissions, [3, 0, 1, 18, 2, 9])
    with pytest.raises(ValueError, match=r"E201\] Expected lengths of dtype int64 and shape \(6,\)"):
        model.best_path(emissions, LENGTHS[1:])
    with pytest.raises(ValueError, match="E215.*'average' of a loss. Known: none, sum, mean, token_mean"):
        model(emissions, tags, LENGTHS, reduction="average")
    with pytest.raises(ValueError, match=r"E201\] Expected tags of dtype int64 and shape \(6, 17\)"):
        model(emissions, tags[:, :-1], LENGTHS)
    for wrong in (5, -2):
        tags[2, 0] = wrong
        with pytest.raises(ValueError, match=f"E206.*0 and 4, but got {wrong} at token 3"):
            model(emissions, tags, LENGTHS)
    tags[2, 0] = 2  # may not start
    with pytest.raises(ValueError, match="E205.*sequence 2 .* token 0"):
        model(emissions, tags, LENGTHS)
    emissions[3, 2, 1] = torch.nan
    with pytest.raises(ValueError, match=r"E203\] emissions must be finite, but emissions\[6, 1\] is nan"):
        model.best_path(emissions, LENGTHS)
    with pytest.raises(ValueError, match=r"E201\] Expected constraints.start of dtype bool and shape \(4,\)"):
        torch_backend.ChainCRF(4, scores.constraints)


def test_what_pytorch_crf_computes():
    torchcrf = pytest.importorskip("torchcrf")
    scores = random_batch([7, 2, 5], 4, legal=1.1)
    model, emissions = model_of(scores), padded(scores.emissions, [7, 2, 5])
    tags, mask = torch.randint(4, (3, 7)), torch.arange(7) < torch.tensor([[7], [2], [5]])
    peer = torchcrf.CRF(4, batch_first=True)
    peer.start_transitions.data, peer.transitions.data, peer.end_transitions.data = (
        torch.from_numpy(x) for x in (scores.start, scores.step, scores.end)
    )
    for reduction in ("none", "sum", "mean", "token_mean"):
        ours = model(emissions, tags, mask.sum(1), reduction=reduction)
        torch.testing.assert_close(ours, -peer(emissions, tags, mask, reduction=reduction))
    paths = [path[path >= 0].tolist() for path in model.best_path(emissions, mask.sum(1))[0]]
    assert paths == peer.decode(emissions, mask)


def test_the_how_to_runs():
    text = (Path(__file__).parents[2] / "docs" / "pytorch.md").read_text(encoding="utf8")
    peer = SimpleNamespace(start_transitions=torch.ones(5), transitions=torch.ones(5, 5), end_transitions=torch.ones(5))
    known = {"crf": peer}  # pytorch-crf's
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, known)
    assert known["paths"][1, 2:].tolist() == [-1, -1] and known["samples"].shape == (10, 6)
    assert (known["chain"].step == 1).all() and known["chain"].may_step.sum() < 25
