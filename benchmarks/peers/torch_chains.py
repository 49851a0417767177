"""Chains on torch: padded batches, here of sequences of one length. Peers have no constraints."""
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Dict, List, Tuple

import numpy
import torch

from spacy_bio_crf.types import ChainScores

from .chain_timing import Chain, check_unconstrained, measure_chain


def measure(name: str) -> Dict[str, Any]:
    check_unconstrained(CHAINS[name])
    return measure_chain(CHAINS[name])


def tensors(scores: ChainScores, tags: numpy.ndarray) -> Tuple[torch.Tensor, torch.Tensor, List[torch.Tensor]]:
    """Emissions (B, T, K), gold (B, T), and start, step and end; B sequences of T tokens."""
    shape = (len(scores.lengths), int(scores.lengths[0]))
    emissions = torch.from_numpy(scores.emissions).reshape(*shape, -1).requires_grad_()
    parameters = [torch.from_numpy(values.copy()) for values in (scores.start, scores.step, scores.end)]
    return emissions, torch.from_numpy(tags.astype("int64")).reshape(shape), parameters


def differentiated(loss: Callable[[], torch.Tensor], *inputs: torch.Tensor) -> Callable[[], float]:
    def call() -> float:
        value = loss()
        torch.autograd.grad(value, inputs)
        return value.item()

    return call


def pytorch_crf(scores: ChainScores, tags: numpy.ndarray) -> Chain:
    from torchcrf import CRF

    model = CRF(len(scores.start), batch_first=True)
    emissions, gold, parameters = tensors(scores, tags)
    for name, values in zip(("start_transitions", "transitions", "end_transitions"), parameters):
        getattr(model, name).data[:] = values
    loss = differentiated(lambda: -model(emissions, gold, reduction="sum"), emissions, *model.parameters())
    return Chain(torch.no_grad()(lambda: model.decode(emissions)), loss)


def ours(scores: ChainScores, tags: numpy.ndarray) -> Chain:
    """Under the constraints of the scores; as on other devices than the CPU, where the compiled backend would compute."""
    from spacy_bio_crf.crf.torch_backend import use_arithmetic

    chain = ours_on_cpu(scores, tags)

    def on_torch(call: Callable[[], Any]) -> Callable[[], Any]:
        def wrapped() -> Any:
            use_arithmetic(torch.float64)
            result = call()
            use_arithmetic(None)
            return result

        return wrapped

    return Chain(*map(on_torch, chain))


def ours_on_cpu(scores: ChainScores, tags: numpy.ndarray) -> Chain:
    """Under the constraints of the scores: the compiled backend, on torch's memory."""
    from spacy_bio_crf.crf.torch_backend import ChainCRF

    model = ChainCRF(len(scores.start), scores.constraints)
    emissions, gold, parameters = tensors(scores, tags)
    for name, values in zip(("start", "step", "end"), parameters):
        getattr(model, name).data[:] = values
    loss = differentiated(lambda: model(emissions, gold, reduction="sum"), emissions, *model.parameters())
    return Chain(lambda: model.best_path(emissions)[0].tolist(), loss)


def torch_crf(scores: ChainScores, tags: numpy.ndarray) -> Chain:
    from TorchCRF import CRF

    model = CRF(len(scores.start), use_gpu=False)
    emissions, gold, parameters = tensors(scores, tags)
    for name, values in zip(("start_trans", "trans_matrix", "end_trans"), parameters):
        getattr(model, name).data[:] = values
    mask = torch.ones_like(gold, dtype=torch.bool)
    loss = differentiated(lambda: -model(emissions, gold, mask).sum(), emissions, *model.parameters())
    return Chain(torch.no_grad()(lambda: model.viterbi_decode(emissions, mask)), loss)


def torch_struct(scores: ChainScores, tags: numpy.ndarray) -> Chain:
    """It takes the score of each pair of tags at each step, to a tag from a tag. Starts and ends go into the first and
    the last."""
    from torch_struct import LinearChain, LinearChainCRF

    emissions, gold, (start, step, end) = tensors(scores, tags)
    n_sequences, length, n_tags = emissions.shape
    lengths = torch.full((n_sequences,), length)
    for values in (start, step, end):
        values.requires_grad_()

    def distribution() -> Any:
        potentials = step.T + emissions[:, 1:, :, None]
        first, last = torch.zeros(2, 1, length - 1, 1, 1)
        first[:, 0] = last[:, -1] = 1
        potentials = potentials + first * (start + emissions[:, 0])[:, None, None, :] + last * end[:, None]
        return LinearChainCRF(potentials.contiguous(), lengths=lengths)

    event = LinearChain.to_parts(gold, n_tags, lengths)
    loss = differentiated(lambda: -distribution().log_prob(event).sum(), emissions, start, step, end)
    return Chain(lambda: LinearChain.from_parts(distribution().argmax)[0], loss)


def flair(scores: ChainScores, tags: numpy.ndarray) -> Chain:
    """Its CRF, decoder and loss are two modules that need nothing of Flair but a device and types for hints."""
    hints = dict.fromkeys(("Dictionary", "Label", "Sentence"))
    for name, members in {"flair": {"device": torch.device("cpu")}, "flair.data": hints}.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(members)
    crf, viterbi = map(load_alone, ("crf", "viterbi"))

    tagset = FlairTags(len(scores.start))
    emissions, gold, (start, step, end) = tensors(scores, tags)
    emissions = torch.nn.functional.pad(emissions.detach(), (0, 2), value=-1e4).requires_grad_()  # never START, STOP
    model = crf.CRF(tagset, len(tagset), init_from_state_dict=False)
    transitions = model.transitions.data  # to a tag from a tag
    transitions[:-2, :-2], transitions[:-2, -2], transitions[-1, :-2] = step.T, start, end
    lengths = torch.full((len(gold),), gold.shape[1])
    decoder, criterion = viterbi.ViterbiDecoder(tagset), viterbi.ViterbiLoss(tagset)
    packed = lambda: (model(emissions), lengths, model.transitions)

    @torch.no_grad()
    def best_path() -> List[List[int]]:
        tags, _ = decoder.decode(packed(), False, [])
        return [[tag for tag, _ in sequence] for sequence in tags]

    return Chain(best_path, differentiated(lambda: criterion(packed(), gold.ravel()), emissions, *model.parameters()))


def load_alone(name: str) -> ModuleType:
    (folder,) = importlib.machinery.PathFinder.find_spec("flair").submodule_search_locations
    path = Path(folder) / "models" / "sequence_tagger_utils" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"flair_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FlairTags:
    """What Flair's modules use of its Dictionary: tags 0 to K - 1, START and STOP."""

    def __init__(self, n_tags: int):
        self.ids = {"<START>": n_tags, "<STOP>": n_tags + 1}

    def __len__(self) -> int:
        return self.ids["<STOP>"] + 1

    def get_idx_for_item(self, item: str) -> int:
        return self.ids[item]

    def get_item_for_index(self, index: torch.Tensor) -> int:
        return int(index)


CHAINS = {
    "ours, from torch": ours_on_cpu,
    "ours, on torch": ours,
    "pytorch-crf": pytorch_crf,
    "torch-struct": torch_struct,
    "TorchCRF": torch_crf,
    "Flair": flair,
}
