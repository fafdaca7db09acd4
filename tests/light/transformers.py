"""A stand-in for processes that tests start: none of them uses transformers.

Lightning's torchmetrics imports it wherever it is installed, two of the eight seconds that each
training takes to begin. The tests of CLIP, which compare with the real one, run in this process.
"""

AutoModel = AutoTokenizer = None
