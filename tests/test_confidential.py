from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from generator.codes import Code
from generator.confidential import find, hide, with_secrets
from generator.errors import Problem
from generator.load import parse


def codes(text: str) -> list[Code]:
    return [secret.code for secret in find(text)]


#: Numbers that payment processors publish for tests.
CARDS = [
    "4242424242424242",
    "4111111111111111",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "3566002020360505",
    "6200000000000005",
    "6759649826438453",
]


@pytest.mark.parametrize("number", CARDS)
def test_a_card_number_is_found_however_it_is_written(number: str) -> None:
    spaced = [number[i : i + 4] for i in range(0, len(number), 4)]
    for written in (number, " ".join(number) if len(number) > 13 else number, f"Visa:{number},", f"# {number}"):
        assert codes(f"notes: {written}") == [Code.CARD_NUMBER], written
    if len(number) == 16:
        for mark in (" ", "-", " - ", "\u00a0", "–", ".", "\u200b"):
            assert codes(mark.join(spaced)) == [Code.CARD_NUMBER], mark


def test_a_card_number_is_found_beside_its_day_and_code_and_other_numbers() -> None:
    assert codes("4242 4242 4242 4242 12/28 cvv 123") == [Code.CARD_NUMBER, Code.SECURITY_CODE]
    assert codes("+1 503 555 0134 4242 4242 4242 4242") == [Code.CARD_NUMBER]
    assert codes("2026-11-16 3782 822463 10005") == [Code.CARD_NUMBER]
    assert codes("٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢") == [Code.CARD_NUMBER]


@pytest.mark.parametrize(
    "text",
    ["cvv 123", "CVC2: 1234", "card_cvv: '123'", "cardCVV=123", "security code is 123", "security_code:\n  9999",
     "CID # 1234", "verification value (123)"],
)  # fmt: skip
def test_a_security_code_is_found_by_its_word(text: str) -> None:
    assert codes(text) == [Code.SECURITY_CODE]


@pytest.mark.parametrize(
    "text",
    ["routing number 111000025", "aba: 1110-0002-5", "routingNumber: '111000025'", "111000025 (routing)",
     "bank:\n  routing: 021000021"],
)  # fmt: skip
def test_a_routing_number_is_found_by_its_word_and_check_digit(text: str) -> None:
    assert codes(text) == [Code.ROUTING_NUMBER]


@pytest.mark.parametrize(
    "text",
    ["account number: 000123456789", "acct# 12345678", "bankAccountNumber: 1234567", "account_no: 123-456-789",
     "Checking 123456789", "savings: 00 1234 5678", "bank account 12345678901234567"],
)  # fmt: skip
def test_an_account_number_is_found_by_its_word(text: str) -> None:
    assert codes(text) == [Code.ACCOUNT_NUMBER]


@pytest.mark.parametrize(
    "text", ["DE89370400440532013000", "pay to GB82 WEST 1234 5698 7654 32 please", "de89-3704-0044-0532-0130-00"]
)
def test_an_iban_is_found(text: str) -> None:
    assert codes(text) == [Code.IBAN]


def test_an_iban_with_a_wrong_check_digit_is_none() -> None:
    assert codes("DE88370400440532013000") == []


@pytest.mark.parametrize(
    "text",
    [
        "phone: +1 503 555 0134",
        "503-555-0134 415-555-0135 305 555 0136 361.555.0137",
        "call +4915123456789 or +49 151 23456789, or 0044 20 7946 0958",
        "2026-11-16 2026-12-01 2026-12-31",
        "cus_4242424242424242",
        "INV4242424242424242",
        "invoice 1017 1018 1019",
        "account manager: +1 503 555 0134",
        "accounts payable 5035550134",
        "account 503-555-0134",
        "account opened 2026-11-16",
        "account: 4471",
        "routing: {skip: [a], add: [{due: 5}]}",
        "routing 111000026, ticket 123456789",
        "acid 123, decided 1234, incident 4471",
        "cid 503-555-0134",
        "97201-1234",
        "0.4242424242424242",
        "1410.00 640.00 120.00 28.00",
        "550e8400-e29b-41d4-a716-446655440000",
        "20261116093000",
        "IMEI 356938035643809",
        "ICCID 8901260232727475012",
        "last4: '4242'",
        "tax_id: 93-1234567",
        "0000000000000000",
        "savings of 120.00 a month, 1440.00 a year",
    ],
)
def test_harmless_numbers_are_left_alone(text: str) -> None:
    assert codes(text) == []


@given(
    st.lists(
        st.one_of(
            st.from_regex(r"\+1 [2-9][0-9]{2} 555 [0-9]{4}", fullmatch=True),
            st.from_regex(r"[2-9][0-9]{2}[-.]555[-.][0-9]{4}", fullmatch=True),
            st.from_regex(r"\([2-9][0-9]{2}\) 555-[0-9]{4}", fullmatch=True),
            st.from_regex(r"\+(44|49|33|41) [0-9]{2,3} [0-9]{3,4} [0-9]{3,4}", fullmatch=True),
            st.dates().map(str),
            st.from_regex(r"INV-[0-9]{4,8}", fullmatch=True),
            st.from_regex(r"cus_[A-Za-z0-9]{14}", fullmatch=True),
            st.from_regex(r"[0-9]{5}-[0-9]{4}", fullmatch=True),
            st.decimals(0, 99999, places=2).map(str),
            st.uuids().map(str),
            st.sampled_from(["plan", "client", "PO", "invoice", "paid", "due", "price"]),
        ),
        max_size=8,
    ),
    st.sampled_from([", ", "; ", "\n", " and ", ": "]),
)
def test_telephone_numbers_days_and_ids_are_left_alone(pieces: list[str], between: str) -> None:
    assert codes(between.join(pieces)) == []


@given(st.from_regex(r"4[0-9]{14}", fullmatch=True).map(lambda start: start + luhn.calc_check_digit(start)), st.data())
def test_any_visa_card_is_found_in_any_text(number: str, data: st.DataObject) -> None:
    mark = data.draw(st.sampled_from(["", " ", "-", "  "]))
    words = data.draw(st.text(alphabet="abc xyz,\n", max_size=20))
    written = mark.join(number[i : i + 4] for i in range(0, 16, 4))
    assert codes(f"{words} {written} {words}") == [Code.CARD_NUMBER]


def test_a_problem_tells_no_more_than_the_last_four() -> None:
    source = parse("a: 1\nnotes: pay 4242 4242 4242 4242\n# cvv 987\n", "x.yaml")
    card, code = with_secrets(source, ())
    assert (card.line, card.column, card.code) == (2, 12, "D120")
    assert "ends with 4242" in card.message
    assert "987" not in code.message + code.hint
    assert card.source == code.source == ""


def test_a_number_over_folded_lines_or_in_escapes_is_found_in_the_value() -> None:
    folded = with_secrets(parse("a: 5555 5555\n  5555 4444\n", "x"), ())
    escaped = with_secrets(parse('a: "5555\\x205555\\x205555\\x204444"\n', "x"), ())
    assert [problem.code for problem in folded] == [problem.code for problem in escaped] == ["D120"]


def test_other_problems_do_not_show_it_either() -> None:
    text = "plan: 4242 4242 4242 4242\nb: gold\n"
    problems = [
        Problem("x", "D105", "plan '4242 4242 4242 4242' is not there", 1, 7, source="plan: 4242 4242 4242 4242"),
        Problem("x", "D105", "plan 'gold' is not there", 2, 4, source="b: gold"),
    ]
    first, second = hide(problems, text)
    assert (first.message, first.source) == ("plan '…' is not there", "")
    assert second == problems[1]


@pytest.mark.parametrize(
    "piece", ["4 ", "4242 ", "cvv ", "account ", "+1", "AB12", "AB12 ", "9-", "1.1 ", "routing ", "account " + " " * 50]
)
def test_the_search_takes_time_in_proportion_to_the_text(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    begin = time.process_time()
    find(text)
    assert time.process_time() - begin < 20  # in proportion to its square it would be minutes
