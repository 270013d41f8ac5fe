import re
from html.parser import HTMLParser

import credentialed
import pytest
from credentialed import person, picture, signed, tampered, turn

from pochade.provenance.credentials import Credentials, Ingredient
from pochade.provenance.shown import headline, html
from pochade.provenance.verify import verify

OURS = (
    "The key was made by pochade on this computer: it shows that the picture and these words belong together and come "
    "from here, not who the person is."
)
NASTY = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31mred\x07\u202eevil\u2066\r\n[bold]"


@pytest.fixture
def found():
    credentialed.settle(credentialed.ada())
    parent = signed(said=turn(prompt="a dog"), title="turn a1b2")
    theirs = signed(who=person("Mallory"), agent={"name": "paintbox", "version": "2"}, said={"v": 1})
    sources = (
        ("parentOf", "turn a1b2", parent),
        ("inputTo", "theirs.png", theirs),
        ("inputTo", "photo.png", picture(3)),
    )
    return verify(signed(sources=sources, said=turn(prompt="a cat", weights="0123456789abcdef")))


def test_a_person_reads_who_when_with_what_and_from_what(found):
    assert found.words().split("\n") == [
        "✓ The Content Credentials of this picture hold: nothing was changed since it was signed on this computer.",
        "  what   turn k3f9",
        "  made   painted by an AI model",
        "  when   2023-11-14 22:13:20 UTC, by the signer's own clock",
        f"  who    Ada (The tests). {OURS}",
        "  with   pochade 0.1, model tiny, weights 0123456789a…",
        "  asked  “a cat”",
        "  turn   k3f9, picture 1, of session 5e55",
        "  done   opened, then changed",
        "",
        "Made from:",
        "  ├─ ✓ changed from turn a1b2: its credentials hold; signed on this computer",
        "  │  painted by an AI model · 2023-11-14 22:13:20 UTC · pochade 0.1 · “a dog”",
        "  ├─ ✓ with a look at theirs.png: its credentials hold; who signed it is not known to this computer",
        "  │  painted by an AI model, says its signer · paintbox 2 · signed by Mallory (The tests)",
        "  └─ – with a look at photo.png: carries no credentials",
    ]
    assert str(found) == found.words()


def test_a_stranger_is_told_as_unknown_and_never_as_trusted():
    words = verify(signed(who=person("Mallory"))).words()
    assert "The signature holds" in words
    assert "not known to this computer" in words
    assert "as the certificate says" in words
    assert "trusted" not in words


def test_what_does_not_hold_is_said_first_with_the_reason_and_its_code():
    words = verify(tampered(signed())).words()
    assert words.startswith("✗ The Content Credentials of this picture DO NOT HOLD.")
    assert "(assertion.dataHash.mismatch)" in words


def test_a_changed_ancestor_is_the_headline_of_its_valid_child():
    child = verify(signed(sources=(("parentOf", "it", tampered(signed())),)))
    assert child.words().startswith(
        "✗ The credentials of this picture hold, but it was made from a picture whose own DO NOT"
    )
    assert "✗ changed from it: DOES NOT HOLD" in child.words()


def test_without_credentials_the_search_is_named():
    assert "pochade.find may still know it" in headline(Credentials("none"))
    assert repr(Credentials("none")) == "Credentials('none')"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.open = set(), []

    def handle_starttag(self, tag, attributes):
        self.seen |= {tag, *(name for name, _ in attributes)}
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def hostile():
    said = turn(prompt=NASTY, turn=NASTY, session=NASTY, model=NASTY, weights=NASTY)
    agent = {"name": NASTY, "version": NASTY}
    actions = [
        {"action": "c2pa.created", "softwareAgent": agent, "digitalSourceType": credentialed.AI},
        {"action": f"x.{NASTY}", "softwareAgent": agent},
    ]
    bad = tampered(signed(said=said, title=NASTY, agent=agent, actions=actions))
    return verify(signed(said=said, title=NASTY, agent=agent, sources=(("inputTo", NASTY, bad),), actions=actions))


def test_html_has_no_script_no_address_and_nothing_of_a_strangers_markup(hostile, found):
    for credentials in (hostile, found):
        parser = Tags()
        parser.feed(html(credentials))
        parser.close()
        assert parser.open == []
        assert parser.seen <= {
            "div",
            "span",
            "table",
            "tr",
            "th",
            "td",
            "bdi",
            "ul",
            "li",
            "style",
            "scope",
            "aria-hidden",
        }
        assert not re.search(r"https?:|url\(|[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html(credentials))
    assert "&lt;script&gt;" in html(hostile)


def test_html_takes_the_notebooks_colours_and_has_others_where_there_are_none(found):
    for variable in re.findall(r"var\([^)]*\)", html(found)):
        assert "," in variable, variable
    assert not re.search(r"[^-]background:(?!none)", html(found))


def test_words_do_nothing_to_a_terminal(hostile):
    words = hostile.words()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", words)
    assert "\\x1b[31m" in words
    assert "\x1b" not in repr(hostile)


def test_both_are_offered_to_a_notebook(found):
    bundle = found._repr_mimebundle_(include=None, exclude=None)
    assert bundle == {"text/plain": found.words(), "text/html": html(found)}


def test_a_crowd_of_sources_is_cut_and_counted():
    crowd = tuple(Ingredient("inputTo", f"{number}.png", Credentials("none")) for number in range(500))
    credentials = Credentials("valid", label="it", ingredients=crowd)
    assert len(credentials.words().split("\n")) < 220
    assert "and 300 more lines" in credentials.words()
    assert html(credentials).count("<li") == 200
    assert "and 300 more" in html(credentials)
