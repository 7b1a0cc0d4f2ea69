"""What a template may do, what it may not, and what a person is told when it goes wrong."""

from enum import StrEnum

import jinja2
import pytest

from automations.compose.text import MAX_OUTPUT, Composer, pick, plain_facts, sentence
from automations.errors import TemplateFaultError

FACTS = {"d": {"y": 1}, "l": [{"y": 1}], "who": "Dana", "hours": 4, "empty": ""}


def composer(**parts):
    files = {"subject": "Hello", "body.txt": "Hi.", "body.html": "{{ body_text | paragraphs }}", **parts}
    return Composer(jinja2.DictLoader({f"email/x/{name}.j2": source for name, source in files.items()}))


def body_of(source, facts=FACTS):
    return composer(**{"body.txt": source}).render_mail("x", facts).body_text


def fault_of(source, facts=FACTS):
    with pytest.raises(TemplateFaultError) as caught:
        body_of(source, facts)
    return caught.value


def test_facts_become_words_in_text_and_html():
    words = composer(
        **{
            "subject": "\n Hi  {{ who }}\n ",
            "body.txt": "\n\nHi {{ who }},  \n\n\n\n{{ hours }} hours & <more>\n\n",
        }
    ).render_mail("x", FACTS)
    assert words.subject == "Hi Dana"
    assert words.body_text == "Hi Dana,\n\n4 hours & <more>\n"
    assert words.body_html == "<p>Hi Dana,</p>\n<p>4 hours &amp; &lt;more&gt;</p>\n"


def test_facts_are_escaped_in_html_and_only_there():
    words = composer(
        **{"subject": "{{ who }}", "body.txt": "{{ who }}", "body.html": "<b>{{ who }}</b>"}
    ).render_mail("x", {"who": "<script>alert('x')</script>"})
    assert words.subject == words.body_text.strip() == "<script>alert('x')</script>"
    assert words.body_html == "<b>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</b>\n"


def test_characters_that_steer_a_terminal_or_hide_do_not_get_into_a_mail():
    words = composer(**{"subject": "{{ who }}", "body.txt": "{{ who }}"}).render_mail(
        "x", {"who": "Hi\x1b[31m \u202eanaD\x00\r\nBcc: x@y.test\u200b"}
    )
    assert words.subject == "Hi[31m anaD Bcc: x@y.test"
    assert words.body_text == "Hi[31m anaD\nBcc: x@y.test\u200b\n"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{% if nobody %}x{% endif %}", "'nobody' is undefined"),
        ("{% for x in nobody %}{% endfor %}x", "'nobody' is undefined"),
        ("{{ d.z }}", "no attribute 'z'"),
        ("{{ d.get('z') }}", "missing (None)"),
        ("{{ none }}", "missing (None)"),
        ("{{ l | map(attribute='z') | list }}", "a list"),
        ("{{ l | map(attribute='z') | join(' ') }}", "no attribute 'z'"),
        ("{{ nobody | default('') }}", "No filter named 'default'"),
        ("{{ nobody | d('') }}", "No filter named 'd'"),
        ("a{{ 'x' if false }}", "without an else"),
        ("{{ true }}", "true or false"),
        ("{{ l }}", "a list"),
        ("{{ d }}", "a table"),
        ("{{ cycler }}", "no text"),
        ("{{ [] | pick(1) }}", "at least one wording"),
        ("{{ 'abc' | pick(1) }}", "at least one wording"),
        ("{{ [] | first }}", "No first item"),
    ],
)
def test_nothing_is_left_blank_in_silence(source, says):
    fault = fault_of(source)
    assert says in fault.what
    assert fault.where == "email/x/body.txt.j2:1"
    assert fault.fix


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("a\n{% if %}", 2, "Expected an expression"),
        ("a\nb\n{% endfor %}", 3, "unknown tag 'endfor'"),
        ("{{ 'x }}", 1, "unexpected char"),
        ("a\n\n{{ 1 / 0 }}", 3, "division by zero"),
        ("a\n{{ 'x' + 1 }}", 2, "can only concatenate str"),
        ("{% include 'email/x/body.txt.j2' %}", 1, "includes or calls itself"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", 1, "includes or calls itself"),
        ("a\n{% for i in range(10000000) %}x{% endfor %}", 2, "Range too big"),
        ("{% for i in range(99999) %}xxxxxxxxxx{% endfor %}", 1, "more than 256 KiB"),
        (" \n\n{# a comment #}\n", 1, "writes nothing"),
        ("{{ empty }}", 1, "writes nothing"),
        ("{{ lipsum() }}", 1, "'lipsum' is undefined"),
        ("{{ [1, 2] | random }}", 1, "No filter named 'random'"),
        ("{{ '%s' | nosuch }}", 1, "No filter named 'nosuch'"),
    ],
)
def test_every_fault_names_the_file_the_line_and_the_reason(source, line, says):
    fault = fault_of(source)
    assert says in fault.what
    assert "email/x/body.txt.j2" in fault.what
    assert fault.where == f"email/x/body.txt.j2:{line}"
    assert len(fault.what.splitlines()) == 1


def test_a_template_that_is_not_there_is_named():
    with pytest.raises(TemplateFaultError, match=r"no template email/y/subject\.j2") as caught:
        composer().render_mail("y", FACTS)
    assert caught.value.where == "email/y/subject.j2"
    fault = fault_of("one\n{% include 'email/other' %}")
    assert (fault.what, fault.where) == ("there is no template email/other", "email/x/body.txt.j2:2")


def test_a_file_on_disk_is_named_by_its_path(tmp_path):
    folder = tmp_path / "email" / "x"
    folder.mkdir(parents=True)
    for name in ("subject.j2", "body.html.j2"):
        (folder / name).write_text("x")
    (folder / "body.txt.j2").write_text("one\ntwo {{ three }}\n")
    with pytest.raises(TemplateFaultError) as caught:
        Composer(jinja2.FileSystemLoader(tmp_path)).render_mail("x", FACTS)
    assert caught.value.where == f"{folder / 'body.txt.j2'}:2"
    (folder / "body.txt.j2").write_bytes(b"one\n\xff\n")
    with pytest.raises(TemplateFaultError, match="not UTF-8"):
        Composer(jinja2.FileSystemLoader(tmp_path)).render_mail("x", FACTS)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ ('' | attr('__cla' ~ 'ss__')) }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ joiner.__init__.__globals__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ range.__class__ }}",
        "{{ dict.__base__ }}",
        "{{ who.__add__ }}",
        "{{ who.join.__self__ }}",
        "{{ who.format.__globals__ }}",
        "{{ '{0.__class__}'.format(who) }}",
        "{{ '{0.__class__.__init__}'.format(who) }}",
        "{{ '{x.__class__}'.format_map({'x': who}) }}",
        "{{ ['{0.__class__}'] | map('format', who) | first | upper }}{{ nobody }}",
        "{{ ('{0.__class__}' | attr('format'))(who) }}",
        "{{ d.pop('y') }}",
        "{{ d.update({'z': 1}) }}",
        "{{ d.clear() }}",
        "{{ d.setdefault('z', 1) }}",
        "{{ l.append(1) }}",
        "{{ l.sort() }}",
        "{{ l.clear() }}",
        "{{ (l | map(attribute='__class__') | list)[0] }}",
        "{{ l | groupby('__class__') }}",
        "{{ l | sum(attribute='__class__') }}",
        "{% import 'os' as os %}{{ os.system('id') }}",
        "{% extends '/etc/passwd' %}",
        "{% include '../../etc/passwd' %}",
        "{{ config }}",
        "{{ request }}",
        "{{ get_flashed_messages }}",
        "{{ caller() }}",
        "{% set x = who.__class__ %}{{ x }}",
        "{% for c in ''.__class__.__mro__ %}{{ c }}{% endfor %}",
    ],
)
def test_no_way_leads_out_of_the_sandbox(source):
    facts = {"d": {"y": 1}, "l": [{"y": 1}], "who": "Dana"}
    fault_of(source, facts)
    assert facts == {"d": {"y": 1}, "l": [{"y": 1}], "who": "Dana"}


class Phase(StrEnum):
    NOW = "now"


class Key:
    def delete(self):
        raise AssertionError("a template called a method of a fact")


@pytest.mark.parametrize(
    "fact",
    [
        Key(),
        None,
        1.5,
        b"x",
        ("a",),
        {1, 2},
        Phase.NOW,
        print,
        [Key()],
        {"a": {"b": Key()}},
        {1: "x"},
        {Phase.NOW: "x"},
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_plain_facts_get_near_a_template(fact):
    with pytest.raises(TypeError, match="x"):
        composer().render_mail("x", {"x": fact})
    with pytest.raises(TypeError, match="x"):
        composer().render_event("x", {"x": fact})


def test_facts_nested_without_end_are_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(TypeError, match="nests deeper"):
        plain_facts({"x": endless})


def test_the_text_is_not_given_as_a_fact():
    with pytest.raises(TypeError, match="body_text"):
        plain_facts({"body_text": "x"})


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc", "a/b", "a\\b", "X", "", "x" * 65, "x\x00", "x\n", "x.j2", "ü", ".", "..", "C:x"],
)
def test_a_name_that_is_a_path_is_no_template(name):
    for render in (composer().render_mail, composer().render_event):
        with pytest.raises(TemplateFaultError, match="cannot be the name"):
            render(name, FACTS)


def test_an_event_has_a_one_line_summary_and_a_description():
    files = {"event/e/summary.j2": "Think\n{{ who }}\n", "event/e/description.txt.j2": "One\n\n\n\ntwo"}
    assert Composer(jinja2.DictLoader(files)).render_event("e", FACTS) == ("Think Dana", "One\n\ntwo\n")


def test_a_text_just_within_the_limit_is_made():
    words = composer(**{"body.txt": "{{ 'x' * n }}", "body.html": "x"}).render_mail("x", {"n": MAX_OUTPUT})
    assert words.body_text == "x" * MAX_OUTPUT + "\n"
    assert "256 KiB" in fault_of("{{ 'x' * n }}", {"n": MAX_OUTPUT + 1}).what


def test_pick_turns_through_the_wordings():
    assert [pick(["a", "b", "c"], number) for number in range(-1, 5)] == ["c", "a", "b", "c", "a", "b"]
    assert body_of("{{ ['a', 'b'] | pick(hours) }}") == "a\n"


def test_a_sentence_ends_once():
    assert [sentence(text) for text in ("Done", " Done. ", "Why?", "Now!", "And so…", "")] == [
        "Done.",
        "Done.",
        "Why?",
        "Now!",
        "And so…",
        "",
    ]


def test_words_are_the_same_every_time():
    assert body_of("{{ who }} {{ d | length }}") == body_of("{{ who }} {{ d | length }}")
