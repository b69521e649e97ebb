"""Dates as people write them, generated, with their ISO form.

Every written form stands for exactly one date. The conventions:
- slashes are American, month first: 5/3/79 is the 3rd of May;
- dots and dashes between numbers are day first: 3.5.1979, 03-05-79;
- a year of four digits in front means year, month, day;
- a two-digit year is 1950 to 2049: 50 to 99 are 19.., 00 to 49 are 20...
A weekday, where there is one, is the right one.
"""

import datetime
import re
import zlib

MONTHS = ("january february march april may june july august september "
          "october november december").split()
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
UNITS = ("first second third fourth fifth sixth seventh eighth ninth tenth "
         "eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
         "seventeenth eighteenth nineteenth").split()
FIRST_YEAR, LAST_YEAR = 1900, 2099
FIRST_SHORT_YEAR, LAST_SHORT_YEAR = 1950, 2049

CHARACTERS = " ',-./0123456789abcdefghijklmnopqrstuvwxyz"
SPECIAL = ("<pad>", "<bos>", "<eos>")
PAD, BEGIN, END = range(3)
TOKENS = (*SPECIAL, *CHARACTERS)
TOKEN_OF = {token: index for index, token in enumerate(TOKENS)}


def encode(text):
    """Token ids of `text`, which is lower-cased first."""
    return [TOKEN_OF[character] for character in text.lower()]


def held_back(date):
    """True for the one date in 40 that training never sees in any form."""
    return zlib.crc32(date.isoformat().encode()) % 40 == 0


def ordinal(day):
    if 11 <= day <= 13:
        return f"{day}th"
    return f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th') }"


def ordinal_word(day):
    if day < 20:
        return UNITS[day - 1]
    tens = "twent" if day < 30 else "thirt"
    return f"{tens}ieth" if day % 10 == 0 else f"{tens}y-{UNITS[day % 10 - 1]}"


def random_date(random, *, held):
    """A date; half of them are in the years two digits can say."""
    while True:
        if random.random() < 0.5:
            years = FIRST_SHORT_YEAR, LAST_SHORT_YEAR
        else:
            years = FIRST_YEAR, LAST_YEAR
        first = datetime.date(years[0], 1, 1).toordinal()
        last = datetime.date(years[1], 12, 31).toordinal()
        date = datetime.date.fromordinal(random.randint(first, last))
        if held_back(date) == held:
            return date


def _month_name(date, random):
    name = MONTHS[date.month - 1]
    if random.random() < 0.5:
        return name
    short = "sept" if name == "september" and random.random() < 0.5 else name[:3]
    return short + ("." if random.random() < 0.25 else "")


def _year(date, random, *, mark=""):
    short = FIRST_SHORT_YEAR <= date.year <= LAST_SHORT_YEAR
    if not short or random.random() < 0.6:
        return str(date.year)
    return f"{mark}{date.year % 100:02d}"


def _day(date, random):
    return (ordinal(date.day) if random.random() < 0.5
            else _number(date.day, random))


def _number(value, random):
    return f"{value:02d}" if random.random() < 0.3 else str(value)


def _day_month(date, random):
    """3 May 1979, 3rd of May 79, the third of May, 1979"""
    comma = random.choice(["", "", ","])
    mark = random.choice(["", "'"])
    day = ordinal_word(date.day) if random.random() < 0.15 else _day(date, random)
    the = random.choice(["", "the "])
    of = random.choice([" ", " of "])
    return (f"{the}{day}{of}{_month_name(date, random)}{comma} "
            f"{_year(date, random, mark=mark)}")


def _month_day(date, random):
    """May 3, 1979, May 3rd 79, May the 3rd, 1979"""
    comma = random.choice(["", ",", ","])
    mark = random.choice(["", "'"])
    the = random.choice(["", "", " the"])
    return (f"{_month_name(date, random)}{the} {_day(date, random)}{comma} "
            f"{_year(date, random, mark=mark)}")


def _year_month_day(date, random):
    """1979 May 3"""
    return f"{date.year} {_month_name(date, random)} {_day(date, random)}"


def _slashes(date, random):
    """5/3/79: month first"""
    return (f"{_number(date.month, random)}/{_number(date.day, random)}/"
            f"{_year(date, random)}")


def _day_first(date, random):
    """3.5.1979, 03-05-79"""
    mark = random.choice([".", "-"])
    return mark.join([_number(date.day, random), _number(date.month, random),
                      _year(date, random)])


def _year_first(date, random):
    """1979.05.03, 1979-5-3, 1979/05/03, 19790503"""
    mark = random.choice([".", "-", "/", ""])
    if not mark:
        return date.strftime("%Y%m%d")
    return mark.join([str(date.year), _number(date.month, random),
                      _number(date.day, random)])


def _joined(date, random):
    """3-May-1979, 3/may/79, 03may1979"""
    mark = random.choice(["-", "/", ""])
    name = MONTHS[date.month - 1]
    name = name[:3] if random.random() < 0.7 else name
    return f"{_number(date.day, random)}{mark}{name}{mark}{_year(date, random)}"


NAMES = {*MONTHS, *WEEKDAYS, "sept",
         *(name[:3] for name in MONTHS + WEEKDAYS)}
FORMS = ((_day_month, 30), (_month_day, 25), (_year_month_day, 5),
         (_slashes, 13), (_day_first, 10), (_year_first, 10), (_joined, 7))
WITH_WEEKDAY = (_day_month, _month_day, _slashes, _joined)


def _weekday(date, random):
    name = WEEKDAYS[date.weekday()]
    if random.random() < 0.5:
        name = name[:3] + random.choice(["", "."])
    return name + random.choice([", ", " "])


def write(date, random):
    """One way to write `date`."""
    form, = random.choices([form for form, _ in FORMS],
                           [weight for _, weight in FORMS])
    text = form(date, random)
    if form in WITH_WEEKDAY and random.random() < 0.25:
        text = _weekday(date, random) + text
    return text


def cased(text, random):
    """The same in the case that people use: as names, as is, or shouted."""
    draw = random.random()
    if draw < 0.1:
        return text.upper()
    if draw < 0.3:
        return text
    return re.sub("[a-z]+", lambda word: word[0].capitalize()
                  if word[0] in NAMES else word[0], text)
