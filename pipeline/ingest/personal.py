"""Columns of personal data, told by the names that they usually bear."""

from __future__ import annotations

import re

from pipeline.study.evening import evened

NAMES = {
    "ip", "ipaddress", "ipaddr", "email", "emailaddress", "emailid", "mail", "respondentemail", "recipientemail",
    "phone", "phonenumber", "telephone", "telephonenumber", "mobile", "mobilephone", "mobilenumber", "cellphone",
    "name", "yourname", "whatisyourname", "yourfullname", "whatisyourfullname", "youremail", "youremailaddress",
    "whatisyouremail", "whatisyouremailaddress", "yourphonenumber", "whatisyourphonenumber", "каквасзовут", "вашеимя",
    "firstname", "lastname", "fullname", "surname", "givenname", "familyname", "latitude", "longitude",
    "locationlatitude", "locationlongitude", "locationaccuracy",
    "имя", "фамилия", "отчество", "фио", "телефон", "номертелефона", "почта", "электроннаяпочта",
    "адресэлектроннойпочты", "ipадрес", "ipadresse", "adresseip", "direcciónip", "emailadresse", "vorname", "nachname",
    "telefon", "telefonnummer", "prénom", "nomdefamille", "courriel", "adresseemail", "téléphone",
    "numérodetéléphone", "correoelectrónico", "apellido", "apellidos", "teléfono", "cognome", "indirizzoemail",
    "sobrenome", "endereçodeemail", "telefone", "achternaam", "voornaam", "emailadres",
}  # fmt: skip


def is_personal(name: str) -> bool:
    """Whether a column's whole name is that of personal data; whoever asks a question writes more than these words."""
    return len(name) < 100 and re.sub(r"[\W\d_]", "", evened(name)) in NAMES
