"""Who decides on a quote: a group's decision is the group's, and a lead's in its place has a reason that stays."""

import pytest

from admin_web.archive import Archive
from admin_web.archive.records.quotes import Decider, Decision, Quote, QuoteState
from kiosk.errors import NotAllowed
from tests.admin_web.archive.told import checked_story


@pytest.fixture
def story(archive: Archive) -> str:
    return checked_story(archive)


class TestWhoDecides:
    """A group's decision is the group's; a lead's in its place has a reason that stays."""

    def decide(
        self, archive: Archive, state: QuoteState, role: Decider, reason: str = "", number: int = 1
    ) -> Decision | None:
        known = archive.quotes.get(number)
        assert known
        decided = archive.quotes.decide(
            number, state, by=f"a {role}", role=role, reason=reason, revision=known.revision
        )
        return decided.decided

    @pytest.fixture(autouse=True)
    def quote(self, archive: Archive, story: str) -> Quote:
        return archive.quotes.propose(story, 1, 3, by="ann")

    def test_staff_cannot_approve(self, archive: Archive) -> None:
        with pytest.raises(NotAllowed, match="The group decides on this quote"):
            self.decide(archive, "approved", "staff", "it is so good")

    @pytest.mark.parametrize("role", ["staff", "lead"])
    def test_what_nobody_has_decided_on_can_be_taken_back_for_good(self, archive: Archive, role: Decider) -> None:
        decision = self.decide(archive, "withdrawn", role)
        assert decision and not decision.overrides
        for other in ("group", "staff", "lead"):
            with pytest.raises(NotAllowed, match="Whoever wants it proposes it again"):
                self.decide(archive, "approved", other, "please")  # type: ignore[arg-type]

    @pytest.mark.parametrize(("first", "second"), [("approved", "withdrawn"), ("withdrawn", "approved")])
    def test_the_group_may_think_again_and_staff_cannot_change_what_it_said(
        self, archive: Archive, first: QuoteState, second: QuoteState
    ) -> None:
        self.decide(archive, first, "group")
        before = archive.quotes.get(1)
        with pytest.raises(NotAllowed, match="The group decides on this quote"):
            self.decide(archive, second, "staff", "I know better")
        assert archive.quotes.get(1) == before
        decision = self.decide(archive, second, "group")
        assert decision and decision.state == second and not decision.overrides

    @pytest.mark.parametrize("said", ["approved", "withdrawn", None])
    def test_a_lead_decides_otherwise_only_with_a_reason_and_both_stay_to_be_seen(
        self, archive: Archive, said: QuoteState | None
    ) -> None:
        if said:
            self.decide(archive, said, "group")
        wanted: QuoteState = "withdrawn" if said == "approved" else "approved"
        for nothing in ("", "  \n"):
            with pytest.raises(NotAllowed, match="write your reason"):
                self.decide(archive, wanted, "lead", nothing)
        decision = self.decide(archive, wanted, "lead", "A relative asked us.")
        assert decision and decision.overrides and decision.reason == "A relative asked us."
        quote = archive.quotes.get(1)
        assert quote and (quote.overridden.state if quote.overridden else None) == said
        assert archive.log.page(1, 1)[0].details == {"quote": 1, "override": True}
        # The group may answer.
        answer = self.decide(archive, "withdrawn" if wanted == "approved" else "approved", "group")
        quote = archive.quotes.get(1)
        assert answer and not answer.overrides and quote and quote.overridden is None
        assert [each.role for each in quote.decisions][-2:] == ["lead", "group"]

    @pytest.mark.parametrize("role", ["group", "lead"])
    def test_nothing_is_decided_twice_and_nobody_makes_it_undecided(self, archive: Archive, role: Decider) -> None:
        self.decide(archive, "approved", "group")
        with pytest.raises(NotAllowed, match="approved already"):
            self.decide(archive, "approved", role, "because")
        with pytest.raises(NotAllowed):
            self.decide(archive, "proposed", role, "because")

    def test_what_its_teller_took_back_no_role_brings_back(self, archive: Archive, story: str) -> None:
        self.decide(archive, "approved", "group")
        archive.quotes.withdraw_all(story, by="ann")
        for role in ("group", "staff", "lead"):
            with pytest.raises(NotAllowed, match="was taken back"):
                self.decide(archive, "approved", role, "please")  # type: ignore[arg-type]
