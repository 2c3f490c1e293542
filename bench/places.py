"""Where models and data sets are: where `angle` looks for them too."""
import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parent.parent
ANGLE = SOURCE / "build" / "release" / "angle"


def cache_directory():
    return pathlib.Path(os.environ.get("ANGLE_CACHE_DIR") or pathlib.Path.home() / ".cache" / "angle")


def data_directory():
    return pathlib.Path(os.environ.get("ANGLE_DATA_DIR") or cache_directory() / "data")


def data_file(data, name):
    """The file TASK/SPLIT.tsv of a directory of data sets; ends the program with one line where it is missing."""
    path = pathlib.Path(data) / name
    if not path.exists():
        task = name.split("/")[0]
        raise SystemExit(f"{path}: not there; `scripts/fetch_data.sh {task}` fetches it, ANGLE_DATA_DIR names another directory of data sets")
    return path
