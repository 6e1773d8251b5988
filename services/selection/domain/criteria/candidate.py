"""C4 to C7, C10, C11: the person's yes, age and situation, and whether site and authority are the right ones."""

from services.selection.domain.criteria.verdict import Code, Examination, Finding, Verdict, iso


def volunteer(examination: Examination) -> Verdict:
    """C4: signed by the date, and not withdrawn."""
    facts = examination.inputs.facts
    inputs = {
        "consent_signed_on": iso(facts.consent_signed_on),
        "consent_withdrawn_on": iso(facts.consent_withdrawn_on),
    }
    if facts.consent_withdrawn_on is not None:
        return Verdict(Finding.NOT_MET, Code.CANDIDATE_WITHDREW, inputs)
    if facts.consent_signed_on is None or facts.consent_signed_on > examination.on:
        return Verdict(Finding.NOT_MET, Code.CONSENT_MISSING, inputs)
    return Verdict(Finding.MET, None, inputs)


def adult(examination: Examination) -> Verdict:
    """C5: of age at the planned entry. The birth date itself is not looked at."""
    seen = examination.inputs
    inputs = {"planned_entry": iso(seen.facts.planned_entry), "adult_at_entry": seen.adult_at_entry}
    if seen.adult_at_entry is None:
        return Verdict(Finding.TO_COMPLETE, Code.DATA_MISSING, inputs)
    if not seen.adult_at_entry:
        return Verdict(Finding.NOT_MET, Code.MINOR, inputs)
    return Verdict(Finding.MET, None, inputs)


def site_takes_public(examination: Examination) -> Verdict:
    """C6: the site has quarters of that sex and is not suspended; else the others are offered."""
    seen, sites = examination.inputs, examination.choices.sites
    asked = next((site for site in sites if site.code == seen.site), None)
    inputs: dict[str, object] = {"site": seen.site, "sex": seen.sex.value}
    if asked is None:
        return Verdict(Finding.TO_EXAMINE, Code.DATA_MISSING, inputs)
    inputs |= {"status": asked.status.value, "takes": [sex.value for sex in asked.sexes]}
    if asked.takes(seen.sex):
        return Verdict(Finding.MET, None, inputs)
    inputs["offers"] = [site.code for site in sites if site.takes(seen.sex)]
    return Verdict(Finding.NOT_MET, Code.SITE_NOT_OPEN_TO_PUBLIC, inputs)


def competence(examination: Examination) -> Verdict:
    """C7: the minister alone decides on some (D211-18): the file takes another route, and is never refused for it.

    The third case of D211-18, ten years pronounced and more than five left, never gets past C2.
    """
    facts = examination.inputs.facts
    inputs: dict[str, object] = {"specially_flagged": facts.specially_flagged, "terrorism": facts.terrorism}
    if facts.specially_flagged or facts.terrorism:
        return Verdict(Finding.TO_EXAMINE, Code.MINISTER_DECIDES, {**inputs, "route": "minister"})
    return Verdict(Finding.MET, None, inputs)


def separation(examination: Examination) -> Verdict:
    """C10: a ban or an incompatibility is looked at by a human; what it is, is not known here."""
    flag = examination.inputs.facts.separation
    inputs = {"separation": flag}
    if flag:
        return Verdict(Finding.TO_EXAMINE, Code.SEPARATION_TO_EXAMINE, inputs)
    return Verdict(Finding.MET, None, inputs)


def judicial_situation(examination: Examination) -> Verdict:
    """C11: another title or hearing may change what is left to serve; a human looks at it."""
    flag = examination.inputs.facts.other_proceedings
    inputs = {"other_proceedings": flag}
    if flag:
        return Verdict(Finding.TO_EXAMINE, Code.JUDICIAL_SITUATION_TO_EXAMINE, inputs)
    return Verdict(Finding.MET, None, inputs)
