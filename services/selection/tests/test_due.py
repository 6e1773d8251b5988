"""What is due on one file, for whoever works on it."""

from services.selection.tests.officers import Api, problem


async def test_a_file_tells_what_is_due_on_it_by_when_from_whom_and_what_was_done(api: Api) -> None:
    candidacy_id = await api.create(gathered=False)
    asked = await api.post(f"/{candidacy_id}/advice", {"kind": "sentence_judge"})
    shown = (await api.get(f"/{candidacy_id}/deadlines", by="inspector")).json()["items"]
    assert {(one["kind"], one["owner"], one["met_at"]) for one in shown} >= {
        ("advice", "spip", None),
        ("decision", "decision_authority", None),
        ("extract", "registry", None),
    }
    (advice,) = [one for one in shown if one["kind"] == "advice"]
    assert advice["subject"] != candidacy_id
    assert asked.status_code == 201
    await api.post(f"/{candidacy_id}/withdraw")
    after = (await api.get(f"/{candidacy_id}/deadlines")).json()["items"]
    assert all(one["met_at"] is not None for one in after)
    stranger = await api.get(f"/{candidacy_id}/deadlines", by="origin_spip")
    assert problem(stranger) == (404, "candidacy-unknown")
