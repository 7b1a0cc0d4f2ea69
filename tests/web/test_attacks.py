"""Nobody but the person at their own page gets anything done, whatever they send."""

import pytest

from automations.model.records import DraftState
from automations.web.guard import TRIES


def nothing_happened(desk):
    assert {draft.state for draft in desk.recorded().drafts} == {DraftState.WAITING}
    assert desk.recorded().approvals == ()
    assert desk.post.mails == []


@pytest.fixture
def inside(asker):
    """Somebody who came by the link: the asker, and the field its forms need."""
    asker.field = asker.enter()
    return asker


def form(desk, asker, **more):
    draft = desk.drafts()["priya"]
    return f"/draft/{draft.id}/approve", {"csrf": asker.field, "hash": draft.hash, **more}


def test_the_person_at_their_page_may_approve(desk, inside):
    """What all the refusals below are measured against."""
    assert inside.act(*form(desk, inside)).status == 303
    assert desk.drafts()["priya"].state is DraftState.APPROVED


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.test:{port}",
        "evil.test",
        "evil.test:{port}",
        "[::1]:{port}",
        "127.0.0.1:{port}.evil.test",
    ],
)
@pytest.mark.parametrize("path", ["/", "/open?token=x", "/draft/x", "/nowhere"])
def test_a_name_that_only_leads_here_is_not_answered(desk, inside, host, path):
    answer = inside.ask("GET", path, host=host.format(port=desk.page.port))
    assert answer.status in (400, 421)
    assert "csrf" not in answer.text


def test_without_the_cookie_nothing_is_shown_and_nothing_done(desk, asker, inside):
    path, fields = form(desk, inside)
    for verb, where in (("GET", "/"), ("GET", path.rpartition("/")[0]), ("POST", path)):
        for cookie in ("no", f"{inside.cookie}x", inside.cookie[:-1]):
            answer = inside.ask(verb, where, body=fields, cookie=cookie, Origin=desk.page.guard.origin)
            assert answer.status == 401
            assert "Priya" not in answer.text
    nothing_happened(desk)


def test_the_link_is_good_once(desk, asker):
    link = desk.page.link.removeprefix(desk.page.guard.origin)
    assert asker.ask("GET", link).status == 303
    assert asker.ask("GET", link).status == 401
    assert asker.ask("GET", "/open?token=").status == 401
    assert asker.ask("GET", "/open").status == 401


def test_links_are_not_guessed(desk, asker):
    link = desk.page.link.removeprefix(desk.page.guard.origin)
    for _ in range(TRIES):
        assert asker.ask("GET", "/open?token=guess").status == 401
    assert asker.ask("GET", link).status == 401, "for the rest of the minute nothing is looked at"
    desk.clock.go(minutes=1)
    assert asker.ask("GET", link).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "http://evil.test"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://localhost:{port}"},
        {"Origin": "http://127.0.0.1:{port}.evil.test"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_a_form_of_another_page_is_refused(desk, inside, headers):
    path, fields = form(desk, inside)
    given = {name: value.format(port=desk.page.port) for name, value in headers.items()}
    assert inside.ask("POST", path, body=fields, **given).status == 403
    nothing_happened(desk)


def test_a_form_without_an_origin_is_refused(desk, inside):
    path, fields = form(desk, inside)
    assert inside.ask("POST", path, body=fields).status == 403
    nothing_happened(desk)


@pytest.mark.parametrize("field", ["", "x", None])
def test_a_form_without_our_field_is_refused(desk, inside, field):
    path, fields = form(desk, inside)
    fields = {name: value for name, value in fields.items() if name != "csrf"}
    if field is not None:
        fields["csrf"] = field
    assert inside.act(path, fields).status == 403
    nothing_happened(desk)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"csrf": "x"}', "application/json"),
        (b"csrf=x", "text/plain"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"x" * (600 * 1024), "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused(desk, inside, body, kind):
    path, _ = form(desk, inside)
    answer = inside.ask("POST", path, body=body, Origin=desk.page.guard.origin, Content_Type=kind)
    assert answer.status in (400, 403, 413)
    nothing_happened(desk)


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "GET"])
def test_only_a_post_acts(desk, inside, verb):
    path, fields = form(desk, inside)
    assert inside.ask(verb, path, body=fields, Origin=desk.page.guard.origin).status in (404, 405, 501, 200)
    nothing_happened(desk)


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../../etc/passwd",
        "%2e%2e%2f%2e%2e",
        "x'--",
        "%00",
        "offer:priya@corp.test:2026-11",
        "5",
        "a" * 5000,
    ],
)
def test_an_id_that_is_none_finds_nothing(desk, inside, name):
    for answer in (
        inside.ask("GET", f"/draft/{name}"),
        inside.act(f"/draft/{name}/approve", {"csrf": inside.field}),
    ):
        assert answer.status in (303, 308, 404, 405, 414)
        assert "Traceback" not in answer.text
    nothing_happened(desk)


def test_a_shortened_id_is_none(desk, inside):
    assert inside.ask("GET", f"/draft/{desk.drafts()['priya'].id[:6]}").status == 404


@pytest.mark.parametrize("seen", ["", "0" * 64, "short"])
def test_an_approval_of_what_was_not_shown_is_refused(desk, inside, seen):
    path, fields = form(desk, inside)
    inside.act(path, {**fields, "hash": seen})
    nothing_happened(desk)


def test_an_act_that_does_not_exist_is_not_found(desk, inside):
    draft = desk.drafts()["priya"]
    for act in ("approve_all", "__class__", "edit/..", "delete"):
        assert inside.act(f"/draft/{draft.id}/{act}", {"csrf": inside.field}).status in (404, 405)
    nothing_happened(desk)


def test_every_answer_keeps_its_guards(desk, inside):
    for answer in (
        inside.ask("GET", "/"),
        inside.ask("GET", "/nowhere"),
        inside.ask("GET", "/", cookie="no"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Python" not in answer.headers["Server"]


def test_the_cookie_is_for_this_page_alone(desk, asker):
    answer = asker.ask("GET", desk.page.link.removeprefix(desk.page.guard.origin))
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_it_listens_on_this_machine_alone(desk):
    assert desk.page._server.server_address[0] == "127.0.0.1"


def test_the_page_closes_when_nobody_comes_any_more(desk, inside):
    desk.clock.go(minutes=14, seconds=59)
    assert desk.page.tick()
    inside.ask("GET", "/")
    desk.clock.go(minutes=14, seconds=59)
    assert desk.page.tick(), "somebody came meanwhile"
    inside.ask("GET", "/", cookie="no")
    desk.clock.go(seconds=1)
    assert not desk.page.tick(), "who has no cookie keeps nothing open"
