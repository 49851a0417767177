"""An optimizer with learn rates of their own for encoders and for what stands above them."""
from typing import List, Set, Tuple

from spacy.tokens import Doc
from thinc.api import Model, Optimizer
from thinc.optimizers import ADAM_DEFAULTS, FloatOrSeq
from thinc.types import FloatsXd

from ..types import ChainScores, Key


class LayerwiseAdam(Optimizer):
    """Adam, in which chains have a learn rate of their own.

    learn_rate (FloatOrSeq): Of every parameter that is not of a chain.
    chain_learn_rate (FloatOrSeq): Of those of chains.
    settings: As of Thinc's `Optimizer`, for all.
    """

    def __init__(self, learn_rate: FloatOrSeq, chain_learn_rate: FloatOrSeq, **settings):
        super().__init__(learn_rate, **settings)
        self._set_attr_or_schedule("chain_learn_rate", chain_learn_rate)
        self.of_chains: Set[Key] = set()  # told by each component, since an optimizer knows keys and not models

    def __call__(
        self, key: Key, weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> Tuple[FloatsXd, FloatsXd]:
        learn_rate = self.learn_rate
        if key in self.of_chains:
            self.learn_rate = self.chain_learn_rate
        try:
            return super().__call__(key, weights, gradient, lr_scale=lr_scale)
        finally:
            self.learn_rate = learn_rate


def build_layerwise_adam_v1(
    learn_rate: FloatOrSeq = ADAM_DEFAULTS["learn_rate"],
    chain_learn_rate: FloatOrSeq = ADAM_DEFAULTS["learn_rate"],
    *,
    L2: FloatOrSeq = ADAM_DEFAULTS["L2"],
    beta1: FloatOrSeq = ADAM_DEFAULTS["beta1"],
    beta2: FloatOrSeq = ADAM_DEFAULTS["beta2"],
    eps: FloatOrSeq = ADAM_DEFAULTS["eps"],
    grad_clip: FloatOrSeq = ADAM_DEFAULTS["grad_clip"],
    L2_is_weight_decay: bool = bool(ADAM_DEFAULTS["L2_is_weight_decay"]),
    use_averages: bool = True,
) -> Optimizer:
    """Build an optimizer for `[training.optimizer]`: Thinc's `Adam.v1`, in which what stands above the encoder of a
    `bio_crf_tagger` (hidden layer, emissions, transitions) has a learn rate of its own (discriminative fine-tuning, Howard &
    Ruder 2018). Each parameter moves as by `Adam.v1` with its rate. Window features have AdaGrad, as ever.

    learn_rate (FloatOrSeq): Of everything else: encoders, the component's own or shared ones, and other components.
    chain_learn_rate (FloatOrSeq): Of what stands above the encoder. Like any setting, a number or a schedule.
    L2, beta1, beta2, eps, grad_clip, L2_is_weight_decay, use_averages: As of `Adam.v1`, for all parameters.
    RETURNS (Optimizer): The optimizer.
    """
    return LayerwiseAdam(
        learn_rate,
        chain_learn_rate,
        L2=L2,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        grad_clip=grad_clip,
        L2_is_weight_decay=L2_is_weight_decay,
        use_averages=use_averages,
    )


def keys_of_chain(model: Model[List[Doc], ChainScores]) -> Set[Key]:
    """The keys of the parameters of a CRF tagger that are not of its encoder."""
    encoder = model.maybe_get_ref("tok2vec")
    below = set() if encoder is None else {node.id for node in encoder.walk()}
    return {(node.id, name) for node in model.walk() if node.id not in below for name in node.param_names}
