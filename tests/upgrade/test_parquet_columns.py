"""The names of the columns of a Parquet file are read from its footer, whatever is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix.upgrade.parquet_columns import columns_of_footer, parquet_columns

FOOTER = bytes.fromhex(
    "1504198c35001806736368656d6115080015042502180361676500150c250218046369747925004c1c000000"
    "350218057370656e74150400150425021801780035021801791502001504250218017a001500250218017900"
    "1604191c195c265a1c15041925000619180361676515001604165216522608491c15001500150200000026e8"
    "011c150c1925000619180463697479150016041646164626a201491c1500150015020000002688031c150419"
    "2500061928057370656e740178150016041652165226b602491c15001500150200000026ae041c1504192500"
    "061938057370656e740179017a150016041652165226dc03491c15001500150200000026ba051c1500192500"
    "06191801791500160416341634268605491c15001500150200000016f0021604260816f00214000028207061"
    "72717565742d6370702d6172726f772076657273696f6e2031312e302e30195c1c00001c00001c00001c0000"
    "1c0000006401000050415231"
)
"""Of a file that pyarrow 11 wrote: age, city, spent (a struct with another one inside), y."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1" + bytes(400) + FOOTER)
    return path


def test_only_the_outermost_columns_are_named(file: Path) -> None:
    assert parquet_columns(file) == ["age", "city", "spent", "y"]


def test_what_is_no_parquet_file_has_no_names(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"PAR1", b"a,b\n1,2\n", bytes(100))):
        path = tmp_path / str(number)
        path.write_bytes(content)
        assert parquet_columns(path) is None
    assert parquet_columns(tmp_path / "none") is None


def test_a_damaged_footer_raises_nothing() -> None:
    """Each byte with other values, and each length."""
    whole = FOOTER[:-8]
    assert columns_of_footer(whole) is not None
    for position in range(len(whole)):
        for value in (0, 15, 0x1C, 0x7F, 0xFF):
            damaged = bytearray(whole)
            damaged[position] = value
            names = columns_of_footer(bytes(damaged))
            assert names is None or all(isinstance(name, str) for name in names)
        columns_of_footer(whole[position:])


def test_nesting_without_end_raises_nothing() -> None:
    assert columns_of_footer(b"\x19" * 100_000) is None
