"""Google Forms, as its sheet or as CSV: one header row that begins with a timestamp, grids as "Question [Row]".

Ticks of a question stand in one cell, joined by ", " in the sheet and by ";" in the CSV that Forms itself makes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.study.evening import evened

# The first column, as Forms calls it in the language of the form's owner.
TIMESTAMPS = {
    "timestamp", "отметка времени", "позначка часу", "zeitstempel", "horodateur", "horodatage", "marca temporal",
    "marca de temps", "carimbo de data/hora", "carimbo de data e hora", "data/hora", "informazioni cronologiche",
    "tijdstempel", "sygnatura czasowa", "tidsstämpel", "tidsstempel", "tidsmerke", "aikaleima", "časové razítko",
    "časová pečiatka", "időbélyeg", "marcaj de timp", "marcaj temporal", "χρονική σήμανση", "zaman damgası",
    "клеймо за време", "временска ознака", "vremenska oznaka", "časovni žig", "ajatempel", "laika zīmogs",
    "laiko žyma", "タイムスタンプ", "타임스탬프", "时间戳", "时间戳记", "時間戳記", "stempel waktu", "cap waktu",
    "dấu thời gian", "ประทับเวลา", "חותמת זמן", "طابع زمني", "टाइमस्टैम्प",
}  # fmt: skip
PERSONAL = {
    "email address", "e-mail address", "email", "username", "user name", "адрес электронной почты",
    "имя пользователя", "електронна адреса", "e-mail-adresse", "nutzername", "nutzername (e-mail)", "adresse e-mail",
    "nom d'utilisateur", "dirección de correo electrónico", "nombre de usuario", "adreça electrònica",
    "endereço de e-mail", "nome de usuário", "nome de utilizador", "indirizzo email", "nome utente", "e-mailadres",
    "gebruikersnaam", "adres e-mail", "nazwa użytkownika", "e-postadress", "e-mailadresse", "e-postadresse",
    "sähköpostiosoite", "e-mailová adresa", "e-mail-cím", "adresă de e-mail", "e-posta adresi",
    "имейл адрес", "メールアドレス", "ユーザー名", "이메일 주소", "사용자 이름", "电子邮件地址", "電子郵件地址",
    "用户名", "alamat email", "địa chỉ email",
}  # fmt: skip
METADATA = {
    "score", "total score", "balance", "баллы", "punkte", "punktzahl", "note", "puntuación", "pontuação", "punteggio",
    "score total", "wynik", "スコア",
}  # fmt: skip
# Parts of a quiz: what a question scored, and what was said of it.
_QUIZ = re.compile(r".*\S \[(?:score|feedback|баллы|отзыв|punkte|feedback geben|note|commentaires)\]", re.I | re.S)
_GRID = re.compile(r"(.*\S)\s*\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]", re.S)


def recognise(head: Sequence[Sequence[str]]) -> Layout | None:
    """The layout, where the first column is the timestamp, in any of the languages of Forms."""
    if not head or not head[0] or evened(head[0][0]) not in TIMESTAMPS:
        return None
    first = [name.strip() for name in head[0]]
    stems = Counter(_apart(name)[0] for name in first)
    columns = tuple(_column(i, name, stems[_apart(name)[0]]) for i, name in enumerate(first, 1))
    return Layout("google_forms", 1, columns, {"finished": first[0]})


def _column(position: int, name: str, alike: int) -> SourceColumn:
    kind: Kind = "metadata" if position == 1 else _kind(name, position)
    text, part = _apart(name) if not kind else (name, "")
    if alike < 2 and part:
        text, part = name, ""  # one row makes no grid: these brackets belong to the question
    return SourceColumn(position, name, text, part, kind=kind)


def _kind(name: str, position: int) -> Kind:
    if evened(name) in PERSONAL:
        return "personal"
    scores = evened(name) in METADATA and position <= 3  # beside timestamp and address; further on it is a question
    return "metadata" if scores or _QUIZ.fullmatch(name) else ""


def _apart(name: str) -> tuple[str, str]:
    """Question and row."""
    found = _GRID.fullmatch(name)
    return (found.group(1), found.group(2).strip()) if found else (name, "")
