"""What a reply asks for: a stop, a start, help, or something that a person has to read.

`read()` is pure. The words are data, a file per language: `common.toml` says how such a file is written.
"""

from suppression.opt_out_words.message import Kind
from suppression.opt_out_words.reading import Reading, Verdict, read
from suppression.opt_out_words.tables import ScopeWord

__all__ = ["Kind", "Reading", "ScopeWord", "Verdict", "read"]
