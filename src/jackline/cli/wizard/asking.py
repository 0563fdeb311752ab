"""Answers: from options, a person at a terminal, or the defaults. A bad one is told at once, with what is allowed."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.page import fitted
from jackline.cli.problems import ConfigError, Problem
from jackline.cli.wizard.questions import NotAllowed, Question, questions

BESIDE = {"risk.stop_value_fraction": "risk.leverage"}
"""What may be mended instead of it: a stop too far for the leverage is a leverage too high for the stop."""
TRIES_MAX = 20
"""Bad answers to one question in a row: whoever gives more is no person."""


def answered(given: Mapping[str, str], *, asks: bool) -> dict[str, object]:
    """An answer to every question. `given` are those of the options, by option; who `asks` asks for the others.

    Raises ConfigError for a bad option, CommandFailed where nobody answers.
    """
    answers: dict[str, object] = {}
    if asks:
        say("Enter takes what stands in brackets; ? says what is asked.\n")
    for question in questions(answers):
        if question.name in given:
            answers[question.name] = _from_option(question, given[question.name])
        else:
            answers[question.name] = ask(question) if asks else question.read(question.default)
    return answers


def asked_again(answers: dict[str, object], problems: tuple[Problem, ...]) -> bool:
    """Ask anew what does not hold together. False where none of it was asked, so that asking cannot mend it."""
    wrong = {problem.key for problem in problems}
    wrong |= {other for key, other in BESIDE.items() if key in wrong}
    again = [one for one in questions(answers) if one.name in wrong]
    for question in again:
        answers[question.name] = ask(question)
    return bool(again)


def ask(question: Question) -> object:
    """Until the answer can be taken. Raises CommandFailed at the end of input."""
    for _ in range(TRIES_MAX):
        text = _typed(f"{question.text} ({question.allowed}) [{question.default}]: ").strip()
        if text == "?":
            say(f"  {question.meaning}")
            continue
        try:
            return question.read(text or question.default)
        except NotAllowed as wrong:
            say(f"  {text}: {wrong}. Allowed: {question.allowed}.")
    raise _nobody()


def agreed(text: str) -> bool:
    """A plain question. No is the default."""
    return _typed(f"{text} (yes, no) [no]: ").strip().lower() in {"y", "yes"}


def is_terminal() -> bool:
    """Somebody is there to be asked."""
    return sys.stdin.isatty()


def say(text: str) -> None:
    """To the person, not into what a program reads."""
    print(fitted(text), file=sys.stderr, flush=True)


def _typed(prompt: str) -> str:
    lines = fitted(prompt.rstrip()).splitlines()
    for line in lines[:-1]:
        print(line, file=sys.stderr)
    print(f"{lines[-1]} ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        print(file=sys.stderr)
        raise _nobody()
    return line


def _nobody() -> CommandFailed:
    text = "Nobody answers; nothing was written. Fix: --yes takes the defaults, and each answer is an option"
    return CommandFailed(ExitCode.NOTHING, text)


def _from_option(question: Question, text: str) -> object:
    try:
        return question.read(text)
    except NotAllowed as wrong:
        fix = f"allowed: {question.allowed}"
        raise ConfigError(
            [Problem(key=question.name, value=text, source="command line", what=str(wrong), fix=fix)]
        ) from None
