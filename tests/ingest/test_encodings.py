"""Encodings told from a few cells, as survey exports have them."""

from __future__ import annotations

import pytest

from pipeline.ingest.encodings import guessed, marked

WRITTEN = {
    "cp1251": ["Вопрос 1;Да\nНет;Затрудняюсь ответить", "id;ответ\n1;Да\n2;Нет\n", "a,b\nyes,Москва\n", "a\n«Да»\n"],
    "cp1252": ["id,answer\n1,Don’t know\n2,Café\n", "Question – “really”?,b\n", "name,größe\n1,Müller\n",
               "a\nDon’t know\n", "a\nnon\u00a0breaking\n", "€ 100–200\n", "Île, Übung, Ñandú\n", "ça, déjà vu\n"],
    "mac_roman": ["id,answer\n1,Don’t know\n2,Café\n", "Question – “really”?,b\n", "name,größe\n1,Müller\n",
                  "a,b\nnon\u00a0breaking,x\n", "a\nDon’t know\n"],
    "cp1250": ["id,odpověď\n1,Příliš žluťoučký kůň\n", "Łódź żółć gęś\n"],
    "koi8_r": ["Вопрос 1;Да\nНет;Затрудняюсь ответить"],
}  # fmt: skip


@pytest.mark.parametrize(("encoding", "text"), [(e, text) for e, texts in WRITTEN.items() for text in texts])
def test_a_few_words_tell_the_encoding(encoding: str, text: str):
    assert guessed(text.encode(encoding)) == encoding


def test_bytes_that_spell_nothing_have_none():
    assert guessed(bytes(range(128, 256)) * 4) is None
    assert guessed(b"a\x00\xff") is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_plain_without_a_mark(encoding: str):
    assert marked("id,answer\n1,yes\n".encode(encoding)) == encoding


def test_marks_count_first():
    assert marked("id,ответ".encode("utf-8-sig")) == "utf-8-sig"
    assert marked("id,ответ".encode("utf-16")) == "utf-16"
    assert marked(b"id,answer\n") is None
