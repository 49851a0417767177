"""Every message that a user may meet. Each says what was expected, what was found, where, and what to do.

Codes: 1xx tags, 2xx crf, 3xx model, 4xx pipeline, 5xx corpus, 6xx evaluation and command line.
"""


class _Coded(type):
    """Puts the code before the message: `Errors.E101` reads "[E101] ..."."""

    def __getattribute__(cls, name: str):
        text = super().__getattribute__(name)
        return text if name.startswith("_") else f"[{name}] {text}"


class Errors(metaclass=_Coded):
    # tags
    E101 = "Unknown tagging scheme '{name}'. Known schemes: {known}."
    E102 = "{where}: token {position} has the tag '{tag}', which {reason} in scheme {scheme}. {hint}"
    E103 = "A label must be a non-empty string without line breaks or tabs, but got {label!r}."
    E104 = "The span {span} does not fit into a sequence of {length} tokens: it must hold at least one token, 0 <= start < end <= length."
    E105 = "The spans {first} and {second} overlap, and a tag sequence gives every token to one span only. Drop one of them, or tag them with separate components."
    E106 = "The spans {first} and {second} touch and bear the same label, which scheme {scheme} cannot express. Use BIO or BIOES."
    E107 = "The span {span} has a label that is not among the labels of the tag set: {labels}."
    E108 = "Unknown repair '{name}'. Known repairs: {known}."
    E109 = "Label {label!r} is given twice."

    # crf
    E201 = "Expected {name} of dtype {dtype} and shape {shape}, but got dtype {got_dtype} and shape {got_shape}."
    E202 = "Expected lengths that are not negative and sum to the {tokens} rows of emissions, but got {lengths}."
    E203 = "{name} must be finite, but {name}{index} is {value}. Forbid a start, step, end or tag with a boolean mask, never with an infinite score."
    E204 = "Sequence {sequence} has no legal path: constraints and allowed leave no tag at its token {token}. Loosen the rows of allowed for it."
    E205 = "The gold of sequence {sequence} has no path that the lattice allows: no tag is left at its token {token}. Correct the annotation, or let every tag be gold there (all True) to leave it out."
    E206 = "Expected tags between 0 and {last}, but got {tag} at token {token}."
    E207 = "Expected to be asked for at least one path (k >= 1), but got k = {k}."
    E208 = "Span {number} is {span}: expected 0 <= start < end <= {tokens} inside one sequence, and a label that is not negative."


class Warnings(metaclass=_Coded):
    pass
