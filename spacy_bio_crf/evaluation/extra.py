"""The libraries that only this room needs, and not every user has."""
from importlib import import_module
from types import ModuleType

from ..errors import Errors


def import_extra(name: str) -> ModuleType:
    """Import a module of the extra `spacy-bio-crf[evaluation]`.

    name (str): Name of the module.
    RETURNS (ModuleType): The module.
    RAISES (ImportError): It is not installed; the message says how to install it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(Errors.E615.format(module=name.split(".")[0])) from error
