"""Plain YAML: what is read, the lines of its keys, and everything that is refused."""

import datetime as dt
import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.errors import ConfigError
from engine.plain import PlainYaml


def read(text):
    return PlainYaml(text, lambda line: f"run.yaml:{line}")


def refusal(text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def test_plain_values_come_as_plain_python():
    found = read("a: 1\nb: 1.5\nc: text\nd: true\ne: null\nf: 2020-01-02\ng: [1, x]\nh: {i: 1e-3}\nj: no\n").tree
    assert found == {
        "a": 1,
        "b": 1.5,
        "c": "text",
        "d": True,
        "e": None,
        "f": dt.date(2020, 1, 2),
        "g": [1, "x"],
        "h": {"i": 0.001},
        "j": "no",
    }
    assert [type(value) for value in found.values()] == [int, float, str, bool, type(None), dt.date, list, dict, str]


def test_an_empty_text_is_nothing():
    assert read("# only a comment\n").tree is None


def test_every_key_and_item_has_its_line():
    assert read("a: 1\nb:\n  c: {d: 2,\n    e: 3}\nf: [{g: 1}, {g: 2}]\n").lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 3,
        ("b", "c", "d"): 3,
        ("b", "c", "e"): 4,
        ("f",): 5,
        ("f", "0"): 5,
        ("f", "0", "g"): 5,
        ("f", "1"): 5,
        ("f", "1", "g"): 5,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "run.yaml:2: a stands twice, first in line 1: keep one of them"),
        ("a:\n  b: 1\n  c: 1\n  b: 2\n", "run.yaml:4: a.b stands twice, first in line 2: keep one of them"),
        ("a: 1\nb: !x 2\n", "run.yaml:2: the tag in !x 2 is refused: write plain values"),
        ("a: !!str 2\nb: !!set {c}\n", "run.yaml:2: the tag in !!set {c} is refused: write plain values"),
        ("!x a: 2\n", "run.yaml:1: the key !x a has to be text: quote it"),
        ("a:\n  1: 2\n", "run.yaml:2: the key 1 has to be text: quote it"),
        ("[a, b]: 2\n", "run.yaml:1: the key [a, b] has to be text: quote it"),
        ("a:\n  <<: {b: 1}\n", "run.yaml:2: the key << has to be text: quote it"),
        ("a: &x 1\nb: &x 2\nc: *x\n", "run.yaml:2: &x is repeated by *x: write it out each time"),
        ("a: &x 1\nb: *x\n", "run.yaml:1: &x is repeated by *x: write it out each time"),
        ("a: 1\nb: &x [*x]\n", "run.yaml:2: &x is repeated by *x: write it out each time"),
        (
            'a: 1\nb: "\\U00110000"\n',
            "run.yaml:2: is no YAML: \\U00110000 stands for no character",
        ),
        ('a: 1\nb: "\\ud800"\n', 'run.yaml:2: "\\ud800" can\'t be read'),
        ('a: 1\n"\\ud800": 2\n', 'run.yaml:2: "\\ud800" can\'t be read'),
        ("a: 1\nb: !!bool maybe\n", "run.yaml:2: !!bool maybe can't be read"),
        ("a: 1\nb: !!timestamp soon\n", "run.yaml:2: !!timestamp soon can't be read"),
        ("a: 1\nb: !!int ''\n", "run.yaml:2: !!int '' can't be read"),
        ("a: 1\nb: !!str {a: 1}\n", "run.yaml:2: the tag in !!str {a: 1} is refused: write plain values"),
        ("a: 1\nb: !!seq {}\n", "run.yaml:2: the tag in !!seq {} is refused: write plain values"),
        ("a: 1\n!!str {a: 1}: 2\n", "run.yaml:2: the key !!str {a: 1} has to be text: quote it"),
        (f"a: 1\nb: {'9' * 5000}\n", f"run.yaml:2: {'9' * 57}... can't be read: it is too long"),
        (f"a: 1\nb: 0x{'f' * 5000}\n", f"run.yaml:2: 0x{'f' * 55}... can't be read: it is too long"),
        (f"a: 1\nb: !x {'y' * 5000}\n", f"run.yaml:2: the tag in !x {'y' * 54}... is refused: write plain values"),
        ("a: 1\nb: 2020-02-30\n", "run.yaml:2: 2020-02-30 can't be read: day is out of range for month"),
    ],
)
def test_what_is_more_than_plain_is_refused_with_its_line(text, said):
    assert refusal(text) == said


@pytest.mark.parametrize("text", ["a: [1\nb: 2", "a:\n\tb: 1", "a: *b", "a\n---\nb", "a: b: c", "a: \x00", '"', "%"])
def test_what_is_no_yaml_is_refused_with_a_line_and_advice(text):
    said = refusal(text)
    assert said.startswith(tuple(f"run.yaml:{line}: is no YAML: " for line in (1, 2, 3)))
    assert said.endswith(": indent with spaces, close what is opened, quote text that holds : or #")


def test_a_bomb_of_aliases_costs_nothing():
    text = "a0: &a0 {k: 1}\n" + "".join(
        f"a{level + 1}: &a{level + 1} {{{', '.join(f'k{i}: *a{level}' for i in range(9))}}}\n" for level in range(40)
    )
    began = time.perf_counter()
    assert "is repeated by" in refusal(text)
    assert time.perf_counter() - began < 1.0


def test_a_deep_nest_is_refused():
    assert refusal("a: " + "[" * 500 + "]" * 500) == "run.yaml:1: is nested too deep: a run has three levels of keys"


words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
plain = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=6)


@settings(max_examples=50)
@given(plain)
def test_json_which_is_yaml_too_is_read_as_json_is(value):
    assert read(json.dumps({"value": value})).tree == {"value": value}


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("[]{}:,&*!|>'\"%@`#-? \n\t"), max_size=40))
@example("? a\n: 1")
@example("!<x")
@example("a: 0o9\nb: 0x\nc: 1__2")
def test_any_text_at_all_is_read_or_refused_in_one_line(text):
    try:
        read(text)
    except ConfigError as fault:
        assert len(str(fault).split("\n")) == 1
