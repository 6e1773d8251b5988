"""The officers of a local stack at work: each act of a day, through the public APIs alone."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Self
from uuid import NAMESPACE_OID, uuid5

import aiohttp

from deploy.local.console import SOME_TIME, Answer, Console
from deploy.local.issuer import OFFICERS
from deploy.local.papers import ADVICE, GROUNDS, Person, file_of


class Officers(Console):
    """Signs in as any officer and works through the public APIs. Begins with the delegation that `GROUNDS` names.

    Args:
        stack: a running stack.
        today: reference date of new files, Europe/Paris.
    """

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self.delegate(GROUNDS["delegation"])
        except BaseException:
            await super().__aexit__(None, None, None)
            raise
        return self

    async def delegate(self, reference: str) -> Answer:
        """The interregional director lets the deputy sign, by a reference; the same on the same day is done once."""
        deputy = OFFICERS["decision_authority"]
        delegation = {
            "reference": reference,
            "delegate_id": deputy.subject,
            "delegate_name": deputy.name,
            "authority": GROUNDS["authority"],
            "kinds": ["approved", "refused", "adjourned", "deferred", "revoked", "lapsed"],
            "valid_from": self.today.isoformat(),
            "valid_until": (self.today + timedelta(days=365)).isoformat(),
        }
        key = str(uuid5(NAMESPACE_OID, f"{self.today} {reference}"))
        return await self.must("director", "POST", "selection", "/v1/delegations", delegation, key=key)

    async def open_file(self, person: Person, **overrides: Any) -> Answer:
        """The SPIP officer hands in a file; gives what the API says of it."""
        body = file_of(person, self.stack.site, self.today, **overrides)
        return await self.must("spip", "POST", "selection", "/v1/candidacies", body)

    async def prepare(self, person: Person, **overrides: Any) -> str:
        """A file handed in, gathered and assessed; gives the candidacy's id."""
        opened = await self.open_file(person, **overrides)
        candidacy = str(opened.body["id"])
        version = await self.gather(candidacy, version=opened.body["version"])
        await self.act("spip", candidacy, "assess", version=version)
        return candidacy

    async def gather(self, candidacy: str, *, version: int, without: Collection[str] = ()) -> int:
        """All advice that a decision needs, as it came in, and the interview.

        Args:
            candidacy: id of the file.
            version: of the file.
            without: kinds of advice that have not come in.

        Returns:
            The version of the file afterwards.
        """
        given_on = self.today.isoformat()
        for kind, (officer, name, function) in ADVICE.items():
            if kind in without:
                continue
            received = {
                "author": {"name": name, "function": function},
                "given_on": given_on,
                "sense": "favourable",
                "words": "Avis favorable.",
            }
            body = {"kind": kind, "received": received}
            version = (await self.act(officer, candidacy, "advice", body, version=version)).body["version"]
        report = {
            "interviewer": {"name": "Maëlle Kervadec", "function": "cpip"},
            "held_on": given_on,
            "discussed": ["volunteering", "life_at_the_site", "work", "training", "life_after_release"],
            "words": "Projet exposé clairement.",
        }
        after: int = (await self.act("spip", candidacy, "interview", report, version=version)).body["version"]
        return after

    async def act(
        self, officer: str, candidacy: str, act: str, body: Any = None, *, version: int | None = None
    ) -> Answer:
        """An act on a file.

        Args:
            officer: a key of `deploy.local.issuer.OFFICERS`.
            candidacy: id of the file.
            act: last part of its route, such as `assess`.
            body: sent as JSON.
            version: that the officer saw; None reads it first.
        """
        if version is None:
            version = (await self.journey(candidacy))["version"]
        path, headers = f"/v1/candidacies/{candidacy}/{act}", {"If-Match": f'"{version}"'}
        return await self.must(officer, "POST", "selection", path, body, headers=headers)

    async def preview(self, candidacy: str) -> dict[str, Any]:
        """What approving would set off."""
        path = f"/v1/candidacies/{candidacy}/approve/preview"
        body: dict[str, Any] = (await self.must("decision_authority", "POST", "selection", path)).body
        return body

    async def sign(self, candidacy: str, preview: Mapping[str, Any]) -> Answer:
        """The signature under what was previewed."""
        act = {"opinion_id": preview["opinion_id"], "effects": preview["effects"], **GROUNDS}
        return await self.act("decision_authority", candidacy, "approve", act, version=preview["version"])

    async def approve(self, person: Person, **overrides: Any) -> tuple[str, Answer]:
        """From the new file to the signature; gives the candidacy's id and the signed act."""
        candidacy = await self.prepare(person, **overrides)
        return candidacy, await self.sign(candidacy, await self.preview(candidacy))

    async def withdraw(self, candidacy: str, officer: str = "spip") -> Answer:
        """The candidate withdraws; after arrival an officer of the site writes it down."""
        return await self.act(officer, candidacy, "withdraw")

    async def withdrawal_preview(self, candidacy: str, officer: str = "spip") -> dict[str, Any]:
        """What a withdrawal would undo now."""
        path = f"/v1/candidacies/{candidacy}/withdraw/preview"
        body: dict[str, Any] = (await self.must(officer, "POST", "selection", path)).body
        return body

    async def revoke(self, candidacy: str) -> Answer:
        """The whole of a revocation: notice by the head, nothing to say by the person, signed act of the authority."""
        today = self.today.isoformat()
        notice = {"grounds": "Faits nouveaux, notifiés par écrit.", "handed_over_on": today}
        await self.act("origin_head", candidacy, "revocation", notice)
        said = {"observations": None, "counsel": False, "received_on": today}
        await self.act("spip", candidacy, "revocation/observations", said)
        return await self.act("decision_authority", candidacy, "revoke", GROUNDS)

    async def journey(self, candidacy: str) -> dict[str, Any]:
        """The journey as the SPIP officer reads it."""
        path = f"/v1/candidacies/{candidacy}/journey"
        body: dict[str, Any] = (await self.must("spip", "GET", "selection", path)).body
        return body

    async def confirm_bed(self, stay: str) -> Answer:
        """The placement officer confirms a proposed bed."""
        return await self.must("placement_officer", "POST", "placement", f"/v1/stays/{stay}/confirm")

    async def arrive(self, stay: str, order: str = "OT-2026/0001") -> Answer:
        """The placement officer records that the person of a confirmed bed came today."""
        # Digits of the stay stand for the number that a real registry would give.
        number = f"DON-{stay[-12:].upper()}"
        body = {"transfer_order": order, "committal_number": number, "arrived_on": self.today.isoformat()}
        return await self.must("placement_officer", "POST", "placement", f"/v1/stays/{stay}/arrive", body)

    async def depart(self, stay: str, reason: str = "transferred") -> Answer:
        """The placement officer records that the person left today for good."""
        body = {"reason": reason, "departed_on": self.today.isoformat()}
        return await self.must("placement_officer", "POST", "placement", f"/v1/stays/{stay}/depart", body)

    async def confirm_seat(self, enrolment: str) -> Answer:
        """The training lead confirms a reserved seat."""
        return await self.must("training_lead", "POST", "citizen_space", f"/v1/enrolments/{enrolment}/confirm")

    async def subscribe(self, name: str, category: str, inbox: str) -> str:
        """A partner with a convention and a subscription, told its secret; gives the subscription's id."""
        made = await self.propose(name, category, f"{self.stack.urls['partner']}/webhook/{inbox}")
        url = f"{self.stack.urls['partner']}/secret"
        async with self._session.post(url, json={"inbox": inbox, "secret": made["secret"]}) as answer:
            answer.raise_for_status()
        await self.take_in(made["id"])
        return str(made["id"])

    async def subscribe_mailbox(self, name: str, category: str, mailbox: str) -> str:
        """A partner that is told by e-mail, and whose reader follows the link; gives the subscription's id."""
        made = await self.propose(name, category, f"mailto:{mailbox}")
        before = len(await self.mails(mailbox))
        await self.take_in(made["id"])
        asked = (await self.mails(mailbox, count=before + 1))[-1]
        link = next(word for word in asked["text"].split() if word.startswith("http"))
        async with self._session.post(link) as answer:
            answer.raise_for_status()
        return str(made["id"])

    async def mails(self, mailbox: str, *, count: int = 0, within: float = SOME_TIME) -> list[dict[str, Any]]:
        """What was caught of the mails to an address; waits until there are `count`, or for `within` seconds."""
        async with self._session.get(
            f"{self.stack.urls['mail']}/mails",
            params={"to": mailbox, "count": str(count), "timeout": str(within)},
            timeout=aiohttp.ClientTimeout(total=within + SOME_TIME),
        ) as answer:
            found: list[dict[str, Any]] = await answer.json()
        return found

    async def propose(self, name: str, category: str, url: str) -> dict[str, Any]:
        """A partner with a convention, and a subscription that nothing goes to yet; gives that, with its secret."""
        partner = {
            "name": name,
            "category": category,
            "convention_from": (self.today - timedelta(days=30)).isoformat(),
            "convention_to": (self.today + timedelta(days=365)).isoformat(),
        }
        partner_id = (await self.must("partner_admin", "POST", "notifications", "/v1/partners", partner)).body["id"]
        subscription = {
            "partner_id": partner_id,
            "url": url,
            "event_types": ["candidacy.approved", "candidacy.withdrawn"],
        }
        made: dict[str, Any] = (
            await self.must("partner_admin", "POST", "notifications", "/v1/subscriptions", subscription)
        ).body
        return made

    async def take_in(self, subscription: str) -> None:
        """Has an endpoint prove itself, and approves it as the second officer."""
        path = f"/v1/subscriptions/{subscription}"
        await self.must("partner_admin", "POST", "notifications", f"{path}/prove")
        await self.must("partner_approver", "POST", "notifications", f"{path}/approve")

    async def notices(
        self, inbox: str, kind: str | None = None, *, count: int = 0, within: float = SOME_TIME
    ) -> list[dict[str, Any]]:
        """What a partner has received and verified; waits until there are `count`, or for `within` seconds."""
        query = {"inbox": inbox, "count": str(count), "timeout": str(within)} | ({"type": kind} if kind else {})
        async with self._session.get(
            f"{self.stack.urls['partner']}/notices",
            params=query,
            timeout=aiohttp.ClientTimeout(total=within + SOME_TIME),
        ) as answer:
            found: list[dict[str, Any]] = await answer.json()
        return found

    async def fault(self, inbox: str, times: int, status: int = 500, delay: float = 0.0) -> None:
        """How a partner answers its next deliveries."""
        url = f"{self.stack.urls['partner']}/faults"
        told = {"inbox": inbox, "times": times, "status": status, "delay": delay}
        async with self._session.post(url, json=told) as answer:
            answer.raise_for_status()


def steps_of(journey: Mapping[str, Any]) -> dict[str, str]:
    """Status by step."""
    return {step["step"]: step["status"] for step in journey["steps"]}


def detail_of(journey: Mapping[str, Any], step: str) -> dict[str, Any]:
    """What is known of a step, such as the proposed cell."""
    found: dict[str, Any] = next(one["detail"] for one in journey["steps"] if one["step"] == step)
    return found
