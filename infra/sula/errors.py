"""Every error that sula raises on purpose.

    SulaError                 could not run; exit status 2
    ├── ConfigError           a setting is missing or wrong
    ├── CloudError            the cloud refused, or is not there
    │   ├── Conflict          a conditional write met another state than it named
    │   ├── Unavailable       no clear answer: a write may or may not have happened
    │   ├── FunctionFailed    the function was called, and its run ended in an error
    │   └── StackError        a stack did not become what its template says
    └── ContentError          the author's files have problems; exit status 1
                              (carries every `Finding`, not just the first)

A message says what, how much, where, and the remedy. Only the command line turns an
error into an exit status.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sula.checks.codes import Code, Severity


@dataclass(frozen=True, order=True)
class Finding:
    """One problem in the author's files, at a place an editor can open.

    ``path`` is relative to the site's root, ``line`` counts from 1 (0: the whole file), as does
    ``column`` (0: not known). ``code`` names this kind of problem.
    """

    path: str
    line: int
    column: int = field(default=0, kw_only=True)
    code: Code
    message: str
    severity: Severity = "error"

    @property
    def place(self) -> str:
        """``path:line:column``, which terminals and editors open."""
        return f"{self.path}:{max(self.line, 1)}" + (f":{self.column}" if self.column else "")

    def __str__(self) -> str:
        """``path:line:column: message [code]``, as compilers print it."""
        mark = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.place}: {mark}{self.message} [{self.code}]"


def refusal(error: OSError) -> str:
    """What the system refused, and where."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


class SulaError(Exception):
    """Could not run."""

    exit_status = 2


class ConfigError(SulaError):
    """A setting is missing or wrong."""


class CloudError(SulaError):
    """The cloud refused, or is not there."""


class Conflict(CloudError):  # noqa: N818 - the store's word for it, in both packages
    """A conditional write met another state than it named (412), or a racing one (409)."""


class Unavailable(CloudError):  # noqa: N818 - the same
    """No clear answer (5xx, time-out, throttling): a write may or may not have happened."""


class FunctionFailed(CloudError):  # noqa: N818 - what happened
    """The function was called, and its run ended in an error."""


class StackError(CloudError):
    """A stack did not become what its template says; names the first failing resource."""


class ContentError(SulaError):
    """The author's files have problems."""

    exit_status = 1

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Take every finding; they are kept sorted by place."""
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(map(str, self.findings)))
