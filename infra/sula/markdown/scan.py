"""Pygments' regular-expression lexers, with one expression for each state instead of thirty.

At every token Pygments tries the rules of a state one after the other, in Python. An expression
that has those rules as its alternatives tries them in the same order, and the first that matches
wins there too; so the tokens are the same, and found in half the time. And who colours code
need not be handed each token: where a class ends and the next one begins is all that is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from pygments.lexer import Lexer, RegexLexer
from pygments.token import STANDARD_TYPES, Error, Whitespace, _TokenType

# A rule that refers to its groups by number or name stays alone.
_REFERS: Final = re.compile(r"\\[1-9]|\(\?P|\(\?\(")
# What begins a group that keeps what it matched; escapes and classes of letters are passed over.
_KEEPS: Final = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\((?!\?)", re.DOTALL)
_FLAGS: Final = re.compile(r"\(\?([imsx]+)\)")
_OTHER_FLAGS: Final = re.compile(r"\(\?[aiLmsux]+\)")
_BITS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
# So do lists of a quarter of Unicode: compiling one takes as long as colouring a page.
_LONG: Final = 1_000
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

Match = Callable[[str, int], "re.Match[str] | None"]
Rule = tuple[Any, Any, Match, str | None]
"""What is done with a match, the state after it, the rule's own expression, and the class of what
matches, where the rule alone tells it."""
Step = tuple[Match, "list[Rule] | None", Rule]
"""An expression; the rules by the group that matched, or None; the one rule otherwise."""


def quick(lexer: type[Lexer]) -> type[Lexer]:
    """A lexer's class, or one that finds the same tokens sooner."""
    if not issubclass(lexer, RegexLexer) or getattr(lexer, "token_variants", False):
        return lexer
    # Last among its bases but for RegexLexer: what the lexer itself does otherwise, it still does.
    return type(lexer.__name__, (lexer, _Quick), {"programs": {}})


@cache
def class_of(kind: _TokenType) -> str:
    """The short class of a token type: its own or its nearest ancestor's; none for blanks."""
    at: _TokenType | None = kind
    while at is not None:
        if at in STANDARD_TYPES:
            return "" if STANDARD_TYPES[at] == "w" else STANDARD_TYPES[at]
        at = at.parent
    return ""


_ERROR: Final = class_of(Error)


def spans(lexer: Lexer, code: str) -> str:
    """What Pygments' HtmlFormatter writes inside ``<pre>``, neighbours of a class joined."""
    kind = type(lexer)
    if (
        isinstance(lexer, _Quick)
        and kind.get_tokens is Lexer.get_tokens
        and kind.get_tokens_unprocessed is _Quick.get_tokens_unprocessed
        and not lexer.filters
    ):
        # As `get_tokens` has it.
        return lexer.spans(lexer._preprocess_lexer_input(code))  # type: ignore[attr-defined] # noqa: SLF001
    writing = _Writing()
    for token, text in lexer.get_tokens(code):
        writing.write(class_of(token), text)
    return writing.result()


@cache
def _turn(last: str, name: str) -> str:
    """What stands between text of a class and text of the next one."""
    if last == name:
        return ""
    return ("</span>" if last else "") + (f'<span class="{name}">' if name else "")


class _Writing:
    """Coloured code being written: ``parts`` are markup and text by turns."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.last = ""

    def write(self, name: str, text: str) -> None:
        """Text of a class."""
        self.parts += (_turn(self.last, name), text)
        self.last = name

    def result(self) -> str:
        """All of it, as HTML."""
        self.parts[1::2] = [
            text.translate(_ESCAPES) if "<" in text or "&" in text or ">" in text else text
            for text in self.parts[1::2]
        ]
        return "".join(self.parts) + _turn(self.last, "")


class _Quick(RegexLexer):
    programs: dict[str, list[Step]]

    def spans(self, text: str) -> str:
        """What `spans` makes of the tokens of `get_tokens_unprocessed`, which are not made."""
        writing = _Writing()
        parts = writing.parts
        parts.append("")
        start = position = 0  # from the start on, all is of the last class
        last = ""
        states = ["root"]
        program = self._program("root")
        while True:
            for match, rules, rule in program:
                found = match(text, position)
                if found is None:
                    continue
                action, state, own, name = rule if rules is None else rules[found.lastindex or 0]
                if name is None:
                    parts.append(text[start:position])
                    writing.last = last
                    self._act(action, found if rules is None else own(text, position), writing)
                    parts.append("")
                    last, start = writing.last, found.end()
                elif name != last:
                    parts += (text[start:position], _turn(last, name))
                    last, start = name, position
                position = found.end()
                if state is not None:
                    _move(states, state)
                    program = self._program(states[-1])
                break
            else:
                if position == len(text):
                    parts.append(text[start:])
                    writing.last = last
                    return writing.result()
                name = _ERROR
                if text[position] == "\n":
                    states = ["root"]
                    program = self._program("root")
                    name = ""
                if name != last:
                    parts += (text[start:position], _turn(last, name))
                    last, start = name, position
                position += 1

    def _act(self, action: Any, found: Any, writing: _Writing) -> None:  # noqa: ANN401 - Pygments' own
        if action is not None:
            for _, kind, text in action(self, found):
                writing.write(class_of(kind), text)

    def get_tokens_unprocessed(
        self, text: str, stack: Iterable[str] = ("root",)
    ) -> Iterator[tuple[int, _TokenType, str]]:
        """See `pygments.lexer.RegexLexer.get_tokens_unprocessed`."""
        position, end = 0, len(text)
        states = list(stack)
        program = self._program(states[-1])
        while True:
            for match, rules, rule in program:
                found = match(text, position)
                if found is None:
                    continue
                action, state, own, _ = rule if rules is None else rules[found.lastindex or 0]
                if type(action) is _TokenType:
                    yield position, action, found.group()
                elif action is not None:
                    if rules is not None:
                        found = own(text, position)  # its groups have other numbers
                    yield from action(self, found)
                position = found.end()  # type: ignore[union-attr] # the same match again
                if state is not None:
                    _move(states, state)
                    program = self._program(states[-1])
                break
            else:
                if position >= end:
                    return
                if text[position] == "\n":
                    states = ["root"]
                    program = self._program("root")
                    yield position, Whitespace, "\n"
                else:
                    yield position, Error, text[position]
                position += 1

    def _program(self, state: str) -> list[Step]:
        found = self.programs.get(state)
        if found is None:
            rules: Sequence[tuple[Match, Any, Any]] = self._tokens[state]  # type: ignore[attr-defined]
            found = self.programs[state] = _steps(rules)
        return found


def _move(states: list[str], to: tuple[str, ...] | int | str) -> None:
    """Pygments' rules of where a state leads."""
    if isinstance(to, tuple):
        for state in to:
            if state == "#pop":
                if len(states) > 1:
                    states.pop()
            else:
                states.append(states[-1] if state == "#push" else state)
    elif isinstance(to, int):
        # At least one state stays.
        del states[1 if abs(to) >= len(states) else to :]
    else:
        states.append(states[-1])  # "#push"


def _steps(rules: Sequence[tuple[Match, Any, Any]]) -> list[Step]:
    steps: list[Step] = []
    together: list[tuple[str, int, Rule]] = []
    common = 0
    for match, action, state in rules:
        rule = (action, state, match, class_of(action) if type(action) is _TokenType else None)
        part = _part(getattr(match, "__self__", None))
        if part is None:
            _join(together, common, steps)
            steps.append((match, None, rule))
            continue
        source, groups, flags = part
        if flags != common:
            _join(together, common, steps)
            common = flags
        together.append((source, groups, rule))
    _join(together, common, steps)
    return steps


def _part(pattern: object) -> tuple[str, int, int] | None:
    """A rule's expression as an alternative: its source, groups and flags. None: it stays alone."""
    if not isinstance(pattern, re.Pattern):
        return None
    source, flags = pattern.pattern, pattern.flags
    if _REFERS.search(source) or (len(source) > _LONG and not source.isascii()):
        return None
    groups, end = pattern.groups, ")"
    if flags & re.VERBOSE:
        end = "\n)"  # a comment at its end must not reach beyond it
    elif groups:
        # An alternative that begins with a group would be entered to find that it does not match.
        groups, source = 0, _KEEPS.sub(lambda found: found[1] or "(?:", source)
    own = _FLAGS.match(source)
    if own:
        source = source[own.end() :]
        for letter in own[1]:
            flags &= ~_BITS[letter]
    if _OTHER_FLAGS.search(source):
        return None
    return f"(?{own[1] if own else ''}:{source}{end}", groups, flags


def _join(together: list[tuple[str, int, Rule]], flags: int, steps: list[Step]) -> None:
    """Make one step of rules; `together` is empty after it."""
    if len(together) == 1:
        rule = together[0][2]
        steps.append((rule[2], None, rule))
    elif together:
        # The empty group, which tells the rule, stands last: an alternative that begins with a
        # letter or class of letters is then passed over without being entered.
        whole = re.compile("|".join(f"{source}()" for source, _, _ in together), flags)
        table = [together[0][2]] * (whole.groups + 1)
        group = 0
        for _, groups, rule in together:
            group += groups + 1
            table[group] = rule
        steps.append((whole.match, table, together[0][2]))
    together.clear()
