"""Names in templates are held against the types of the values, and a sound template is never accused."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pytest

from generator.errors import did_you_mean
from generator.render.names import findings
from generator.templating import environment
from generator.work import INVOICE_VALUES, VALUES


@dataclass(frozen=True)
class Book:
    title: str
    price: Decimal | None
    kind: Literal["bound", "paper"]

    @property
    def pages(self) -> tuple[int, ...]:
        return ()

    def method(self) -> str:
        return ""


KNOWN = {**VALUES, "books": tuple[Book, ...], "shelf": dict[str, Book], "pair": tuple[Book, str], "anything": Any}


def found(source: str, known: dict[str, Any] | None = None) -> list[str]:
    env = environment()
    told = findings(env.parse(source), known or KNOWN, env)
    return [f"{each.line}: {each.message}" + (f" ({each.hint})" if each.hint else "") for each in told]


@pytest.mark.parametrize(
    "source",
    [
        "{{ client.contact.name }} {{ client['name'] }} {{ deal.signed.year }}",
        "{% for book in books %}{{ loop.index }} {{ book.title.upper() }} {{ book.pages[0] }}{% endfor %}",
        "{% for name, book in shelf.items() %}{{ name.title() }} {{ book.title }}{% endfor %}",
        "{% for book in shelf.values() if book.price %}{{ book.kind }}{% else %}none{% endfor %}",
        "{{ shelf.anything.title }} {{ shelf['x'].title }} {{ (books | first).title }} {{ pair[0].title }}",
        "{% set first, second = pair %}{{ first.title }} {{ second.upper() }}",
        "{% set words %}{{ client.name }}{% endset %}{{ words }} {{ words | upper }}",
        "{% set box = namespace(n=0) %}{% set box.n = 2 %}{{ box.n }}",
        "{% macro line(of, by='x') %}{{ of.whatever }} {{ by ~ late }}{% endmacro %}{% set late = 1 %}{{ line(1) }}",
        "{% call(it) anything.run() %}{{ it.x }}{% endcall %}",
        "{% with who = client.signer %}{{ who.name }}{% endwith %}",
        "{% for k, all in actions | groupby('section') %}{{ k }}{% for a in all %}{{ a.text }}{% endfor %}{% endfor %}",
        "{% for group in actions | groupby('section') %}{{ group.grouper }}{{ (group.list | first).due }}{% endfor %}",
        "{{ books | map(attribute='title') | join(', ') }} {{ books | sum(attribute='price') }}",
        "{{ books | selectattr('price') | rejectattr('kind', 'equalto', 'paper') | list | length }}",
        "{{ (books | sort(attribute='price,title') | list)[-1].title }} {{ books[:2][0].kind }}",
        "{% if invoice is defined %}{{ invoice.total }}{% endif %}{{ nickname | default('–') }}",
        "{{ anything.at.all[3].you('like') }} {{ plan.setup.fee }} {{ plan.setup.months }}",
        "{% for batch in books | batch(2) %}{% for book in batch %}{{ book.title }}{% endfor %}{% endfor %}",
        "{% filter upper %}{{ client.name }}{% endfilter %}{% for i in range(3) %}{{ i + 1 }}{% endfor %}",
        "{% if plan %}{% set x = client %}{% else %}{% set x = deal %}{% endif %}{{ x.anything }}",
        "{{ (client if plan else client).name }} {{ ('a' ~ client.name) | length }} {{ none or client.name }}",
        "{% do books | list %}{% for book in books %}{% if loop.first %}{% continue %}{% endif %}{% endfor %}",
    ],
)
def test_a_sound_template_is_not_accused(source: str) -> None:
    env = environment()
    told = findings(env.parse(source), {**KNOWN, **({"x": Any} if "set x" in source else {})}, env)
    assert [each.message for each in told] == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ clint.name }}", "there is no value 'clint' (did you mean 'client'?)"),
        ("{{ client.contcat.name }}", "there is no value 'contcat' in client (did you mean 'contact'?)"),
        ("{{ client['nmae'] }}", "there is no value 'nmae' in client (did you mean 'name'?)"),
        ("{{ client.name.first }}", "there is no value 'first' in client.name"),
        (
            "{% for book in books %}{{ book.titel }}{% endfor %}",
            "there is no value 'titel' in book (did you mean 'title'?)",
        ),
        ("{% for book in books %}{% endfor %}{{ book }}", "there is no value 'book' (did you mean 'books'?)"),
        (
            "{% for book in books %}{{ loop.idx }}{% endfor %}",
            "there is no value 'idx' in loop (did you mean 'index'?)",
        ),
        (
            "{% for book in books if book.prise %}{% endfor %}",
            "there is no value 'prise' in book (did you mean 'price'?)",
        ),
        (
            "{% for n, book in shelf.items() %}{{ book.knd }}{% endfor %}",
            "there is no value 'knd' in book (did you mean 'kind'?)",
        ),
        ("{{ shelf.any.titel }}", "there is no value 'titel' in shelf.any (did you mean 'title'?)"),
        ("{% set a = client.signer %}{{ a.nmae }}", "there is no value 'nmae' in a (did you mean 'name'?)"),
        ("{% with a = client %}{{ a.nmae }}{% endwith %}", "there is no value 'nmae' in a (did you mean 'name'?)"),
        ("{% macro m(a) %}{{ never }}{% endmacro %}", "there is no value 'never'"),
        ("{{ pair[0].titel }}", "there is no value 'titel' in the value (did you mean 'title'?)"),
        (
            "{{ books | map(attribute='titel') | list }}",
            "there is no value 'titel' in the list's elements (did you mean 'title'?)",
        ),
        (
            "{{ books | selectattr('prise') | list }}",
            "there is no value 'prise' in the list's elements (did you mean 'price'?)",
        ),
        ("{{ (books | first).titel }}", "there is no value 'titel' in the value (did you mean 'title'?)"),
        ("{{ client.name | uper }}", "there is no filter 'uper' (did you mean 'upper'?)"),
        ("{{ client.name is strng }}", "there is no test 'strng' (did you mean 'string'?)"),
        (
            "{{ books | selectattr('kind', 'equalt', 'x') | list }}",
            "there is no test 'equalt' (did you mean 'equalto'?)",
        ),
        ("{{ books[0].method() }}", "there is no value 'method' in the value"),
        (
            "{{ client.name if plan.spam_fliter else '' }}",
            "there is no value 'spam_fliter' in plan (did you mean 'spam_filter'?)",
        ),
        ("{{ client.nickname | default('x') }}", "there is no value 'nickname' in client (did you mean 'name'?)"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_the_nearest(source: str, told: str) -> None:
    assert found(source)[0].startswith(f"1: {told}")


def test_every_unknown_name_is_told_with_its_line() -> None:
    source = "{{ client.nme }}\n{% for a in actions %}\n{{ a.dew }}{{ a.dew }}\n{% endfor %}"
    assert [line.split(" (")[0] for line in found(source)] == [
        "1: there is no value 'nme' in client",
        "3: there is no value 'dew' in a",
    ]


def test_an_invoice_is_known_only_where_there_is_one() -> None:
    assert found("{{ invoice.total }}", dict(INVOICE_VALUES)) == []
    assert found("{{ invoice.total }}", dict(VALUES))[0].startswith("1: there is no value 'invoice'")


def test_the_nearest_name_is_no_guess_from_far() -> None:
    assert did_you_mean("zzz", ["client"]) == ""


def test_what_is_read_out_of_a_text_is_a_figure_or_a_day() -> None:
    assert found("{{ (client.name | day).year }} {{ client.name | float | money }}") == []
    (told,) = found("{{ (client.name | day).yaer }}")
    assert "no value 'yaer'" in told
    (told,) = found("{{ (client.name | figure).name }}")
    assert "no value 'name'" in told
