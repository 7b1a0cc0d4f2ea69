"""The page in a real browser: read, edit, approve, take back, discard; two tabs, back, reload; keys alone; no script."""

import pytest

from automations.model.records import DraftState

MOST_BYTES = 60 * 1024


def state(desk, who="priya"):
    return desk.drafts()[who].state


def show(tab, desk, who="priya"):
    tab.goto(f"{desk.page.guard.origin}/draft/{desk.drafts()[who].id}")


def said(tab):
    return tab.locator(".said").all_inner_texts()


def test_the_link_leads_to_the_most_pressing_draft_and_all_that_speaks_for_it(tab, desk):
    text = tab.inner_text("main")
    assert "Help mail (ask) to" in tab.inner_text("h1")
    for words in (
        "Why",
        "stage ask",
        "Sam Lee <sam@corp.test>",
        "words (",
        "hash",
        "The billing move is on plan.",
    ):
        assert words in text
    assert tab.locator("#waiting li").count() == 2
    assert "queued, can be undone for 30 s, then sent" in text


def test_approve_wait_and_it_is_sent_once(tab, desk):
    show(tab, desk)
    tab.click("#approve")
    assert "It leaves in 30 seconds" in said(tab)[0]
    assert "leaves in" in tab.inner_text(".queue")
    assert state(desk) is DraftState.APPROVED
    desk.clock.go(seconds=29)
    desk.page.tick()
    assert desk.post.mails == []
    desk.clock.go(seconds=1)
    desk.page.tick()
    desk.page.tick()
    tab.reload()
    assert state(desk) is DraftState.SENT
    assert [recipients for _, recipients, _ in desk.post.mails] == [{"priya@corp.test"}]
    assert "sent" in tab.inner_text("nav")


def test_undo_during_the_countdown(tab, desk):
    show(tab, desk)
    tab.click("#approve")
    tab.reload()
    assert "leaves in" in tab.inner_text(".queue"), "a reload approves nothing anew and loses nothing"
    assert len(desk.recorded().approvals) == 1
    tab.click("#undo")
    assert state(desk) is DraftState.WAITING
    assert "Taken back" in said(tab)[0]
    desk.clock.go(minutes=5)
    desk.page.tick()
    assert desk.post.mails == []


def test_edit_then_the_new_words_are_what_is_approved(tab, desk):
    show(tab, desk)
    tab.click("#edit")
    tab.fill("#subject", "Where can I help?")
    tab.fill("#body", tab.input_value("#body").replace("One word", "A single word"))
    tab.click("text=Keep the changes")
    assert tab.inner_text(".subject") == "Where can I help?"
    assert "A single word" in tab.inner_text(".mail")
    tab.click("#approve")
    desk.clock.go(minutes=1)
    desk.page.tick()
    ((_, _, data),) = desk.post.mails
    assert b"Subject: Where can I help?" in data
    assert b"A single word" in data


def test_what_changed_since_it_was_seen_is_marked(tab, desk):
    show(tab, desk)
    draft = desk.drafts()["priya"]
    path = desk.folder / draft.provider_id
    path.write_bytes(path.read_bytes().replace(b"billing move is on plan", b"billing move is done"))
    tab.reload()
    assert "You edited it outside" in said(tab)[0]
    assert tab.locator("del").first.inner_text().strip() != ""
    assert "done" in tab.locator("ins").first.inner_text()


def test_a_draft_edited_while_it_was_read_is_not_approved(tab, desk):
    show(tab, desk)
    draft = desk.drafts()["priya"]
    path = desk.folder / draft.provider_id
    path.write_bytes(path.read_bytes().replace(b"billing move is on plan", b"billing move is done"))
    tab.click("#approve")
    assert "it changed since it was shown" in said(tab)[0]
    assert state(desk) is DraftState.WAITING
    assert "done" in tab.inner_text(".mail"), "the words as they are now are shown"


def test_discard_asks_and_then_is_done(tab, desk):
    show(tab, desk)
    tab.click("button:has-text('Discard')")
    assert state(desk) is DraftState.WAITING, "the box was not ticked"
    tab.check("#sure")
    tab.click("button:has-text('Discard')")
    assert state(desk) is DraftState.DISCARDED
    assert "discarded" in tab.inner_text("nav")


def test_put_off_and_it_is_not_among_those_that_wait(tab, desk):
    show(tab, desk)
    tab.select_option("#snooze", "1d")
    tab.click("button:has-text('Put off')")
    assert tab.locator("#waiting li").count() == 1
    assert desk.drafts()["priya"].snoozed_until is not None


def test_a_draft_that_expired_while_it_was_read_is_not_approved(tab, desk):
    show(tab, desk)
    desk.clock.instant = desk.drafts()["priya"].expires
    tab.click("#approve")
    assert "expired" in said(tab)[0]
    assert desk.recorded().approvals == ()


def test_two_tabs_approve_once(tab, desk, chromium):
    show(tab, desk)
    other = tab.context.new_page()
    show(other, desk)
    tab.click("#approve")
    other.click("#approve")
    assert "approved already" in other.inner_text(".said")
    assert len(desk.recorded().approvals) == 1


def test_the_back_button_shows_a_page_whose_form_does_nothing_twice(tab, desk):
    show(tab, desk)
    tab.click("#approve")
    tab.go_back()
    if tab.locator("#approve").count():
        tab.click("#approve")
    assert len(desk.recorded().approvals) == 1
    assert state(desk) is DraftState.APPROVED


def test_keys_alone(tab, desk):
    first = tab.url
    tab.keyboard.press("j")
    tab.wait_for_url(lambda url: url != first)
    tab.keyboard.press("k")
    tab.wait_for_url(first)
    tab.keyboard.press("Enter")
    assert desk.recorded().approvals == (), "Enter does nothing by itself"
    tab.keyboard.press("e")
    tab.wait_for_selector("#body")
    tab.keyboard.type("y")
    assert desk.recorded().approvals == (), "typing is no key"
    tab.goto(first)
    tab.keyboard.press("y")
    tab.wait_for_selector(".queue")
    assert len(desk.recorded().approvals) == 1
    tab.keyboard.press("u")
    tab.wait_for_selector(".said.done")
    assert {draft.state for draft in desk.recorded().drafts} == {DraftState.WAITING}


def test_everything_works_without_script(chromium, desk):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(desk.page.link)
    who = desk.drafts()["priya"]
    page.goto(f"{desk.page.guard.origin}/draft/{who.id}")
    page.click("#approve")
    assert "leaves" in page.inner_text(".queue")
    page.click("#undo")
    assert state(desk) is DraftState.WAITING
    context.close()


def test_a_new_recipient_has_to_be_ticked_by_name(tab, desk):
    show(tab, desk)
    tab.click("#edit")
    tab.fill("#cc", "stranger@other.test")
    tab.click("text=Keep the changes")
    flags = tab.locator(".flag").all_inner_texts()
    assert flags == ["NEW", "EXTERNAL"]
    tab.click("#approve")
    assert desk.recorded().approvals == ()
    tab.check("text=stranger@other.test never got a mail")
    tab.click("#approve")
    assert state(desk) is DraftState.APPROVED


def test_what_nobody_can_find_out_is_asked(tab, desk):
    show(tab, desk)
    tab.click("#approve")
    desk.post.answers["DOT"] = "reset"
    desk.clock.go(minutes=1)
    desk.page.tick()
    desk.run()
    assert state(desk) is DraftState.UNKNOWN
    tab.goto(f"{desk.page.guard.origin}/")
    assert "Did these go?" in tab.inner_text("nav")
    tab.click("button:has-text('It went')")
    assert state(desk) is DraftState.SENT


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<iframe src='javascript:alert(1)'></iframe>",
        "</textarea><script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "<svg onload=alert(1)>",
        "javascript:alert(1)",
    ],
)
def test_words_are_words_wherever_they_stand(tab, desk, payload):
    """A dialog or a complaint of the browser would fail the test at its end."""
    show(tab, desk)
    tab.click("#edit")
    tab.fill("#subject", f"Hello {payload}"[:200])
    tab.fill("#body", f"Hi Priya,\n\n{payload}\n")
    tab.click("text=Keep the changes")
    assert payload in tab.inner_text(".mail")
    assert "49" not in tab.inner_text(".subject")
    assert tab.evaluate("document.querySelectorAll('main script, main img').length") == 0
    tab.click("#edit")
    assert payload in tab.input_value("#body")


def test_the_html_part_stands_in_a_shut_frame(tab, desk):
    show(tab, desk)
    tab.click("text=As a mail program shows it")
    frame = tab.locator("iframe")
    assert frame.get_attribute("sandbox") == ""
    assert "The billing move is on plan." in tab.frames[-1].inner_text("body")


def test_a_page_of_another_port_gets_nothing_done(tab, desk, chromium, tmp_path):
    """In the same browser, with the person's cookie at hand: a form, a frame, an image, a fetch."""
    draft = desk.drafts()["priya"]
    target = f"{desk.page.guard.origin}/draft/{draft.id}"
    evil = tab.context.new_page()
    evil.route(
        "http://evil.test/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"""<form id=f method=post action="{target}/approve"><input name=hash value="{draft.hash}"></form>
        <iframe src="{target}"></iframe><img src="{target}">""",
        ),
    )
    evil.goto("http://evil.test/")
    evil.evaluate(
        f"fetch('{target}/approve', {{method: 'POST', mode: 'no-cors', credentials: 'include'}}).catch(() => 0)"
    )
    evil.evaluate("document.getElementById('f').submit()")
    evil.wait_for_url(f"{target}/approve")
    assert "magicloop" in evil.content()
    assert "Priya" not in evil.content()
    assert desk.recorded().approvals == ()
    evil.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody(chromium, desk, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(desk.page.link)
    home = page.url
    for path in (home, f"{home}/edit"):
        page.goto(path)
        found = axe.Axe().run(page).response["violations"]
        serious = [
            (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
    context.close()


def test_the_page_is_light_and_asks_nothing_of_anybody_else(tab, desk):
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    show(tab, desk)
    assert all(url.startswith(desk.page.guard.origin) for url in asked)
    assert len(asked) <= 2, "the page, and what a browser asks for by itself"
    assert len(tab.content().encode()) <= MOST_BYTES


def test_a_phone_shows_the_card_first_and_nothing_wider_than_itself(chromium, desk):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(desk.page.link)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("main").bounding_box()["y"] < page.locator("nav").bounding_box()["y"]
    context.close()
