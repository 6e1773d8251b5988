"""Mails and the one page that partners without a developer see: French, plain, made on request and never stored."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifications.domain import Notice, Trouble, day_in_france
from services.notifications.letters import words
from services.notifications.letters.words import Words


class Letter(NamedTuple):
    """A mail's words, twice."""

    subject: str
    text: str
    html: str


def notice(kind: Notice, reference: str, number: int, partner_url: str) -> Letter:
    """The mail of a notice.

    Args:
        kind: what happened.
        reference: the partner's own, opaque.
        number: of the notice among those of this mailbox: who misses one sees it.
        partner_url: of the page that shows what may be shown, with `{reference}` in it.
    """
    return _letter(words.NOTICES[kind], partner_url.replace("{reference}", reference), reference, number)


def proof(link: str) -> Letter:
    """The mail by which a mailbox proves itself.

    Args:
        link: of the page with the button; whoever has it can confirm.
    """
    return _letter(words.PROOF, link)


def digest(counts: Mapping[tuple[str, str], int]) -> Letter | None:
    """The mail to a function of the site; None when nothing waits for it.

    Args:
        counts: how many of each service and matter wait. Matters without words of their own are told together.
    """
    said: Counter[tuple[str, str]] = Counter()
    for (service, matter), count in counts.items():
        said[service, words.MATTERS.get(matter, words.OTHER)] += count
    lines = tuple(
        f"[{name}] {line.format(said[service, line])}"
        for service, name in words.SERVICES.items()
        for line in (*words.MATTERS.values(), words.OTHER)
        if said[service, line]
    )
    return _letter(words.DIGEST._replace(steps=lines), None) if lines else None


def troubles(found: Sequence[Trouble], feed_url: str, link: str) -> Letter:
    """The mail to a partner of what keeps notices from it: hosts and counts alone.

    Args:
        found: what to tell.
        feed_url: where the partner's developer pulls notices meanwhile.
        link: of the partners' pages.
    """
    facts = tuple(_observed(one) for one in found)
    steps = (*dict.fromkeys(words.REMEDIES[one.matter] for one in found), words.MEANWHILE.format(feed=feed_url))
    return _letter(words.TROUBLES._replace(facts=facts, steps=steps), link)


def _observed(one: Trouble) -> str:
    since = "" if one.since is None else words.SINCE.format(day_in_france(one.since))
    return words.OBSERVED[one.matter].format(host=one.host, since=since, count=one.notices)


def question_page() -> str:
    """The page with the button, as HTML."""
    return _page("question.html.j2", {})


def confirmed_page() -> str:
    """What stands there once the button was pressed, as HTML."""
    return _page("answer.html.j2", {"said": "Cette adresse est confirmée. Vous pouvez fermer cette page."})


def refused_page(code: str) -> str | None:
    """Why the link leads nowhere, as HTML; None for a problem that no link leads to."""
    said = words.REFUSED.get(code)
    return None if said is None else _page("answer.html.j2", {"said": said})


def _letter(said: Words, link: str | None, reference: str | None = None, number: int | None = None) -> Letter:
    given = {"words": said, "link": link, "reference": reference, "number": number}
    return Letter(said.subject, _page("mail.txt.j2", given), _page("mail.html.j2", given))


def _page(template: str, given: Mapping[str, object]) -> str:
    return _environment().get_template(template).render(given)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
