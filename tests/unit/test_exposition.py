"""The text format, as Prometheus' own parser reads it."""

from prometheus_client.parser import text_string_to_metric_families

from gossip.api.exposition import Metric, Sample, counter, gauge, histogram, labelled, text_of

NASTY = 'a "quoted\\n" \\ word\nand a line'


def test_each_kind_as_it_is_sent() -> None:
    metrics = [
        counter("a_total", "Of a.", 3),
        gauge("b", "Of b.", 0.5, (("v", "1"), ("w", "2"))),
        gauge("unknown", "Not told.", None),
        labelled("gauge", "c", "Of c.", "port", {"x": 1, "y": float("inf")}),
        histogram("d_seconds", "Of d.", (0.1, 1.0), [1, 0, 2], 7.5),
    ]
    assert text_of(metrics).decode() == (
        "# HELP a_total Of a.\n# TYPE a_total counter\na_total 3\n"
        '# HELP b Of b.\n# TYPE b gauge\nb{v="1",w="2"} 0.5\n'
        "# HELP unknown Not told.\n# TYPE unknown gauge\n"
        '# HELP c Of c.\n# TYPE c gauge\nc{port="x"} 1\nc{port="y"} +Inf\n'
        "# HELP d_seconds Of d.\n# TYPE d_seconds histogram\n"
        'd_seconds_bucket{le="0.1"} 1\nd_seconds_bucket{le="1.0"} 1\nd_seconds_bucket{le="+Inf"} 3\n'
        "d_seconds_sum 7.5\nd_seconds_count 3\n"
    )


def test_whatever_is_in_a_label_or_a_help_is_read_back_as_it_was() -> None:
    metric = Metric("m", "gauge", NASTY, [Sample("", (("label", NASTY),), 1)])
    (family,) = text_string_to_metric_families(text_of([metric]).decode())
    assert family.documentation == NASTY
    assert family.samples[0].labels == {"label": NASTY}
