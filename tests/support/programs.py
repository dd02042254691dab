"""Programs of `benchmarks/` and `docs/`, loaded as modules: those folders are not packages."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from paths import ROOT


def load_program(path: str) -> ModuleType:
    """The program at a path within the repository, loaded and not run."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(f"program_{name}", ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with patch.object(sys, "path", [str((ROOT / path).parent), *sys.path]):  # as where it is run
        spec.loader.exec_module(module)
    return module
