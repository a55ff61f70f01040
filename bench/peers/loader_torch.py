"""PyTorch's side of the loader's benchmark: loader_torch.py FOLDER MODE THREADS.

A DataLoader with THREADS workers decodes the same files with PIL and changes them with torchvision, as its users do. It
says that it is ready, and then for each line with a number makes that many batches and answers with a line of JSON.
"""

import json
import os
import random
import sys
import time

import torch
from PIL import Image
from torchvision import transforms as T

folder, mode, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(1)

MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CAPTIONS = ["a satellite image of a coast with clear water", "an aerial view of dry land and a river"]


def quarter_turns(image):
    turns = random.randrange(4)
    return image.rotate(90 * turns) if turns else image


if mode == "plain":
    change = [T.Resize((64, 64), T.InterpolationMode.LANCZOS)]
else:
    change = [
        T.RandomResizedCrop(64, scale=(0.7, 1), ratio=(3 / 4, 4 / 3)),
        T.RandomHorizontalFlip(),
        quarter_turns,
        T.ColorJitter(0.2, 0.2, 0.2),
    ]
transform = T.Compose([*change, T.ToTensor(), T.Normalize(MEAN, DEVIATION)])
files = sorted(os.path.join(folder, "images", name) for name in os.listdir(os.path.join(folder, "images")))


class Tiles(torch.utils.data.Dataset):
    def __len__(self):
        return len(files)

    def __getitem__(self, i):
        with Image.open(files[i]) as image:
            return transform(image.convert("RGB")), random.choice(CAPTIONS)


loader = torch.utils.data.DataLoader(
    Tiles(), batch_size=64, shuffle=True, num_workers=threads, drop_last=True, persistent_workers=True
)


def endless():
    while True:
        yield from loader


batches = endless()


def cpu_seconds():
    """Of this process and its workers, which are still running."""
    total = 0
    for pid in [os.getpid(), *(int(p) for p in open(f"/proc/self/task/{os.getpid()}/children").read().split())]:
        fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


for _ in range(4):
    next(batches)
print("{}", flush=True)
for line in sys.stdin:
    start, cpu = time.perf_counter(), cpu_seconds()
    total = 0.0
    for _ in range(int(line)):
        images, _captions = next(batches)
        total += images.flatten()[::97].mean().item()
    seconds = time.perf_counter() - start
    answer = {"seconds": seconds, "cpuSeconds": cpu_seconds() - cpu, "values": [total / int(line)]}
    print(json.dumps(answer), flush=True)
