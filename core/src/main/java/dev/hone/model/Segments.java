package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The rows of a batch one behind the other without padding: B rows of N tokens in all as [1, N, C].
 * What works on single tokens sees one long row; what looks from token to token works on the rows,
 * those of equal length together, so that no row sees another and no mask has to keep them apart.
 *
 * @param groups in the order of the sequence
 * @param tokens where each token of the sequence stands among B*T, I64[N]
 * @param places where each of B*T stands in the sequence, I64[B*T]; N for padding
 */
record Segments(List<Group> groups, long rows, long width, Tensor tokens, Tensor places) {

  /** Neighbours of equal length: [count, width, ...] by themselves. */
  record Group(long count, long width, Frame frame) {}

  /** A sequence and what its layers share. */
  static Stack.Start begin(Inputs inputs, Function<Inputs, Stack.Start> begin) {
    int width = Math.toIntExact(inputs.width());
    Tensor mask = Objects.requireNonNull(inputs.mask());
    long[] lengths = mask.sum(1).toLongs();
    List<Integer> order =
        IntStream.range(0, lengths.length)
            .boxed()
            .filter(row -> lengths[row] > 0)
            .sorted(Comparator.comparingLong(row -> -lengths[row]))
            .toList();
    List<Group> groups = new ArrayList<>();
    List<Tensor> parts = new ArrayList<>();
    long[] tokens = new long[Math.toIntExact(Arrays.stream(lengths).sum())];
    long[] places = new long[lengths.length * width];
    Arrays.fill(places, tokens.length);
    int at = 0;
    for (int from = 0; from < order.size(); ) {
      int length = (int) lengths[order.get(from)];
      int to = from;
      while (to < order.size() && lengths[order.get(to)] == length) {
        for (int t = 0; t < length; t++) {
          places[order.get(to) * width + t] = at;
          tokens[at++] = (long) order.get(to) * width + t;
        }
        to++;
      }
      long[] rows = order.subList(from, to).stream().mapToLong(Integer::longValue).toArray();
      Stack.Start start = begin.apply(inputs.rows(rows, length));
      groups.add(new Group(rows.length, length, start.frame()));
      parts.add(start.hidden());
      from = to;
    }
    Segments segments =
        new Segments(
            groups,
            lengths.length,
            width,
            Tensors.of(tokens, tokens.length),
            Tensors.of(places, places.length));
    return new Stack.Start(joined(parts), Frame.of(segments));
  }

  /** Works on the rows by themselves; tensors are [1, N, ...]. */
  Tensor each(List<Tensor> sequences, BiFunction<List<Tensor>, Frame, Tensor> work) {
    long[] sizes = groups.stream().mapToLong(g -> g.count() * g.width()).toArray();
    List<Tensor[]> split = sequences.stream().map(s -> s.split(1, sizes)).toList();
    List<Tensor> made = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      int g = i;
      Group group = groups.get(i);
      List<Tensor> own =
          split.stream().map(s -> s[g].view(group.count(), group.width(), s[g].size(2))).toList();
      made.add(work.apply(own, group.frame()));
    }
    return joined(made);
  }

  private static Tensor joined(List<Tensor> parts) {
    return Tensors.cat(
        parts.stream().map(p -> p.reshape(1, p.size(0) * p.size(1), p.size(2))).toList(), 1);
  }

  /** From rows with padding [B, T, C] to the sequence. */
  Tensor join(Tensor x) {
    return x.reshape(rows * width, x.size(2)).indexSelect(0, tokens).unsqueeze(0);
  }

  /** From the sequence to rows whose padding is 0: [B, T, C]. */
  Tensor spread(Tensor x) {
    Tensor padded = Tensors.cat(List.of(x.squeeze(0), Tensors.zeros(1, x.size(2))), 0);
    return padded.indexSelect(0, places).view(rows, width, x.size(2));
  }
}
