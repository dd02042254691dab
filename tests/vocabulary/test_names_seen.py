"""Every name that was seen in real files is recognised: `FORMATS.md`, section Names."""

from pathlib import Path

import pytest
from lab_files import ME, MISSING, WHO, read, write

import qst
from qst.loaders.headers.columns import recognise
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import parse_measured_header

SEEN = {
    "DMA": ["DMA", "dma", "ALL", "allodynia"],
    "PHS": ["PHS", "phs", "psh", "psl"],
    "WUR": ["WUR", "TS", "TSP"],
    "MPS": ["MPS", "pp", "pinprick rating", "pinprick_rating"],
    "HPT": ["Hitze", "local_heat_average"],
    "CPT": ["Kaelte", "Kälte", "local_cold_average"],
    "PPT": ["Druck", "local_pressure_average"],
    "subject": [
        "ID", "id", "subject", "record_id", "participant_id", "Probandennummer", "Probanden_Nr", "ss", "PatPIN",
    ],
    "visit": ["visit", "session", "event"],
}  # fmt: skip
WORDS = {
    "site": {
        "face": ["face", "Gesicht"],
        "hand": ["hand", "UE", "UL"],
        "foot": ["foot", "feet", "Fuß", "LE", "LL"],
        "forearm": ["forearm", "Forearm", "Unterarm"],
        "leg": ["leg"],
        "thigh": ["thigh"],
        "back": ["back"],
        "trunk": ["trunk"],
    },
    "side": {"left": ["L", "l", "left", "links"], "right": ["R", "r", "right", "rechts"]},
    "area": {"test": ["affected", "test"], "control": ["control", "contralateral"]},
    "sex": {"female": ["F", "f", "female", "w", "weiblich", "femme"], "male": ["M", "m", "male", "h", "homme"]},
}


@pytest.mark.parametrize(("role", "header"), [(role, header) for role, headers in SEEN.items() for header in headers])
def test_headers(role: str, header: str) -> None:
    assert recognise(0, header, LoadOptions()).role == role


@pytest.mark.parametrize("role", WORDS)
def test_words(tmp_path: Path, role: str) -> None:
    pairs = [(spelling, ours) for ours, spellings in WORDS[role].items() for spelling in spellings]
    lines = [f"id,{role},HPT", *(f"{number},{spelling},44" for number, (spelling, _) in enumerate(pairs))]
    table, _ = read(write(tmp_path, "\n".join(lines)))
    assert table[role].tolist() == [ours for _, ours in pairs]


@pytest.mark.parametrize("text", MISSING)
def test_missing(tmp_path: Path, text: str) -> None:
    understood: list[str] = []
    path = write(tmp_path, f"{WHO},HPT,CPT\n{ME},{text},10\n{ME.replace('007', '8')},44,10\n")
    table = qst.load(path, problems=[], understood=understood)
    assert table["HPT"].isna().tolist() == [True, False]
    assert not text or any(f"{text!r} (1 cells)" in line for line in understood), "said when applied"


def test_zero_is_a_value_except_for_a_force(tmp_path: Path) -> None:
    table, problems = read(
        write(tmp_path, f"{WHO},PHS,VDT,CPT,PPT\n{ME},0,0,0,0\n{ME.replace('007', '8')},1,8,9,400\n")
    )
    assert table.loc[0, ["PHS", "VDT", "CPT"]].tolist() == [0, 0, 0]
    assert (table["PPT"].isna().tolist(), [p.code for p in problems]) == ([True, False], ["zero-force"])


@pytest.mark.parametrize(("header", "codes"), [("sex_m1", ["male", "female"]), ("sex_f1", ["female", "male"])])
def test_sex_code_in_the_header(tmp_path: Path, header: str, codes: list[str]) -> None:
    table, problems = read(write(tmp_path, f"id,age,{header},site,HPT\n1,25,1,hand,44\n2,25,0,hand,44\n"))
    assert (table["sex"].tolist(), problems) == (codes, [])


def test_site_code_in_the_header(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, "id,age,sex,1hand2foot,HPT\n1,25,f,1,44\n2,25,f,2,44\n"))
    assert (table["site"].tolist(), problems) == (["hand", "foot"], [])


def test_numbers_for_sex_are_never_guessed(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, "id,age,sex,site,HPT\n1,25,1,hand,44\n2,25,2,hand,44\n"))
    assert table["sex"].isna().all()
    assert "--codes sex:1=female,2=male or the other way round" in problems[0].message


@pytest.mark.parametrize("site", ["forearm", "leg", "thigh", "back", "trunk"])
def test_a_site_without_norm_is_reported_with_a_remedy(tmp_path: Path, site: str) -> None:
    from command_line import run

    path = write(tmp_path, f"id,age,sex,site,HPT\n1,25,f,{site},44\n")
    told = run("validate", path)
    assert told.exit_code == 1
    assert f"--site-as {site}=" in told.stdout
    borrowed = run("score", path, "--site-as", f"{site}=hand")
    assert f"site_as:{site}=hand" in borrowed.stdout


def test_phs_of_single_ramps(tmp_path: Path) -> None:
    table, _ = read(write(tmp_path, f"{WHO},phs_1,phs_2,phs_3\n{ME},0,1,1\n"))
    assert qst.derive_values(table).loc[0, "PHS"] == 2


def test_wind_up_as_pin10_over_pin2(tmp_path: Path) -> None:
    headers = [f"pin{kind}_{trial}" for kind in (2, 10) for trial in (1, 2, 3)]
    table, problems = read(write(tmp_path, f"{WHO},{','.join(headers)}\n{ME},10,12,14,30,36,42\n"))
    assert qst.derive_values(table).loc[0, "WUR"] == 3  # (30 + 36 + 42) / (10 + 12 + 14)
    assert problems == []


@pytest.mark.parametrize("headers", ["pin2,pin10", "WUR_single,WUR_train"])
def test_wind_up_as_single_and_train(tmp_path: Path, headers: str) -> None:
    table, problems = read(write(tmp_path, f"{WHO},HPT,{headers}\n{ME},44,10,25\n"))
    derived = qst.derive_values(table).loc[0]
    assert (derived["HPT"], derived["WUR"], problems) == (44, 2.5, [])


def test_single_and_train_next_to_the_ratio_are_carried_through(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, f"{WHO},MPS,WUR,WUR_single,WUR_train\n{ME},3,2.5,10,25\n"))
    assert table.loc[0, ["MPS", "WUR", "WUR_single"]].tolist() == [3, 2.5, "10"]
    assert problems == []


def test_light_touch_ratings_of_the_control_area(tmp_path: Path) -> None:
    headers = [f"dmacontr{trial}pain" for trial in range(1, 6)]
    table, problems = read(write(tmp_path, f"{WHO},{','.join(headers)}\n{ME},0,0,0,9.9,0\n"))
    derived = qst.derive_values(table).loc[0]
    assert (derived["area"], problems) == ("control", [])
    assert derived["DMA"] == pytest.approx(10 ** ((4 * -1 + 1) / 5))  # log10 of 0.1 four times, and of 10


def test_a_word_is_cut_off_a_name_only_where_it_is_long_and_known() -> None:
    assert parse_measured_header(0, "dmacontr1pain") is not None
    for header in ("cptl", "cpt1pain", "pptness1", "all_1_pain_pain_x"):
        part = parse_measured_header(0, header)
        assert part is None or not part.place


def test_subjects_stay_as_they_are(tmp_path: Path) -> None:
    table, _ = read(write(tmp_path, f"{WHO},HPT\n007,25,f,hand,44\nsub-1001,25,f,hand,44\n"))
    assert table["subject"].tolist() == ["007", "sub-1001"]
