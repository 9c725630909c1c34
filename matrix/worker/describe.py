"""Describe an environment from inside: run by its interpreter right after it was built.

Needs Python 3.6 and the standard library. Run as ``python describe.py OUT NAME…``: imports each
NAME, which writes bytecode and finds packages that cannot be imported, and writes a JSON object to
OUT:

``python``      full version of the interpreter
``platform``    operating system and machine, as ``platform.platform()`` names them
``executable``  path of the interpreter
``site``        the folder that packages are installed in
``packages``    installed version by normalized name, from the metadata of the packages
``blas``        the linear algebra libraries that the imports loaded, comma-separated; may be empty
``failure``     null, or the first import that failed: ``name``, ``type``, ``message``
"""

import importlib
import json
import os
import platform
import re
import sys
import sysconfig


def installed_packages(site):
    """Installed version by normalized name."""
    found = {}
    for entry in sorted(os.listdir(site)):
        if entry.endswith(".dist-info"):
            name, version = name_and_version(os.path.join(site, entry, "METADATA"))
        elif entry.endswith(".egg-info"):
            name, version = name_and_version(os.path.join(site, entry, "PKG-INFO"))
        else:
            continue
        if name:
            found[re.sub(r"[-_.]+", "-", name).lower()] = version
    return found


def name_and_version(path):
    """Name and version in a metadata file; ``(None, None)`` if it cannot be read."""
    fields = {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.strip():
                    break
                key, _, value = line.partition(":")
                fields.setdefault(key.lower(), value.strip())
    except OSError:
        pass
    return fields.get("name"), fields.get("version")


def first_import_failure(names):
    """Import each name; return the first failure, or None."""
    for name in names:
        try:
            importlib.import_module(name)
        except (MemoryError, OSError):
            raise  # possibly a failure of the machine, which must not be blamed on the package
        except Exception as error:
            return {"name": name, "type": type(error).__name__, "message": str(error)}
    return None


def blas_libraries():
    """The libraries behind numpy and scipy; empty if threadpoolctl is not installed."""
    try:
        from threadpoolctl import threadpool_info

        found = []
        for each in threadpool_info():
            words = (each.get("internal_api"), each.get("version"), each.get("architecture"))
            text = " ".join(str(word) for word in words if word)
            if text not in found:
                found.append(text)
        return ", ".join(sorted(found))
    except Exception:
        return ""


def main(out, *names):
    site = sysconfig.get_path("purelib")
    failure = first_import_failure(names)
    report = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "site": site,
        "packages": installed_packages(site),
        "blas": "" if failure else blas_libraries(),
        "failure": failure,
    }
    with open(out, "w", encoding="utf-8") as file:
        json.dump(report, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
