"""The lint on whole mails, good and bad: it speaks where it has to, and hardly ever elsewhere."""

import runpy
from pathlib import Path

import pytest

from automations.compose.lint import RULES, Level

bench = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "lint.py"))
MAILS = bench["corpus"]()
HELD = [each for each in MAILS if each.held]
SCORE = bench["scored"](MAILS)
LOUD = [rule.code for rule in RULES if rule.level is not Level.HINT]


def test_the_corpus_is_large_and_a_third_of_it_is_held_out():
    good = [each for each in MAILS if not each.codes]
    assert len(good) >= 60
    assert len(MAILS) - len(good) >= 60
    assert 3 * len(HELD) >= len(MAILS) - 3
    assert len({each.mail.body for each in MAILS}) == len(MAILS)


def test_the_labels_are_codes_of_rules_and_every_loud_rule_has_a_mail_that_breaks_it():
    labelled = {code for each in MAILS for code in each.codes}
    assert labelled <= {rule.code for rule in RULES}
    assert set(LOUD) - labelled <= {"empty"}


@pytest.mark.parametrize("code", LOUD)
def test_a_rule_that_warns_is_right_nine_times_in_ten(code):
    assert SCORE.precision(code) >= 0.9, "make it a hint, or make it stricter"


@pytest.mark.parametrize("mails", [MAILS, HELD], ids=["all", "held out"])
def test_four_faults_in_five_are_found_and_nine_findings_in_ten_are_faults(mails):
    precision, recall = bench["scored"](mails).overall()
    assert precision >= 0.9
    assert recall >= 0.8


def test_the_score_counts_what_is_wrong_and_what_is_missed():
    bad = next(each for each in MAILS if each.codes == {"placeholder"})
    mislabelled = bench["Labelled"](bad.mail, frozenset({"blame"}), held=False)
    score = bench["scored"]([bad, mislabelled])
    assert (score.precision("placeholder"), score.recall("placeholder")) == (0.5, 1.0)
    assert (score.precision("blame"), score.recall("blame")) == (1.0, 0.0)
    assert score.overall() == (0.5, 0.5)


def test_the_benchmark_prints_every_rule_and_the_sums(capsys):
    bench["main"]()
    printed = capsys.readouterr().out
    assert all(f"{rule.code} " in printed for rule in RULES)
    assert f"all: {len(MAILS)} mails, precision " in printed
