"""Character sets as pages really declare them: rightly, wrongly, twice, not at all."""

import pytest

from ingest.articles.page import decode

RUSSIAN = "Совет гавани проголосовал во вторник за закрытие восточного причала для грузов."
JAPANESE = "港湾評議会は火曜日、東埠頭を二年間閉鎖することを決めた。"


@pytest.mark.parametrize(
    ("data", "content_type", "text"),
    [
        ("été".encode(), None, "été"),
        ("\ufeffété".encode(), "text/html; charset=latin-1", "été"),
        ("été".encode("utf-16"), None, "été"),
        ("été".encode(), "text/html; charset=iso-8859-1", "été"),
        ("“été”".encode("cp1252"), "text/html; charset=ISO-8859-1", "“été”"),
        (b'<meta charset="windows-1251">' + RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (b'<meta charset="windows-1251">' + RUSSIAN.encode(), None, RUSSIAN),
        (b"<meta charset=utf-8>" + RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (JAPANESE.encode("shift_jis"), "text/html; charset=Shift_JIS", JAPANESE),
        (JAPANESE.encode("euc_jp"), "text/html; charset=x-euc-nonsense", JAPANESE),
        ("汉字".encode("gb18030"), "text/html; charset=gb2312", "汉字"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">' + RUSSIAN.encode("koi8-r"), None, RUSSIAN),
    ],
)  # fmt: skip
def test_text_is_read_whatever_its_declaration(
    data: bytes, content_type: str | None, text: str
) -> None:
    assert decode(data, content_type).endswith(text)


def test_a_damaged_byte_does_not_change_the_reading_of_the_rest() -> None:
    damaged = (RUSSIAN * 3).encode()[:-1] + b"\xff"

    assert decode(damaged).startswith(RUSSIAN)


def test_any_bytes_are_read() -> None:
    assert decode(bytes(range(256)) * 4, "text/html; charset=no-such-thing")
