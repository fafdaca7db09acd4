"""Names of the files of an evaluation."""

METRICS_FILE = "metrics.json"
PREDICTIONS_FILE = "predictions.csv"
RUN_FILE = "run.json"
SUMMARY_FILE = "summary.csv"
ABLATION_FILE = "ablation.csv"
REPORT_FILE = "report.html"
EXTERNAL_FOLDER = "external"


def compare_name(number: int) -> str:
    """Name the file the first, second, … comparison, without suffix: compare, compare-2, …"""
    return "compare" if number == 1 else f"compare-{number}"
