"""Options by their names: which a function that reads or writes takes, and how it gets them."""
from dataclasses import fields
from inspect import signature
from typing import Any, Callable, Iterable, Set

from ..errors import Errors
from .sentences import ColumnFormat


def options_of(function: Callable[..., Any]) -> Set[str]:
    """The options of a function: its keyword-only arguments, and the fields of a `ColumnFormat`, if it takes one."""
    parameters = signature(function).parameters
    names = {name for name, parameter in parameters.items() if parameter.kind == parameter.KEYWORD_ONLY}
    columns = {field.name for field in fields(ColumnFormat)} if "format" in parameters else set()
    return (names | columns) - {"report"}


def check_options(options: Iterable[str], name: str, known: Set[str]) -> None:
    """RAISES (ValueError): The format of this name has no such option."""
    for option in options:
        if option not in known:
            raise ValueError(Errors.E528.format(name=name, option=option, known=", ".join(sorted(known)) or "none"))


def call(function: Callable[..., Any], *arguments: Any, report: Any, **options: Any) -> Any:
    """Call a function with its options, and with a report, if it takes one."""
    parameters = signature(function).parameters
    if "format" in parameters:
        columns = {field.name: options.pop(field.name) for field in fields(ColumnFormat) if field.name in options}
        options["format"] = ColumnFormat(**columns)
    return function(*arguments, **options, **({"report": report} if "report" in parameters else {}))
