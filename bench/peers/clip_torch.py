"""A plain CLIP in PyTorch, trained for a time: clip_torch.py FOLDER THREADS MINUTES.

Reads `case.json`, `images.bin` (RGB bytes [n, stored, stored, 3]), `tokens.bin` (int32 [captions, context]) and
`captions.bin` (int32 [n + 1], where each image's captions begin), and for each set to judge `NAME.images.bin` and
`NAME.tokens.bin`; writes `NAME.images.f32` and `NAME.texts.f32`, embeddings [.., embed]. AdamW, warm-up and cosine by
the share of the time that is gone, random resized crops, mirrors and quarter turns. Ends with a line of JSON.
"""

import json
import math
import os
import sys
import time

folder, threads, minutes = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
os.environ["OMP_NUM_THREADS"] = str(threads)
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy
import torch
import torch.nn.functional as F
from torch_layers import contrastive, encode_image, encode_text, setup

setup(threads, "conv+rows")
with open(os.path.join(folder, "case.json")) as file:
    task = json.load(file)
config, size, stored, batch = task["config"], task["config"]["vision"]["imageSize"], task["stored"], task["batch"]
torch.manual_seed(task["seed"])
mean = torch.tensor(task["mean"])[:, None, None]
deviation = torch.tensor(task["deviation"])[:, None, None]


def read(name, dtype, *shape):
    return torch.from_numpy(numpy.fromfile(os.path.join(folder, name), dtype).reshape(shape))


def initial_weights(shapes):
    """As OpenCLIP does it."""
    weights = {}
    for name, shape in shapes.items():
        width = shape[-1] if shape else 1
        depth = config["vision" if name.startswith("visual.") else "text"]["layers"]
        if name == "logit_scale":
            weights[name] = torch.tensor(math.log(1 / 0.07))
        elif name.endswith("bias"):
            weights[name] = torch.zeros(shape)
        elif len(shape) == 1 and "embedding" not in name:
            weights[name] = torch.ones(shape)
        elif name == "token_embedding.weight":
            weights[name] = torch.randn(shape) * 0.02
        elif name == "positional_embedding":
            weights[name] = torch.randn(shape) * 0.01
        elif name.endswith("conv1.weight"):
            weights[name] = torch.randn(shape) * math.prod(shape[1:]) ** -0.5
        elif name.endswith("c_fc.weight"):
            weights[name] = torch.randn(shape) * (2 * width) ** -0.5
        elif name.endswith("out_proj.weight"):
            weights[name] = torch.randn(shape) * width**-0.5 * (2 * depth) ** -0.5
        elif name.endswith("c_proj.weight"):
            weights[name] = torch.randn(shape) * (width / 4) ** -0.5 * (2 * depth) ** -0.5
        elif name.endswith("proj"):
            weights[name] = torch.randn(shape) * shape[0] ** -0.5
        else:
            weights[name] = torch.randn(shape) * width**-0.5
    return {name: tensor.requires_grad_(True) for name, tensor in weights.items()}


def augmented(pixels):
    """[b, stored, stored, 3] bytes -> normalised [b, 3, size, size]; one of the eight turns for each eighth of a batch."""
    count = len(pixels)
    side = (torch.rand(count) * (1 - task["crop"]) + task["crop"]).sqrt()
    shift = (torch.rand(count, 2) * 2 - 1) * (1 - side)[:, None]
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = side
    theta[:, :, 2] = shift
    grid = F.affine_grid(theta, [count, 3, size, size], align_corners=False)
    images = F.grid_sample(pixels.permute(0, 3, 1, 2).float(), grid, align_corners=False, padding_mode="border")
    images = (images / 255 - mean) / deviation
    turned = []
    for turn, part in enumerate(images.tensor_split(8)):
        part = part.flip(-1) if turn & 1 else part
        part = part.flip(-2) if turn & 2 else part
        turned.append(part.transpose(-1, -2) if turn & 4 else part)
    return torch.cat(turned)


def embeddings(count, part, encode):
    with torch.inference_mode():
        return torch.cat([F.normalize(encode(part(i, min(i + 64, count))), dim=-1) for i in range(0, count, 64)])


context = config["text"]["contextLength"]
images = read("images.bin", numpy.uint8, -1, stored, stored, 3)
tokens = read("tokens.bin", numpy.int32, -1, context).long()
begins = read("captions.bin", numpy.int32, -1).long()
weights = initial_weights(task["shapes"])
groups = [
    {"params": [x for name, x in weights.items() if name in task["decaying"]], "weight_decay": task["weightDecay"]},
    {"params": [x for name, x in weights.items() if name not in task["decaying"]], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=task["learningRate"], betas=(0.9, 0.98), eps=1e-8, foreach=True)
start, steps, losses, order = time.perf_counter(), 0, [], torch.empty(0, dtype=torch.long)
while (gone := (time.perf_counter() - start) / (60 * minutes)) < 1:
    if len(order) < batch:
        order = torch.randperm(len(images))
    rows, order = order[:batch], order[batch:]
    counts = begins[rows + 1] - begins[rows]
    captions = begins[rows] + (torch.rand(len(rows)) * counts).long()
    rate = gone / task["warmUp"] if gone < task["warmUp"] else 0.5 * (1 + math.cos(math.pi * gone))
    for group in optimizer.param_groups:
        group["lr"] = task["learningRate"] * rate
    optimizer.zero_grad(set_to_none=True)
    loss = contrastive(
        F.normalize(encode_image(augmented(images[rows]), weights, config), dim=-1),
        F.normalize(encode_text(tokens[captions], weights, config), dim=-1),
        weights["logit_scale"],
    )
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
    optimizer.step()
    with torch.no_grad():
        weights["logit_scale"].clamp_(max=math.log(100))
    losses.append(loss.item())
    steps += 1
    if steps % 200 == 0:
        print(f"{gone:.0%} of the time, {steps} steps, loss {numpy.mean(losses[-200:]):.3f}", file=sys.stderr, flush=True)

for name in task["sets"]:
    pixels = read(f"{name}.images.bin", numpy.uint8, -1, size, size, 3)
    normal = lambda i, j: (pixels[i:j].permute(0, 3, 1, 2).float() / 255 - mean) / deviation
    texts = read(f"{name}.tokens.bin", numpy.int32, -1, context).long()
    seen = embeddings(len(pixels), normal, lambda x: encode_image(x, weights, config))
    told = embeddings(len(texts), lambda i, j: texts[i:j], lambda x: encode_text(x, weights, config))
    seen.numpy().tofile(os.path.join(folder, f"{name}.images.f32"))
    told.numpy().tofile(os.path.join(folder, f"{name}.texts.f32"))
print(json.dumps({"steps": steps, "samples": steps * batch, "loss": float(numpy.mean(losses[-200:]))}))
