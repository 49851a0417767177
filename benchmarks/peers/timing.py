"""One system in one process: how fast, and with how much memory."""
import resource  # not on Windows
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List, Protocol

from spacy.tokens import Doc

PASSES = 5  # at most
WARM_UP = 10  # a part of the words in this many
SECONDS = 1.5  # no further pass after these
LOADS = 3


class Pipeline(Protocol):
    def unannotated(self, docs: List[Doc]) -> List[Any]:
        """What `predict` takes: the same tokens."""

    def train(self, docs: List[Doc]) -> int:
        """Go over the docs, and say how many words that was."""

    def predict(self, docs: List[Any]) -> None: ...

    def save(self, path: Path) -> None: ...

    def load(self, path: Path) -> None:
        """Take the place of this pipeline."""


def measure_pipeline(pipeline: Pipeline, train: List[Doc], test: List[Doc]) -> Dict[str, Any]:
    """Train, save, load and predict."""
    pipeline.train(train[: 1 + len(train) // WARM_UP])
    training = words_per_second(pipeline.train, lambda: train)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline"
        pipeline.save(path)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        loads = [seconds_of(lambda: pipeline.load(path)) for _ in range(LOADS)]

    def predict(docs: List[Any]) -> int:
        words = sum(map(len, docs))  # before, as peers may merge tokens
        pipeline.predict(docs)
        return words

    predict(pipeline.unannotated(test[: 1 + len(test) // WARM_UP]))
    prediction = words_per_second(predict, lambda: pipeline.unannotated(test))
    return {
        "rates": {"training": training, "prediction": prediction},
        "load_s": statistics.median(loads),
        "saved_mb": size / 1e6,
    }


def words_per_second(work: Callable[[Any], int], prepare: Callable[[], Any] = lambda: None) -> float:
    """The median of some passes; the first does not count, unless it is so long that there is no other.

    work (Callable): What is timed. Takes what `prepare` returns, and says how many words that was.
    """
    rates, spent = [], 0.0
    while len(rates) <= PASSES and spent < SECONDS:
        material = prepare()
        start = time.perf_counter()
        words = work(material)
        seconds = time.perf_counter() - start
        rates.append(words / seconds)
        spent += seconds
    return statistics.median(rates[1:] or rates)


def seconds_of(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
