"""EDS-NLP's `eds.ner_crf` without anything pretrained.

The pipeline is that of its tutorial on deep learning (https://aphp.github.io/edsnlp): `eds.text_cnn` between the CRFs
and `eds.transformer`. That one loads its weights and word pieces from a folder, which here holds a small BERT with
random weights, and pieces learned from the training part: the figures say what it makes of a corpus alone, which is
not what it is made for. Depth, number of pieces and learning rate were chosen on the dev part of wikigold.

The trainer of the word pieces breaks ties at random, so that one seed does not give the same figures twice.
"""
import time
from importlib.metadata import version
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List

import edsnlp
import torch
from corpora import Parts
from edsnlp import Pipeline
from edsnlp.training.optimizer import LinearSchedule, ScheduledOptimizer
from spacy.tokens import Doc
from spans import Spans, plain, score, spans_of, speed
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

GOLD = "gold"
SPECIAL = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
PIECES = 2000
BERT = {"hidden_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 512}
LEARN_RATE, WARM_UP, MAX_NORM = 1e-3, 0.1, 5.0
BATCH = 16  # docs
EPOCHS = 20
STEPS = (1000, 5000)  # at least and at most, whatever the epochs
EVALUATIONS = 10


def train_eds(parts: Parts, seed: int) -> Dict[str, Dict[str, Any]]:
    """Train it, and score what had the best F1 on the dev part on the test part."""
    begin = time.process_time()
    torch.manual_seed(seed)
    for doc in parts.train:
        doc.spans[GOLD] = list(doc.ents)
    nlp = pipeline(parts.train)
    ner = nlp.get_pipe("ner")
    steps = min(max(EPOCHS * len(parts.train) // BATCH, STEPS[0]), STEPS[1])
    optimizer = adam(nlp, steps)
    batches = batches_of([nlp.preprocess(doc, supervision=True) for doc in parts.train], Random(seed))
    seconds, best, weights = 0.0, {"dev_f": -1.0}, {}
    for step in range(1, steps + 1):
        since = time.process_time()
        update(nlp, optimizer, next(batches))
        seconds += time.process_time() - since
        if step % (steps // EVALUATIONS) == 0:
            f = score(parts.dev, predict(nlp, parts.dev))["f"]
            if f > best["dev_f"]:
                best = {"dev_f": f, "best_step": step}
                weights = {name: value.clone() for name, value in ner.state_dict().items()}
    total = time.process_time() - begin
    ner.load_state_dict(weights)
    figures = {
        **score(parts.test, predict(nlp, parts.test)),
        **best,
        "words_per_s": speed(parts.test, lambda: list(predict(nlp, parts.test))),
        "train_s": round(seconds, 1),
        "total_s": round(total, 1),
        "epochs": -(-steps * BATCH // len(parts.train)),
        "steps": steps,
        "library": f"edsnlp {version('edsnlp')}",
    }
    return {"eds": figures}


def pipeline(docs: List[Doc]) -> Pipeline:
    nlp = edsnlp.blank("eds")
    with TemporaryDirectory() as folder:
        save_bert(docs, folder)
        transformer = {"@factory": "eds.transformer", "model": folder}
        cnn = {"@factory": "eds.text_cnn", "kernel_sizes": [3], "embedding": transformer}
        settings = {"mode": "joint", "window": 20, "target_span_getter": GOLD, "span_setter": "ents"}
        nlp.add_pipe("eds.ner_crf", name="ner", config={**settings, "embedding": cnn})
    nlp.post_init(docs)
    return nlp


def save_bert(docs: List[Doc], folder: str) -> None:
    """A BERT with random weights, and its tokenizer."""
    disable_progress_bar()
    tokenizer = Tokenizer(WordPiece(unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    trainer = WordPieceTrainer(vocab_size=PIECES, special_tokens=list(SPECIAL.values()), show_progress=False)
    tokenizer.train_from_iterator((doc.text for doc in docs), trainer)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL).save_pretrained(folder)
    BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size(), **BERT)).save_pretrained(folder)


def adam(nlp: Pipeline, steps: int) -> ScheduledOptimizer:
    schedule = LinearSchedule(total_steps=steps, warmup_rate=WARM_UP, start_value=0)
    group = {"params": list(nlp.parameters()), "lr": LEARN_RATE, "schedules": schedule}
    optimizer = ScheduledOptimizer(torch.optim.AdamW([group]))
    optimizer.initialize()
    return optimizer


def batches_of(prepared: List[Dict[str, Any]], random: Random) -> Iterator[List[Dict[str, Any]]]:
    while True:
        random.shuffle(prepared)
        for start in range(0, len(prepared), BATCH):
            yield prepared[start : start + BATCH]


def update(nlp: Pipeline, optimizer: ScheduledOptimizer, batch: List[Dict[str, Any]]) -> None:
    nlp.train(True)
    optimizer.zero_grad()
    nlp.get_pipe("ner")(nlp.collate(batch)["ner"])["loss"].backward()
    torch.nn.utils.clip_grad_norm_(nlp.parameters(), MAX_NORM)
    optimizer.step()


def predict(nlp: Pipeline, docs: List[Doc]) -> Iterator[Spans]:
    nlp.train(False)
    for doc in nlp.pipe([plain(nlp, doc) for doc in docs]):
        yield spans_of(doc.ents)
