"""How large a packaged pipeline of `linear` is, and how long it takes to load.

    OMP_NUM_THREADS=1 python benchmarks/package_size.py /path/to/corpora

Loading is that of `spacy.load` in a fresh process, after `import spacy`: seconds of the clock, the median of five.
"""
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import typer
from corpora import CORPORA
from runs import about

from spacy_bio_crf.corpus import save_docs

LOAD = """
import sys, time, spacy
since = time.perf_counter()
spacy.load(sys.argv[1])
print(time.perf_counter() - since)
"""


def main(
    corpora: Path = typer.Argument(..., help="Folder with the folders of the corpora"),
    name: str = typer.Option("usaddress", help=f"Name of a corpus: {', '.join(CORPORA)}"),
):
    with TemporaryDirectory() as folder:
        parts = CORPORA[name](corpora)
        paths = {part: Path(folder, f"{part}.spacy") for part in ("train", "dev")}
        save_docs({paths["train"]: parts.train, paths["dev"]: parts.dev})
        model = Path(folder, "training")
        corpus = ["--nlp.lang", parts.lang, "--paths.train", paths["train"], "--paths.dev", paths["dev"]]
        spacy("bio-crf", "train", "linear", *corpus, "--output", model)
        spacy("package", model / "model-best", folder, "--build", "wheel")
        wheel = next(Path(folder).rglob("*.whl"))
        seconds = [float(run("-c", LOAD, model / "model-best")) for _ in range(5)]
        print(f"{name}: a wheel of {wheel.stat().st_size / 1e6:.1f} MB, loaded in {statistics.median(seconds):.2f} s\n\n{about()}")


def spacy(*arguments) -> str:
    return run("-m", "spacy", *arguments)


def run(*arguments) -> str:
    return subprocess.run([sys.executable, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    typer.run(main)
