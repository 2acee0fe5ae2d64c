package dev.hone.inspect;

import dev.hone.store.TensorEntry;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the headers of weight files say.
 *
 * @param parameters elements of all tensors
 * @param dtypes elements by type
 * @param metadata of a single file; empty for several
 * @param tensors in the order of the files
 */
public record WeightFacts(
    int files,
    long parameters,
    long bytes,
    Map<String, Long> dtypes,
    Map<String, String> metadata,
    List<TensorFacts> tensors) {

  static WeightFacts of(int files, Collection<TensorEntry> tensors, Map<String, String> metadata) {
    Map<String, Long> dtypes = new TreeMap<>();
    tensors.forEach(t -> dtypes.merge(t.dtype().name(), t.elements(), Long::sum));
    return new WeightFacts(
        files,
        tensors.stream().mapToLong(TensorEntry::elements).sum(),
        tensors.stream().mapToLong(t -> t.data().byteSize()).sum(),
        dtypes,
        metadata,
        tensors.stream().map(TensorFacts::of).toList());
  }
}
