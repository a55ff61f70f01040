"""What RemoteCLIP's program does, by NumPy or PyTorch: retrieval_python.py FOLDER THREADS numpy|torch.

Scores, then the ten best of every row and of every column. The whole matrix where it has at most 2**27 numbers, as that
program makes it, else blocks of it, once for either direction. One line of JSON comes out.
"""

import json
import os
import sys
import time

folder, threads, library = sys.argv[1:4]
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = threads

import resource

import numpy

case = json.load(open(f"{folder}/case.json"))
images = numpy.fromfile(f"{folder}/images.f32", dtype=numpy.float32).reshape(-1, case["dim"])
texts = numpy.fromfile(f"{folder}/texts.f32", dtype=numpy.float32).reshape(-1, case["dim"])
owner = numpy.arange(len(texts)) // case["captions"]
depths = (1, 5, 10)

if library == "torch":
    import torch

    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)

    def unit(rows):
        return torch.nn.functional.normalize(torch.from_numpy(rows), dim=-1)

    def best(scores):
        return torch.topk(scores, 10, dim=1).indices.numpy()

else:

    def unit(rows):
        return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)

    def best(scores):
        found = numpy.argpartition(scores, -10, axis=1)[:, -10:]
        order = numpy.argsort(-numpy.take_along_axis(scores, found, 1), axis=1)
        return numpy.take_along_axis(found, order, 1)


def blocks(queries, gallery):
    rows = max(1, 2**24 // len(gallery))
    return numpy.concatenate(
        [best(queries[start : start + rows] @ gallery.T) for start in range(0, len(queries), rows)]
    )


start = time.perf_counter()
images, texts = unit(images), unit(texts)
if len(images) * len(texts) <= 2**27:
    scores = images @ texts.T
    of_images, of_texts = best(scores), best(scores.T)
else:
    of_images, of_texts = blocks(images, texts), blocks(texts, images)
right = owner[of_images] == numpy.arange(len(of_images))[:, None]
found = of_texts == owner[:, None]
six = [round(100 * float(hits[:, :k].any(1).mean()), 2) for hits in (right, found) for k in depths]
usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "recalls": {"mean_recall": round(sum(six) / 6, 2)},
            "seconds": time.perf_counter() - start,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "peakMiB": usage.ru_maxrss / 1024,
        }
    )
)
