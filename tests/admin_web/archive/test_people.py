"""Accounts: who may sign in, and what a lead may change about it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_web.archive import Account, Archive, Link, Role
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.opening import folder_in_memory

#: Every verb that changes an account, with sensible arguments.
CHANGES: dict[str, Callable[[Archive, Account, int], Account]] = {
    "rename": lambda archive, who, revision: archive.people.rename(who.id, "New", by="lead", revision=revision),
    "change_password": lambda archive, who, revision: archive.people.change_password(
        who.id, "new hash", by="lead", revision=revision
    ),
    "change_role": lambda archive, who, revision: archive.people.change_role(
        who.id, "group", by="lead", revision=revision
    ),
    "reset": lambda archive, who, revision: archive.people.reset(who.id, link("new"), by="lead", revision=revision),
    "disable": lambda archive, who, revision: archive.people.disable(who.id, by="lead", revision=revision),
    "enable": lambda archive, who, revision: archive.people.enable(who.id, by="lead", revision=revision),
    "remove": lambda archive, who, revision: archive.people.remove(who.id, by="lead", revision=revision),
}
#: Those after which nobody goes on with a session that was open before.
ENDING = set(CHANGES) - {"rename", "enable"}


def link(hash_: str, hours: float = 1) -> Link:
    return Link(hash=hash_, until=datetime.now(UTC) + timedelta(hours=hours))


def first(archive: Archive) -> Account:
    account = archive.people.make_first("Ruth", "hash")
    assert account
    return account


def join(archive: Archive, name: str, role: Role = "staff") -> Account:
    archive.people.invite(name, role, link(name), by="lead")
    joined = archive.people.choose_password(name, f"hash of {name}")
    assert joined
    return joined


class TestComingIn:
    def test_who_is_invited_can_sign_in_once_a_password_is_chosen(self, archive: Archive) -> None:
        first(archive)
        invited = archive.people.invite("Ann", "staff", link("l"), by="lead")
        assert not invited.can_sign_in
        joined = archive.people.choose_password("l", "hash")
        assert joined and joined.can_sign_in and joined.id == invited.id
        assert joined.link is None and joined.password_hash == "hash"
        assert archive.people.get(invited.id) == joined

    def test_a_link_works_once(self, archive: Archive) -> None:
        first(archive)
        join(archive, "Ann")
        assert archive.people.of_link("Ann") is None
        assert archive.people.choose_password("Ann", "other") is None
        ann = archive.people.named("Ann")
        assert ann and ann.password_hash == "hash of Ann"

    def test_of_many_at_once_one_uses_it(self, archive: Archive) -> None:
        first(archive)
        archive.people.invite("Ann", "staff", link("l"), by="lead")
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda n: archive.people.choose_password("l", f"hash {n}"), range(8)))
        assert len([answer for answer in answers if answer]) == 1

    @pytest.mark.parametrize("wrong", ["", "L", "l ", "other"])
    def test_no_other_link_works(self, archive: Archive, wrong: str) -> None:
        first(archive)
        archive.people.invite("Ann", "staff", link("l"), by="lead")
        assert archive.people.of_link(wrong) is None

    def test_a_link_ends_with_its_time(self, archive: Archive) -> None:
        first(archive)
        archive.people.invite("Ann", "staff", link("l", hours=-0.001), by="lead")
        assert archive.people.of_link("l") is None
        assert archive.people.choose_password("l", "hash") is None

    def test_a_newer_link_a_ban_and_an_end_take_it_back(self, archive: Archive) -> None:
        first(archive)
        ann = archive.people.invite("Ann", "staff", link("old"), by="lead")
        ann = archive.people.reset(ann.id, link("new"), by="lead", revision=ann.revision)
        assert archive.people.of_link("old") is None and archive.people.of_link("new") == ann
        archive.people.disable(ann.id, by="lead", revision=ann.revision)
        assert archive.people.of_link("new") is None
        ben = archive.people.invite("Ben", "staff", link("bens"), by="lead")
        archive.people.remove(ben.id, by="lead", revision=ben.revision)
        assert archive.people.of_link("bens") is None

    def test_a_reset_ends_the_password_that_was(self, archive: Archive) -> None:
        first(archive)
        ann = join(archive, "Ann")
        after = archive.people.reset(ann.id, link("new"), by="lead", revision=ann.revision)
        assert not after.can_sign_in and after.password_hash == ""

    def test_who_is_kept_out_gets_no_link(self, archive: Archive) -> None:
        first(archive)
        ann = join(archive, "Ann")
        ann = archive.people.disable(ann.id, by="lead", revision=ann.revision)
        with pytest.raises(NotAllowed, match="Let them in again first"):
            archive.people.reset(ann.id, link("new"), by="lead", revision=ann.revision)


class TestNames:
    @pytest.mark.parametrize("typed", ["Zoe\u0308 Bell", " zo\u00eb  BELL ", "ZO\u00cb\u00a0BELL"])
    def test_a_name_is_found_however_it_is_typed(self, archive: Archive, typed: str) -> None:
        archive.people.make_first("Zo\u00eb Bell", "hash")
        assert archive.people.named(typed)
        assert archive.people.named("Zoe Bell") is None
        with pytest.raises(NotAllowed, match="There is somebody named Zo\u00eb Bell already"):
            archive.people.invite(typed, "staff", link("l"), by="lead")

    def test_nobody_takes_the_name_of_somebody_else(self, archive: Archive) -> None:
        ruth = first(archive)
        ann = join(archive, "Ann")
        with pytest.raises(NotAllowed, match="Choose another name"):
            archive.people.rename(ann.id, "ruth", by=ann.id, revision=ann.revision)
        assert archive.people.rename(ruth.id, "RUTH", by=ruth.id, revision=ruth.revision).name == "RUTH"

    def test_the_name_that_was_is_kept(self, archive: Archive) -> None:
        ruth = first(archive)
        ruth = archive.people.rename(ruth.id, "Ruth B", by=ruth.id, revision=ruth.revision)
        assert archive.people.rename(ruth.id, "Ruth B", by=ruth.id, revision=ruth.revision) == ruth
        assert (ruth.name, ruth.earlier_names) == ("Ruth B", ("Ruth",))

    def test_a_removed_name_is_kept_and_free(self, archive: Archive) -> None:
        first(archive)
        ann = join(archive, "Ann")
        archive.people.remove(ann.id, by="lead", revision=ann.revision)
        assert archive.people.get(ann.id) is None and archive.people.named("Ann") is None
        again = join(archive, "Ann")
        assert again.id != ann.id
        (removed,) = archive.people.removed()
        assert (removed.id, removed.name, removed.password_hash, removed.link) == (ann.id, "Ann", "", None)
        # The log names her by the id that leads to the name.
        assert ann.id in {line.details.get("account") for line in archive.log.page(1, 99)}


class TestRevisions:
    @pytest.mark.parametrize("verb", CHANGES)
    def test_nobody_overwrites_unseen(self, archive: Archive, verb: str) -> None:
        first(archive)
        ann = join(archive, "Ann")
        changed = CHANGES["enable" if verb != "enable" else "disable"](archive, ann, ann.revision)
        before = archive.log.last()
        with pytest.raises(ChangedMeanwhile) as raised:
            CHANGES[verb](archive, ann, ann.revision)
        assert raised.value.theirs == changed
        assert archive.people.get(ann.id) == changed and archive.log.last() == before
        CHANGES[verb](archive, ann, changed.revision)

    @pytest.mark.parametrize("verb", CHANGES)
    def test_what_is_gone_cannot_be_changed(self, archive: Archive, verb: str) -> None:
        first(archive)
        ann = join(archive, "Ann")
        archive.people.remove(ann.id, by="lead", revision=ann.revision)
        with pytest.raises(NotAllowed, match="not there any more"):
            CHANGES[verb](archive, ann, ann.revision + 1)

    def test_signing_in_and_out_is_no_change_that_anybody_could_overwrite(self, archive: Archive) -> None:
        ruth = first(archive)
        archive.people.signed_in(ruth.id, "10.0.0.1")
        archive.people.signed_out(ruth.id, "s", datetime.now(UTC) + timedelta(hours=1))
        after = archive.people.get(ruth.id)
        assert after and after.revision == ruth.revision and after.signed_in_at


class TestTheLastLead:
    @pytest.mark.parametrize("verb", ["change_role", "reset", "disable", "remove"])
    def test_nobody_takes_the_last_lead_away(self, archive: Archive, verb: str) -> None:
        ruth = first(archive)
        join(archive, "Ann")
        archive.people.invite("Ben", "lead", link("not used yet"), by=ruth.id)
        with pytest.raises(NotAllowed, match="Ruth is the only lead who can sign in"):
            CHANGES[verb](archive, ruth, ruth.revision)
        assert archive.people.get(ruth.id) == ruth
        join(archive, "Cleo", "lead")
        CHANGES[verb](archive, ruth, ruth.revision)

    def test_two_who_remove_one_another_at_once_leave_one(self, archive: Archive) -> None:
        one, two = first(archive), join(archive, "Ann", "lead")

        def remove(who: Account) -> bool:
            try:
                archive.people.remove(who.id, by="lead", revision=who.revision)
            except NotAllowed:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(remove, [one, two])) == [False, True]
        assert len(archive.people.everybody()) == 1

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 3)), max_size=15))
    def test_whatever_is_done_somebody_can_lead(self, steps: list[tuple[str, int]]) -> None:
        with folder_in_memory() as place, Archive(DataFolder.open(place / "data")) as archive:
            everybody = [first(archive), *(join(archive, name, "lead") for name in ("Ann", "Ben")), join(archive, "C")]
            for verb, n in steps:
                who = archive.people.get(everybody[n].id)
                if who:
                    try:
                        CHANGES[verb](archive, who, who.revision)
                    except NotAllowed:
                        assert archive.people.get(who.id) == who
                assert [each for each in archive.people.everybody() if each.role == "lead" and each.can_sign_in]


class TestSessions:
    @pytest.mark.parametrize("verb", CHANGES)
    def test_what_ends_sessions_raises_the_generation(self, archive: Archive, verb: str) -> None:
        first(archive)
        ann = join(archive, "Ann")
        after = CHANGES[verb](archive, ann, ann.revision)
        assert (after.generation > ann.generation) == (verb in ENDING)

    def test_a_signed_out_session_is_remembered_until_its_time_is_up(self, archive: Archive) -> None:
        ruth = first(archive)
        now = datetime.now(UTC)
        archive.people.signed_out(ruth.id, "over", now - timedelta(seconds=1))
        archive.people.signed_out(ruth.id, "still", now + timedelta(hours=1))
        after = archive.people.get(ruth.id)
        assert after and set(after.signed_out) == {"still"} and after.generation == ruth.generation

    def test_more_than_anybody_signs_out_ends_them_all(self, archive: Archive) -> None:
        ruth = first(archive)
        for n in range(201):
            archive.people.signed_out(ruth.id, str(n), datetime.now(UTC) + timedelta(hours=1))
        after = archive.people.get(ruth.id)
        assert after and after.signed_out == {} and after.generation == ruth.generation + 1


def test_every_change_stands_in_the_log_with_who_did_it_and_no_secret(archive: Archive) -> None:
    first(archive)
    ann = join(archive, "Ann")
    for verb in ("rename", "change_password", "change_role", "disable", "enable", "reset", "remove"):
        ann = CHANGES[verb](archive, ann, ann.revision)
    archive.people.sign_in_failed(ann.id, "10.0.0.1")
    archive.people.sign_in_failed("", "10.0.0.1")
    lines = [line for line in reversed(archive.log.page(1, 99)) if line.details.get("account") == ann.id]
    assert [(line.who, line.what) for line in lines] == [
        ("lead", "account made"), (ann.id, "password chosen"), ("lead", "name changed"), ("lead", "password changed"),
        ("lead", "role changed"), ("lead", "disabled"), ("lead", "enabled"), ("lead", "link made"),
        ("lead", "account ended"), ("somebody", "sign-in failed"),
    ]  # fmt: skip
    assert lines[4].details == {"account": ann.id, "before": "staff", "now": "group"}
    whole = str([dict(line) for line in archive.documents_of("log")])
    assert "hash of" not in whole and "new hash" not in whole and "Ann" not in whole
    assert list(archive.log.faults()) == []


def test_all_of_it_is_there_after_opening_again(folder: DataFolder) -> None:
    with Archive(folder) as archive:
        first(archive)
        join(archive, "Ann")
        before = archive.people.everybody()
    with Archive(folder) as archive:
        assert archive.people.everybody() == before
