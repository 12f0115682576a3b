"""
Renders a video from a prompt with PyTorch, on the GPU where there is one: the same contract, parameters and faults as
the renderer beside it (gpu-agent/README.md), another picture.

    CELLBOOK_JOB_FILE=job.json CELLBOOK_OUTPUT_DIR=. [CELLBOOK_CHECKPOINT=state] python3 render.py [--device auto|cuda|cpu]

A frame starts as noise and is drawn, step by step, towards waves that come from the words of the prompt, through a small
convolutional network whose weights come from the seed: real work for a GPU, and nothing to download. Each frame follows
from the request alone, so that on one kind of device an interrupted run ends in the same frames as an uninterrupted one.
Segments are encoded one by one, and a checkpoint holds those that are done.
"""

import argparse
import ctypes
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

# What it was asked by a signal. It listens before PyTorch is loaded, which takes a while: unheard, either would end it.
asked = {"save": False, "end": False}
signal.signal(signal.SIGUSR2, lambda *_: asked.update(save=True))
signal.signal(signal.SIGTERM, lambda *_: asked.update(end=True))

# Wanted by cuBLAS before it starts, to give the same sums twice.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
# It is not used, and not installed.
warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import torch
import torch.nn.functional as nn

SAVED, REFUSED, HOST_FAULT, GPU_MEMORY_USED_UP = 75, 65, 71, 12
FAULTS = ("hang", "silent", "stuck", "crash", "oom", "rubbish", "deaf")
# Name: least, most, usual, of which type.
PARAMETERS = {
    "durationSeconds": (0.001, 600, 4, float),
    "fps": (1, 120, 24, int),
    "width": (16, 1920, 320, int),
    "height": (16, 1080, 180, int),
    "seed": (0, 2**53 - 1, 0, int),
    "steps": (1, 1_000, 20, int),
    "segmentFrames": (1, 600, 12, int),
    "frameMs": (0, 60_000, 0, float),
}
CHANNELS = 16
WAVES_MAX = 7
PULL_PER_STEP = 0.18
# Where nothing limits it, a fault that takes memory gives up by itself.
PIECE_BYTES, PIECES_MAX = 2**28, 2**11


class Refused(Exception):
    """The request cannot be rendered."""


def read_request(job):
    given = job.get("parameters") or {}
    known = {}
    for name, (least, most, usual, kind) in PARAMETERS.items():
        value = given.get(name, usual)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise Refused(f"{name} is to be a number from {least} to {most}, not {value!r}")
        if kind is int and value != int(value):
            raise Refused(f"{name} is to be a whole number, not {value!r}")
        known[name] = kind(value)
    if known["width"] % 2 or known["height"] % 2:
        raise Refused("width and height are to be even")
    fault = given.get("fault")
    if fault is not None and (not isinstance(fault, dict) or fault.get("kind") not in FAULTS):
        raise Refused(f"fault is to be one of {', '.join(FAULTS)}, not {fault!r}")
    if not isinstance(job.get("prompt"), str):
        raise Refused("there is no prompt")
    return job["prompt"], known, fault


def open_device(wanted):
    """A host that gave it a GPU which CUDA does not see is at fault: nobody asked for a slow video."""
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        print("there is no GPU that CUDA can use", flush=True)
        sys.exit(HOST_FAULT)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


class Picture:
    def __init__(self, prompt, parameters, device):
        self.parameters, self.device = parameters, device
        rows = torch.linspace(0, 1, parameters["height"], device=device).view(-1, 1)
        columns = torch.linspace(0, 1, parameters["width"], device=device).view(1, -1)
        self.waves = [self.wave(*each) + (rows, columns) for each in enumerate(prompt.split()[:WAVES_MAX] or [""])]
        self.brightness = 1 / (0.6 * len(self.waves))
        # Drawn on the processor, so that every device has the same weights.
        draw = torch.Generator().manual_seed(parameters["seed"])
        weights = lambda *shape: (torch.randn(shape, generator=draw) / (9 * shape[1]) ** 0.5).to(device)
        self.widen, self.mix, self.narrow = weights(CHANNELS, 3, 3, 3), weights(CHANNELS, CHANNELS, 3, 3), weights(3, CHANNELS, 3, 3)

    def wave(self, index, word):
        digest = hashlib.sha256(f"{self.parameters['seed']} {index} {word}".encode()).digest()
        share = [int.from_bytes(digest[at : at + 2], "big") / 65_536 for at in range(0, 16, 2)]
        colour = torch.tensor(share[4:7], device=self.device).view(3, 1, 1)
        return 4 + 14 * share[0], 4 + 14 * share[1], 6 * share[2] - 3, 6.2832 * share[3], colour

    def target(self, seconds):
        height, width = self.parameters["height"], self.parameters["width"]
        target = torch.zeros(3, height, width, device=self.device)
        for across, down, per_second, phase, colour, rows, columns in self.waves:
            target += colour * (0.5 + 0.5 * torch.sin(across * columns + down * rows + per_second * seconds + phase))
        return target * self.brightness

    @torch.inference_mode()
    def frame(self, index):
        """One frame as `rgb24`, row by row."""
        draw = torch.Generator(self.device).manual_seed((self.parameters["seed"] * 65_537 + index) % 2**63)
        target = self.target(index / self.parameters["fps"]).unsqueeze(0)
        image = torch.rand(target.shape, generator=draw, device=self.device)
        for _step in range(self.parameters["steps"]):
            inner = nn.silu(nn.conv2d(image, self.widen, padding=1))
            inner = nn.silu(nn.conv2d(inner, self.mix, padding=1))
            texture = torch.tanh(nn.conv2d(inner, self.narrow, padding=1))
            image = image + PULL_PER_STEP * (target + 0.08 * texture - image)
        pixels = (image[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu()
        return ctypes.string_at(pixels.data_ptr(), pixels.numel())


def ffmpeg(arguments, data):
    """As the renderer beside it does: one thread and no names or hours, so that equal frames are equal bytes."""
    quiet = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    return subprocess.run([*quiet, *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def encode_segment(frames, parameters):
    size = f"{parameters['width']}x{parameters['height']}"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(parameters["fps"]), "-i", "pipe:0"]
    h264 = ["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-bf", "0", "-pix_fmt", "yuv420p"]
    return ffmpeg([*raw, *h264, "-flags", "+bitexact", "-f", "h264", "pipe:1"], b"".join(frames))


def write_mp4(stream, path, parameters):
    read = ["-f", "h264", "-framerate", str(parameters["fps"]), "-i", "pipe:0", "-c", "copy", "-map_metadata", "-1"]
    ffmpeg([*read, "-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4", str(path)], stream)


def write_checkpoint(path, digest, done, stream):
    """Beside, and renamed: whoever reads it reads a whole one."""
    head = json.dumps({"digest": digest, "framesDone": done, "bytes": len(stream)})
    beside = Path(f"{path}.new")
    beside.write_bytes(head.encode() + b"\n" + stream)
    beside.rename(path)


def read_checkpoint(path, digest):
    """Nothing done where there is none, or one that is of another picture or damaged."""
    try:
        head, _, stream = Path(path).read_bytes().partition(b"\n")
        told = json.loads(head)
        if (told["digest"], told["bytes"]) == (digest, len(stream)):
            return told["framesDone"], stream
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, b""


class Run:
    def __init__(self, job, device_wanted):
        self.prompt, self.parameters, self.fault = read_request(job)
        self.device = open_device(device_wanted)
        self.output = Path(os.environ.get("CELLBOOK_OUTPUT_DIR", ".")) / "output.mp4"
        self.checkpoint = os.environ.get("CELLBOOK_CHECKPOINT")
        # What the picture depends on; pace and faults do not show in it. Devices round differently.
        picture = {name: value for name, value in self.parameters.items() if name != "frameMs"}
        told = json.dumps(["torch", self.device.type, self.prompt, picture])
        self.digest = hashlib.sha256(told.encode()).hexdigest()
        self.frames = max(1, round(self.parameters["durationSeconds"] * self.parameters["fps"]))
        self.done, self.stream = read_checkpoint(self.checkpoint, self.digest) if self.checkpoint else (0, b"")

    def say(self, text):
        if not self.fault or self.fault["kind"] != "silent":
            print(text, flush=True)

    def is_to_end(self):
        return asked["end"] and not (self.fault and self.fault["kind"] == "deaf")

    def save_if_asked(self):
        if not asked["save"] and not self.is_to_end():
            return
        asked["save"] = False
        if self.checkpoint:
            write_checkpoint(self.checkpoint, self.digest, self.done, self.stream)
        self.say(f"saved {self.done} of {self.frames} frames")
        if self.is_to_end():
            sys.exit(SAVED)

    def render(self):
        name = torch.cuda.get_device_name() if self.device.type == "cuda" else "the processor"
        self.say(f"rendering on {name} with PyTorch {torch.__version__}")
        if self.done:
            self.say(f"going on from frame {self.done}")
        picture = Picture(self.prompt, self.parameters, self.device)
        while self.done < self.frames:
            until = min(self.frames, self.done + self.parameters["segmentFrames"])
            segment = [self.draw(picture, index) for index in range(self.done, until)]
            self.stream += encode_segment(segment, self.parameters)
            self.done = until
            self.save_if_asked()
        write_mp4(self.stream, self.output, self.parameters)
        self.say(f"wrote {self.output}")

    def draw(self, picture, index):
        """One frame, not sooner than its pace; it ends before where it was asked to."""
        started = time.monotonic()
        if self.fault and index >= self.fault.get("atFrame", 0):
            go_wrong(self.fault["kind"], self.output, self.device)
        frame = picture.frame(index)
        while True:
            if self.is_to_end():
                self.save_if_asked()
            rest = self.parameters["frameMs"] / 1_000 - (time.monotonic() - started)
            if rest <= 0:
                break
            time.sleep(min(rest, 0.05))
        self.say(f"cellbook-progress: {(index + 1) / self.frames:.4f} frame {index + 1}/{self.frames}")
        return frame


def go_wrong(kind, output, device):
    """On purpose. Comes back where the fault lets rendering go on."""
    if kind == "crash":
        raise RuntimeError("it crashed on purpose")
    while kind == "hang":
        time.sleep(60)
    while kind == "stuck":
        print("still thinking about it", flush=True)
        time.sleep(0.2)
    if kind == "rubbish":
        output.write_text("this is no video at all\n" * 100)
        sys.exit(0)
    if kind == "oom":
        # Of the GPU's memory on a GPU, where CUDA itself refuses the last piece.
        kept = []
        for _ in range(PIECES_MAX):
            kept.append(torch.ones(PIECE_BYTES, dtype=torch.uint8, device=device))
        raise RuntimeError(f"nothing stopped it from taking {len(kept)} pieces of memory")


def is_gpu_lost(device):
    """After an error: whether CUDA still does anything at all for this process."""
    if device.type != "cuda":
        return False
    try:
        torch.ones(1, device=device).add_(1)
        torch.cuda.synchronize()
        return False
    except RuntimeError:
        return True


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    wanted = arguments.parse_args().device
    try:
        run = Run(json.loads(Path(os.environ.get("CELLBOOK_JOB_FILE", "job.json")).read_text()), wanted)
    except Refused as refused:
        print(f"this cannot be rendered: {refused}", flush=True)
        return REFUSED
    try:
        run.render()
        return 0
    except torch.cuda.OutOfMemoryError as error:
        print(f"the GPU’s memory is used up: {error}", flush=True)
        return GPU_MEMORY_USED_UP
    except RuntimeError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return HOST_FAULT if is_gpu_lost(run.device) else 1


sys.exit(main())
