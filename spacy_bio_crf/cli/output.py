"""Where a changed pipeline goes, whole or not at all."""
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

from spacy.language import Language

from ..errors import Errors

OUTPUT_HELP = "Folder to write the changed pipeline to"
IN_PLACE_HELP = "Write the changed pipeline over MODEL, which must be a folder"


def pipeline_target(model: str, output: Optional[Path], in_place: bool) -> Optional[Path]:
    """Tell where a changed pipeline goes. It never replaces anything but a pipeline.

    RETURNS (Optional[Path]): A folder, or None if nothing is to be written.
    RAISES (ValueError): The options contradict each other, or something else is in the place.
    """
    if output is not None and in_place:
        raise ValueError(Errors.E609)
    if in_place:
        if not _is_pipeline(Path(model)):
            raise ValueError(Errors.E608.format(model=model))
        return Path(model)
    if output is not None and output.exists() and not _is_pipeline(output):
        if output.is_file() or any(output.iterdir()):
            found = "a file" if output.is_file() else "a folder of other files than a pipeline's"
            raise ValueError(Errors.E603.format(path=output, found=found, expected="a new folder"))
    return output


def save_pipeline(nlp: Language, target: Path) -> None:
    """Write a pipeline to a folder. Files of the folder that are not the pipeline's stay, such as a license."""
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
        new, old = Path(folder) / "new", Path(folder) / "old"
        if target.exists():
            shutil.copytree(target, new)
        nlp.to_disk(new)
        if target.exists():
            target.rename(old)
        new.rename(target)


def _is_pipeline(path: Path) -> bool:
    return (path / "meta.json").is_file()
