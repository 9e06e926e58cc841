"""How the site colours the code of notebooks: as IPython does, commands of several lines included."""

from typing import Any, ClassVar

from ipython_pygments_lexers import IPython3Lexer
from pygments.lexer import bygroups, using
from pygments.lexers.shell import BashLexer
from pygments.token import Operator


class NotebookLexer(IPython3Lexer):
    r"""IPython's lexer ends a command at its line, and stumbles over the \ with which it goes on."""

    command = r"(!)((?:[^\n]*\\\n)+[^\n]*\n)", bygroups(Operator, using(BashLexer))
    tokens: ClassVar[dict[str, Any]] = {**IPython3Lexer.tokens, "root": [command, *IPython3Lexer.tokens["root"]]}


def setup(app: Any) -> dict[str, bool]:
    """Make it Sphinx's lexer of notebooks."""
    app.add_lexer("ipython3", NotebookLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
