"""The codes of problems in YAML files, and what each of them means: the one list of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """Y0xx: any YAML file; D1xx: a deal; P2xx: provider.yaml, routing.yaml or documents.yaml; L3xx: invoices.csv."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> Self:
        """Keep the meaning beside the code."""
        made = str.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    UNREADABLE = "Y001", "the file cannot be read"
    TOO_LARGE = "Y002", "the file is larger than a deal can be"
    NOT_UTF8 = "Y003", "the file is not UTF-8 text"
    CONTROL_CHARACTER = "Y004", "a control character, or one that turns the direction of writing"
    SYNTAX = "Y005", "the text is not YAML"
    TOO_DEEP = "Y006", "lists and mappings are nested too deeply"
    TAG = "Y007", "a YAML tag"
    ANCHOR = "Y008", "a YAML anchor or alias"
    MERGE = "Y009", "a YAML merge key"
    DUPLICATE_KEY = "Y010", "a key is written twice in one mapping"
    SECOND_DOCUMENT = "Y011", "the file holds more than one YAML document"
    BAD_KEY = "Y012", "a key is not a plain text"

    MISSING = "D101", "a required key is missing"
    UNKNOWN_KEY = "D102", "an unknown key"
    WRONG_KIND = "D103", "a value of the wrong kind"
    OUT_OF_RANGE = "D104", "a value is too small, too large or too long"
    UNKNOWN_PLAN = "D105", "the plan is not in provider.yaml"
    UNKNOWN_ROLE = "D106", "the role is not in provider.yaml"
    UNKNOWN_ACTION = "D107", "the action is not in routing.yaml"
    ACTION_TWICE = "D108", "an action's id is there twice"
    BAD_ID = "D109", "the file's name cannot be a deal's id"
    DATE_ORDER = "D110", "dates are in the wrong order"
    FAR_DATE = "D111", "a date is far from the day of signing (a warning, or an error)"
    DECIMALS = "D112", "an amount has more decimals than the currency"
    UNKNOWN_COUNTRY = "D113", "the country code is unknown"
    BAD_EMAIL = "D114", "not an e-mail address"
    EMPTY_CREDIT = "D115", "a credit that credits nothing (a warning)"
    SAME_NAME = "D116", "two deals have the same billing name (a warning)"
    SAME_ID = "D117", "two deals have the same id"
    SHORT_TERM = "D118", "the term is too short for the notice that ends it (a warning)"
    CARD_NUMBER = "D120", "a card number"
    SECURITY_CODE = "D121", "a card's security code"
    ROUTING_NUMBER = "D122", "a bank routing number"
    ACCOUNT_NUMBER = "D123", "a bank account number"
    IBAN = "D124", "an international bank account number"

    HOUSE_MISSING = "P201", "a required key is missing"
    HOUSE_UNKNOWN_KEY = "P202", "an unknown key"
    HOUSE_WRONG_KIND = "P203", "a value of the wrong kind"
    HOUSE_OUT_OF_RANGE = "P204", "a value is too small, too large or too long"
    HOUSE_UNKNOWN_ROLE = "P206", "the role is not among the people of provider.yaml"
    HOUSE_ACTION_TWICE = "P208", "an action's id is there twice"
    HOUSE_DECIMALS = "P212", "an amount has more decimals than the currency"
    HOUSE_UNKNOWN_COUNTRY = "P213", "the country code is unknown"
    HOUSE_BAD_EMAIL = "P214", "not an e-mail address"
    UNKNOWN_CURRENCY = "P220", "the currency is unknown"
    UNKNOWN_LOCALE = "P221", "the locale is unknown"
    BAD_TEMPLATE = "P222", "a template's name is not one that can be used"
    BAD_TARGET = "P223", "a document's target cannot be a file of the packet"
    SAME_TARGET = "P224", "two documents have the same target"
    BAD_TEXT = "P225", "a tag in a text, or a condition, cannot be read"
    UNKNOWN_NAME = "P226", "a text or a condition names a value that there is not"
    BAD_PATTERN = "P240", "a pattern cannot make invoice numbers"
    SERIES_KINDS = "P241", "a kind of invoice has no series, or more than one"
    SAME_NUMBERS = "P242", "two series can make the same number"

    LEDGER_UNREADABLE = "L301", "the ledger cannot be read"
    LEDGER_HEADER = "L302", "the ledger's first line is not its heading"
    LEDGER_CONFLICT = "L303", "a merge left both sides in the ledger"
    LEDGER_LINE = "L304", "a line of the ledger cannot be read"
    NUMBER_TWICE = "L305", "a number is there twice"
    INVOICE_TWICE = "L306", "an invoice is there twice"
    NUMBER_GAP = "L307", "numbers are missing in a series"
    NUMBER_UNKNOWN = "L308", "a number fits no series of provider.yaml (a warning)"
    DEAL_GONE = "L309", "an issued invoice's deal is gone"
    NUMBER_ORDER = "L310", "an invoice was issued after one with a later date (a warning)"
    OTHER_CURRENCY = "L311", "an issued invoice is in another currency"
    LINE_CHANGED = "L312", "a line of the ledger was changed or removed"
    INVOICE_DIFFERS = "L313", "an issued invoice is no longer what its deal gives"
    INVOICE_GONE = "L314", "an issued invoice is no longer among its deal's"
    CREDITS_UNKNOWN = "L315", "a credit note is for no invoice of its deal"
    CREDITS_TOO_MUCH = "L316", "more is credited than was invoiced"
    DOCUMENT_MISSING = "L317", "a document of closed books is missing (a warning)"
    NUMBERED_LATE = "L318", "an invoice gets its number after its books were closed (a warning)"
    TERM_OVER = "L319", "a deal's term is over, so nothing more is billed (a warning)"
