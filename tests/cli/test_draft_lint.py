"""What the lint says of a draft at the command line, and what stands in the way of an approval."""

import pytest

OFFER = "offer:priya@example.com:2026-11"
BARE = "Hi Priya,\n\nTODO: how can I help? I will do it soon.\n\nSam\n"


@pytest.fixture
def bare(frozen, own, magicloop, read, tmp_path):
    """The month's offer, with words that a boss would stumble over."""
    magicloop("run")
    words = tmp_path / "words.txt"
    words.write_text(BARE, encoding="utf-8")
    done = magicloop("draft", "edit", OFFER, "--body-file", words)
    assert done.exit_code == 0
    return read("draft", "show", OFFER)


def approve(magicloop, draft, *more):
    return magicloop("draft", "approve", draft["id"][:6], "--hash", draft["hash"][:8], *more)


def test_the_offer_that_is_written_for_you_has_nothing_to_mend(frozen, own, magicloop, read):
    magicloop("run")
    assert [found for found in read("draft", "show", OFFER)["lint"] if found["severity"] != "hint"] == []
    assert read("draft", "list")["drafts"][0]["lint"] == read("draft", "show", OFFER)["lint"]


def test_words_changed_by_hand_are_looked_at_too(bare, magicloop, read):
    found = {each["code"]: each for each in bare["lint"]}
    assert {"placeholder": "error", "bare-offer": "error", "vague-time": "warning"}.items() <= {
        code: each["severity"] for code, each in found.items()
    }.items()
    (mark,) = found["vague-time"]["marks"]
    assert (mark["part"], mark["words"]) == ("body", "soon")
    assert bare["body_text"][mark["start"] : mark["end"]] == "soon"
    assert read("draft", "list")["drafts"][0]["lint"] == bare["lint"]


def test_the_card_quotes_the_words_and_says_the_cure(bare, magicloop):
    shown = " ".join(magicloop("draft", "show", OFFER).stdout.split())
    assert 'error something is still to be filled in: "TODO"; put the fact there' in shown
    assert 'warning a time nobody can hold you to: "soon"; give a clock time' in shown
    assert "[bare-offer]" in shown


def test_an_error_stands_in_the_way_and_the_way_round_is_named(bare, magicloop, read):
    done = approve(magicloop, bare)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "(placeholder)" in done.stderr
    assert "(bare-offer)" in done.stderr
    assert f"magicloop draft edit {bare['id'][:6]}" in done.stderr
    assert '--despite placeholder --despite bare-offer --reason "..."' in done.stderr
    assert read("draft", "show", OFFER)["state"] == "waiting"


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--despite", "placeholder", "--reason", "x"], 1, "(bare-offer)"),
        (["--despite", "placeholder", "--despite", "bare-offer"], 1, "needs a reason"),
        (["--despite", "placeholder", "--despite", "bare-offer", "--reason", " "], 1, "needs a reason"),
        (["--despite", "bare-offr", "--reason", "x"], 2, "did you mean"),
        (["--despite", "vague-time", "--reason", "x"], 2, "no error of this draft called 'vague-time'"),
    ],
)
def test_half_a_despite_approves_nothing(bare, magicloop, read, more, code, said):
    done = approve(magicloop, bare, *more)

    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert read("draft", "show", OFFER)["state"] == "waiting"


def test_despite_every_error_and_with_a_reason_it_goes_and_the_log_says_why(bare, magicloop, read):
    done = approve(
        magicloop,
        bare,
        "--despite",
        "placeholder",
        "--despite",
        "bare-offer",
        "--reason",
        "an old\njoke of ours",
    )

    assert (done.exit_code, done.stderr) == (0, "")
    assert read("draft", "show", OFFER)["state"] == "approved"
    entry = read("log")["entries"][-1]
    assert entry["kind"] == "approve-draft"
    assert entry["detail"].endswith("despite placeholder, bare-offer: an old joke of ours")


def test_at_a_terminal_an_error_is_shown_before_anything_is_asked(bare, answer):
    code, shown = answer("draft", "approve", bare["id"][:6])

    assert (code, "Approve exactly this?" in shown) == (1, False)
    assert "something is still to be filled in" in shown


def test_a_draft_at_its_end_is_not_judged(bare, magicloop, read):
    magicloop("draft", "discard", OFFER, "--yes")
    assert read("draft", "show", OFFER)["lint"] == []
    assert "Before you approve" not in magicloop("draft", "show", OFFER).stdout


def test_a_cause_only_suspected_may_not_be_told_as_a_fact(frozen, own, magicloop, read, tmp_path):
    magicloop("incident", "open", "Checkout errors", "--severity", "2", "--impact", "1 in 10 cannot pay",
              "--audience", "tactical:ops@example.com")  # fmt: skip
    magicloop("incident", "update", "INC-1", "--phase", "identified", "--changed", "10 % fail, 40 % before",
              "--now", "draining the queue", "--next", "replay the orders", "--suspected", "the retry setting of the queue")  # fmt: skip
    magicloop("run")
    key = "incident:INC-1:tactical:2"
    before = read("draft", "show", key)
    assert [each["code"] for each in before["lint"] if each["severity"] == "error"] == []
    words = tmp_path / "words.txt"
    words.write_text(before["body_text"] + "\nThe retry setting of the queue caused it.\n", encoding="utf-8")
    magicloop("draft", "edit", before["id"][:6], "--body-file", words)

    found = read("draft", "show", key)["lint"]
    assert [each["code"] for each in found if each["severity"] == "error"] == ["cause-unconfirmed"]


def test_a_cause_that_became_known_may_be_told(frozen, own, magicloop, read, tmp_path):
    magicloop("incident", "open", "Checkout errors", "--severity", "2", "--impact", "1 in 10 cannot pay",
              "--audience", "tactical:ops@example.com")  # fmt: skip
    said = ("--changed", "10 % fail", "--now", "draining the queue", "--next", "replay the orders")
    magicloop("incident", "update", "INC-1", *said, "--suspected", "the retry setting of the queue")
    magicloop("incident", "update", "INC-1", *said, "--known", "the retry setting of the queue caused it")
    magicloop("run")

    told = read("draft", "show", "incident:INC-1:tactical:3")
    assert "Known: the retry setting of the queue caused it." in told["body_text"]
    assert [each["code"] for each in told["lint"] if each["severity"] == "error"] == []
