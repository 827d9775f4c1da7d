"""The log that tests write, and its figures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.archive.report.figures import Figures, figures
from gateway.archive.report.month import Month
from suppression.purposes import Catalogue
from tests.gateway.archive.report.written_log import WrittenLog

FiguresOf = Callable[..., Figures]


@pytest.fixture
def log(tmp_path: Path) -> WrittenLog:
    return WrittenLog(tmp_path)


@pytest.fixture
def of(log: WrittenLog) -> FiguresOf:
    def collected(month: str = "2026-10", sender: str | None = None) -> Figures:
        with log.open() as connection:
            return figures(connection, Month.parse(month), Catalogue.shipped(), sender)

    return collected
