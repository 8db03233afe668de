"""A stranger can follow the code: few files, few lines."""

from tests.reading import trace_of_a_convolution


def test_a_convolution_and_its_gradient_pass_through_few_files_and_lines():
    trace = trace_of_a_convolution()

    assert len(trace) <= 6, sorted(trace)
    assert sum(map(len, trace.values())) <= 300
