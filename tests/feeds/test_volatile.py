"""What of a text changes by itself."""

from time import process_time

from ingest.feeds import volatile


def test_long_rows_of_spaces_and_of_counts_are_read_in_linear_time() -> None:
    began = process_time()

    assert volatile.lasting("5 comments" + " " * 200_000 + "x").startswith("5 comments")
    assert volatile.lasting("5 comments\n" + "a 5 comments b " * 70_000).endswith("comments b ")

    assert process_time() - began < 20
