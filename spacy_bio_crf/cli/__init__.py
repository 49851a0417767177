"""`python -m spacy bio-crf`: spaCy loads this module by its entry point, and finds the commands mounted."""
from spacy.cli._util import app

from .group import bio_crf_cli
from .convert import convert_cli
from .calibrate import calibrate_cli
from .check import check_cli
from .config import config_cli
from .evaluate import evaluate_cli
from .export import export_cli
from .explain import explain_cli
from .prune import prune_cli
from .show import show_cli
from .thresholds import thresholds_cli
from .train import train_cli
from .uncertain import uncertain_cli

app.add_typer(bio_crf_cli)

__all__ = [
    "bio_crf_cli",
    "calibrate_cli",
    "check_cli",
    "config_cli",
    "convert_cli",
    "evaluate_cli",
    "explain_cli",
    "export_cli",
    "prune_cli",
    "show_cli",
    "thresholds_cli",
    "train_cli",
    "uncertain_cli",
]
