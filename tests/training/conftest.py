"""The command line, run in-process in an empty folder."""

import pytest
from click.testing import CliRunner

from npnn.training.cli import npnn


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `npnn` with some arguments and checks its exit status, and that it never shows a traceback."""
    monkeypatch.chdir(tmp_path)

    def invoke(arguments, status=0):
        result = CliRunner().invoke(
            npnn, arguments.split() if isinstance(arguments, str) else arguments, prog_name="npnn"
        )
        assert result.exit_code == status, result.output
        if result.exception is not None:
            assert isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return invoke
