"""The bundled three-stage family: its tables, its corpus, its training recipe, its weights.

`tables/` holds what a person wrote (facts, grammars, preferences), `corpus` turns it into the
training streams and `documents` into the evaluation sets, which share no wording with them.
`train` makes the three checkpoints in `weights/` from nothing on two CPU cores.
"""
