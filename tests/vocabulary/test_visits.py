"""The order of visits by their names."""

from qst.vocabulary.visits import order_visits


def test_visits_whose_names_show_no_order_stay_as_in_the_file() -> None:
    assert order_visits(["2", "10", "1"]) == ["1", "2", "10"]
    assert order_visits(["V1", "W2"]) is None
    assert order_visits([None, "1"]) is None
    assert order_visits([None]) == [None]
    assert order_visits(["day 14", "day 0", "day -7"]) == ["day -7", "day 0", "day 14"]
    assert order_visits(["1", "-1", "0"]) == ["-1", "0", "1"]
    assert order_visits(["V-2", "V-1"]) == ["V-1", "V-2"]
