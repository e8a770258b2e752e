"""SPSS files (sav, zsav, por) as records of text, with what their dictionary tells of questions and answers.

A value is written as its label where it has one, else as a plain number or text; system-missing is empty. User-missing
values keep their label, so that the study file can say what each means, and are empty where they have none. Dates are
"2024-05-01" or "2024-05-01 10:30:00", times "10:30:00".

In a multiple-response set of dichotomies the counted value is "1", another "0", missing ones of either kind are empty.
For a set of categories there are columns after the file's own, one for each category: `set_value`, "1" or "0", empty
where the respondent gave none of its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import DeliveryError
from pipeline.ingest import qualtrics, surveymonkey
from pipeline.ingest.apart import apart
from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.ingest.spss_dictionary import ResponseSet, weight_and_sets
from pipeline.ingest.texts import duration, moment, number
from pipeline.study.evening import evened

CELLS = 2_000_000  # of a chunk; each becomes an object of Python
MOST_COLUMNS = 50_000
EPOCH = datetime(1582, 10, 14)
DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR", "DATETIME", "YMDHMS")
TIMES = ("TIME", "DTIME", "MTIME")
# What platforms that export to SPSS call the columns that are no questions; first of them that is there.
DEFAULTS = {
    "id": ("ResponseId", "RespondentID"),
    "started": ("StartDate",),
    "finished": ("EndDate", "submitdate"),
    "duration": ("Duration__in_seconds_", "interviewtime"),
    "status": ("Status",),
    "progress": ("Progress",),
    "recaptcha": ("Q_RecaptchaScore",),
}
METADATA = (*qualtrics.METADATA, *surveymonkey.METADATA, *(name for names in DEFAULTS.values() for name in names),
            "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "refurl")  # fmt: skip
PERSONAL = (*qualtrics.PERSONAL, *surveymonkey.PERSONAL, "ipaddr", "token", "firstname", "lastname", "EmailAddress")


@dataclass(frozen=True)
class ValueLabel:
    """A value with its label. missing: whether the file declares it user-missing."""

    value: str
    label: str
    missing: bool


@dataclass(frozen=True)
class Variable:
    """A variable of the dictionary.

    type: number, text, or moment (dates and times). measure: nominal, ordinal, scale or unknown. values: in their
    order. missing: what is declared user-missing, as (lowest, highest). sets: response sets it belongs to.
    """

    name: str
    label: str
    type: str
    measure: str
    values: tuple[ValueLabel, ...]
    missing: tuple[tuple[str, str], ...]
    sets: tuple[str, ...]


@dataclass(frozen=True)
class Dictionary:
    """What an SPSS file tells of itself. weight: the variable by which it is weighted."""

    variables: tuple[Variable, ...]
    sets: tuple[ResponseSet, ...]
    weight: str | None


def labels(path: Path, encoding: str = "") -> Dictionary:
    """The dictionary. encoding: of its texts, where the file tells it wrongly. Raises DeliveryError."""
    found = apart(dictionary_here, path, encoding)
    variables = tuple(
        Variable(
            v["name"],
            v["label"],
            v["type"],
            v["measure"],
            tuple(ValueLabel(*value) for value in v["values"]),
            tuple((low, high) for low, high in v["missing"]),
            tuple(v["sets"]),
        )
        for v in found["variables"]
    )
    sets = tuple(ResponseSet(**{**one, "variables": tuple(one["variables"])}) for one in found["sets"])
    return Dictionary(variables, sets, found["weight"])


def layout(path: Path, encoding: str = "") -> Layout:
    """The file's own variables, then the categories of its sets. Raises DeliveryError."""
    return layout_of(labels(path, encoding))


def to_parquet(path: Path, target: Path, sheet: str = "", encoding: str = "") -> None:
    """Writes every record as columns c1, c2 and so on of text, in the order of `layout`. Raises DeliveryError."""
    apart(to_parquet_here, path, str(target), encoding)


def layout_of(dictionary: Dictionary) -> Layout:
    """The columns that `to_parquet` writes."""
    ticked = _ticked(dictionary.sets)
    by_name = {v.name: v for v in dictionary.variables}
    known = {evened(v.name): v.name for v in dictionary.variables}
    columns: list[SourceColumn] = []
    for v in dictionary.variables:
        own = ticked.get(v.name)
        text, part = v.label or v.name, ""
        if own is not None:
            text, part = _question(own, by_name), _option(v, own)
        columns.append(SourceColumn(len(columns) + 1, v.name, text, part, kind=_kind(v.name)))
    for one in dictionary.sets:
        for value, label in categories(one, by_name):
            name = f"{one.name}_{value}"
            columns.append(SourceColumn(len(columns) + 1, name, _question(one, by_name), label))
    defaults = {
        ours: known[found]
        for ours, names in DEFAULTS.items()
        if (found := next((n for n in map(evened, names) if n in known), None)) is not None
    }
    return Layout("spss", 0, tuple(columns), defaults)


def categories(one: ResponseSet, variables: Mapping[str, Variable]) -> list[tuple[str, str]]:
    """Value and label of each category of a set of categories, in the order of its variables' labels."""
    if one.counted is not None:
        return []
    found: dict[str, str] = {}
    for name in one.variables:
        found |= {v.value: v.label for v in variables[name].values if not v.missing and v.value not in found}
    return list(found.items())


def _kind(name: str) -> Kind:
    wanted = evened(name)
    return "personal" if wanted in _PERSONAL else "metadata" if wanted in _METADATA else ""


_METADATA, _PERSONAL = ({evened(name.replace(" ", "")) for name in names} for names in (METADATA, PERSONAL))


def _ticked(sets: Sequence[ResponseSet]) -> dict[str, ResponseSet]:
    """The set of dichotomies of each variable that is in one; of several, the first."""
    found: dict[str, ResponseSet] = {}
    for one in sets:
        if one.counted is not None:
            for name in one.variables:
                found.setdefault(name, one)
    return found


def _question(one: ResponseSet, variables: Mapping[str, Variable]) -> str:
    """The question of a set: its label, else what the labels of its variables begin with, else its name."""
    if one.label:
        return one.label
    texts = [variables[name].label for name in one.variables]
    same = _common(texts).rstrip()
    return same.rstrip(" -:([") if len(same) > 3 and same[-1:] in "-:([?" else one.name


def _common(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    end = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:end]


def _option(v: Variable, one: ResponseSet) -> str:
    counted = next((value.label for value in v.values if value.value == one.counted), "")
    return (counted if one.by_value and counted else v.label) or v.name


# What follows runs in a process of its own.


def dictionary_here(path: Path, encoding: str) -> dict[str, Any]:
    """The dictionary, as dicts."""
    meta, sets, weight = _dictionary(path, encoding)
    numeric = [name for name in meta.column_names if meta.readstat_variable_types[name] != "string"]
    return {
        "variables": [_variable(meta, name, sets) for name in meta.column_names],
        "sets": [vars(one) for one in sets],
        "weight": numeric[weight] if weight is not None and weight < len(numeric) else None,
    }


def to_parquet_here(path: Path, target: str, encoding: str) -> None:
    """Writes the records."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    meta, sets, _ = _dictionary(path, encoding)
    variables = {name: _variable(meta, name, sets) for name in meta.column_names}
    ticked = _ticked(sets)
    shown = [_shown(meta, name, ticked.get(name)) for name in meta.column_names]
    hot = [(one, list(_categories_here(one, variables))) for one in sets if one.counted is None]
    width = len(shown) + sum(len(values) for _, values in hot)
    schema = pa.schema([(f"c{i + 1}", pa.string()) for i in range(width)])
    with pq.ParquetWriter(target, schema) as writer:
        for chunk in _chunks(path, encoding, meta, max(1, CELLS // width)):
            columns = [
                list(map(_Once(show).__getitem__, chunk[name]))
                for name, show in zip(meta.column_names, shown, strict=True)
            ]
            for one, values in hot:
                columns += _hot([chunk[name] for name in one.variables], one, values, meta)
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in columns], schema=schema))


class _Once(dict[Any, str | None]):
    """Puts each distinct value into words once."""

    def __init__(self, show: Callable[[Any], str | None]) -> None:
        super().__init__()
        self.show = show

    def __missing__(self, value: Any) -> str | None:
        text = self[value] = self.show(value)
        return text


def _read(path: Path, encoding: str, **how: Any) -> tuple[Any, Any]:
    """Values by variable, and metadata. Raises DeliveryError."""
    import pyreadstat

    with path.open("rb") as stream:
        start = stream.read(4)
    try:
        if start in (b"$FL2", b"$FL3"):
            return pyreadstat.read_sav(
                path, output_format="dict", user_missing=True, disable_datetime_conversion=True,
                encoding=encoding or None, **how,
            )  # fmt: skip
        return pyreadstat.read_por(path, output_format="dict", disable_datetime_conversion=True, **how)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        text = "encoding" in str(error).lower() or isinstance(error, UnicodeError)
        raise DeliveryError(
            str(path), "cannot be read as an SPSS file", expected="a .sav, .zsav or .por file",
            found=(str(error).splitlines() or [type(error).__name__])[0][:200],
            do="say in the study file what its texts are in: reading: {encoding: cp1251}" if text
            else "export the survey again; was the transfer complete?",
        ) from error  # fmt: skip


def _dictionary(path: Path, encoding: str) -> tuple[Any, list[ResponseSet], int | None]:
    _, meta = _read(path, encoding, metadataonly=True)
    names = meta.column_names
    if not 0 < len(names) <= MOST_COLUMNS or len(set(names)) < len(names):
        raise DeliveryError(
            str(path), "is no table of answers", found=f"{len(names):,} variables, {len(set(names)):,} names"
        )
    weight, sets = weight_and_sets(path, encoding or meta.file_encoding or "utf-8")
    own = {name.casefold(): name for name in names}
    whole = [
        ResponseSet(one.name, one.label, tuple(own[v.casefold()] for v in one.variables), one.counted, one.by_value)
        for one in sets
        if all(v.casefold() in own for v in one.variables)
    ]
    return meta, whole, weight


def _variable(meta: Any, name: str, sets: Sequence[ResponseSet]) -> dict[str, Any]:
    ranges = _ranges(meta, name)
    return {
        "name": name,
        "label": (meta.column_names_to_labels[name] or "").strip(),
        "type": "moment" if _format(meta, name) in (*DATES, *TIMES)
        else "text" if meta.readstat_variable_types[name] == "string" else "number",
        "measure": meta.variable_measure.get(name, "unknown"),
        "values": [(_plain(value), label, _within(value, ranges)) for value, label in _labelled(meta, name).items()],
        "missing": [(_plain(low), _plain(high)) for low, high in ranges],
        "sets": [one.name for one in sets if name in one.variables],
    }  # fmt: skip


def _labelled(meta: Any, name: str) -> dict[Any, str]:
    """Labels by value; values of texts without the spaces at their end."""
    found = meta.variable_value_labels.get(name, {})
    return {_trimmed(value): label.strip() for value, label in found.items() if label and label.strip()}


def _ranges(meta: Any, name: str) -> list[tuple[Any, Any]]:
    return [(_trimmed(one["lo"]), _trimmed(one["hi"])) for one in meta.missing_ranges.get(name, ())]


def _trimmed(value: Any) -> Any:
    return value.rstrip() if isinstance(value, str) else value


def _within(value: Any, ranges: Sequence[tuple[Any, Any]]) -> bool:
    return any(type(low) is type(value) and low <= value <= high for low, high in ranges)


def _format(meta: Any, name: str) -> str:
    return (meta.original_variable_types.get(name) or "").rstrip("0123456789.")


def _plain(value: Any) -> str:
    return value.strip() if isinstance(value, str) else number(value)


def _shown(meta: Any, name: str, ticked: ResponseSet | None) -> Callable[[Any], str | None]:
    """How a value of a variable is written."""
    labelled, ranges, form = _labelled(meta, name), _ranges(meta, name), _format(meta, name)

    def show(value: Any) -> str | None:
        if value is None or value != value:
            return None
        value = _trimmed(value)
        missing = bool(ranges) and _within(value, ranges)
        if ticked is not None:
            return None if missing or value == "" else "1" if _plain(value) == ticked.counted else "0"
        if (label := labelled.get(value)) is not None:
            return label
        if missing or value == "":
            return None
        return value.replace("\0", "") if isinstance(value, str) else _number_or_moment(value, form)

    return show


def _number_or_moment(value: float, form: str) -> str:
    try:
        if form in DATES:
            return moment(EPOCH + timedelta(seconds=value))
        if form in TIMES:
            return duration(timedelta(seconds=value))
    except (OverflowError, ValueError):
        pass
    return number(value)


def _categories_here(one: ResponseSet, variables: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    seen = set()
    for name in one.variables:
        for value, _, missing in variables[name]["values"]:
            if not missing and value not in seen:
                seen.add(value)
                yield value


def _hot(
    columns: Sequence[Sequence[Any]], one: ResponseSet, values: Sequence[str], meta: Any
) -> list[list[str | None]]:
    """A column for each category of a set of categories."""
    plain = []
    for name, column in zip(one.variables, columns, strict=True):
        ranges = _ranges(meta, name)

        def given(value: Any, ranges: Sequence[tuple[Any, Any]] = ranges) -> str | None:
            value = _trimmed(value)
            return None if value is None or value in ("",) or _within(value, ranges) else _plain(value)

        plain.append(list(map(_Once(given).__getitem__, column)))
    rows = [{value for value in row if value is not None} for row in zip(*plain, strict=True)]
    return [[("1" if value in row else "0") if row else None for row in rows] for value in values]


def _chunks(path: Path, encoding: str, meta: Any, rows: int) -> Iterator[Mapping[str, Sequence[Any]]]:
    """The values of so many records at a time."""
    offset = 0
    while True:
        values, _ = _read(path, encoding, row_limit=rows, row_offset=offset)
        if len(values) < len(meta.column_names):
            raise DeliveryError(str(path), "cannot be read as an SPSS file", found="variables without values")
        read = len(values[meta.column_names[0]])
        if read:
            yield values
        if read < rows:
            return
        offset += read
