"""How much a Parquet file would become in memory, told before it is read.

Ten kilobytes of Parquet may stand for a terabyte: compressed zeros, or one long text that a
dictionary repeats in each of a million rows. The footer tells rows and sizes; where the repeats
alone could exceed the limit, the texts are read as the dictionary has them and added up.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = ["refuse_expansion"]

MOST_ROWS = 50_000_000
MOST_COLUMNS = 10_000
MOST_BYTES = 1 << 33


def refuse_expansion(content: bytes) -> None:
    """Raise ValueError if a Parquet file has more rows, columns or bytes than any of ours."""
    metadata = pq.ParquetFile(pa.BufferReader(content)).metadata
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    if metadata.num_rows > MOST_ROWS or metadata.num_columns > MOST_COLUMNS:
        raise ValueError(f"{metadata.num_rows:,} rows, {metadata.num_columns:,} columns")
    size = sum(group.total_byte_size for group in groups)
    if size > MOST_BYTES or min((group.num_rows for group in groups), default=0) < 0:
        raise ValueError(f"{size:,} bytes in memory")
    for name in sorted({name for group in groups for name in _repeating(group)}):
        repeated = sum(map(_length, _chunks(content, name)))
        if repeated > MOST_BYTES:
            raise ValueError(f"{repeated:,} bytes in memory")


def _repeating(group: pq.RowGroupMetaData) -> Iterator[str]:
    """Yield the columns whose dictionary could repeat more than the limit."""
    for i in range(group.num_columns):
        column = group.column(i)
        if (
            column.physical_type == "BYTE_ARRAY"
            and column.has_dictionary_page
            and group.num_rows * column.total_uncompressed_size > MOST_BYTES
        ):
            yield column.path_in_schema


def _chunks(content: bytes, name: str) -> Iterator[pa.DictionaryArray]:
    file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=[name])
    for i in range(file.num_row_groups):
        for chunk in file.read_row_group(i, columns=[name]).column(0).chunks:
            if isinstance(chunk, pa.DictionaryArray):
                yield chunk


def _length(chunk: pa.DictionaryArray) -> int:
    lengths = pc.binary_length(chunk.dictionary)
    return pc.sum(pc.take(lengths, chunk.indices).cast(pa.int64())).as_py() or 0
