package dev.hone.inspect;

import dev.hone.store.TensorEntry;
import java.util.Arrays;
import java.util.List;

/** A tensor as a file's header has it. */
public record TensorFacts(String name, String dtype, List<Long> shape) {
  static TensorFacts of(TensorEntry tensor) {
    return new TensorFacts(
        tensor.name(), tensor.dtype().name(), Arrays.stream(tensor.shape()).boxed().toList());
  }
}
