"""The function stays small: lines of its own source, without comments, blanks and docstrings."""

from __future__ import annotations

import ast
import io
import tokenize

from sula.publishing import bundle

MOST = 3_339
"""Far from the 1,500 that were asked for: see lambda/README.md."""
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
            tokenize.ENDMARKER}  # fmt: skip


def lines_of_code(source: str) -> int:
    """Lines that hold code; text that stands alone, as a docstring does, is none."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            held.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                held.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return len(held)


def test_lines_are_counted_as_said() -> None:
    doc, two_lines = '"""Doc.\n\nMore."""\n\n# why\n', 'x = (1,\n     2)\n"""What x is."""\n'
    source = doc + two_lines + '\ndef f():\n    """F."""\n    return x  # it\n'
    assert lines_of_code(source) == 4


def test_the_functions_own_source_does_not_grow() -> None:
    sources = {
        name: body.decode() for name, body in bundle.edgefeed_files().items() if name[-3:] == ".py"
    }
    assert len(sources) > 20
    assert not [name for name in sources if "laptop" in name]
    assert sum(map(lines_of_code, sources.values())) <= MOST
