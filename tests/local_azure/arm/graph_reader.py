# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the text of a Resource Graph query: signs, words, values and paths (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<comment>//[^\n]*)|(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<operator>in~|=~|==|[=()\[\],.|])|(?P<word>[A-Za-z_]\w*))"""
)
Row = Mapping[str, Any]


class QueryError(Exception):
    """A query or a part of it that is not understood. `stage` is the text between two bars."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"stage '{stage}': {reason}")
        self.stage = stage
        self.reason = reason


@dataclass(frozen=True)
class Path:
    """A column and the names to follow in it."""

    words: tuple[str, ...]

    def of(self, row: Row) -> Any:
        """Return the value in a row, None if there is none."""
        value: Any = row
        for word in self.words:
            try:
                value = value[word]
            except (KeyError, TypeError, IndexError):
                return None
        return value


@dataclass(frozen=True)
class Token:
    """`kind` is comment, string, number, operator or word."""

    kind: str
    text: str


class Reader:
    """The tokens of one stage, one after the other."""

    def __init__(self, stage: str, tokens: list[Token], columns: tuple[str, ...]) -> None:
        self.stage = stage
        self._tokens = tokens
        self._at = 0
        self._columns = columns

    def error(self, expected: str) -> QueryError:
        """Return the error that says what was found instead."""
        found = f"'{self._tokens[self._at].text}'" if self._at < len(self._tokens) else "its end"
        return QueryError(self.stage, f"found {found}, expected {expected}")

    @property
    def ended(self) -> bool:
        """Whether all is read."""
        return self._at == len(self._tokens)

    def next_is(self, *texts: str) -> str | None:
        """Read the next token if it is one of these words or operators."""
        if not self.ended and self._tokens[self._at].kind != "string":
            text = self._tokens[self._at].text.lower()
            if text in texts:
                self._at += 1
                return text
        return None

    def expect(self, *texts: str) -> str:
        """Read one of these or complain."""
        found = self.next_is(*texts)
        if found is None:
            raise self.error(" or ".join(f"'{text}'" for text in texts))
        return found

    def token(self, kind: str, what: str) -> str:
        """Read a token of a kind or complain."""
        if self.ended or self._tokens[self._at].kind != kind:
            raise self.error(what)
        self._at += 1
        return self._tokens[self._at - 1].text

    def literal(self) -> Any:
        """Read a string, a number, true or false."""
        word = self.next_is("true", "false")
        if word:
            return word == "true"
        if not self.ended and self._tokens[self._at].kind == "number":
            text = self.token("number", "a number")
            return float(text) if "." in text else int(text)
        return re.sub(r"\\(.)", r"\1", self.token("string", "a string in quotation marks")[1:-1])

    def name_before(self, operator: str) -> str | None:
        """Read a name and the operator after it, or nothing."""
        following = self._tokens[self._at : self._at + 2]
        if [token.kind for token in following] == ["word", "operator"] and following[1].text == operator:
            self._at += 2
            return following[0].text
        return None

    def path(self) -> Path:
        """Read a path; its column must be known."""
        words = [self.token("word", "the name of a column")]
        if words[0] not in self._columns:
            self._at -= 1
            raise self.error(f"one of the columns {', '.join(self._columns)}")
        while True:
            if self.next_is("."):
                words.append(self.token("word", "a name"))
            elif self.next_is("["):
                words.append(str(self.literal()))
                self.expect("]")
            else:
                return Path(tuple(words))

    def list(self) -> list[Any]:
        """Read (a, b, ..)."""
        self.expect("(")
        values = [self.literal()]
        while self.expect(",", ")") == ",":
            values.append(self.literal())
        return values


def split(text: str) -> list[list[Token]]:
    """Return the tokens of each stage, without comments."""
    stages: list[list[Token]] = [[]]
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise QueryError(text[at:].strip()[:40], "found a sign that no supported query has")
        at = found.end()
        kind = str(found.lastgroup)
        if kind == "operator" and found[kind] == "|":
            stages.append([])
        elif kind != "comment":
            stages[-1].append(Token(kind, found[kind]))
    return stages
