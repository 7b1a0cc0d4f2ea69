"""The built-in templates: what they say, word for word, and what they never say."""

import re
import runpy
from pathlib import Path

import jinja2
import jinja2.meta
import pytest

from automations.compose.mime import read_mime
from automations.compose.text import Composer
from automations.compose.words import count_words, says_the_same
from automations.errors import TemplateFaultError
from automations.resources import template_root

GOLDEN = Path(__file__).parent.parent / "golden"
golden = runpy.run_path(str(GOLDEN / "regenerate.py"))
SAMPLES = golden["samples"]()
MAILS = [name for name, sample in SAMPLES.items() if sample["template"] != "invention"]
SOURCES = sorted(Path(template_root()).rglob("*.j2"))
SOURCES = [path for path in SOURCES if path.relative_to(template_root()).parts[0] in ("email", "event")]
NEVER = (
    "soon|shortly|asap|hopefully|should be fine|almost|sorry|just|apologi[sz]e|inconvenience|human error|outage"
    "|quickly|synergy|reach out|touch base|circle back|kindly|feel free|how can i help"
)


@pytest.fixture(scope="module")
def composer():
    return Composer(jinja2.FileSystemLoader(template_root()))


def render(composer, name, **changes):
    sample = SAMPLES[name]
    return golden["rendered"](composer, {**sample, "facts": {**sample["facts"], **changes}})


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_reads_exactly_like_this(composer, name):
    subject, text, page = render(composer, name)
    assert golden["as_text"](subject, text) == (GOLDEN / f"{name}.txt").read_text("utf-8")
    if page:
        assert golden["as_mail"](subject, text, page) == (GOLDEN / f"{name}.eml").read_bytes()


def test_no_golden_file_is_left_without_its_sample():
    kept = {path.stem for path in GOLDEN.iterdir() if path.suffix in {".txt", ".eml"}}
    assert kept == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_within_its_number_of_words(composer, name):
    least, most = SAMPLES[name]["words"]
    assert least <= count_words(render(composer, name)[1]) <= most


@pytest.mark.parametrize("wording", range(5))
@pytest.mark.parametrize("hours", [0, 1, 4])
def test_every_offer_is_short_answerable_and_made_of_the_facts(composer, wording, hours):
    subject, text, _ = render(composer, "offer-ask-0", wording=wording, hours=hours)
    assert 50 <= count_words(text) <= 90
    assert count_words(subject) in (4, 5)
    for fact in (
        "Dana",
        "Sam",
        "on track for 4 December.",
        "draft the board summary",
        "clear the vendor backlog",
    ):
        assert fact in text
    assert "before Fri 27 Nov" in text.replace("Before", "before")
    assert "\n- draft the board summary\n- clear the vendor backlog\n" in text
    assert "anything else" in text.lower()
    assert re.search(r"one(-| )word", text, re.IGNORECASE)
    assert re.search(r"so is no\.|\bno is\b", text)
    assert ("hour" in text) is (hours > 0)
    assert ("one hour" in text) is (hours == 1)
    assert "  " not in text


def test_the_wordings_differ_and_come_round(composer):
    texts = [render(composer, "offer-ask-0", wording=number)[1] for number in range(10)]
    assert len(set(texts)) == 5
    assert texts[:5] == texts[5:]


@pytest.mark.parametrize("name", MAILS)
def test_the_html_part_says_the_same_and_loads_nothing(composer, name):
    _, text, page = render(composer, name)
    assert says_the_same(text, page)
    assert not re.search(r"https?:|src=|href=|url\(|style|<script|<img|<link", page, re.IGNORECASE)
    assert read_mime((GOLDEN / f"{name}.eml").read_bytes()).parts_agree


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_blank_doubled_or_cut(composer, name):
    subject, text, _ = render(composer, name)
    assert subject
    assert not re.search(r"\n\n\n|\.\.\s|  |,\.|\( |\(\)|None|undefined", text.replace("...", ""))
    assert "came of it:\n" in text or not re.search(r":\n(?!- )", text)
    assert text.endswith("\n")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_template_hedges_nothing_and_promises_no_vague_time(path):
    words = re.sub(r"{#.*?#}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(rf"\b({NEVER})\b", words, re.IGNORECASE)


@pytest.mark.parametrize(
    "name",
    [
        "offer-ask-0",
        "incident-first-tactical",
        "incident-update-tactical",
        "incident-no-change-late",
        "incident-resolved-known",
        "invention",
    ],
)
def test_any_fact_that_is_used_and_missing_stops_the_text(composer, name):
    sample = SAMPLES[name]
    kind = "event" if sample["template"] == "invention" else "email"
    environment = jinja2.Environment(autoescape=True)
    environment.filters.update(pick=str, sentence=str, paragraphs=str)
    used = set()
    for path in Path(template_root(), kind, sample["template"]).glob("*.j2"):
        used |= jinja2.meta.find_undeclared_variables(environment.parse(path.read_text("utf-8")))
    used.discard("body_text")
    assert used <= set(sample["facts"])
    assert len(used) >= 5
    for fact in sorted(used):
        facts = {key: value for key, value in sample["facts"].items() if key != fact}
        with pytest.raises(TemplateFaultError, match=f"'{fact}' is undefined"):
            golden["rendered"](composer, {**sample, "facts": facts})


def test_an_incident_keeps_one_subject_so_that_its_mails_stay_one_thread(composer):
    subjects = {render(composer, name)[0] for name in MAILS if name.startswith("incident")}
    assert subjects == {"[SEV2] EU checkout errors (INC-14)"}


LABELS = [
    "Update",
    "Impact",
    "Changed",
    "Ruled out",
    "Now",
    "Next",
    "Known",
    "Suspected",
    "Not known",
    "Need from you",
    "Next update",
]


def labels_in(text):
    found = []
    for line in text.splitlines():
        found += [label for label in sorted(LABELS, key=len, reverse=True) if line.startswith(label)][:1]
    return found


def test_a_tactical_update_has_everything_in_the_order_leaders_read(composer):
    assert labels_in(render(composer, "incident-update-tactical")[1]) == LABELS


def test_an_executive_update_has_impact_plan_decision_and_time_only(composer):
    exec_labels = ["Update", "Impact", "Now", "Next", "Need from you", "Next update"]
    assert labels_in(render(composer, "incident-update-exec")[1]) == exec_labels
    assert labels_in(render(composer, "incident-first-exec")[1]) == exec_labels


def test_the_first_notice_is_owned_and_later_updates_do_not_repeat_it(composer):
    assert "This is mine to fix" in render(composer, "incident-first-exec")[1]
    assert "I own this" not in render(composer, "incident-update-tactical")[1]


def test_a_late_update_says_so_in_its_second_line_and_a_timely_one_does_not(composer):
    late = render(composer, "incident-update-exec")[1].splitlines()
    assert late[1] == "Promised for 13:45 CET; it is late."
    timely = render(composer, "incident-update-exec", missed="")[1].splitlines()
    assert timely[1] == ""


def test_what_is_not_known_is_said_not_left_out(composer):
    assert (
        "Impact: not known yet; we are measuring it." in render(composer, "incident-first-exec", impact="")[1]
    )
    assert "No change since the last update." in render(composer, "incident-update-quiet")[1]
    assert "No change since the last update." in render(composer, "incident-update-exec", quiet=True)[1]
    assert "Need from you: Nothing." in render(composer, "incident-update-exec", need="")[1]
    assert "Next update: when the impact or the plan changes." in render(composer, "incident-update-quiet")[1]
    resolved = render(composer, "incident-resolved")[1]
    assert "Root cause: not confirmed yet." in resolved


def test_the_last_mail_states_nothing_that_nobody_said(composer):
    resolved = render(composer, "incident-resolved", data_loss="")[1]
    assert "Data lost" not in resolved
    assert "eview" not in resolved


def test_the_subject_keeps_the_first_severity_and_the_first_line_names_the_present_one(composer):
    subject, text, _ = render(composer, "incident-update-exec", severity=1)
    assert subject == "[SEV2] EU checkout errors (INC-14)"
    assert text.startswith("Update 3 · now SEV1 · Identified")
    assert "SEV" not in render(composer, "incident-update-exec")[1]


def test_an_event_names_no_goal_and_its_title_nothing_private(composer):
    summary, description, _ = render(composer, "invention")
    assert summary == "Invention time"
    assert "lead a team" not in description
    for fact in (
        "2 hours",
        "nine days to two",
        "canary releases and the on-call rota",
        "release gate",
        "magicloop idea add",
    ):
        assert fact in description


def test_facts_with_markup_are_shown_not_obeyed(composer):
    _, text, page = render(composer, "incident-first-exec", impact="<img src=x onerror=alert(1)> & more")
    assert "<img src=x onerror=alert(1)> & more." in text
    assert "<img" not in page
    assert "&lt;img src=x" in page
