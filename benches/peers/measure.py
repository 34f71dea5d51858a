"""One process at a time: how long it took, how much memory it had, and what an S3 server saw of it.

It owns starting, timing and ending processes. It knows no engine.
"""

import os
import re
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass


@dataclass
class Run:
    """A process that has ended."""

    seconds: float
    megabytes: float
    output: str
    failure: str | None


def run(command, environment, timeout):
    """Runs the command to its end in an empty folder, and takes its wall time and the peak of its resident memory."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=error, cwd=folder, env=os.environ | environment)
        timer = threading.Timer(timeout, child.kill)
        timer.start()
        # The resource usage of this child alone; of waited children in sum there would be only one maximum.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        error.seek(0)
        said = error.read().decode(errors="replace").strip().splitlines()
        failure = None
        if seconds >= timeout:
            failure = f"stopped after {timeout} s"
        elif child.returncode != 0:
            failure = f"exit code {child.returncode}: {' '.join(said[-3:])[-300:]}"
        return Run(seconds, usage.ru_maxrss / 1024, out.read().decode(errors="replace"), failure)


class S3Server:
    """The bucket server of the examples over a folder, for one run, so that its counts are the run's."""

    def __init__(self, program, folder, latency, port):
        command = [program, folder, "--latency", latency, "--port", port]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.environment = {}
        for line in self.child.stdout:
            if line.startswith("export "):
                name, value = line.removeprefix("export ").strip().split("=", 1)
                self.environment[name] = value
            else:
                break
        if "AWS_ENDPOINT_URL_S3" not in self.environment:
            raise SystemExit(f"`{program}` did not start: {self.child.stderr.read()}")

    def end(self):
        """Ends the server; what it counted, by name."""
        self.child.terminate()
        _, said = self.child.communicate(timeout=60)
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", said.splitlines()[-1])}


def read_once(folder):
    """Reads every file below the folder, so that its pages are cached for whoever comes first."""
    files = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb", buffering=0) as file:
                while part := file.read(1 << 20):
                    size += len(part)
            files += 1
    return files, size


def size_of(folder):
    """The bytes of every file below the folder, as far as it exists."""
    names = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(os.path.getsize(name) for name in names)


def machine():
    """One line about the machine."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = re.findall(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo", encoding="utf-8") as file:
        kilobytes = int(re.search(r"MemTotal:\s*(\d+)", file.read())[1])
    load = os.getloadavg()[0]
    model = models[0] if models else os.uname().machine
    return f"{model}, {os.cpu_count()} cores, {kilobytes >> 20} GiB, Linux {os.uname().release}, load {load:.1f}"
