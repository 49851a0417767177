"""Every message that a user may meet. Each says what was expected, what was found, where, and what to do.

Codes: 1xx tags, 2xx crf, 4xx pipeline, 5xx corpus, 6xx evaluation and command line, 7xx learning.
"""


class _Coded(type):
    """Puts the code before the message: `Errors.E101` reads "[E101] ..."."""

    def __getattribute__(cls, name: str):
        text = super().__getattribute__(name)
        return text if name.startswith("_") else f"[{name}] {text}"


class Errors(metaclass=_Coded):
    # tags
    E101 = "Unknown tagging scheme '{name}'. Known schemes: {known}."
    E102 = "{where} has the tag '{tag}', which {reason} in scheme {scheme}. {hint}"
    E103 = "A label must be a non-empty string without line breaks or tabs, but got {label!r}."
    E104 = "The span {span} does not fit into a sequence of {length} tokens: it must hold at least one token, 0 <= start < end <= length."
    E105 = "The spans {first} and {second} overlap, and a tag sequence gives every token to one span only. Drop one of them, or tag them with separate components."
    E106 = "The spans {first} and {second} touch and bear the same label, which scheme {scheme} cannot express. Use BIO or BIOES."
    E107 = "The span {span} has a label that is not among the labels of the tag set: {labels}."
    E108 = "Unknown repair '{name}'. Known repairs: {known}."
    E109 = "Label {label!r} is given twice."
    E110 = "The rules and the {tags} tags make an automaton of more than {limit} states, too many to be exact in reasonable time. At most one span of each of n labels alone doubles them n times: name fewer labels in at_most_one, or a smaller max_span_length. Scored or forbidden spans that begin at different tokens and overlap add to them too: keep fewer of those."

    # crf
    E201 = "Expected {name} of dtype {dtype} and shape {shape}, but got dtype {got_dtype} and shape {got_shape}."
    E202 = "Expected lengths that are not negative and sum to the {tokens} rows of emissions, but got {lengths}."
    E203 = "{name} must be finite, but {name}{index} is {value}. Forbid a start, step, end or tag with a boolean mask, never with an infinite score."
    E204 = "Sequence {sequence} has no legal path: constraints and allowed leave no tag at its token {token}. Loosen the rows of allowed for it."
    E205 = "The gold of sequence {sequence} has no path that the lattice allows: no tag is left at its token {token}. Correct the annotation, or let every tag be gold there (all True) to leave it out."
    E206 = "Expected tags between 0 and {last}, but got {tag} at token {token}."
    E207 = "Expected to be asked for at least one path (k >= 1), but got k = {k}."
    E208 = "Span {number} is {span}: expected 0 <= start < end <= {tokens} inside one sequence, and a label that is not negative."
    E209 = "Expected to be asked for at least one sample (n >= 1), but got n = {n}."
    E210 = "Expected a seed that is a whole number, 0 or more, but got {seed!r}."
    E211 = "Expected a threshold above 0 and at most 1, but got {threshold}."

    # pipeline
    E401 = "Component '{name}' would write to nothing: set_ents is false and spans_key is null. Set one of them."
    E402 = "The labels of component '{name}' must be a list of strings, but got the string {labels!r}. Write [{labels!r}]."
    E403 = "Component '{name}' has no labels: the examples have no spans in {where}, and none were given. Check the corpus, call add_label, or pass `labels` in [initialize.components.{name}]."
    E404 = "Component '{name}' was saved in format {found}, but this version of spacy-bio-crf reads format {expected}. Install the version that saved it, or train it again."
    E405 = "Component '{name}' does not fit its model: the model has {tags} tags, but scheme and labels {labels} make {expected}. Its files are mixed up; save or train the pipeline again."
    E406 = "Component '{name}' has no trained or initialized model. Call nlp.initialize() first, or load a trained pipeline."
    E407 = "The model of component '{name}' gives scores that are not finite: its weights hold NaN or infinite values, or its encoder does. Training has diverged (lower the learning rate, clip gradients) or the saved weights are damaged. {error}"
    E408 = "Unknown decoding rule {decode!r} of a bio_crf_tagger. Known rules: {known}."
    E409 = "Component '{name}' needs a model with a CRF, such as the architecture spacy_bio_crf.BioCrfTagger.v1, but its model is {model!r}. Change [components.{name}.model]."
    E410 = "The model of component '{name}' is set to nO = {asked}, but the scheme and the labels {labels} make {tags} tags. Set nO to null, and it follows from the labels."
    E411 = "The saved component '{name}' does not fit its config: the model in the config is built otherwise than the one that was saved, or a file is damaged. Load it with the config that it was saved with. {error}"
    E412 = "Component '{name}': the group {where} has no setting '{key}'. Its settings: {known}."
    E413 = "Component '{name}': expected {where}.{key} to be {wanted}, but got {value!r}."
    E414 = "Component '{name}': learning.label_weights multiply missed_cost and spurious_cost, which are both 0, so they would do nothing. Set one of the two."
    E415 = "Component '{name}': the chains {chains} would all write to doc.ents, which holds one layer of spans. Let one of them have set_ents = true."
    E417 = "The required span {span} of the document {text!r} has a label that the component does not know, or that is disabled. Its labels: {labels}."
    E418 = "The required span {span} of the document {text!r} begins or ends on whitespace, which is in no chain. Cut the whitespace from it."
    E419 = "No analysis of the document {text!r} meets what is demanded of it: {demands}. They contradict each other, preset entities or the rules of the component. Of overlapping spans, spacy.util.filter_spans keeps the longest."
    E420 = "Expected the score of the span {span} to be a number of nats from -{most:,.0f} to {most:,.0f}, but got {score}. A span that must not be is forbidden; one that must be is required."
    E421 = "A bio_crf_tagger with decode = \"expected_f\" cannot be exact under the rules at_most_one and label_order. Use \"viterbi\" or \"marginal\"."
    E422 = "Component '{name}': expected the name of one of its chains, but got {chain!r}. Its chains: {names}."
    E423 = "Component '{name}': it is not clear which chain the label {label!r} belongs to (chain: {chain!r}). Name one of: {names}."
    E424 = "Component '{name}' has settings that exclude each other: with chains, each of them has its own spans_key; with chain_per_label, set_ents must be false, since the spans of several labels may overlap."
    E425 = "Component '{name}' is sentence_bounded, but the document {text!r} has no sentence boundaries. Put a component that sets them (such as sentencizer) before it, and name that in annotating_components for training."
    E426 = "Component '{name}': the chains {one} and {other} both write to doc.spans[\"{key}\"], so each must have a list of its own labels, and no label in both."
    E427 = "Component '{name}' has a chain without a name. Give each chain one."

    # corpus
    E501 = "Expected a file at {path}, but found {found}. Check the path."
    E502 = "{path}, line {line}: expected text, but found {found}. If the file is UTF-16, name that as its encoding; if it is binary, convert it to text first."
    E503 = "Unknown encoding '{encoding}'. Examples of known ones: utf-8, latin-1, cp1252, utf-16."
    E504 = "{path}, line {line}: the byte 0x{byte:02x} is no {encoding}. Name the true encoding of the file, for example latin-1, or mend it."
    E505 = "No file in the folder {path} matches '{pattern}'. Give a file, or another pattern."
    E506 = "{path}: expected a column file, a token and its tag a line, but this looks like {found}. Choose the format that the file has: --format parts|snips|usaddress."
    E507 = "{path}: found no token in {lines} line(s). Expected a token and its tag a line."
    E508 = "{path}, line {line}: expected {expected} columns, as in line {first}, parted by {separator}, but found {found}: {text!r}. Mend the line, name the true separator, or, if the line is a comment, name what comments begin with."
    E509 = "{path}, line {line}: expected the token in column {token} and the tag in column {tag}, but found {found} column(s), parted by {separator}: {text!r}. Name the true columns and separator."
    E510 = "{path}, line {line}: the tag '{tag}' bears no label. If the file knows one label only, give its name: `label`, on the command line --label."
    E511 = "The {kind} {text!r} holds a line break or the separator of the columns, and would break its line (doc: {doc!r}). Write with another separator, such as TAB, or change the {kind}."
    E512 = "The address corpus has no split '{split}'. Its splits: {known}."
    E513 = "The address corpus has no addresses of the country '{country}'. Its countries: {known}."
    E514 = "{where}: expected a JSON object, but the line is not valid JSON ({reason}). The format 'parts' wants one object a line."
    E515 = "{where}: expected {expected}, but found {found}."
    E516 = "{path}: found no record. Expected one JSON object a line."
    E517 = "{path}: expected addresses in the XML of usaddress (a collection of addresses, each made of elements named for their labels), but found {found}."
    E518 = "{path}: expected queries in the JSON of SNIPS (an intent, and its queries in pieces), but found {found}."
    E519 = "The shares of a split must be above 0 and make 1, but got: {shares}."
    E520 = "Found {found} document(s), too few for a split into {shares}. Take fewer or larger shares."
    E521 = "The reader 'spacy_bio_crf.{corpus}.v1' has no path. Set it in the config, or on the command line, as with --paths.train."
    E522 = "Expected one or more characters as the separator of columns, and no line end, but got {separator!r}. Leave it out for any run of spaces and tabs."
    E523 = "The reader 'spacy_bio_crf.JoinedCorpora.v1' got annotated_labels of the corpora {unknown}, but it joins {known}. Name the corpora in both blocks alike."
    E524 = "The reader 'spacy_bio_crf.JoinedCorpora.v1' joins no corpus. Add a block for each: [corpora.train.corpora.NAME]."

    # evaluation and command line
    E601 = "Stopped, because of --strict, at the first annotation that would be changed or lost ({kind}): {example}"
    E602 = "Expected the shares of two or three splits (train, dev and test), such as 0.8,0.1,0.1, but got --split {split}."
    E603 = "Cannot write to {path}: it is {found}. Give {expected}."
    E604 = "The pipeline {model} has no component made by the factory 'bio_crf_tagger'. Its components: {names}."
    E605 = "The pipeline {model} has several components made by the factory 'bio_crf_tagger': {names}. Choose one with --component."
    E606 = "The pipeline {model} has no component '{name}' made by the factory 'bio_crf_tagger'. It has: {names}."
    E607 = "Expected a .spacy file, but found {path}. Convert the corpus first, with: python -m spacy bio-crf convert"
    E608 = "Expected {model} to be the folder of a pipeline, for --in-place. An installed package is better left alone: write to a new folder with --output."
    E609 = "Found both --output and --in-place. Give one of them."
    E610 = "{path}, line {line}: expected a JSON object with a text as its \"text\", but found: {found}"
    E611 = "The document {text!r} has no span group '{key}' with scores. Set `scores = true` for the component, and predict again."
    E612 = "A calibration needs predicted spans with annotated gold, but there are none. Check that the corpus is annotated, and that the component predicts spans on it."
    E613 = "Expected probabilities between 0 and 1, but found {value}."
    E614 = "Unknown kind of calibration {kind!r}. Expected None, or a dict whose \"kind\" is one of: {known}."
    E615 = "This needs {module}, which is not installed. Install it with: pip install 'spacy-bio-crf[evaluation]'"
    E616 = "No threshold gives a {measure} of at least {at_least}. Ask for less, or for one threshold --per-label."
    E617 = "Thresholds need predicted spans with annotated gold, but there are none. Check that the corpus is annotated, and that the component predicts spans on it."
    E618 = "Component '{name}': the chains {chains} have {settings} of their own, which one for all would not change. Choose a chain with --chain."
    E619 = "Component '{name}': the chain '{chain}' comes of chain_per_label, and has no settings of its own. Leave out --chain, and all labels are taken together; bio-crf thresholds --per-label gives each its threshold."

    # learning
    E701 = "Expected {name} that are finite and not negative, but {name}[{index}] is {value}. Correct it; a weight of 0 leaves a token out."
    E702 = "Expected smoothing from 0 up to, but without, 1, but got {smoothing}. Common values are 0.01 to 0.1."
    E703 = "Every legal tag sequence holds the span {span}, or there is none, so the chain cannot learn that it is wrong. Drop the span, or loosen the rows of allowed for it."
    E704 = "Expected an old and a new chain over the same tokens and tags, all that the old one may do legal in the new one, but found {found}."
    E705 = "Expected {name} {expected}, but got {value}."
    E706 = "Expected annotated labels to be a list of labels, or None where all are annotated, but got {value!r} for the document {text!r}."
    E707 = "Expected a learning weight to be a finite number, 0 or more, but got {value!r} in the document {text!r}. A weight of 0 leaves a token out."
    E708 = "Component '{name}' listens to a shared tok2vec, and cannot tell what its older model says of the document {text!r}, which has no vectors. Run the tok2vec of the pipeline over the documents (doc.tensor) before anything is trained, and rehearse with these; or give the component an encoder of its own."


class Warnings(metaclass=_Coded):
    W401 = "Component '{name}': {count} gold span(s) fit no legal {scheme} sequence, since they overlap, begin or end on whitespace, cross a boundary, break a rule, touch where the scheme cannot tell them apart, or are candidates that cannot be true. Their tokens are trained as missing: {spans}"
    W402 = "Component '{name}': the gold has spans of the label {label!r}, which the component does not know, and trains their tokens as outside. If it should learn the label, call add_label or add it to the labels of [initialize.components.{name}]."
    W403 = "Component '{name}' has settings for labels that it does not have, which do nothing: {settings}. Check their spelling; the labels are: {labels}."
